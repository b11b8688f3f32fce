//! What a new card costs the server beyond the card itself: the search index, a hundred segments and
//! the keys of duplicates; and with all that goes on beside, comparing it with others among it.
//!
//! `cargo bench --bench upkeep -- [--without-all] [CARDS …]` (default 10000). Three servers with a book
//! each, in turns, over HTTP: one that keeps nothing but the cards, one that keeps the three, and one
//! that does all that the program does (`--without-all`: not that one, which rests long; its columns
//! then say NaN). Counted is the CPU of the server's process until it has nothing left to do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice, clippy::pedantic, clippy::disallowed_methods)]
#![allow(missing_docs, missing_debug_implementations)]

#[path = "driver/mod.rs"]
#[allow(dead_code)]
mod driver;
#[path = "duplicates/people.rs"]
mod people;
#[path = "driver/queries.rs"]
mod queries;
#[path = "driver/rounds.rs"]
#[allow(dead_code)]
mod rounds;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use driver::{Client, Server, add_user, fill};
use people::Labelled;
use queries::query;
use rolodav::accounts::Accounts;
use rolodav::app::{self, Services};
use rolodav::base::{Networks, PrincipalId, SystemClock};
use rolodav::config::Settings;
use rolodav::contacts::duplicates::index;
use rolodav::contacts::mail_capture::MailCapture;
use rolodav::contacts::normal::Region;
use rolodav::contacts::segments::{self, New};
use rolodav::contacts::weaving;
use rolodav::fetch::{self, vetting::Vetting};
use rolodav::http::Bound;
use rolodav::store::engine::Engine;
use rolodav::store::engine::redb::{Options, RedbEngine};
use rolodav::store::{Actor, Store};
use rounds::Meter;

const ROUNDS: usize = 3;
/// Cards of one round.
const CARDS: usize = 400;
/// How the servers differ.
const MODES: [&str; 3] = ["plain", "kept", "all"];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [serving, mode, data] = words.as_slice()
        && serving == "serve"
    {
        return serve(mode, Path::new(data));
    }
    let modes = if words.iter().any(|word| word == "--without-all") { &MODES[..2] } else { &MODES };
    let sizes = words.iter().filter(|word| !word.starts_with("--"));
    let mut sizes: Vec<usize> = sizes.map(|word| word.parse().expect("a number")).collect();
    if sizes.is_empty() {
        sizes = vec![10_000];
    }
    println!(
        "| cards | clients | PUT, CPU ms | with search, 100 segments, keys | times | with all | times |\n\
         |---|---|---|---|---|---|---|"
    );
    for size in sizes {
        measured(size, modes);
    }
}

fn measured(size: usize, modes: &[&str]) {
    let data = MODES.map(|_| tempfile::tempdir().unwrap());
    let mut desks: Vec<Desk> =
        modes.iter().zip(&data).map(|(m, d)| Desk::of(m, d.path())).collect();
    let cards = people::cards(size + 2 * (ROUNDS + 1) * CARDS, 1);
    let (filling, mut coming) = cards.split_at(size);
    for desk in &mut desks {
        fill(&desk.server, filling.len(), |n| (path(&filling[n]), filling[n].card.clone()));
        desk.rest(3);
    }
    for clients in [1, 16] {
        let mut taken = MODES.map(|_| Vec::new());
        for round in 0..=ROUNDS {
            let (now, later) = coming.split_at(CARDS);
            coming = later;
            for (desk, taken) in desks.iter_mut().zip(&mut taken) {
                let cpu = desk.put(now, clients);
                // The first round warms up.
                if round > 0 {
                    taken.push(cpu);
                }
            }
        }
        let [plain, kept, all] = taken.map(|mut each| {
            each.sort_by(f64::total_cmp);
            each.get(each.len() / 2).copied().unwrap_or(f64::NAN)
        });
        println!(
            "| {size} | {clients} | {plain:.3} | {kept:.3} | {:.2} | {all:.3} | {:.2} |",
            kept / plain,
            all / plain
        );
    }
}

