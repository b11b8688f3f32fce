//! The calendar of interactions against a store whose contents the test turns.

use std::sync::Arc;

use super::*;
use crate::accounts::{Accounts, NewUser};
use crate::base::clock::ManualClock;
use crate::base::{ContactId, PrincipalId, Timestamp};
use crate::calendars::generated;
use crate::config::Auth;
use crate::store::body::{self, Slot};
use crate::store::collection::Role;
use crate::store::contacts::{self, Contact};
use crate::store::engine::memory::MemoryEngine;
use crate::store::engine::{Batch, Engine, Step};
use crate::store::interactions::{self, Interaction, Precision, Source};
use crate::store::{Actor, Store, change, check, member};

/// 22 November 2026, 10:15 UTC.
const NOW: Timestamp = Timestamp(1_795_342_500_000);

struct Desk {
    store: Store,
    anna: PrincipalId,
}

impl Desk {
    async fn open() -> Self {
        let engine = Engine::Memory(MemoryEngine::default());
        let store = Store::open(engine, Arc::new(ManualClock::at(NOW))).await.unwrap();
        let store = Arc::new(store);
        let accounts = Accounts::new(Arc::clone(&store), &Auth::default()).unwrap();
        accounts.add_user(NewUser { name: "anna".into(), ..NewUser::default() }).await.unwrap();
        drop(accounts);
        let store = Arc::into_inner(store).unwrap();
        Self { store, anna: PrincipalId::parse("anna").unwrap() }
    }

    async fn contact(&self, name: &str) -> ContactId {
        let mut batch = Batch::new();
        let uid = format!("urn:uuid:{name}");
        let contact = Contact::new(self.anna.clone(), uid, name.to_owned(), NOW);
        let id = contacts::insert(&self.store, &mut batch, &contact).unwrap();
        self.store.commit(batch).await.unwrap();
        id
    }

    fn call(&self, uid: &str, with: &[ContactId], text: &str) -> Interaction {
        Interaction {
            uid: uid.to_owned(),
            owner: self.anna.clone(),
            kind: "call".to_owned(),
            at: NOW,
            precision: Precision::Minute,
            duration: Some(1800),
            direction: None,
            author: Actor { principal: "anna".to_owned(), device: String::new() },
            participants: with.to_vec(),
            text: text.to_owned(),
            link: None,
            source: Source::Cli,
            captured: NOW,
            content: 0,
        }
    }

    async fn log(&self, interaction: &Interaction) {
        let snapshot = self.store.snapshot().await.unwrap();
        let mut batch = Batch::new();
        interactions::log(&self.store, &snapshot, &mut batch, interaction).await.unwrap();
        self.store.commit(batch).await.unwrap();
    }

    /// The events as they are shown, and how often the calendar changed.
    async fn look(&self) -> Option<(Vec<String>, u64)> {
        freshen(&self.store, &self.anna).await.unwrap();
        let snapshot = self.store.snapshot().await.unwrap();
        let found = generated::find(&snapshot, &self.anna, Role::Interactions).await.unwrap()?;
        let id = found.collection.id;
        let mut names = Vec::new();
        member::scan(&snapshot, id, None, |name, _| {
            names.push(name.to_owned());
            Step::Continue
        })
        .await
        .unwrap();
        let mut events = Vec::new();
        for name in names {
            let body = body::get(&snapshot, Slot::Member(id, &name)).await.unwrap();
            let text = String::from_utf8(body.text.to_vec()).unwrap();
            events.push(text.replace("\r\n ", ""));
        }
        let faults = check::check(&snapshot).await.unwrap().faults;
        assert!(faults.is_empty(), "{faults:?}");
        Some((events, change::head(&snapshot, id).await.unwrap()))
    }
}

