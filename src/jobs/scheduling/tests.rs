//! Deliveries that a stop of the server cut off are made at the next start, once.

use std::sync::Arc;

use super::*;
use crate::accounts::{Accounts, NewUser};
use crate::base::PrincipalId;
use crate::base::clock::{Clock, ManualClock};
use crate::calendars::object::{Rules, accept};
use crate::calendars::scheduling::implicit::{Change, Means, Wishes, follow};
use crate::config::Auth;
use crate::store::Actor;
use crate::store::collection::{self, Components, Kind};
use crate::store::engine::{Engine, Step, memory::MemoryEngine};
use crate::store::member;
use crate::store::write::{Alongside, Planned, Planning, Target};

/// The part of scheduling in the commit of a PUT, and nothing of what follows it.
struct Commit<'a>(&'a Store, Limits);

impl Alongside for Commit<'_> {
    fn plan<'a>(&'a self, planning: Planning<'a>) -> Planned<'a> {
        Box::pin(async move {
            let Planning { snapshot, batch, target, old, new } = planning;
            let change = Change { calendar: target.collection, name: target.name, old, new };
            let means = Means { limits: &self.1, mail: false };
            let wishes = Wishes::default();
            let followed = follow(self.0, snapshot, batch, change, &wishes, means).await;
            Ok(followed.expect("nothing is refused").instead)
        })
    }
}

async fn stored() -> Arc<Store> {
    stored_at(&Arc::default()).await
}

async fn stored_at(clock: &Arc<ManualClock>) -> Arc<Store> {
    let engine = Engine::Memory(MemoryEngine::default());
    clock.advance_millis(1_800_000_000_000);
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
    let store = Arc::new(Store::open(engine, clock).await.unwrap());
    let accounts = Accounts::new(Arc::clone(&store), &Auth::default()).unwrap();
    for name in ["anna@example.org", "bob@example.org"] {
        let user = NewUser { name: name.to_owned(), ..NewUser::default() };
        accounts.add_user(user).await.unwrap();
    }
    store
}

async fn members(store: &Store, user: &str, calendar: &str) -> usize {
    let snapshot = store.snapshot().await.unwrap();
    let user = PrincipalId::parse(user).unwrap();
    let found = collection::find(&snapshot, &user, Kind::Calendar, calendar).await.unwrap();
    let mut count = 0;
    let id = found.unwrap().collection.id;
    member::scan(&snapshot, id, None, |_, _| {
        count += 1;
        Step::Continue
    })
    .await
    .unwrap();
    count
}

/// Anna stores an invitation to Bob, and the server stops.
async fn invite(store: &Store) {
    let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:meal\r\n\
        DTSTAMP:20260101T000000Z\r\nDTSTART:20261201T100000Z\r\n\
        ORGANIZER:mailto:anna@example.org\r\nATTENDEE:mailto:bob@example.org\r\n\
        END:VEVENT\r\nEND:VCALENDAR\r\n";
    let limits = Limits::default();
    let kinds = Components::default();
    let rules = Rules { limits: &limits, kinds, strict: false, now: 0 };
    let new = accept(text.into(), &rules).unwrap();
    let snapshot = store.snapshot().await.unwrap();
    let anna = PrincipalId::parse("anna").unwrap();
    let found = collection::find(&snapshot, &anna, Kind::Calendar, "calendar").await.unwrap();
    let actor = Actor { principal: "anna".to_owned(), device: String::new() };
    let calendar = &found.unwrap().collection;
    let target = Target { collection: calendar, rights: &[], name: "meal.ics", actor: &actor };
    let commit = Commit(store, limits.clone());
    store.put_member(&target, &new, None, Some(&commit), |_| Ok(())).await.unwrap();
}

#[tokio::test]
async fn what_a_stop_cut_off_is_told_at_the_next_start_and_once() {
    let store = stored().await;
    invite(&store).await;
    assert_eq!(members(&store, "bob", "calendar").await, 0, "the server stopped before");
    let telling =
        Telling { store: Arc::clone(&store), limits: Limits::default(), mailer: None, quota: None };
    let snapshot = store.snapshot().await.unwrap();
    let waiting = outgoing::numbers(&snapshot).await.unwrap();
    assert_eq!(waiting.len(), 1);
    telling.round(false).await.unwrap();
    assert_eq!(members(&store, "bob", "calendar").await, 0, "a request may be about to tell it");
    for _ in 0..2 {
        telling.round(true).await.unwrap();
        assert_eq!(members(&store, "bob", "calendar").await, 1);
        assert_eq!(members(&store, "bob", "inbox").await, 1);
    }
    let snapshot = store.snapshot().await.unwrap();
    assert!(outgoing::numbers(&snapshot).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_that_tell_the_same_at_once_tell_it_once() {
    let store = stored().await;
    invite(&store).await;
    let snapshot = store.snapshot().await.unwrap();
    let number = outgoing::numbers(&snapshot).await.unwrap()[0];
    let limits = Limits::default();
    let deliveries = Deliveries { store: &store, limits: &limits, mail: false, quota: None };
    let (one, other) = tokio::join!(deliveries.tell(number), deliveries.tell(number));
    one.and(other).unwrap();
    assert_eq!(members(&store, "bob", "calendar").await, 1);
    assert_eq!(members(&store, "bob", "inbox").await, 1);
}

#[tokio::test]
async fn whoever_is_marked_is_not_told_again() {
    let store = stored().await;
    invite(&store).await;
    let snapshot = store.snapshot().await.unwrap();
    let number = outgoing::numbers(&snapshot).await.unwrap()[0];
    let mark = |recipient: &str| {
        let mut batch = Batch::new();
        outgoing::mark(&mut batch, number, recipient);
        batch
    };
    store.commit(mark("bob")).await.unwrap();
    assert!(store.commit(mark("bob")).await.is_err(), "twice");
    store.commit(mark("carol")).await.unwrap();
    let snapshot = store.snapshot().await.unwrap();
    assert!(outgoing::is_told(&snapshot, number, "bob").await.unwrap());
    let mut batch = Batch::new();
    outgoing::remove(&snapshot, &mut batch, number).await.unwrap();
    store.commit(batch).await.unwrap();
    assert!(store.commit(mark("bob")).await.is_err(), "after all were told");
    let snapshot = store.snapshot().await.unwrap();
    assert!(!outgoing::is_told(&snapshot, number, "bob").await.unwrap(), "nothing is left behind");
}

#[tokio::test]
async fn old_messages_leave_the_inbox_and_copies_stay() {
    let clock = Arc::default();
    let store = stored_at(&clock).await;
    invite(&store).await;
    let telling =
        Telling { store: Arc::clone(&store), limits: Limits::default(), mailer: None, quota: None };
    telling.round(true).await.unwrap();
    for (days, messages) in [(29, 1), (2, 0)] {
        clock.advance_millis(days * 86_400_000);
        telling.clear().await;
        assert_eq!(members(&store, "bob", "inbox").await, messages);
        assert_eq!(members(&store, "bob", "calendar").await, 1);
    }
}