fn path(made: &Labelled) -> String {
    format!("/dav/addressbooks/bench/contacts/{}.vcf", made.uid)
}

/// A server, and what it used.
struct Desk {
    server: Server,
    meter: Meter,
    /// Seconds within which it begins with what it does beside.
    pause: u64,
}

impl Desk {
    fn of(mode: &str, data: &Path) -> Self {
        add_user(data);
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["serve", mode]).arg(data);
        let server = Server::started(command).0;
        Self { server, meter: Meter::default(), pause: if mode == "all" { 21 } else { 1 } }
    }

    /// CPU of one card, in milliseconds, all that follows included.
    fn put(&mut self, cards: &[Labelled], clients: usize) -> f64 {
        let before = self.meter.read(&self.server);
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..clients {
                scope.spawn(|| {
                    let mut client = Client::new(&self.server.address);
                    while let Some(made) = cards.get(next.fetch_add(1, Ordering::Relaxed)) {
                        client.expect(201, "PUT", &path(made), "", &made.card);
                    }
                });
            }
        });
        self.rest(1);
        (self.meter.read(&self.server) - before) as f64 / 1e6 / cards.len() as f64
    }

    /// Waits so many pauses, and until it has nothing left to do.
    fn rest(&mut self, pauses: u64) {
        std::thread::sleep(Duration::from_secs(pauses * self.pause));
        let mut quiet = 0;
        let mut before = self.meter.read(&self.server);
        while quiet < 2 {
            std::thread::sleep(Duration::from_secs(1));
            let now = self.meter.read(&self.server);
            quiet = if now - before < 10_000_000 { quiet + 1 } else { 0 };
            before = now;
        }
    }
}

/// The server that is measured.
#[tokio::main]
async fn serve(mode: &str, data: &Path) {
    let mut settings = Settings::default();
    settings.store.path = data.to_owned();
    settings.server.listen = vec!["127.0.0.1:0".to_owned()];
    settings.limits.requests_per_user = 64;
    let tell = |bound: &[Bound]| eprintln!("listening on http://{}", bound[0].address);
    let stop = std::future::pending::<()>();
    if mode == "plain" {
        return app::answer(&unindexed(settings).await, stop, tell).await.unwrap();
    }
    let services = Services::open(settings, Arc::new(SystemClock)).await.unwrap();
    let bench = PrincipalId::parse("bench").unwrap();
    let actor = Actor { principal: "bench".to_owned(), device: String::new() };
    for n in 0..100 {
        let new = New { name: format!("s{n}"), query: query(n), as_group: true, as_book: false };
        segments::add(&services.store, &bench, &new, &actor).await.unwrap();
    }
    if mode == "all" {
        return app::run(&services, stop, tell).await.unwrap();
    }
    let (store, region) = (Arc::clone(&services.store), Region::named("DE"));
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            segments::follow(&store, &bench).await.unwrap();
            index::follow(&store, &bench, region).await.unwrap();
        }
    });
    app::answer(&services, stop, tell).await.unwrap();
}

/// What the program stands on, without the search index.
async fn unindexed(settings: Settings) -> Services {
    let options = Options { cache_bytes: settings.store.cache_mib << 20, ..Options::default() };
    let engine = RedbEngine::open(&app::data_file(&settings.store.path), options).unwrap();
    let store = Store::open(Engine::Redb(engine), Arc::new(SystemClock)).await.unwrap();
    let store = Arc::new(store);
    let accounts = Arc::new(Accounts::new(Arc::clone(&store), &settings.auth).unwrap());
    let (patience, most) = (Duration::from_secs(1), 1 << 20);
    let fetching = fetch::Rules { vetting: Vetting { also: Networks::default() }, patience, most };
    let fetcher = Arc::new(fetch::Fetcher::new(fetching));
    let rules = Arc::new(weaving::Rules::of(&settings.contacts, settings.limits.card_lines));
    let mail = MailCapture::new(Arc::clone(&store), Arc::clone(&rules), &settings.mail_capture);
    let mail_capture = Arc::new(mail);
    Services { settings, store, accounts, fetcher, mail_capture, rules }
}
