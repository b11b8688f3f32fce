//! Group cards against a store in memory.

use std::sync::Arc;

use super::*;
use crate::base::clock::ManualClock;
use crate::base::{CollectionId, Fault, PrincipalId, Timestamp};
use crate::contacts::layer::Bounds;
use crate::contacts::weaving::Rules;
use crate::contacts::{card, recovered, tags};
use crate::formats::vcard::categories;
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Collection, Kind};
use crate::store::engine::memory::MemoryEngine;
use crate::store::engine::{Batch, CommitError, Engine, Step};
use crate::store::member::{self, Flags};
use crate::store::principals::{self, Principal, Role};
use crate::store::write::{Alongside, Planned, Planning, Refusal, Target};
use crate::store::{
    Actor, Store, change, check, check_tags, group_cards, recovery, tags as records,
};

struct Desk {
    store: Arc<Store>,
    anna: PrincipalId,
    actor: Actor,
    book: Collection,
}

/// What a client's write does beside.
struct Beside<'a>(&'a Store);

impl Alongside for Beside<'_> {
    fn plan<'a>(&'a self, planning: Planning<'a>) -> Planned<'a> {
        Box::pin(async move { Ok(plan(self.0, planning).await?.instead) })
    }
}

impl Desk {
    async fn open() -> Self {
        let engine = Engine::Memory(MemoryEngine::default());
        let clock = ManualClock::at(Timestamp(1_795_342_500_000));
        let store = Arc::new(Store::open(engine, Arc::new(clock) as _).await.unwrap());
        let anna = PrincipalId::parse("anna").unwrap();
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
        let actor = Actor { principal: "anna".to_owned(), device: "test".to_owned() };
        Self { store, anna, actor, book }
    }

    async fn another_book(&self, name: &str) -> Collection {
        let (id, now) = (CollectionId(self.store.number()), self.store.now());
        let book = Collection::new(id, Kind::AddressBook, self.anna.clone(), name.into(), now);
        let mut batch = Batch::new();
        collection::create(&mut batch, &book).unwrap();
        self.store.commit(batch).await.unwrap();
        book
    }

    async fn put(&self, name: &str, text: &str) -> Result<(), Fault> {
        let new = card::accept(text.to_owned().into_bytes().into(), 100_000, false).unwrap();
        let target = Target { collection: &self.book, rights: &[], name, actor: &self.actor };
        let beside = Beside(&self.store);
        match self.store.put_member(&target, &new, None, Some(&beside), |_| Ok(())).await {
            Ok(_) => tags::work_off_all(&self.store).await,
            Err(Refusal::Fault(fault)) => Err(fault),
            Err(refusal) => panic!("{name}: {refusal:?}"),
        }
    }

    async fn card(&self, uid: &str, categories: &str) {
        let lines = if categories.is_empty() {
            String::new()
        } else {
            format!("CATEGORIES:{categories}\r\n")
        };
        self.put(uid, &format!("{}{lines}END:VCARD\r\n", begin(uid, uid))).await.unwrap();
    }

    async fn group(&self, uid: &str, called: &str, members: &[&str]) -> Result<(), Fault> {
        let mut text = begin(uid, called);
        text.push_str("X-ADDRESSBOOKSERVER-KIND:group\r\n");
        for member in members {
            text.extend(["X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:", member, "\r\n"]);
        }
        self.put(uid, &format!("{text}END:VCARD\r\n")).await
    }

    async fn delete(&self, name: &str) {
        let target = Target { collection: &self.book, rights: &[], name, actor: &self.actor };
        let beside = Beside(&self.store);
        self.store.delete_member(&target, Some(&beside), |_| Ok(())).await.unwrap();
        tags::work_off_all(&self.store).await.unwrap();
    }

    async fn of(&self, name: &str) -> Vec<String> {
        let snapshot = self.store.snapshot().await.unwrap();
        let slot = Slot::Member(self.book.id, name);
        categories(&body::get(&snapshot, slot).await.unwrap().text)
    }

    /// Name, members and who made it, of each group card, once they are up to date.
    async fn groups(&self) -> Vec<(String, Vec<String>, bool)> {
        freshen(&self.store, self.book.id).await.unwrap();
        assert!(!are_stale(&self.store, self.book.id).await.unwrap(), "there is more to do");
        let snapshot = self.store.snapshot().await.unwrap();
        assert_eq!(check_tags::check(&snapshot).await.unwrap(), Vec::<String>::new());
        assert_eq!(check::check(&snapshot).await.unwrap().faults, Vec::<String>::new());
        let mut found = Vec::new();
        member::scan(&snapshot, self.book.id, None, |name, row| {
            if row.flags.has(Flags::GROUP) {
                found.push((name.to_owned(), row.flags.has(Flags::MADE)));
            }
            Step::Continue
        })
        .await
        .unwrap();
        let mut groups = Vec::new();
        for (name, made) in found {
            let slot = Slot::Member(self.book.id, &name);
            let text = body::get(&snapshot, slot).await.unwrap().text;
            groups.push((text::name(&text).unwrap(), text::members(&text), made));
        }
        groups.sort();
        groups
    }

