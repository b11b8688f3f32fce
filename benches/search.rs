//! What search costs: how long usual queries take, what keeping the index costs a PUT, how much
//! space it takes, and how long it takes to make it anew.
//!
//! `cargo bench --bench search -- [--cache MIB] [CONTACTS …]` (default 10000, and a cache of 256
//! MiB). Everything goes to the store on disk, in this process, without HTTP. With `--at DIRECTORY`
//! only the queries are asked, of a store that stays there: two programs can be compared on one.
//! The figures are explained in docs/performance.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(
    clippy::string_slice,
    clippy::disallowed_methods,
    missing_docs,
    missing_debug_implementations
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rolodav::base::{CollectionId, PrincipalId, SystemClock};
use rolodav::contacts::card;
use rolodav::contacts::search::{self, Asked, READING, build};
use rolodav::store::collection::{self, Collection, Found, Kind};
use rolodav::store::engine::redb::{Options, RedbEngine};
use rolodav::store::engine::{Batch, Engine};
use rolodav::store::principals::{self, Principal, Role};
use rolodav::store::words::check::{self, Wrong};
use rolodav::store::write::Target;
use rolodav::store::{Actor, Store};

/// Cards that one commit of the filling stores.
const STEP: usize = 500;
/// Queries of each kind.
const QUERIES: usize = 400;
/// PUTs of each kind.
const PUTS: usize = 4000;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    /// Small numbers much oftener than great ones, as names are borne.
    fn skewed(&mut self, below: usize) -> usize {
        let unit = (self.roll(1 << 24) as f64 + 1.0) / f64::from(1 << 24);
        ((below as f64).powf(unit) - 1.0) as usize
    }
}

const SYLLABLES: [&str; 24] = [
    "an", "ber", "cla", "do", "el", "fri", "ge", "han", "is", "jo", "ka", "lu", "mar", "ni", "ol",
    "pe", "qui", "ro", "sa", "tho", "ul", "vi", "wen", "zo",
];

fn name(mut n: usize) -> String {
    n += 600;
    let mut name = String::new();
    while n > 0 {
        name.push_str(SYLLABLES[n % 24]);
        n /= 24;
    }
    name[..1].to_uppercase() + &name[1..]
}

/// Given name, family name and town of the `n`-th contact.
fn person(n: usize) -> (String, String, String) {
    let mut dice = Dice(n as u64 * 7919 + 17);
    (name(dice.skewed(3000)), name(4000 + dice.skewed(60_000)), name(90_000 + dice.skewed(8000)))
}

/// A card as a phone writes it, 0.5 KB.
fn text(n: usize) -> String {
    let (given, family, town) = person(n);
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iOS 17.0.2//EN\r\nUID:bench-{n}\r\n\
         N:{family};{given};;;\r\nFN:{given} {family}\r\nORG:{} Gesellschaft {}\r\n\
         EMAIL;type=INTERNET;type=HOME;type=pref:{given}.{family}{}@example.org\r\n\
         TEL;type=CELL;type=VOICE;type=pref:+43 660 {n:07}\r\n\
         item1.ADR;type=HOME;type=pref:;;{}gasse {};{town};;{:05};Austria\r\n\
         item1.X-ABADR:at\r\nBDAY:1980-01-{:02}\r\nNOTE:Met at the conference in {town}\r\n\
         REV:2026-01-01T00:00:00Z\r\nEND:VCARD\r\n",
        name(n % 5000),
        n % 300,
        n % 90,
        name(n % 700),
        n % 120,
        n % 9999,
        n % 28 + 1,
    )
}

struct Desk {
    store: Arc<Store>,
    anna: PrincipalId,
    actor: Actor,
    book: Collection,
}

impl Desk {
    async fn open(directory: &Path, indexed: bool, cache: usize) -> Self {
        let options = Options { cache_bytes: cache << 20, ..Options::default() };
        let engine = RedbEngine::open(&directory.join("store.redb"), options).unwrap();
        let store = Store::open(Engine::Redb(engine), Arc::new(SystemClock)).await.unwrap();
        let store = if indexed { store.reading(READING) } else { store };
        let anna = PrincipalId::parse("anna").unwrap();
        let actor = Actor { principal: "anna".to_owned(), device: "bench".to_owned() };
        let snapshot = store.snapshot().await.unwrap();
        let filled =
            collection::find(&snapshot, &anna, Kind::AddressBook, "contacts").await.unwrap();
        drop(snapshot);
        if let Some(Found { collection: book, .. }) = filled {
            return Self { store: Arc::new(store), anna, actor, book };
        }
        let user = Principal {
            kind: principals::Kind::User,
            name: "anna".to_owned(),
            mail: None,
            display_name: "Anna".to_owned(),
            role: Role::Member,
            disabled: false,
            created: store.now(),
        };
        let id = CollectionId(store.number());
        let now = store.now();
        let book = Collection::new(id, Kind::AddressBook, anna.clone(), "contacts".into(), now);
        let mut batch = Batch::new();
        principals::insert(&mut batch, &anna, &user).unwrap();
        collection::create(&mut batch, &book).unwrap();
        store.commit(batch).await.unwrap();
        Self { store: Arc::new(store), anna, actor, book }
    }

