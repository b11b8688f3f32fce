//! What every engine promises, held against each of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use rolodav::store::engine::memory::MemoryEngine;
use rolodav::store::engine::redb::{Options, RedbEngine};
use rolodav::store::engine::{Batch, CommitError, Engine, Expect, Snapshot, Step};

/// An engine and what must outlive it.
struct Bench {
    engine: Arc<Engine>,
    _directory: Option<tempfile::TempDir>,
}

fn memory() -> Bench {
    Bench { engine: Arc::new(Engine::Memory(MemoryEngine::default())), _directory: None }
}

fn redb(options: Options) -> Bench {
    let directory = tempfile::tempdir().unwrap();
    let engine = RedbEngine::open(&directory.path().join("store.redb"), options).unwrap();
    Bench { engine: Arc::new(Engine::Redb(engine)), _directory: Some(directory) }
}

/// Runs each check once for each engine.
macro_rules! conformance {
    ($($check:ident),* $(,)?) => {
        mod memory_engine { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() { super::$check(&super::memory().engine).await; }
        )* }
        mod redb_engine { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                super::$check(&super::redb(Default::default()).engine).await;
            }
        )* }
        /// Folds its journal into the file at every second step.
        mod redb_engine_with_short_journal { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                let options = super::Options { journal_bytes: 500, ..Default::default() };
                super::$check(&super::redb(options).engine).await;
            }
        )* }
    };
}

conformance!(
    reads_what_was_put,
    an_empty_batch_does_nothing,
    a_refused_batch_leaves_nothing,
    every_expectation_holds_and_refuses,
    expectations_see_the_state_before_the_batch,
    a_bound_refuses_the_whole_batch,
    counters_count_from_nothing_and_below,
    appends_number_without_gaps,
    a_refused_append_takes_no_number,
    snapshots_do_not_change,
    a_snapshot_sees_every_commit_before_it,
    scans_keep_their_bounds_and_order,
    a_scan_stops_where_told,
    big_values_come_back_whole,
    ten_thousand_steps_in_one_batch,
    racing_swaps_lose_none,
    racing_creations_have_one_winner,
    racing_appends_have_no_gap,
    notices_follow_the_commit_in_order,
    a_caller_that_goes_away_harms_nobody,
);