#[tokio::test]
async fn it_comes_with_the_first_interaction_and_follows_each_change() {
    let desk = Desk::open().await;
    assert_eq!(desk.look().await, None, "an empty calendar would be for nothing");
    let (bert, cleo) = (desk.contact("Bert").await, desk.contact("Cleo").await);
    desk.log(&desk.call("i1", &[bert, cleo], "the offer;\nBEGIN:VEVENT")).await;
    let (events, changes) = desk.look().await.unwrap();
    assert_eq!((events.len(), changes), (1, 1));
    for line in [
        "DTSTART:20261122T101500Z",
        "DURATION:PT1800S",
        "SUMMARY:Call: Bert\\, Cleo",
        "DESCRIPTION:the offer\\;\\nBEGIN:VEVENT",
        "CATEGORIES:call",
        "TRANSP:TRANSPARENT",
        "X-ROLODAV-CONTACT:urn:uuid:Cleo",
    ] {
        assert!(events[0].contains(&format!("\r\n{line}\r\n")), "no {line}: {}", events[0]);
    }
    assert_eq!(desk.look().await.unwrap().1, 1, "nothing happened");

    let snapshot = desk.store.snapshot().await.unwrap();
    let (number, read) =
        interactions::find_by_uid(&snapshot, &desk.anna, "i1").await.unwrap().unwrap();
    let mut now = read.record.clone();
    now.precision = Precision::Day;
    now.text.clear();
    let mut batch = Batch::new();
    interactions::replace(&desk.store, &snapshot, &mut batch, number, &read, &now).await.unwrap();
    desk.store.commit(batch).await.unwrap();
    let (events, changes) = desk.look().await.unwrap();
    assert_eq!(changes, 2);
    assert!(events[0].contains("\r\nDTSTART;VALUE=DATE:20261122\r\n"), "{}", events[0]);
    assert!(!events[0].contains("DESCRIPTION") && !events[0].contains("DURATION"));

    let snapshot = desk.store.snapshot().await.unwrap();
    let (number, read) =
        interactions::find_by_uid(&snapshot, &desk.anna, "i1").await.unwrap().unwrap();
    let mut batch = Batch::new();
    interactions::remove(&desk.store, &snapshot, &mut batch, number, &read, desk.store.now())
        .await
        .unwrap();
    desk.store.commit(batch).await.unwrap();
    let (events, changes) = desk.look().await.unwrap();
    assert_eq!((events.len(), changes), (0, 3), "what is taken back is gone");
}

#[tokio::test]
async fn a_long_history_comes_in_commits_of_bounded_size() {
    let desk = Desk::open().await;
    let bert = desk.contact("Bert").await;
    let snapshot = desk.store.snapshot().await.unwrap();
    let mut batch = Batch::new();
    for number in 0..300 {
        let call = desk.call(&format!("i{number}"), &[bert], "");
        interactions::log(&desk.store, &snapshot, &mut batch, &call).await.unwrap();
    }
    desk.store.commit(batch).await.unwrap();
    let (events, changes) = desk.look().await.unwrap();
    assert_eq!((events.len(), changes), (300, 300));
    assert_eq!(desk.look().await.unwrap().1, 300);
}

#[tokio::test]
async fn days_are_those_of_the_zone_that_its_owner_lives_in() {
    let desk = Desk::open().await;
    let bert = desk.contact("Bert").await;
    // Noon in Tonga is the evening before in UTC.
    let noon = Timestamp(NOW.0 - (NOW.0 % 86_400_000) - 3_600_000);
    let call = Interaction { at: noon, precision: Precision::Day, ..desk.call("i", &[bert], "") };
    desk.log(&call).await;
    assert!(desk.look().await.unwrap().0[0].contains("DTSTART;VALUE=DATE:20261121"));
    let snapshot = desk.store.snapshot().await.unwrap();
    let mut batch = Batch::new();
    let chosen = crate::store::preferences::Preferences {
        zone: Some("Pacific/Tongatapu".to_owned()),
        ..Default::default()
    };
    crate::store::preferences::replace(&mut batch, &desk.anna, None, &chosen).unwrap();
    desk.store.commit(batch).await.unwrap();
    drop(snapshot);
    let (events, _) = desk.look().await.unwrap();
    assert!(events[0].contains("DTSTART;VALUE=DATE:20261122"), "{}", events[0]);
}
