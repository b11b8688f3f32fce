//! What segments cost: the first look of one, the upkeep of a hundred beside a PUT, and the turn of
//! a day.
//!
//! `cargo bench --bench segments -- [CONTACTS …]` (default 10000 100000). Everything is done on a
//! store on disk, without the network; the clock is turned by hand. The figures are explained in
//! docs/performance.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice, clippy::pedantic, clippy::disallowed_methods)]
#![allow(missing_docs, missing_debug_implementations)]

#[path = "driver/cpu.rs"]
mod cpu;
#[path = "driver/queries.rs"]
mod queries;

use cpu::cpu;
use queries::query;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rolodav::app::Services;
use rolodav::base::clock::ManualClock;
use rolodav::base::{CollectionId, PrincipalId, Timestamp};
use rolodav::config::Settings;
use rolodav::contacts::card;
use rolodav::contacts::segments::{self, New};
use rolodav::store::collection::{self, Collection, Kind};
use rolodav::store::engine::Batch;
use rolodav::store::principals::{self, Principal, Role};
use rolodav::store::write::Target;
use rolodav::store::{Actor, Store};

/// 23 November 2026, half past ten.
const NOW: Timestamp = Timestamp(1_795_429_800_000);
const DAY: u64 = 86_400_000;
/// Cards that one commit of the filling stores.
const STEP: usize = 500;
/// Cards that are changed for a figure.
const CHANGES: usize = 500;

struct Desk {
    store: Arc<Store>,
    clock: Arc<ManualClock>,
    anna: PrincipalId,
    book: Collection,
    actor: Actor,
    _data: tempfile::TempDir,
}

impl Desk {
    async fn of(contacts: usize) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut settings = Settings::default();
        settings.store.path = data.path().to_owned();
        settings.store.cache_mib = 256;
        let clock = Arc::new(ManualClock::at(NOW));
        let store = Services::open(settings, Arc::clone(&clock) as _).await.unwrap().store;
        let anna = PrincipalId::parse("anna").unwrap();
        let user = Principal {
            kind: principals::Kind::User,
            name: "anna".to_owned(),
            mail: None,
            display_name: "Anna".to_owned(),
            role: Role::Member,
            disabled: false,
            created: NOW,
        };
        let id = CollectionId(store.number());
        let book = Collection::new(id, Kind::AddressBook, anna.clone(), "contacts".into(), NOW);
        let mut batch = Batch::new();
        principals::insert(&mut batch, &anna, &user).unwrap();
        collection::create(&mut batch, &book).unwrap();
        store.commit(batch).await.unwrap();
        let actor = Actor { principal: "anna".to_owned(), device: String::new() };
        let desk = Self { store, clock, anna, book, actor, _data: data };
        for from in (0..contacts).step_by(STEP) {
            let snapshot = desk.store.snapshot().await.unwrap();
            let mut batch = Batch::new();
            for n in from..contacts.min(from + STEP) {
                let new = card::accept(contact(n, 0).into(), 1000, false).unwrap();
                let name = format!("c{n:07}.vcf");
                let target = desk.target(&name);
                let planned =
                    desk.store.plan_put(&snapshot, &mut batch, &target, &new, None, None).await;
                planned.unwrap();
            }
            desk.store.commit(batch).await.unwrap();
        }
        desk
    }

    fn target<'a>(&'a self, name: &'a str) -> Target<'a> {
        Target { collection: &self.book, rights: &[], name, actor: &self.actor }
    }

    async fn put(&self, n: usize, round: usize) {
        self.write(n, contact(n, round)).await;
    }

    /// As [`Self::put`], with another number that no segment asks for.
    async fn put_otherwise(&self, n: usize, round: usize) {
        let text = contact(n, 0);
        self.write(n, text.replace("+43 660", &format!("+43 6{round:02}"))).await;
    }

    async fn write(&self, n: usize, text: String) {
        let new = card::accept(text.into(), 1000, false).unwrap();
        let name = format!("c{n:07}.vcf");
        self.store.put_member(&self.target(&name), &new, None, None, |_| Ok(())).await.unwrap();
    }

    async fn add(&self, name: &str, query: &str, as_book: bool) -> (Duration, u64) {
        let (called, query) = (name.to_owned(), query.to_owned());
        let new = New { name: called, query, as_group: true, as_book };
        let began = Instant::now();
        segments::add(&self.store, &self.anna, &new, &self.actor).await.unwrap();
        let members = segments::show(&self.store, &self.anna, name).await.unwrap().members;
        (began.elapsed(), members)
    }

    async fn follow(&self) -> Duration {
        let began = Instant::now();
        segments::follow(&self.store, &self.anna).await.unwrap();
        began.elapsed()
    }
}