fn key(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn number(value: i64) -> Bytes {
    Bytes::copy_from_slice(&value.to_be_bytes())
}

fn puts(rows: &[(&str, &str)]) -> Batch {
    let mut batch = Batch::new();
    for (name, value) in rows {
        batch.put(key(name), Bytes::copy_from_slice(value.as_bytes()));
    }
    batch
}

async fn get(engine: &Engine, name: &str) -> Option<Bytes> {
    engine.snapshot().await.unwrap().get(name.as_bytes()).await.unwrap()
}

async fn rows(snapshot: &Snapshot, from: &[u8], to: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    let visit = |key: &[u8], value: &[u8]| {
        rows.push((key.to_vec(), value.to_vec()));
        Step::Continue
    };
    snapshot.scan(from, to, visit).await.unwrap();
    rows
}

async fn all(engine: &Engine) -> Vec<(Vec<u8>, Vec<u8>)> {
    rows(&engine.snapshot().await.unwrap(), b"", &[0xff; 8]).await
}

#[track_caller]
fn refused(outcome: Result<rolodav::store::engine::Committed, CommitError>, place: usize) {
    match outcome {
        Err(CommitError::Refused(at)) => assert_eq!(at, place, "another step was named"),
        other => panic!("step {place} should have refused the batch, but: {other:?}"),
    }
}

async fn reads_what_was_put(engine: &Engine) {
    assert_eq!(get(engine, "a").await, None);
    engine.commit(puts(&[("a", "1"), ("b", ""), ("", "no key")])).await.unwrap();
    assert_eq!(get(engine, "a").await.as_deref(), Some(&b"1"[..]));
    assert_eq!(get(engine, "b").await.as_deref(), Some(&b""[..]), "an empty value is a value");
    assert_eq!(get(engine, "").await.as_deref(), Some(&b"no key"[..]));
    let mut batch = puts(&[("a", "2")]);
    batch.delete(key("b"));
    batch.delete(key("never there"));
    engine.commit(batch).await.unwrap();
    assert_eq!(get(engine, "a").await.as_deref(), Some(&b"2"[..]));
    assert_eq!(get(engine, "b").await, None);
    let snapshot = engine.snapshot().await.unwrap();
    assert_eq!(snapshot.get_with(b"a", <[u8]>::len).await.unwrap(), Some(1));
    assert_eq!(snapshot.get_with(b"b", <[u8]>::len).await.unwrap(), None);
}

async fn an_empty_batch_does_nothing(engine: &Engine) {
    let mut watch = engine.watch();
    assert!(engine.commit(Batch::new()).await.unwrap().sequences.is_empty());
    assert!(all(engine).await.is_empty());
    assert!(watch.try_recv().is_err());
}

async fn a_refused_batch_leaves_nothing(engine: &Engine) {
    engine.commit(puts(&[("a", "1"), ("b", "1")])).await.unwrap();
    let before = all(engine).await;
    let mut watch = engine.watch();
    let mut batch = puts(&[("a", "2"), ("c", "2")]);
    batch.delete(key("b"));
    batch.append(key("log"), "row");
    batch.add(key("count"), 3);
    let place = batch.expect(key("a"), Expect::Absent);
    refused(engine.commit(batch).await, place);
    assert_eq!(all(engine).await, before, "a refused batch changed rows");
    assert!(watch.try_recv().is_err(), "a refused batch was announced");
}

async fn every_expectation_holds_and_refuses(engine: &Engine) {
    engine.commit(puts(&[("a", "1"), ("empty", "")])).await.unwrap();
    let value = |text: &'static str| Expect::Value(Bytes::from_static(text.as_bytes()));
    let cases = [
        ("a", Expect::Present, true),
        ("a", Expect::Absent, false),
        ("a", value("1"), true),
        ("a", value("2"), false),
        ("a", value("11"), false),
        ("a", value(""), false),
        ("empty", Expect::Present, true),
        ("empty", Expect::Absent, false),
        ("empty", value(""), true),
        ("none", Expect::Absent, true),
        ("none", Expect::Present, false),
        ("none", value(""), false),
    ];
    for (turn, (name, state, holds)) in cases.into_iter().enumerate() {
        let mut batch = puts(&[("mark", &turn.to_string())]);
        let place = batch.expect(key(name), state.clone());
        let outcome = engine.commit(batch).await;
        if holds {
            assert!(outcome.is_ok(), "{name} {state:?} should hold: {outcome:?}");
        } else {
            refused(outcome, place);
        }
        let marked = get(engine, "mark").await == Some(Bytes::from(turn.to_string()));
        assert_eq!(marked, holds, "{name} {state:?}");
    }
    let snapshot = engine.snapshot().await.unwrap();
    for name in ["a", "none"] {
        let read = snapshot.get(name.as_bytes()).await.unwrap();
        let mut batch = Batch::new();
        batch.expect_same(key(name), read.as_ref());
        engine.commit(batch).await.unwrap();
    }
}

async fn expectations_see_the_state_before_the_batch(engine: &Engine) {
    let mut batch = puts(&[("a", "1")]);
    batch.expect(key("a"), Expect::Absent);
    engine.commit(batch).await.unwrap();
    let mut batch = Batch::new();
    batch.delete(key("a"));
    let place = batch.expect(key("a"), Expect::Absent);
    refused(engine.commit(batch).await, place);
}

async fn a_bound_refuses_the_whole_batch(engine: &Engine) {
    let mut batch = Batch::new();
    batch.add_bounded(key("quota"), 7, 10);
    engine.commit(batch).await.unwrap();
    let mut batch = puts(&[("a", "1")]);
    batch.add_bounded(key("quota"), 3, 10);
    let place = batch.add_bounded(key("quota"), 1, 10);
    batch.put(key("b"), "1");
    refused(engine.commit(batch).await, place);
    assert_eq!(get(engine, "quota").await, Some(number(7)));
    assert_eq!(get(engine, "a").await, None, "a step before the bound was kept");
    assert_eq!(get(engine, "b").await, None, "a step after the bound was kept");
    let mut batch = Batch::new();
    batch.add_bounded(key("quota"), 3, 10);
    engine.commit(batch).await.unwrap();
    assert_eq!(get(engine, "quota").await, Some(number(10)), "the bound itself is allowed");
    let mut batch = Batch::new();
    batch.add_bounded(key("quota"), -2, 5);
    refused(engine.commit(batch).await, 0);
    let mut batch = Batch::new();
    batch.add(key("quota"), -6);
    batch.add_bounded(key("quota"), 1, 5);
    engine.commit(batch).await.unwrap();
    assert_eq!(get(engine, "quota").await, Some(number(5)));
}

async fn counters_count_from_nothing_and_below(engine: &Engine) {
    let mut batch = Batch::new();
    batch.add(key("n"), -3);
    batch.add(key("max"), i64::MAX);
    batch.add(key("max"), 1);
    batch.put(key("set"), number(40));
    batch.add(key("set"), 2);
    engine.commit(batch).await.unwrap();
    assert_eq!(get(engine, "n").await, Some(number(-3)));
    assert_eq!(get(engine, "max").await, Some(number(i64::MAX)), "counters stop at their end");
    assert_eq!(get(engine, "set").await, Some(number(42)));
    let mut batch = puts(&[("word", "seven")]);
    batch.delete(key("set"));
    batch.add(key("set"), 1);
    engine.commit(batch).await.unwrap();
    assert_eq!(get(engine, "set").await, Some(number(1)));
    let mut batch = puts(&[("other", "1")]);
    batch.add(key("word"), 1);
    assert!(matches!(engine.commit(batch).await, Err(CommitError::Failed(_))));
    assert_eq!(get(engine, "other").await, None);
}

async fn appends_number_without_gaps(engine: &Engine) {
    let mut batch = Batch::new();
    batch.append(key("log/"), "a");
    batch.append(key("other/"), "x");
    batch.append(key("log/"), "b");
    assert_eq!(engine.commit(batch).await.unwrap().sequences, [1, 1, 2]);
    let mut batch = Batch::new();
    batch.append(key("log/"), "c");
    assert_eq!(engine.commit(batch).await.unwrap().sequences, [3]);
    let found = rows(&engine.snapshot().await.unwrap(), b"log/", b"log0").await;
    let mut expected = vec![(key("log/"), 3u64.to_be_bytes().to_vec())];
    for (sequence, row) in [(1u64, "a"), (2, "b"), (3, "c")] {
        let mut name = key("log/");
        name.extend_from_slice(&sequence.to_be_bytes());
        expected.push((name, row.as_bytes().to_vec()));
    }
    assert_eq!(found, expected);
}

async fn a_refused_append_takes_no_number(engine: &Engine) {
    for turn in 0..6 {
        let mut batch = Batch::new();
        batch.append(key("log/"), "row");
        if turn % 2 == 1 {
            batch.expect(key("none"), Expect::Present);
        }
        let outcome = engine.commit(batch).await;
        if turn % 2 == 1 {
            refused(outcome, 1);
        } else {
            assert_eq!(outcome.unwrap().sequences, [turn / 2 + 1]);
        }
    }
}

async fn snapshots_do_not_change(engine: &Engine) {
    engine.commit(puts(&[("a", "1"), ("b", "1")])).await.unwrap();
    let before = engine.snapshot().await.unwrap();
    let expected = rows(&before, b"", b"z").await;
    for turn in 0..100 {
        let mut batch = puts(&[("a", &turn.to_string()), (&format!("c{turn}"), "1")]);
        batch.delete(key("b"));
        engine.commit(batch).await.unwrap();
    }
    assert_eq!(rows(&before, b"", b"z").await, expected);
    assert_eq!(before.get(b"b").await.unwrap().as_deref(), Some(&b"1"[..]));
    assert_eq!(before.get(b"c1").await.unwrap(), None);
}

async fn a_snapshot_sees_every_commit_before_it(engine: &Arc<Engine>) {
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let engine = Arc::clone(engine);
            tokio::spawn(async move {
                for turn in 0..50 {
                    let (name, value) = (format!("w{writer}"), turn.to_string());
                    engine.commit(puts(&[(&name, &value)])).await.unwrap();
                    let read = get(&engine, &name).await;
                    assert_eq!(read, Some(Bytes::from(value)), "writer {writer} in turn {turn}");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

async fn scans_keep_their_bounds_and_order(engine: &Engine) {
    let names = ["a", "a\0", "b", "ba", "c", "\u{ff}"];
    let pairs: Vec<_> = names.iter().rev().map(|name| (*name, *name)).collect();
    engine.commit(puts(&pairs)).await.unwrap();
    let model: BTreeMap<_, _> = names.iter().map(|n| (key(n), key(n))).collect();
    let snapshot = engine.snapshot().await.unwrap();
    let bounds: [&[u8]; 8] = [b"", b"a", b"a\0", b"b", b"bb", b"c", b"d", &[0xff]];
    for from in bounds {
        for to in bounds {
            let expected: Vec<_> = model
                .iter()
                .filter(|(name, _)| name.as_slice() >= from && name.as_slice() < to)
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            assert_eq!(rows(&snapshot, from, to).await, expected, "from {from:?} to {to:?}");
        }
    }
}

async fn a_scan_stops_where_told(engine: &Engine) {
    engine.commit(puts(&[("a", ""), ("b", ""), ("c", "")])).await.unwrap();
    let mut seen = Vec::new();
    let visit = |key: &[u8], _: &[u8]| {
        seen.push(key.to_vec());
        if key == b"b" { Step::Stop } else { Step::Continue }
    };
    engine.snapshot().await.unwrap().scan(b"a", b"z", visit).await.unwrap();
    assert_eq!(seen, [b"a", b"b"]);
}

async fn big_values_come_back_whole(engine: &Engine) {
    let photo: Bytes =
        (0..20u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut batch = puts(&[("small", "1")]);
    batch.put(key("photo"), photo.clone());
    engine.commit(batch).await.unwrap();
    let snapshot = engine.snapshot().await.unwrap();
    let equal = snapshot.get_with(b"photo", |value| value == photo).await.unwrap();
    assert_eq!(equal, Some(true), "20 MiB did not come back as they were");
    let mut batch = Batch::new();
    batch.expect(key("photo"), Expect::Value(photo));
    batch.put(key("photo"), "gone");
    engine.commit(batch).await.unwrap();
    assert_eq!(get(engine, "photo").await.as_deref(), Some(&b"gone"[..]));
}

async fn ten_thousand_steps_in_one_batch(engine: &Engine) {
    let mut batch = Batch::new();
    for turn in 0..2_500u32 {
        batch.put(format!("put{turn:05}").into_bytes(), Bytes::from(turn.to_string()));
        batch.add(format!("count{}", turn % 10).into_bytes(), 1);
        batch.append(key("log/"), Bytes::from(turn.to_string()));
        batch.expect(format!("put{turn:05}").into_bytes(), Expect::Absent);
    }
    let committed = engine.commit(batch).await.unwrap();
    assert_eq!(committed.sequences, (1..=2_500).collect::<Vec<_>>());
    let snapshot = engine.snapshot().await.unwrap();
    assert_eq!(rows(&snapshot, b"put", b"puu").await.len(), 2_500);
    assert_eq!(rows(&snapshot, b"log/", b"log0").await.len(), 2_501);
    for (name, value) in rows(&snapshot, b"count", b"counu").await {
        assert_eq!(value, 250i64.to_be_bytes(), "{name:?}");
    }
}

async fn racing_swaps_lose_none(engine: &Arc<Engine>) {
    const TASKS: u64 = 16;
    const TURNS: u64 = 25;
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let engine = Arc::clone(engine);
            tokio::spawn(async move {
                let mut won = 0;
                while won < TURNS {
                    let read = get(&engine, "n").await;
                    let present = read
                        .as_ref()
                        .map_or(0, |v| v.as_ref().try_into().map(u64::from_be_bytes).unwrap());
                    let mut batch = Batch::new();
                    batch.expect_same(key("n"), read.as_ref());
                    batch.put(key("n"), Bytes::copy_from_slice(&(present + 1).to_be_bytes()));
                    match engine.commit(batch).await {
                        Ok(_) => won += 1,
                        Err(CommitError::Refused(0)) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let total = Bytes::copy_from_slice(&(TASKS * TURNS).to_be_bytes());
    assert_eq!(get(engine, "n").await, Some(total), "a swap was lost or doubled");
}

async fn racing_creations_have_one_winner(engine: &Arc<Engine>) {
    for round in 0..30 {
        let tasks: Vec<_> = (0..16)
            .map(|writer| {
                let engine = Arc::clone(engine);
                tokio::spawn(async move {
                    let mut batch = Batch::new();
                    batch.expect(format!("r{round}").into_bytes(), Expect::Absent);
                    batch.put(format!("r{round}").into_bytes(), Bytes::from(writer.to_string()));
                    engine.commit(batch).await.map(|_| writer)
                })
            })
            .collect();
        let mut winners = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(writer) => winners.push(writer.to_string()),
                Err(CommitError::Refused(0)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        let stored = get(engine, &format!("r{round}")).await.unwrap();
        assert_eq!(winners, [String::from_utf8(stored.to_vec()).unwrap()], "round {round}");
    }
}

async fn racing_appends_have_no_gap(engine: &Arc<Engine>) {
    let tasks: Vec<_> = (0..16)
        .map(|writer| {
            let engine = Arc::clone(engine);
            tokio::spawn(async move {
                let mut taken = Vec::new();
                for _ in 0..20 {
                    let mut batch = Batch::new();
                    batch.append(key("log/"), Bytes::from(writer.to_string()));
                    taken.extend(engine.commit(batch).await.unwrap().sequences);
                }
                assert!(taken.is_sorted(), "writer {writer} was numbered backwards: {taken:?}");
                taken
            })
        })
        .collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(task.await.unwrap());
    }
    taken.sort_unstable();
    assert_eq!(taken, (1..=320).collect::<Vec<_>>());
}

async fn notices_follow_the_commit_in_order(engine: &Arc<Engine>) {
    let mut watch = engine.watch();
    let reader = {
        let engine = Arc::clone(engine);
        tokio::spawn(async move {
            let mut last = 0;
            while last < 200 {
                let notice = watch.recv().await.unwrap();
                assert_eq!(notice.log, Bytes::from_static(b"log/"));
                assert!(notice.sequence > last, "{} came after {last}", notice.sequence);
                last = notice.sequence;
                let stored = get(&engine, "log/").await.unwrap();
                let stored = u64::from_be_bytes(stored.as_ref().try_into().unwrap());
                assert!(stored >= last, "row {last} was announced before it could be read");
            }
        })
    };
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let engine = Arc::clone(engine);
            tokio::spawn(async move {
                for _ in 0..25 {
                    let mut batch = Batch::new();
                    batch.append(key("log/"), "a");
                    batch.append(key("log/"), "b");
                    engine.commit(batch).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    tokio::time::timeout(std::time::Duration::from_secs(10), reader)
        .await
        .expect("the last notice never came")
        .unwrap();
    let mut batch = Batch::new();
    batch.append(key("one/"), "a");
    batch.append(key("two/"), "a");
    let mut watch = engine.watch();
    engine.commit(batch).await.unwrap();
    // Sent before the caller is answered.
    let seen = [watch.try_recv().unwrap().log, watch.try_recv().unwrap().log];
    assert_eq!(seen, [Bytes::from_static(b"one/"), Bytes::from_static(b"two/")]);
    assert!(watch.try_recv().is_err());
}

async fn a_caller_that_goes_away_harms_nobody(engine: &Arc<Engine>) {
    for turn in 0..100 {
        let task = {
            let engine = Arc::clone(engine);
            tokio::spawn(async move {
                let mut batch =
                    puts(&[(&format!("left{turn}"), "1"), (&format!("right{turn}"), "1")]);
                batch.append(key("log/"), "row");
                engine.commit(batch).await
            })
        };
        if turn % 3 == 0 {
            tokio::task::yield_now().await;
        }
        task.abort();
        let _ = task.await;
        let mut batch = Batch::new();
        batch.append(key("log/"), "row");
        engine.commit(batch).await.unwrap();
        let snapshot = engine.snapshot().await.unwrap();
        let left = snapshot.get(format!("left{turn}").as_bytes()).await.unwrap();
        let right = snapshot.get(format!("right{turn}").as_bytes()).await.unwrap();
        assert_eq!(left, right, "half of batch {turn} was applied");
    }
    let stored = rows(&engine.snapshot().await.unwrap(), b"log/", b"log0").await;
    let last = u64::from_be_bytes(stored[0].1.as_slice().try_into().unwrap());
    assert_eq!(stored.len() as u64 - 1, last, "the log has a gap");
}
