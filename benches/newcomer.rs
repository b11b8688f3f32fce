//! What one card costs that comes to many: its import among others, taking it into the index of what
//! cards are compared by, and holding it against those that are like it.
//!
//! `cargo bench --bench newcomer -- [--cache MIB] [CARDS …]` (default 10000 100000). The people are made up, from a
//! fixed seed, and imported into a store on disk. The first scan is left out (`benches/duplicates.rs`
//! measures it): what it teaches is assumed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice, clippy::pedantic, clippy::disallowed_methods)]
#![allow(missing_docs, missing_debug_implementations)]

#[path = "driver/cpu.rs"]
mod cpu;
#[path = "duplicates/people.rs"]
mod people;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rolodav::app::Services;
use rolodav::base::clock::SystemClock;
use rolodav::base::{PrincipalId, Timestamp};
use rolodav::config::Settings;
use rolodav::contacts::card;
use rolodav::contacts::duplicates::{index, newcomers};
use rolodav::contacts::import::{Import, Terms};
use rolodav::contacts::normal::Region;
use rolodav::formats::vcard::several::Piece;
use rolodav::store::Actor;
use rolodav::store::collection::{self, Kind};
use rolodav::store::engine::Batch;
use rolodav::store::matching::{self, Learned};
use rolodav::store::write::Target;

/// Cards that come one by one.
const COMING: usize = 200;

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let (mut sizes, mut cache) = (Vec::new(), None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--cache" => cache = words.next().and_then(|mib| mib.parse().ok()),
            size => sizes.push(size.parse().expect("a number")),
        }
    }
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000];
    }
    println!(
        "| cards | import, a second | filed, a second | CPU each | PUT | CPU | filed, after a PUT | CPU | \
         filed after a change | CPU | compared, median | compared, p99 | CPU | peak memory | file |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for size in sizes {
        runtime.block_on(measured(size, cache));
    }
}

async fn measured(size: usize, cache: Option<usize>) {
    let data = tempfile::tempdir().unwrap();
    let mut settings = Settings::default();
    settings.store.path = data.path().to_owned();
    settings.store.cache_mib = cache.unwrap_or(settings.store.cache_mib);
    let services = Services::open(settings, Arc::new(SystemClock)).await.unwrap();
    let user = rolodav::accounts::NewUser { name: "bench".to_owned(), ..Default::default() };
    services.accounts.add_user(user).await.unwrap();
    let (store, rules) = (&services.store, &services.rules);
    let owner = PrincipalId::parse("bench").unwrap();
    let found = {
        let snapshot = store.snapshot().await.unwrap();
        collection::find(&snapshot, &owner, Kind::AddressBook, "contacts").await.unwrap().unwrap()
    };
    let book = found.collection;
    let actor = Actor { principal: "bench".to_owned(), device: String::new() };
    let mut cards = people::cards(size + COMING, 1);
    let coming = cards.split_off(size);

    let terms = Terms { book: book.id, actor: actor.clone(), card_bytes: 1 << 20, quota: None };
    let mut import = Import::new(Arc::clone(store), Arc::clone(rules), terms);
    let began = Instant::now();
    for (line, made) in (1..).zip(cards) {
        import.take(Piece { line, card: Some(made.card.into_bytes()) }).await.unwrap();
        import.told();
    }
    import.finish().await.unwrap();
    let imported = per_second(size, began.elapsed());

    let region = Region::named("DE");
    let (began, before) = (Instant::now(), cpu::cpu());
    index::follow(store, &owner, region).await.unwrap();
    let filed = per_second(size, began.elapsed());
    let filing = (cpu::cpu() - before).as_secs_f64() * 1000.0 / size as f64;
    let shares = [400_000, 120_000, 200_000, 800_000, 5_000];
    let learned = Learned { at: Timestamp(1), cards: size as u64, shares };
    let mut batch = Batch::new();
    matching::set_learned(&mut batch, &owner, &learned).unwrap();
    store.commit(batch).await.unwrap();

    let [mut puts, mut follows, mut changes, mut checks] = [const { Figures::new() }; 4];
    let put = async |made: &people::Labelled, text: String| {
        let new = card::accept(text.into_bytes().into(), 1000, false).unwrap();
        let name = format!("new-{}.vcf", made.uid);
        let target = Target { collection: &book, rights: &[], name: &name, actor: &actor };
        store.put_member(&target, &new, None, None, |_| Ok(())).await.unwrap();
    };
    for made in &coming {
        puts.of(put(made, made.card.clone())).await;
        follows.of(async { index::follow(store, &owner, region).await.unwrap() }).await;
        let check = async {
            assert_eq!(newcomers::catch_up(store, &owner, region, 10).await.unwrap(), 1);
        };
        checks.of(check).await;
    }
    for made in &coming {
        let changed = made.card.replace("END:VCARD", "TEL:+49 221 7654321\r\nEND:VCARD");
        put(made, changed).await;
        changes.of(async { index::follow(store, &owner, region).await.unwrap() }).await;
    }
    println!(
        "| {size} | {imported:.0} | {filed:.0} | {filing:.3} ms | {} | {} | {} | {:.2} ms | {:.2} ms | \
         {:.3} ms | {} MiB | {} MiB |",
        puts.told(),
        follows.told(),
        changes.told(),
        checks.at(50),
        checks.at(99),
        checks.cpu(),
        peak_memory(),
        std::fs::metadata(data.path().join("store.redb")).unwrap().len() >> 20
    );
}

/// What one thing after the other took, by the clock and of the process's CPU.
struct Figures(Vec<Duration>, Duration);

impl Figures {
    const fn new() -> Self {
        Self(Vec::new(), Duration::ZERO)
    }

    async fn of(&mut self, work: impl Future<Output = ()>) {
        let (began, before) = (Instant::now(), cpu::cpu());
        work.await;
        self.0.push(began.elapsed());
        self.1 += cpu::cpu() - before;
    }

    /// A percentile, in milliseconds.
    fn at(&mut self, percent: usize) -> f64 {
        self.0.sort();
        self.0[(self.0.len() - 1) * percent / 100].as_secs_f64() * 1000.0
    }

    /// The CPU of one, in milliseconds.
    fn cpu(&self) -> f64 {
        self.1.as_secs_f64() * 1000.0 / self.0.len() as f64
    }

    fn told(&mut self) -> String {
        format!("{:.2} ms | {:.3} ms", self.at(50), self.cpu())
    }
}

fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) >> 10
}
