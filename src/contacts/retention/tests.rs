//! Rules against a store in memory and a clock that the test turns.

use super::*;
use crate::contacts::consent::{Consents, State, Telling};
use crate::contacts::quality::index;
use crate::contacts::quality::tests::store::{DAY, Desk};
use crate::store::retention::{Ending, Since, Unit};

fn rule(after: u32, since: Since) -> Definition {
    Definition {
        after,
        unit: Unit::Days,
        since,
        notice_days: 10,
        exempt: vec!["Family".to_owned()],
        ending: Ending::MoveToTrash,
    }
}

impl Desk {
    async fn set(&self, wanted: &Definition) -> u64 {
        let (store, owner, actor) = (&self.store, &self.anna, &self.actor);
        set(store, owner, &self.book.name, wanted, self.terms, actor).await.unwrap()
    }

    /// The cards that go soon, after a look at what is due; the store holds together.
    async fn soon(&self) -> Vec<String> {
        act_all(&self.store, &self.rules, self.terms).await.unwrap();
        self.check().await;
        let snapshot = self.store.snapshot().await.unwrap();
        let soon = going(&snapshot, (self.book.id, "contacts"), 99).await.unwrap();
        soon.into_iter().map(|one| one.uid).collect()
    }

    async fn stay(&self, uid: &str, stays: bool) {
        let person = self.person(uid).await;
        keep(&self.store, &self.anna, &person, stays, self.terms, &self.actor).await.unwrap();
    }
}

#[tokio::test]
async fn cards_are_announced_before_they_go_and_only_those_that_nobody_wants() {
    let desk = Desk::open().await;
    for name in ["ann", "bea", "cle", "dot", "eva"] {
        desk.card(name, if name == "dot" { "CATEGORIES:family\r\n" } else { "" }).await;
    }
    desk.set(&rule(50, Since::LastContact)).await;
    assert_eq!(desk.soon().await, [""; 0], "it is too early");
    desk.clock.advance_millis(30 * DAY);
    desk.call("bea").await;
    desk.clock.advance_millis(20 * DAY);
    assert_eq!(desk.soon().await, ["ann", "cle", "eva"], "with the clock alone");
    let before = desk.text("ann").await;
    desk.clock.advance_millis(9 * DAY);
    assert_eq!(desk.soon().await, ["ann", "cle", "eva"], "the notice is not over");
    desk.call("cle").await;
    desk.stay("eva", true).await;
    desk.card("ann", "NOTE:edited\r\n").await;
    assert_eq!(desk.soon().await, ["ann"], "an edit is no contact");
    desk.clock.advance_millis(DAY);
    assert_eq!(desk.soon().await, [""; 0]);
    assert_eq!(desk.names().await, ["bea", "cle", "dot", "eva"], "ann went");
    desk.stay("eva", false).await;
    assert_eq!(desk.soon().await, ["eva"], "she is told of anew, with the whole notice");
    desk.clock.advance_millis(9 * DAY);
    assert_eq!(desk.names().await, ["bea", "cle", "dot", "eva"]);
    assert!(before.contains("UID:ann"));
}

#[tokio::test]
async fn a_rule_that_ends_takes_back_what_it_announced() {
    let desk = Desk::open().await;
    desk.card("ann", "").await;
    desk.clock.advance_millis(40 * DAY);
    let number = desk.set(&rule(30, Since::Created)).await;
    assert_eq!(desk.soon().await, ["ann"]);
    let kinds = async || {
        index::follow(&desk.store, &desk.anna, desk.terms).await.unwrap();
        let snapshot = desk.store.snapshot().await.unwrap();
        let counts = crate::store::quality::counts(&snapshot, desk.book.id).await.unwrap();
        counts.kinds[crate::contacts::quality::Kind::Leaving as usize]
    };
    assert_eq!(kinds().await, 1, "it needs attention");
    let (store, actor) = (&desk.store, &desk.actor);
    let place = ("contacts", number);
    remove(store, &desk.anna, place, desk.terms, actor).await.unwrap();
    assert_eq!(kinds().await, 0);
    desk.clock.advance_millis(400 * DAY);
    assert_eq!(desk.soon().await, [""; 0]);
    assert_eq!(desk.names().await, ["ann"]);
    assert!(remove(store, &desk.anna, place, desk.terms, actor).await.is_err(), "twice");
    for wrong in [
        Definition { after: 0, ..rule(1, Since::Created) },
        Definition { notice_days: 0, ..rule(1, Since::Created) },
        Definition { unit: Unit::Years, ..rule(u32::MAX, Since::Created) },
    ] {
        let refused = set(store, &desk.anna, "contacts", &wrong, desk.terms, actor).await;
        assert!(refused.is_err(), "{wrong:?}");
    }
}

#[tokio::test]
async fn whoever_agreed_to_be_kept_stays_until_that_ends() {
    let desk = Desk::open().await;
    desk.card("ann", "").await;
    desk.card("bea", "").await;
    desk.clock.advance_millis(40 * DAY);
    desk.set(&rule(30, Since::Created)).await;
    assert_eq!(desk.soon().await, ["ann", "bea"]);
    let (store, rules, owner) = (&*desk.store, &*desk.rules, &desk.anna);
    let consents = Consents { store, rules, owner, actor: &desk.actor };
    let granted = Telling {
        purpose: "retention".to_owned(),
        state: State::Granted,
        source: "form".to_owned(),
        on: None,
        until: None,
    };
    consents.set(&desk.person("ann").await, &granted).await.unwrap();
    assert_eq!(desk.soon().await, ["bea"]);
    desk.clock.advance_millis(11 * DAY);
    assert_eq!(desk.soon().await, [""; 0]);
    assert_eq!(desk.names().await, ["ann"]);
    let withdrawn = Telling { state: State::Withdrawn, ..granted };
    consents.set(&desk.person("ann").await, &withdrawn).await.unwrap();
    assert_eq!(desk.soon().await, ["ann"], "it does not hold any more");
}

#[tokio::test]
async fn a_rule_may_erase_people() {
    let desk = Desk::open().await;
    desk.card("ann", "EMAIL:ann@example.org\r\n").await;
    desk.card("bea", "").await;
    desk.call("ann").await;
    desk.clock.advance_millis(20 * DAY);
    desk.card("bea", "NOTE:new\r\n").await;
    desk.set(&Definition { ending: Ending::Erase, ..rule(15, Since::Changed) }).await;
    assert_eq!(desk.soon().await, ["ann"]);
    desk.clock.advance_millis(10 * DAY);
    assert_eq!(desk.soon().await, [""; 0]);
    assert_eq!(desk.names().await, ["bea"]);
    let snapshot = desk.store.snapshot().await.unwrap();
    let found = crate::store::contacts::find(&snapshot, &desk.anna, "ann").await.unwrap();
    assert!(found.is_none(), "something is remembered of them");
}