    async fn fill(&self, from: usize, to: usize) -> Duration {
        let began = Instant::now();
        let all: Vec<usize> = (from..to).collect();
        for step in all.chunks(STEP) {
            let snapshot = self.store.snapshot().await.unwrap();
            let mut batch = Batch::new();
            for n in step {
                let new = card::accept(text(*n).into(), 1000, false).unwrap();
                let name = format!("{n:08}-8f1c-4a5e.vcf");
                let (book, actor) = (&self.book, &self.actor);
                let target = Target { collection: book, rights: &[], name: &name, actor };
                let put = self.store.plan_put(&snapshot, &mut batch, &target, &new, None, None);
                put.await.map_err(|_| "refused").unwrap();
            }
            self.store.commit(batch).await.unwrap();
        }
        began.elapsed()
    }

    async fn put(&self, n: usize, text: String) -> Duration {
        let began = Instant::now();
        let new = card::accept(text.into(), 1000, false).unwrap();
        let name = format!("{n:08}-8f1c-4a5e.vcf");
        let target =
            Target { collection: &self.book, rights: &[], name: &name, actor: &self.actor };
        let put = self.store.put_member(&target, &new, None, None, |_| Ok(()));
        put.await.map_err(|_| "refused").unwrap();
        began.elapsed()
    }

    async fn ask(&self, words: &str) -> (Duration, usize) {
        let began = Instant::now();
        let asked = Asked { words, book: None, limit: 20, skip: 0 };
        let answer = search::search(&self.store, &self.anna, &asked).await.unwrap();
        (began.elapsed(), answer.found.len())
    }
}

fn size(directory: &Path) -> u64 {
    let file = directory.join("store.redb");
    RedbEngine::compact(&file, Options::default()).unwrap();
    std::fs::metadata(file).unwrap().len()
}

fn quantiles(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    format!("{:.3} | {:.3} | {:.3}", at(0.5), at(0.99), at(1.0))
}

/// CPU time of this process so far.
fn cpu() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let of_task = |task: std::fs::DirEntry| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        text.split(' ').next().and_then(|nanos| nanos.parse::<u64>().ok()).unwrap_or(0)
    };
    Duration::from_nanos(tasks.flatten().map(of_task).sum())
}

/// Rows of the index, and their bytes.
async fn rows(desk: &Desk) -> (u64, u64) {
    let snapshot = desk.store.snapshot().await.unwrap();
    let (mut rows, mut bytes) = (0, 0);
    for (from, to) in [(0x88_u8, 0x90_u8), (0x9d, 0xa0)] {
        let count = |key: &[u8], value: &[u8]| {
            rows += 1;
            bytes += (key.len() + value.len()) as u64;
            rolodav::store::engine::Step::Continue
        };
        snapshot.scan(&[from], &[to], count).await.unwrap();
    }
    (rows, bytes)
}

async fn queries(desk: &Desk, contacts: usize) {
    println!("\n| query | p50 ms | p99 ms | most ms | found |\n|---|---:|---:|---:|---:|");
    type Make = fn(&(String, String, String), usize) -> String;
    let kinds: [(&str, Make); 11] = [
        ("family name", |p, _| p.1.clone()),
        ("given name", |p, _| p.0.clone()),
        ("given and family name", |p, _| format!("{} {}", p.0, p.1)),
        ("given name, family name begun", |p, _| format!("{} {}", p.0, &p.1[..3])),
        ("a name begun, 3 letters", |p, _| p.1[..3].to_owned()),
        ("one letter", |p, _| p.1[..1].to_owned()),
        ("two letters each", |p, _| format!("{} {}", &p.0[..2], &p.1[..2])),
        ("inside of a name", |p, _| p.1[1..].to_owned()),
        ("phone number, as it is dialled", |_, n| format!("0660 {n:07}")),
        ("family name and town", |p, _| format!("{} {}", p.1, p.2)),
        ("words that all have", |_, _| "met conference austria".to_owned()),
    ];
    let mut all = Vec::new();
    for (kind, make) in kinds {
        let (mut times, mut found) = (Vec::new(), 0);
        let mut dice = Dice(99);
        for _ in 0..QUERIES {
            let n = dice.roll(contacts);
            let (time, hits) = desk.ask(&make(&person(n), n)).await;
            times.push(time);
            found += hits;
        }
        all.extend_from_slice(&times);
        println!("| {kind} | {} | {:.1} |", quantiles(times), found as f64 / QUERIES as f64);
    }
    println!("| all of these | {} | |", quantiles(all));
}