    async fn head(&self) -> u64 {
        change::head(&self.store.snapshot().await.unwrap(), self.book.id).await.unwrap()
    }
}

fn begin(uid: &str, called: &str) -> String {
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{called}\r\nN:{called};;;;\r\n")
}

fn group(called: &str, members: &[&str], made: bool) -> (String, Vec<String>, bool) {
    (called.to_owned(), members.iter().map(|uid| (*uid).to_owned()).collect(), made)
}

#[tokio::test]
async fn categories_become_group_cards_that_are_written_only_when_they_differ() {
    let desk = Desk::open().await;
    desk.card("a", "Friends").await;
    desk.card("b", "Friends,Work").await;
    let both = [group("Friends", &["a", "b"], true), group("Work", &["b"], true)];
    assert_eq!(desk.groups().await, both);
    let head = desk.head().await;
    desk.card("a", "Friends").await;
    assert_eq!(desk.groups().await, both);
    assert_eq!(desk.head().await, head + 1, "only the card was written");
    desk.card("b", "friends").await;
    assert_eq!(
        desk.groups().await,
        [group("Friends", &["a", "b"], true), group("Work", &[], true)]
    );
    tags::rename(&desk.store, &desk.anna, &desk.actor, ("Friends", "Pals"), false).await.unwrap();
    tags::delete(&desk.store, &desk.anna, &desk.actor, "Work").await.unwrap();
    tags::work_off_all(&desk.store).await.unwrap();
    assert_eq!(desk.groups().await, [group("Pals", &["a", "b"], true)]);
    tags::create(&desk.store, &desk.anna, "Empty", None, &desk.actor).await.unwrap();
    let with_empty = [group("Empty", &[], true), group("Pals", &["a", "b"], true)];
    assert_eq!(desk.groups().await, with_empty);
}

#[tokio::test]
async fn whoever_gets_a_tag_while_its_group_card_is_made_is_not_forgotten() {
    let desk = Desk::open().await;
    desk.card("a", "Friends").await;
    tags::follow(&desk.store, &desk.anna).await.unwrap();
    let snapshot = desk.store.snapshot().await.unwrap();
    let tag = group_cards::changed::<records::TagId>(&snapshot, desk.book.id, 1).await.unwrap()[0];
    let mut made = Batch::new();
    group_cards::settle_change(&snapshot, &mut made, desk.book.id, tag).await.unwrap();
    desk.card("b", "Friends").await;
    tags::follow(&desk.store, &desk.anna).await.unwrap();
    let done = desk.store.commit(made).await;
    assert!(matches!(done, Err(CommitError::Refused(_))), "made without b: {done:?}");
    assert_eq!(desk.groups().await, [group("Friends", &["a", "b"], true)]);
}

#[tokio::test]
async fn what_a_client_writes_into_a_group_card_becomes_tags_of_the_members() {
    let desk = Desk::open().await;
    for uid in ["a", "b", "c"] {
        desk.card(uid, "").await;
    }
    desk.group("g", "Team", &["a", "b", "later"]).await.unwrap();
    assert_eq!((desk.of("a").await, desk.of("c").await), (vec!["Team".to_owned()], vec![]));
    assert_eq!(desk.groups().await, [group("Team", &["a", "b", "later"], false)]);
    // A card that comes after the group that names it.
    desk.card("later", "").await;
    assert_eq!(desk.groups().await, [group("Team", &["a", "b", "later"], false)]);
    tags::work_off_all(&desk.store).await.unwrap();
    assert_eq!(desk.of("later").await, ["Team"]);
    desk.group("g", "Crew", &["b", "c", "later"]).await.unwrap();
    for (uid, tagged) in [("a", vec![]), ("b", vec!["Crew"]), ("c", vec!["Crew"])] {
        assert_eq!(desk.of(uid).await, tagged, "{uid}");
    }
    assert_eq!(desk.groups().await, [group("Crew", &["b", "c", "later"], false)]);
    // Another client takes the category off a card.
    desk.card("b", "").await;
    assert_eq!(desk.groups().await, [group("Crew", &["c", "later"], false)]);
    desk.delete("g").await;
    assert_eq!(desk.of("c").await, Vec::<String>::new());
    assert_eq!(desk.groups().await, []);
    assert_eq!(tags::list(&desk.store, &desk.anna).await.unwrap(), []);
}

#[tokio::test]
async fn a_card_that_comes_after_its_group_has_the_tag_once_groups_are_looked_at() {
    let desk = Desk::open().await;
    desk.group("g", "Choir", &["late"]).await.unwrap();
    desk.card("late", "").await;
    assert_eq!(desk.of("late").await, Vec::<String>::new(), "nobody looked yet");
    assert_eq!(desk.groups().await, [group("Choir", &["late"], false)]);
    assert_eq!(desk.of("late").await, ["Choir"]);
}

