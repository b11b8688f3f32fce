//! The book that is measured: its cards, and how they come into the store.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rolodav::app::Services;
use rolodav::base::{PrincipalId, SystemClock};
use rolodav::config::Settings;
use rolodav::contacts::card;
use rolodav::store::Actor;
use rolodav::store::collection::{self, Kind};
use rolodav::store::engine::Batch;
use rolodav::store::write::Target;

use super::desk::Desk;
use super::driver::{Client, fill};

/// Where it is.
pub const HOME: &str = "/dav/addressbooks/bench/contacts/";
/// Tags in use; every second contact has one of them.
pub const TAGS: usize = 50;
/// Contacts with a history.
pub const REMEMBERED: usize = 1000;
/// What each of them has.
const INTERACTIONS: usize = 20;
/// Cards that one commit of the filling stores.
const STEP: usize = 500;

pub fn place(n: usize) -> String {
    format!("{HOME}c{n:07}.vcf")
}

/// A card as a phone writes it, 0.5 KB; every second one with a tag.
pub fn plain(n: usize) -> String {
    let tag = format!("Group {:02}", n / 2 % TAGS);
    contact(&format!("bench-{n}"), n, "Met at the conference", if n % 2 == 1 { &tag } else { "" })
}

fn contact(uid: &str, n: usize, note: &str, tags: &str) -> String {
    let mut card = format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iOS 17.0.2//EN\r\nUID:{uid}\r\n\
         N:Person{n};Given{};;;\r\nFN:Given{} Person{n}\r\nORG:Company {};\r\n\
         EMAIL;type=INTERNET;type=HOME;type=pref:person{n}@example.org\r\n\
         EMAIL;type=INTERNET;type=WORK:p{n}@company{}.example.com\r\n\
         TEL;type=CELL;type=VOICE;type=pref:+43 660 {n:07}\r\n\
         item1.ADR;type=HOME;type=pref:;;Street {n};Town {};;{:05};Austria\r\n\
         item1.X-ABADR:at\r\nBDAY:1980-01-{:02}\r\n",
        n % 500,
        n % 500,
        n % 97,
        n % 97,
        n % 300,
        n % 99_999,
        n % 28 + 1,
    );
    if !tags.is_empty() {
        let _ = write!(card, "CATEGORIES:{tags}\r\n");
    }
    card + "NOTE:" + note + "\r\nREV:2026-01-01T00:00:00Z\r\nEND:VCARD\r\n"
}

/// A card with five tags, and these notes; of somebody whom no other card is of.
fn tagged(kind: &str, n: usize, note: &str) -> String {
    let tags: Vec<String> = (0..5).map(|k| format!("Group {:02}", (n + k * 7) % TAGS)).collect();
    let beyond = kind.bytes().next().map_or(0, usize::from) * 10_000_000;
    contact(&format!("{kind}-{n}"), beyond + n, note, &tags.join(","))
}

/// Twenty lines that become its history.
fn history() -> String {
    let mut note = "Met at the conference".to_owned();
    for n in 0..INTERACTIONS {
        let (day, hour) = (n % 27 + 1, n % 9 + 9);
        let _ = write!(
            note,
            "\\n+call 2026-0{}-{day:02} {hour:02}:15 spoke about the offer of part {n}\\, will \
             send figures to both of them",
            n % 9 + 1,
        );
    }
    note
}

/// Writes the book straight into the store.
pub async fn load(data: PathBuf, contacts: usize) {
    let mut settings = Settings::default();
    settings.store.path = data;
    settings.store.cache_mib = 256;
    let services = Services::open(settings, Arc::new(SystemClock)).await.unwrap();
    let owner = PrincipalId::parse("bench").unwrap();
    let snapshot = services.store.snapshot().await.unwrap();
    let book = collection::find(&snapshot, &owner, Kind::AddressBook, "contacts").await.unwrap();
    let book = Arc::new(book.unwrap().collection);
    let next = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let (store, book, next) =
                (Arc::clone(&services.store), Arc::clone(&book), Arc::clone(&next));
            tokio::spawn(async move {
                let actor = Actor { principal: "bench".to_owned(), device: String::new() };
                loop {
                    let from = next.fetch_add(STEP, Ordering::Relaxed);
                    if from >= contacts {
                        return;
                    }
                    let snapshot = store.snapshot().await.unwrap();
                    let mut batch = Batch::new();
                    for n in from..contacts.min(from + STEP) {
                        let new = card::accept(plain(n).into(), 1000, false).unwrap();
                        let name = format!("c{n:07}.vcf");
                        let (collection, actor) = (&*book, &actor);
                        let target = Target { collection, rights: &[], name: &name, actor };
                        store
                            .plan_put(&snapshot, &mut batch, &target, &new, None, None)
                            .await
                            .unwrap();
                    }
                    store.commit(batch).await.unwrap();
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
}

/// Cards that have a history, and others of their length and without one.
pub fn remember(desk: &Desk) {
    let note = history();
    fill(&desk.server, REMEMBERED, |n| (format!("{HOME}layer-{n}.vcf"), tagged("layer", n, &note)));
    let mut client = Client::new(&desk.server.address);
    client.expect(200, "GET", &format!("{HOME}layer-500.vcf"), "", "");
    let served = String::from_utf8_lossy(&client.body).into_owned();
    let lines = served.matches("X-ROLODAV-INTERACTION").count();
    assert_eq!(lines, INTERACTIONS, "the history is not shown whole:\n{served}");
    let more = served.len().saturating_sub(tagged("long", 500, "").len());
    let filler: String = "and what else there is to say ".chars().cycle().take(more).collect();
    fill(&desk.server, REMEMBERED, |n| (format!("{HOME}long-{n}.vcf"), tagged("long", n, &filler)));
    let met = "Met at the conference";
    fill(&desk.server, REMEMBERED, |n| (format!("{HOME}short-{n}.vcf"), tagged("short", n, met)));
    client.expect(200, "GET", &format!("{HOME}short-500.vcf"), "", "");
    println!("A card has {} bytes, one with a history {}.\n", client.body.len(), served.len());
}