async fn bench(contacts: usize, cache: usize) {
    println!("\n## {contacts} contacts, cache of {cache} MiB\n");
    let (with, without) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let indexed = Desk::open(with.path(), true, cache).await;
    let plain = Desk::open(without.path(), false, cache).await;
    let began = cpu();
    let filled = [indexed.fill(0, contacts).await, plain.fill(0, contacts).await];
    println!(
        "Filled in {:.1} s, without index in {:.1} s ({:.1} s of CPU).",
        filled[0].as_secs_f64(),
        filled[1].as_secs_f64(),
        cpu().saturating_sub(began).as_secs_f64()
    );

    let (rows, bytes) = rows(&indexed).await;
    println!("The index: {rows} rows, {} bytes for a card.", bytes / contacts as u64);

    queries(&indexed, contacts).await;

    println!("\n| PUT | ms with index | without | times |\n|---|---:|---:|---:|");
    let kinds: [(&str, bool); 2] = [("new", true), ("a number changed", false)];
    for (kind, new) in kinds {
        // In turns, so that a busy moment hits both.
        let (mut spent, mut ticks) = ([Vec::new(), Vec::new()], [Duration::ZERO; 2]);
        for turn in 0..PUTS / 100 {
            for (place, desk) in [&indexed, &plain].into_iter().enumerate() {
                let began = cpu();
                for k in 0..100 {
                    let n = turn * 100 + k;
                    let (n, card) = if new {
                        (contacts + n, text(contacts + n))
                    } else {
                        (n, text(n).replace("+43 660 ", "+43 676 1"))
                    };
                    spent[place].push(desk.put(n, card).await);
                }
                ticks[place] += cpu().saturating_sub(began);
            }
        }
        let each = |time: Duration| time.as_secs_f64() * 1e3 / PUTS as f64;
        let time = [0, 1].map(|place| spent[place].iter().sum());
        for (what, [with, without]) in [("time", time), ("CPU", ticks)] {
            let (with, without) = (each(with), each(without));
            println!("| {kind}, {what} | {with:.3} | {without:.3} | {:.2} |", with / without);
        }
        let [with, without] = spent.map(quantiles);
        println!("{kind}: p50, p99 and most ms {with}; without {without}");
    }
    let Desk { store, book, .. } = indexed;
    let began = Instant::now();
    check::clear(&store, &Wrong::Book(Box::new(book))).await.unwrap();
    let cleared = began.elapsed();
    let began = Instant::now();
    build::all(&store).await.unwrap();
    println!(
        "\nCleared in {:.1} s, made anew in {:.1} s.",
        cleared.as_secs_f64(),
        began.elapsed().as_secs_f64()
    );
    drop((store, plain));
    let (with, without) = (size(with.path()), size(without.path()));
    println!(
        "{} bytes for a card, {} without the index.",
        with / contacts as u64,
        without / contacts as u64
    );
}

/// Asks the queries of the store in `directory`, which is filled where there is none.
async fn ask_at(directory: &Path, contacts: usize, cache: usize) {
    let is_new = !directory.join("store.redb").exists();
    let desk = Desk::open(directory, true, cache).await;
    if is_new {
        desk.fill(0, contacts).await;
    }
    println!("\n## {contacts} contacts in {}, cache of {cache} MiB", directory.display());
    queries(&desk, contacts).await;
}

fn main() {
    let mut words = std::env::args().skip(1);
    let (mut given, mut cache, mut at) = (Vec::new(), 256, None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--cache" => cache = words.next().and_then(|mib| mib.parse().ok()).expect("MiB"),
            "--at" => at = words.next().map(PathBuf::from),
            other => given.extend(other.parse::<usize>()),
        }
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for contacts in if given.is_empty() { vec![10_000] } else { given } {
        match &at {
            Some(directory) => runtime.block_on(ask_at(directory, contacts, cache)),
            None => runtime.block_on(bench(contacts, cache)),
        }
    }
}