#[tokio::test]
async fn a_made_group_card_can_be_written_and_taken_over() {
    let desk = Desk::open().await;
    desk.card("a", "Friends").await;
    desk.card("b", "").await;
    desk.groups().await;
    let snapshot = desk.store.snapshot().await.unwrap();
    let tag = records::find(&snapshot, &desk.anna, "friends").await.unwrap().unwrap();
    let made = group_cards::name(&snapshot, desk.book.id, tag).await.unwrap();
    let made = made.unwrap();
    let stored = body::get(&snapshot, Slot::Member(desk.book.id, &made)).await.unwrap();
    let wider = text::update(&stored.text, "Friends", &["a".to_owned(), "b".to_owned()]);
    desk.put(&made, &String::from_utf8(wider).unwrap()).await.unwrap();
    assert_eq!(desk.of("b").await, ["Friends"]);
    assert_eq!(desk.groups().await, [group("Friends", &["a", "b"], true)]);
    // A client makes a group of that name itself: it is the tag's card from then on.
    desk.group("own", "friends", &["b"]).await.unwrap();
    assert_eq!(desk.groups().await, [group("Friends", &["b", "a"], false)]);
}

#[tokio::test]
async fn a_card_stays_a_card_and_a_group_a_group() {
    let desk = Desk::open().await;
    desk.card("a", "").await;
    desk.group("g", "Team", &[]).await.unwrap();
    assert_eq!(desk.group("a", "Team", &[]).await.unwrap_err().status, 409);
    let card = format!("{}END:VCARD\r\n", begin("g", "g"));
    assert_eq!(desk.put("g", &card).await.unwrap_err().status, 409);
}

#[tokio::test]
async fn a_group_of_very_many_members_is_worked_off_in_steps() {
    let desk = Desk::open().await;
    let uids: Vec<String> = (0..1000).map(|n| format!("u{n}")).collect();
    for uid in &uids {
        desk.card(uid, "").await;
    }
    let members: Vec<&str> = uids.iter().map(String::as_str).collect();
    let head = desk.head().await;
    desk.group("g", "All", &members).await.unwrap();
    assert_eq!(desk.head().await, head + 1001, "every card was written once");
    let groups = desk.groups().await;
    assert_eq!((groups.len(), groups[0].1.len()), (1, 1000));
}

#[tokio::test]
async fn of_two_groups_of_one_name_the_later_one_stays_and_has_the_members_of_both() {
    let desk = Desk::open().await;
    for uid in ["a", "b"] {
        desk.card(uid, "").await;
    }
    // Two phones made it while they were offline.
    desk.group("one", "Team", &["a"]).await.unwrap();
    desk.group("two", "team", &["b"]).await.unwrap();
    assert_eq!(desk.groups().await, [group("Team", &["b", "a"], false)]);
    let snapshot = desk.store.snapshot().await.unwrap();
    let trash = recovery::trash(&snapshot, &desk.anna).await.unwrap();
    assert_eq!(trash.members.iter().map(|one| &one.name).collect::<Vec<_>>(), ["one"]);
}

#[tokio::test]
async fn a_group_that_is_renamed_in_one_book_is_renamed_in_all() {
    let mut desk = Desk::open().await;
    desk.card("a", "Team").await;
    desk.groups().await;
    let first = desk.book.clone();
    desk.book = desk.another_book("friends").await;
    desk.card("b", "Team").await;
    desk.group("g", "Team", &["b"]).await.unwrap();
    desk.group("g", "Crew", &["b"]).await.unwrap();
    assert_eq!(desk.groups().await, [group("Crew", &["b"], false)]);
    desk.book = first;
    assert_eq!(desk.groups().await, [group("Crew", &["a"], true)]);
    assert_eq!(desk.of("a").await, ["Crew"]);
}

#[tokio::test]
async fn a_deleted_group_that_is_brought_back_is_the_tag_of_its_members_again() {
    let desk = Desk::open().await;
    desk.card("a", "").await;
    desk.group("g", "Team", &["a"]).await.unwrap();
    desk.delete("g").await;
    assert_eq!(desk.of("a").await, Vec::<String>::new());
    let rules = Arc::new(Rules {
        stages: Vec::new(),
        kinds: Vec::new(),
        cadence: Vec::new(),
        bounds: Bounds::default(),
        card_lines: 1000,
    });
    let version = ("g", 1);
    recovered::restore(&desk.store, &rules, &desk.book, version, &desk.actor).await.unwrap();
    assert_eq!(desk.of("a").await, ["Team"]);
    assert_eq!(desk.groups().await, [group("Team", &["a"], false)]);
}
