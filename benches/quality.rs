//! What it costs to know which cards need attention: a look at one card, the first pass over a book, and
//! the upkeep of cards that changed.
//!
//! `cargo bench --bench quality -- [CARDS …]` (default 10000). The people are made up, from a fixed seed; the
//! store is a file of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::string_slice, clippy::pedantic, clippy::disallowed_methods)]
#![allow(missing_docs, missing_debug_implementations, dead_code)]

#[path = "duplicates/people.rs"]
mod people;

use std::sync::Arc;
use std::time::Instant;

use rolodav::accounts::NewUser;
use rolodav::app::Services;
use rolodav::base::{PrincipalId, SystemClock};
use rolodav::config::Settings;
use rolodav::contacts::normal::Region;
use rolodav::contacts::quality::{Look, Terms, index};
use rolodav::contacts::{books, card};
use rolodav::store::Actor;
use rolodav::store::engine::Batch;
use rolodav::store::quality;
use rolodav::store::write::Target;

/// Cards that one commit of the filling stores.
const STEP: usize = 500;

/// Cards that change between two looks.
const CHANGED: usize = 1000;

#[tokio::main]
async fn main() {
    let words = std::env::args().skip(1).filter(|word| word != "--bench");
    let mut sizes: Vec<usize> = words.map(|size| size.parse().expect("a number")).collect();
    if sizes.is_empty() {
        sizes = vec![10_000];
    }
    println!(
        "| cards | look | first pass | upkeep a changed card | counts |\n|---|---|---|---|---|"
    );
    for size in sizes {
        measured(size).await;
    }
}

async fn measured(size: usize) {
    let data = tempfile::tempdir().unwrap();
    let mut settings = Settings::default();
    settings.store.path = data.path().to_owned();
    let services = Services::open(settings, Arc::new(SystemClock)).await.unwrap();
    let user = NewUser { name: "bench".into(), ..NewUser::default() };
    services.accounts.add_user(user).await.unwrap();
    let owner = PrincipalId::parse("bench").unwrap();
    let store = &services.store;
    let book =
        books::chosen(&store.snapshot().await.unwrap(), &owner, None).await.unwrap().remove(0);
    let actor = Actor { principal: "bench".to_owned(), device: String::new() };
    let cards = people::cards(size, 1);

    let region = Region::named("DE");
    let began = Instant::now();
    let looked = cards.iter().filter_map(|one| Look::at(one.card.as_bytes(), region)).count();
    let look = began.elapsed() / looked.max(1) as u32;

    for page in cards.chunks(STEP) {
        let snapshot = store.snapshot().await.unwrap();
        let mut batch = Batch::new();
        for one in page {
            let new = card::accept(one.card.clone().into_bytes().into(), 1000, false).unwrap();
            let name = format!("{}.vcf", one.uid);
            let target = Target { collection: &book, rights: &[], name: &name, actor: &actor };
            store.plan_put(&snapshot, &mut batch, &target, &new, None, None).await.unwrap();
        }
        store.commit(batch).await.unwrap();
    }
    let terms = Terms { region, stale_days: 365 };
    let began = Instant::now();
    index::follow(store, &owner, terms).await.unwrap();
    let first = began.elapsed();

    for one in cards.iter().take(CHANGED) {
        let text = one.card.replace("END:VCARD", "NOTE:changed\r\nEND:VCARD");
        let new = card::accept(text.into_bytes().into(), 1000, false).unwrap();
        let name = format!("{}.vcf", one.uid);
        let target = Target { collection: &book, rights: &[], name: &name, actor: &actor };
        store.put_member(&target, &new, None, None, |_| Ok(())).await.unwrap();
    }
    let began = Instant::now();
    index::follow(store, &owner, terms).await.unwrap();
    let upkeep = began.elapsed() / CHANGED.min(cards.len()).max(1) as u32;

    let began = Instant::now();
    let counts = quality::counts(&store.snapshot().await.unwrap(), book.id).await.unwrap();
    let counted = began.elapsed();
    assert_eq!(counts.cards, size as u64);
    println!(
        "| {size} | {:.1} µs | {:.2} s | {:.1} µs | {:.0} µs |",
        look.as_nanos() as f64 / 1e3,
        first.as_secs_f64(),
        upkeep.as_nanos() as f64 / 1e3,
        counted.as_nanos() as f64 / 1e3
    );
}
