//! The calendar of birthdays against a store whose clock and contents the test turns.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::base::clock::ManualClock;
use crate::base::{CollectionId, ETag, PrincipalId, Timestamp};
use crate::store::body::{self, NewBody, Slot};
use crate::store::collection::{self, Collection, Kind};
use crate::store::engine::memory::MemoryEngine;
use crate::store::engine::{Batch, Engine, Step};
use crate::store::grants::{self, Access, Grant};
use crate::store::member::{self, Flags};
use crate::store::principals::{self, Principal, Role};
use crate::store::write::{NewMember, Target};
use crate::store::{Actor, Store, change, check};

/// 22 November 2026.
const NOW: Timestamp = Timestamp(1_795_342_500_000);

struct Desk {
    store: Arc<Store>,
    clock: Arc<ManualClock>,
}

impl Desk {
    async fn open() -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let engine = Engine::Memory(MemoryEngine::default());
        let store = Store::open(engine, Arc::clone(&clock) as _).await.unwrap();
        Self { store: Arc::new(store), clock }
    }

    async fn user(&self, name: &str) -> PrincipalId {
        let id = PrincipalId::parse(name).unwrap();
        let user = Principal {
            kind: principals::Kind::User,
            name: name.to_owned(),
            mail: None,
            display_name: name.to_owned(),
            role: Role::Member,
            disabled: false,
            created: NOW,
        };
        let mut batch = Batch::new();
        principals::insert(&mut batch, &id, &user).unwrap();
        self.store.commit(batch).await.unwrap();
        id
    }

    async fn book(&self, owner: &PrincipalId, name: &str) -> Collection {
        let id = CollectionId(self.store.number());
        let book = Collection::new(id, Kind::AddressBook, owner.clone(), name.to_owned(), NOW);
        let mut batch = Batch::new();
        collection::create(&mut batch, &book).unwrap();
        self.store.commit(batch).await.unwrap();
        book
    }

    async fn put(&self, book: &Collection, uid: &str, lines: &str) {
        let text = format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\n{lines}END:VCARD\r\n");
        let bytes = Bytes::from(text);
        let new = NewMember {
            etag: ETag::of(&bytes),
            body: NewBody { bytes, blobs: Vec::new() },
            flags: Flags::default(),
            uid: uid.to_owned(),
            notes: Vec::new(),
            original: None,
            spans: Vec::new(),
        };
        let actor = Actor { principal: "anna".to_owned(), device: String::new() };
        let name = format!("{uid}.vcf");
        let target = Target { collection: book, rights: &[], name: &name, actor: &actor };
        self.store.put_member(&target, &new, None, None, |_| Ok(())).await.unwrap();
    }

    async fn delete(&self, book: &Collection, uid: &str) {
        let actor = Actor { principal: "anna".to_owned(), device: String::new() };
        let name = format!("{uid}.vcf");
        let target = Target { collection: book, rights: &[], name: &name, actor: &actor };
        self.store.delete_member(&target, None, |_| Ok(())).await.unwrap();
    }

    /// The titles of the calendar's events after a look, by name; of each the first and all that
    /// follow in its window.
    async fn look(&self, owner: &PrincipalId) -> BTreeMap<String, Vec<String>> {
        let calendar = ensure(&self.store, owner).await.unwrap().unwrap().collection;
        freshen(&self.store, calendar.id).await.unwrap();
        let snapshot = self.store.snapshot().await.unwrap();
        let mut names = Vec::new();
        member::scan(&snapshot, calendar.id, None, |name, _| {
            names.push(name.to_owned());
            Step::Continue
        })
        .await
        .unwrap();
        let mut found = BTreeMap::new();
        for name in names {
            let body = body::get(&snapshot, Slot::Member(calendar.id, &name)).await.unwrap();
            let text = String::from_utf8(body.text.to_vec()).unwrap();
            let titles = text.lines().filter_map(|line| line.strip_prefix("SUMMARY:"));
            found.insert(name, titles.map(str::to_owned).collect());
        }
        let report = check::check(&snapshot).await.unwrap();
        assert_eq!(report.faults, Vec::<String>::new());
        found
    }

    async fn titles(&self, owner: &PrincipalId) -> Vec<String> {
        let mut titles: Vec<String> =
            self.look(owner).await.into_values().filter_map(|told| told.first().cloned()).collect();
        titles.sort();
        titles
    }

    async fn head(&self, owner: &PrincipalId) -> u64 {
        let snapshot = self.store.snapshot().await.unwrap();
        let calendar = find(&snapshot, owner, collection::Role::Birthdays).await.unwrap().unwrap();
        change::head(&snapshot, calendar.collection.id).await.unwrap()
    }

    async fn share(&self, book: &Collection, with: &PrincipalId, on: bool) {
        let mut batch = Batch::new();
        if on {
            let (owner, grantee) = (book.owner.clone(), with.clone());
            let (collection, access) = (book.id, Access::Read);
            let grant =
                Grant { collection, owner, grantee, access, created: NOW, without_history: false };
            grants::put(&mut batch, &grant).unwrap();
        } else {
            grants::remove(&mut batch, book.id, with);
        }
        self.store.commit(batch).await.unwrap();
    }
}