/// A card as a phone writes it, 0.6 KB.
fn contact(n: usize, round: usize) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iOS 17.0.2//EN\r\nUID:bench-{n}\r\n\
         N:Person{n};Given{};;;\r\nFN:Given{} Person{n}\r\nORG:Company {};\r\nTITLE:Title {}\r\n\
         EMAIL;type=INTERNET;type=HOME;type=pref:person{n}@example.org\r\n\
         EMAIL;type=INTERNET;type=WORK:p{n}@company{}.example.com\r\n\
         TEL;type=CELL;type=VOICE;type=pref:+43 660 {n:07}\r\n\
         item1.ADR;type=HOME;type=pref:;;Street {n};Town {};;{:05};Austria\r\n\
         item1.X-ABADR:at\r\nBDAY:1980-{:02}-{:02}\r\nCATEGORIES:Group {:02}\r\n\
         NOTE:Met at the conference\r\nX-ROLODAV-LAST-CONTACT:2026-{:02}-{:02}\r\n\
         X-ROLODAV-STAGE:{}\r\nREV:2026-01-01T00:00:00Z\r\nEND:VCARD\r\n",
        n % 500,
        n % 500,
        n % 97,
        (n + round) % 10,
        n % 97,
        (n + round) % 300,
        n % 99_999,
        n % 12 + 1,
        n % 28 + 1,
        n % 50,
        n % 10 + 1,
        n % 28 + 1,
        ["Lead", "Customer", "Partner"][n % 3],
    )
}

/// From when on time and CPU are counted.
struct Spent(Instant, Duration);

impl Spent {
    fn begin() -> Self {
        Self(Instant::now(), cpu())
    }

    fn spent(&self) -> (Duration, Duration) {
        (self.0.elapsed(), cpu() - self.1)
    }

    fn each(&self, count: usize) -> String {
        let (took, cpu) = self.spent();
        format!("{}, CPU {}", per(took, count), per(cpu, count))
    }
}

fn per(took: Duration, count: usize) -> String {
    format!("{:.0} µs", took.as_secs_f64() * 1e6 / count as f64)
}

#[tokio::main]
async fn main() {
    let words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let mut sizes: Vec<usize> = words.map(|word| word.parse().expect("a number")).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000];
    }
    println!("| contacts | what | figure |\n|---|---|---|");
    for size in sizes {
        measured(size).await;
    }
}

async fn measured(size: usize) {
    let desk = Desk::of(size).await;
    let row = |what: &str, figure: String| println!("| {size} | {what} | {figure} |");
    let (took, members) = desk.add("first", &query(0), false).await;
    row("first look of a segment", format!("{took:.2?}, {members} members"));
    let (took, members) = desk.add("book", "stage is Customer", true).await;
    row("first look of one with a book", format!("{took:.2?}, {members} members copied"));
    segments::remove(&desk.store, &desk.anna, "book", &desk.actor).await.unwrap();
    segments::remove(&desk.store, &desk.anna, "first", &desk.actor).await.unwrap();
    desk.follow().await;

    let step = (size / CHANGES).max(1);
    let put = async |round: usize| {
        let began = Spent::begin();
        for change in 0..CHANGES {
            desk.put(change * step % size, round).await;
        }
        began.each(CHANGES)
    };
    for round in 1..4 {
        row("a PUT without segments", put(round).await);
    }
    desk.follow().await;
    let began = Instant::now();
    for n in 0..100 {
        let (name, query) = (format!("s{n}"), query(n));
        let new = New { name, query, as_group: true, as_book: false };
        segments::add(&desk.store, &desk.anna, &new, &desk.actor).await.unwrap();
    }
    desk.follow().await;
    row("first look of 100 segments", format!("{:.2?}", began.elapsed()));

    for round in 4..7 {
        row("a PUT with 100 segments", put(round).await);
        let began = Spent::begin();
        desk.follow().await;
        row("their upkeep, many changes at once, each", began.each(CHANGES));
    }
    // Threads are charged some milliseconds late, so the CPU of a look is the difference of two loops.
    for (what, moves) in [("who moves", true), ("who stays", false)] {
        let (mut took, mut cpu) = (Duration::ZERO, [Duration::ZERO; 2]);
        for round in 7..13 {
            let follows = round % 2 == 0;
            let began = Spent::begin();
            for change in 0..CHANGES {
                let n = change * step % size;
                if moves {
                    desk.put(n, round).await
                } else {
                    desk.put_otherwise(n, round).await
                }
                if follows {
                    took += desk.follow().await;
                }
            }
            cpu[usize::from(follows)] += began.spent().1;
            desk.follow().await;
        }
        let cpu = per(cpu[1].saturating_sub(cpu[0]), 3 * CHANGES);
        let took = per(took, 3 * CHANGES);
        row(
            &format!("their upkeep after each PUT of somebody {what}"),
            format!("{took}, CPU {cpu}"),
        );
    }
    row("a look when nothing changed", per(desk.follow().await, 1));

    let listed = segments::list(&desk.store, &desk.anna).await.unwrap();
    let before: u64 = listed.iter().map(|one| one.members).sum();
    desk.clock.advance_millis(DAY);
    let took = desk.follow().await;
    let listed = segments::list(&desk.store, &desk.anna).await.unwrap();
    let after: u64 = listed.iter().map(|one| one.members).sum();
    row("the turn of a day", format!("{took:.2?}, {before} members before, {after} after"));
}
