//! What the embedded engine costs: `cargo bench --bench engine` prints a table.
//!
//! CPU is that of all threads of the process, the callers' share included. A "PUT" is what
//! storing one card takes: three expectations, seven rows of which one is the card of 1 KB.
//! `ROLODAV_LONG=1` adds opening a store of 1 GB after its process was killed while writing.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../tests/support/slow_disk.rs"]
mod slow_disk;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rolodav::store::engine::redb::{Options, RedbEngine};
use rolodav::store::engine::{Batch, Engine, Expect, Step};
use slow_disk::SlowFile;

const CARDS: u64 = 10_000;
const PUTS: u64 = 6_400;
const GIGABYTE: u64 = 1 << 30;
/// Set to the store's file in the process that is to be killed.
const VICTIM: &str = "ROLODAV_BENCH_VICTIM";

fn scatter(number: u64) -> [u8; 8] {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)).to_be_bytes()
}

fn key(kind: &str, tail: &[u8]) -> Vec<u8> {
    [kind.as_bytes(), b"/book/", tail].concat()
}

fn put(card: u64, size: usize) -> Batch {
    let body: Vec<u8> = (0..=size as u64 / 8).flat_map(|at| scatter(card << 20 | at)).collect();
    let (member, uid) = (key("member", &scatter(card)), key("uid", &scatter(card ^ 0x5555)));
    let mut batch = Batch::new();
    batch.expect(key("book", b""), Expect::Absent);
    batch.expect(member.clone(), Expect::Absent);
    batch.expect(uid.clone(), Expect::Absent);
    batch.put(key("body", &scatter(card ^ 0x7777)), body);
    batch.put(member, vec![1; 90]);
    batch.put(uid, vec![2; 16]);
    batch.put(key("history", &card.to_be_bytes()), vec![3; 60]);
    batch.append(key("log", b""), vec![4; 40]);
    batch.add_bounded(key("quota", b""), size as i64, i64::MAX / 2);
    batch
}

/// CPU time of the threads that live, where the system tells it.
fn cpu() -> Option<Duration> {
    let mut total = 0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        total += text.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(total))
}

/// Prints a row of the table; returns operations per second.
fn row(what: &str, operations: u64, began: Instant, cpu_before: Option<Duration>) -> f64 {
    let rate = operations as f64 / began.elapsed().as_secs_f64();
    let cost = cpu().zip(cpu_before).map_or_else(
        || "?".to_owned(),
        |(after, before)| {
            format!(
                "{:.4}",
                after.saturating_sub(before).as_secs_f64() * 1_000.0 / operations as f64
            )
        },
    );
    println!("| {what} | {rate:.0} | {cost} |");
    rate
}

async fn puts(engine: &Arc<Engine>, next: &Arc<AtomicU64>, tasks: u64, count: u64) {
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let (engine, next) = (Arc::clone(engine), Arc::clone(next));
            tokio::spawn(async move {
                for _ in 0..count / tasks {
                    let card = next.fetch_add(1, Ordering::Relaxed);
                    engine.commit(put(card, 1_000)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn writes(what: &str, engine: &Arc<Engine>, count: u64) -> f64 {
    let next = Arc::new(AtomicU64::new(0));
    puts(engine, &next, 256, CARDS).await;
    let mut rates = Vec::new();
    for tasks in [1, 16, 64] {
        let (began, before) = (Instant::now(), cpu());
        puts(engine, &next, tasks, count).await;
        rates.push(row(&format!("PUT, {tasks} at a time{what}"), count, began, before));
    }
    rates.get(1).zip(rates.first()).map_or(0.0, |(many, one)| many / one)
}

async fn reads(engine: &Arc<Engine>) {
    let (began, before) = (Instant::now(), cpu());
    for turn in 0..100_000 {
        let snapshot = engine.snapshot().await.unwrap();
        let key = key("member", &scatter(turn * 7 % CARDS));
        assert_eq!(snapshot.get_with(&key, <[u8]>::len).await.unwrap(), Some(90));
    }
    row("snapshot and point get", 100_000, began, before);
    let (began, before, mut rows) = (Instant::now(), cpu(), 0);
    for _ in 0..20 {
        let snapshot = engine.snapshot().await.unwrap();
        let visit = |_: &[u8], _: &[u8]| {
            rows += 1;
            Step::Continue
        };
        snapshot.scan(b"member/", b"member0", visit).await.unwrap();
    }
    row("row of a scan", rows, began, before);
}

/// Fills a store to a gigabyte, says so, and writes on until it is killed.
async fn victim(file: &Path) {
    let engine = RedbEngine::open(file, Options::default()).unwrap();
    let mut card = 0;
    while engine.stats().unwrap().file_bytes < GIGABYTE {
        for _ in 0..100 {
            engine.commit(put(card, 60_000)).await.unwrap();
            card += 1;
        }
    }
    println!("full");
    loop {
        engine.commit(put(card, 1_000)).await.unwrap();
        card += 1;
    }
}

async fn open_after_kill(directory: &Path) {
    let file = directory.join("victim.redb");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env(VICTIM, &file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    tokio::time::sleep(Duration::from_millis(700)).await;
    child.kill().unwrap();
    child.wait().unwrap();
    for round in 0..5 {
        let copy = directory.join(format!("killed{round}.redb"));
        for (from, to) in [
            (file.clone(), copy.clone()),
            (file.with_extension("journal"), copy.with_extension("journal")),
        ] {
            std::fs::copy(from, &to).unwrap();
            // Else the flush of the copy would be measured.
            std::fs::File::open(to).unwrap().sync_all().unwrap();
        }
        let began = Instant::now();
        let engine = RedbEngine::open(&copy, Options::default()).unwrap();
        let opened = began.elapsed();
        engine.commit(put(u64::MAX, 1_000)).await.unwrap();
        println!(
            "| open {} MiB after kill -9, then the first commit | {:.1} ms | {:.1} ms |",
            engine.stats().unwrap().file_bytes >> 20,
            opened.as_secs_f64() * 1_000.0,
            began.elapsed().saturating_sub(opened).as_secs_f64() * 1_000.0
        );
        drop(engine);
        std::fs::remove_file(&copy).unwrap();
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    if let Some(file) = std::env::var_os(VICTIM) {
        victim(Path::new(&file)).await;
        return;
    }
    let directory =
        tempfile::tempdir_in(std::env::var_os("ROLODAV_BENCH_DIR").map_or_else(
            || std::env::current_dir().unwrap().join("target"),
            std::path::PathBuf::from,
        ))
        .unwrap();
    println!("| {CARDS} cards | per second | CPU ms each |\n|---|--:|--:|");
    let file = directory.path().join("store.redb");
    let engine = Arc::new(Engine::Redb(RedbEngine::open(&file, Options::default()).unwrap()));
    writes("", &engine, PUTS).await;
    reads(&engine).await;
    let slow = Duration::from_millis(2);
    let attach = move || Ok((SlowFile::new(slow), SlowFile::new(slow)));
    let engine = RedbEngine::open_with_backend(attach, Options::default()).unwrap();
    let ratio = writes(", flush 2 ms", &Arc::new(Engine::Redb(engine)), PUTS / 4).await;
    println!("\nWith a flush of 2 ms, 16 at a time are {ratio:.1} times as fast as one.");
    if std::env::var("ROLODAV_LONG").is_ok_and(|value| value == "1") {
        println!();
        open_after_kill(directory.path()).await;
    }
}