#[tokio::test]
async fn it_follows_the_cards_and_writes_only_what_changes() {
    let desk = Desk::open().await;
    let anna = desk.user("anna").await;
    let book = desk.book(&anna, "contacts").await;
    desk.put(&book, "a", "FN:Ada\r\nBDAY:18151210\r\n").await;
    desk.put(&book, "b", "FN:Bob\r\nTEL:1\r\n").await;
    assert_eq!(desk.titles(&anna).await, ["🎂 Ada"]);
    assert_eq!(desk.head(&anna).await, 1);
    desk.put(&book, "a", "FN:Ada\r\nBDAY:18151210\r\nNOTE:x\r\n").await;
    assert_eq!(desk.titles(&anna).await, ["🎂 Ada"]);
    assert_eq!(desk.head(&anna).await, 1, "a note is nothing to the calendar");
    desk.put(&book, "b", "FN:Bob\r\nBDAY:--0102\r\nANNIVERSARY:20100304\r\n").await;
    assert_eq!(desk.titles(&anna).await, ["🎂 Ada", "🎂 Bob", "💍 Bob"]);
    assert_eq!(desk.head(&anna).await, 3);
    desk.put(&book, "b", "FN:Bob\r\nANNIVERSARY:20100304\r\n").await;
    desk.delete(&book, "a").await;
    assert_eq!(desk.titles(&anna).await, ["💍 Bob"]);
    assert_eq!(desk.head(&anna).await, 5);
    // A name that another card took between two looks.
    desk.delete(&book, "b").await;
    desk.put(&book, "c", "FN:Cleo\r\nBDAY:--0102\r\n").await;
    assert_eq!(desk.titles(&anna).await, ["🎂 Cleo"]);
}

#[tokio::test]
async fn a_card_keeps_its_event_from_book_to_book() {
    let desk = Desk::open().await;
    let anna = desk.user("anna").await;
    let (one, two) = (desk.book(&anna, "one").await, desk.book(&anna, "two").await);
    desk.put(&one, "a", "FN:Ada\r\nBDAY:18151210\r\n").await;
    let before = desk.look(&anna).await;
    desk.put(&two, "a", "FN:Ada\r\nBDAY:18151210\r\n").await;
    assert_eq!(desk.look(&anna).await, before, "one card in two books is one birthday");
    desk.delete(&one, "a").await;
    assert_eq!(desk.look(&anna).await, before, "it is in the other book still");
    assert_eq!(desk.head(&anna).await, 1, "and nothing had to be written");
    desk.delete(&two, "a").await;
    assert!(desk.look(&anna).await.is_empty());
}

#[tokio::test]
async fn shared_books_come_and_go() {
    let desk = Desk::open().await;
    let (anna, bob) = (desk.user("anna").await, desk.user("bob").await);
    let (own, team) = (desk.book(&anna, "own").await, desk.book(&bob, "team").await);
    desk.put(&own, "x", "FN:Own\r\nBDAY:--0101\r\n").await;
    // The same UID in somebody else's book is somebody else.
    desk.put(&team, "x", "FN:Team\r\nBDAY:--0101\r\n").await;
    assert_eq!(desk.titles(&anna).await, ["🎂 Own"]);
    desk.share(&team, &anna, true).await;
    assert_eq!(desk.titles(&anna).await, ["🎂 Own", "🎂 Team"]);
    desk.put(&team, "y", "FN:Yu\r\nBDAY:--0101\r\n").await;
    assert_eq!(desk.titles(&anna).await, ["🎂 Own", "🎂 Team", "🎂 Yu"]);
    assert_eq!(desk.titles(&bob).await, ["🎂 Team", "🎂 Yu"]);
    desk.share(&team, &anna, false).await;
    assert_eq!(desk.titles(&anna).await, ["🎂 Own"]);
    assert_eq!(desk.titles(&bob).await, ["🎂 Team", "🎂 Yu"]);
}

#[tokio::test]
async fn the_window_moves_with_the_year() {
    let desk = Desk::open().await;
    let anna = desk.user("anna").await;
    let book = desk.book(&anna, "contacts").await;
    desk.put(&book, "a", "FN:Ada\r\nBDAY:19850415\r\n").await;
    desk.put(&book, "b", "FN:Bob\r\nBDAY:--0415\r\n").await;
    let ages = |told: &BTreeMap<String, Vec<String>>| -> Vec<String> {
        let ages = told.values().flatten().filter_map(|title| title.strip_prefix("🎂 Ada ("));
        ages.map(|age| age.trim_end_matches(')').to_owned()).collect()
    };
    assert_eq!(ages(&desk.look(&anna).await), ["40", "41", "42", "43", "44", "45"]);
    let head = desk.head(&anna).await;
    desk.clock.advance_millis(60 * 86_400_000);
    assert_eq!(ages(&desk.look(&anna).await), ["41", "42", "43", "44", "45", "46"]);
    assert_eq!(desk.head(&anna).await, head + 1, "what has no age has not changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_large_book_is_taken_in_by_steps_each_card_once_whoever_looks() {
    let desk = Desk::open().await;
    let anna = desk.user("anna").await;
    let book = desk.book(&anna, "contacts").await;
    for n in 0..700 {
        desk.put(&book, &format!("{n:04}"), &format!("FN:N{n}\r\nBDAY:--0101\r\n")).await;
    }
    let id = ensure(&desk.store, &anna).await.unwrap().unwrap().collection.id;
    let looks: Vec<_> = (0..4)
        .map(|_| {
            let store = Arc::clone(&desk.store);
            tokio::spawn(async move { freshen(&store, id).await })
        })
        .collect();
    for look in looks {
        look.await.unwrap().unwrap();
    }
    assert_eq!(desk.titles(&anna).await.len(), 700);
    assert_eq!(desk.head(&anna).await, 700, "every event was written once");
    for n in 0..600 {
        desk.delete(&book, &format!("{n:04}")).await;
    }
    assert_eq!(desk.titles(&anna).await.len(), 100);
    assert_eq!(desk.head(&anna).await, 1300);
}
