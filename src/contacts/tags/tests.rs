//! Tags against a store in memory.

use std::sync::Arc;

use super::*;
use crate::base::clock::ManualClock;
use crate::base::{CollectionId, PrincipalId, Timestamp};
use crate::contacts::card;
use crate::formats::vcard::categories;
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Collection, Kind};
use crate::store::engine::memory::MemoryEngine;
use crate::store::engine::{Batch, Engine};
use crate::store::principals::{self, Principal, Role};
use crate::store::tags::Mark;
use crate::store::write::Target;
use crate::store::{Actor, Store, change, check, check_tags};

const NOW: Timestamp = Timestamp(1_795_342_500_000);

pub(super) struct Desk {
    pub store: Arc<Store>,
    pub anna: PrincipalId,
    pub actor: Actor,
    pub book: Collection,
}

impl Desk {
    pub async fn open() -> Self {
        let engine = Engine::Memory(MemoryEngine::default());
        let store = Store::open(engine, Arc::new(ManualClock::at(NOW)) as _).await.unwrap();
        let store = Arc::new(store);
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
        let actor = Actor { principal: "anna".to_owned(), device: "test".to_owned() };
        Self { store, anna, actor, book }
    }

    pub async fn put(&self, name: &str, lines: &str) {
        let text = format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{name}\r\nFN:{name}\r\nN:{name};;;;\r\n{lines}END:VCARD\r\n"
        );
        let new = card::accept(text.into_bytes().into(), 1000, false).unwrap();
        let target = Target { collection: &self.book, rights: &[], name, actor: &self.actor };
        self.store.put_member(&target, &new, None, None, |_| Ok(())).await.unwrap();
    }

    pub async fn remove(&self, name: &str) {
        let target = Target { collection: &self.book, rights: &[], name, actor: &self.actor };
        self.store.delete_member(&target, None, |_| Ok(())).await.unwrap();
    }

    async fn text(&self, name: &str) -> String {
        let snapshot = self.store.snapshot().await.unwrap();
        let card = body::get(&snapshot, Slot::Member(self.book.id, name)).await.unwrap();
        String::from_utf8(card.text.to_vec()).unwrap()
    }

    async fn of(&self, name: &str) -> Vec<String> {
        categories(self.text(name).await.as_bytes())
    }

    /// Name and count of each tag; the store is checked on the way.
    async fn tags(&self) -> Vec<(String, u64)> {
        let listed = list(&self.store, &self.anna).await.unwrap();
        let snapshot = self.store.snapshot().await.unwrap();
        assert_eq!(check_tags::check(&snapshot).await.unwrap(), Vec::<String>::new());
        assert_eq!(check::check(&snapshot).await.unwrap().faults, Vec::<String>::new());
        listed.into_iter().map(|tag| (tag.name, tag.cards)).collect()
    }

    fn marks(&self, uids: &[&str], add: bool) -> Vec<Mark> {
        let mark = |uid: &&str| Mark { collection: self.book.id, uid: (*uid).to_owned(), add };
        uids.iter().map(mark).collect()
    }

    async fn head(&self) -> u64 {
        change::head(&self.store.snapshot().await.unwrap(), self.book.id).await.unwrap()
    }
}

fn counts(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    pairs.iter().map(|(name, cards)| ((*name).to_owned(), *cards)).collect()
}

#[tokio::test]
async fn categories_of_cards_are_tags_and_those_without_cards_stay() {
    let desk = Desk::open().await;
    desk.put("a", "CATEGORIES:Friends,Work/Berlin\r\n").await;
    desk.put("b", "CATEGORIES:friends\r\n").await;
    desk.put("c", "").await;
    assert_eq!(desk.tags().await, counts(&[("Friends", 2), ("Work/Berlin", 1)]));
    let uid = list(&desk.store, &desk.anna).await.unwrap()[0].uid.clone();
    desk.put("a", "").await;
    desk.put("c", "CATEGORIES:Work\r\n").await;
    desk.remove("b").await;
    assert_eq!(desk.tags().await, counts(&[("Friends", 0), ("Work", 1), ("Work/Berlin", 0)]));
    desk.put("b", "CATEGORIES:FRIENDS\r\n").await;
    let friends = list(&desk.store, &desk.anna).await.unwrap().remove(0);
    assert_eq!((friends.uid, friends.name.as_str(), friends.cards), (uid, "Friends", 1));
}

#[tokio::test]
async fn a_large_book_is_taken_in_by_steps_and_let_go_of_when_it_is_deleted() {
    let desk = Desk::open().await;
    for n in 0..600 {
        desk.put(&format!("{n:03}"), "CATEGORIES:a,b\r\n").await;
    }
    assert_eq!(desk.tags().await, counts(&[("a", 600), ("b", 600)]));
    for n in 0..300 {
        desk.put(&format!("{n:03}"), "CATEGORIES:b\r\n").await;
    }
    assert_eq!(desk.tags().await, counts(&[("a", 300), ("b", 600)]));
    let snapshot = desk.store.snapshot().await.unwrap();
    let found = collection::get(&snapshot, desk.book.id).await.unwrap().unwrap();
    let mut batch = Batch::new();
    collection::trash(&desk.store, &snapshot, &mut batch, &found).await.unwrap();
    desk.store.commit(batch).await.unwrap();
    assert_eq!(desk.tags().await, counts(&[("a", 0), ("b", 0)]));
}

#[tokio::test]
async fn single_cards_are_tagged_by_ordinary_writes() {
    let desk = Desk::open().await;
    desk.put("a", "X-OTHER:kept\r\nCATEGORIES:Old\r\n").await;
    desk.put("b", "").await;
    let head = desk.head().await;
    let marks = desk.marks(&["a", "b", "nobody"], true);
    let number = mark(&desk.store, &desk.anna, &desk.actor, "New, too", marks).await.unwrap();
    work_off(&desk.store, number.unwrap()).await.unwrap();
    assert!(desk.text("a").await.contains("X-OTHER:kept\r\nCATEGORIES:Old,New\\, too\r\n"));
    assert_eq!(desk.of("b").await, ["New, too"]);
    assert_eq!(desk.head().await, head + 2, "two cards changed");
    assert_eq!(desk.tags().await, counts(&[("New, too", 2), ("Old", 1)]));
    let again = desk.marks(&["a"], true);
    let number = mark(&desk.store, &desk.anna, &desk.actor, "new, TOO", again).await.unwrap();
    work_off(&desk.store, number.unwrap()).await.unwrap();
    assert_eq!(desk.head().await, head + 2, "who has the tag is not written again");
    let off = desk.marks(&["a", "b"], false);
    let number = mark(&desk.store, &desk.anna, &desk.actor, "New, too", off).await.unwrap();
    work_off(&desk.store, number.unwrap()).await.unwrap();
    assert_eq!(desk.tags().await, counts(&[("New, too", 0), ("Old", 1)]));
    // A card that was named before it was there.
    desk.put("nobody", "").await;
    follow(&desk.store, &desk.anna).await.unwrap();
    work_off_all(&desk.store).await.unwrap();
    assert_eq!(desk.of("nobody").await, ["New, too"]);
}

#[tokio::test]
async fn renaming_merging_and_deleting_reach_every_card_and_keep_the_uid() {
    let desk = Desk::open().await;
    for n in 0..150 {
        desk.put(&format!("{n:03}"), "CATEGORIES:x,Work,Work/Berlin,y\r\n").await;
    }
    desk.put("z", "CATEGORIES:Family\r\n").await;
    let uid_of = |listed: Vec<Listed>, name: &str| {
        listed.into_iter().find(|tag| tag.name == name).map(|tag| tag.uid)
    };
    let before = uid_of(list(&desk.store, &desk.anna).await.unwrap(), "Work");
    let to = ("work", "Job");
    rename(&desk.store, &desk.anna, &desk.actor, to, false).await.unwrap();
    // Half-way a phone writes a card with the old name.
    desk.put("z", "CATEGORIES:Family,Work\r\n").await;
    work_off_all(&desk.store).await.unwrap();
    assert_eq!(desk.of("007").await, ["x", "y", "Job", "Job/Berlin"]);
    assert_eq!(desk.of("z").await, ["Family", "Job"]);
    let wanted = [("Family", 1), ("Job", 151), ("Job/Berlin", 150), ("x", 150), ("y", 150)];
    assert_eq!(desk.tags().await, counts(&wanted));
    assert_eq!(uid_of(list(&desk.store, &desk.anna).await.unwrap(), "Job"), before);

    let taken = rename(&desk.store, &desk.anna, &desk.actor, ("x", "Y"), false).await;
    assert_eq!(taken.unwrap_err().status, 409, "two tags become one only if that is wanted");
    rename(&desk.store, &desk.anna, &desk.actor, ("x", "y"), true).await.unwrap();
    delete(&desk.store, &desk.anna, &desk.actor, "Job").await.unwrap();
    work_off_all(&desk.store).await.unwrap();
    assert_eq!(desk.of("007").await, ["y", "Job/Berlin"]);
    assert_eq!(desk.tags().await, counts(&[("Family", 1), ("Job/Berlin", 150), ("y", 150)]));
    let head = desk.head().await;
    work_off_all(&desk.store).await.unwrap();
    assert_eq!(desk.head().await, head, "what is done is done");
    let below = rename(&desk.store, &desk.anna, &desk.actor, ("y", "y/z"), false).await;
    assert_eq!(below.unwrap_err().status, 409);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_work_it_off_at_once_write_every_card_once() {
    let desk = Desk::open().await;
    for n in 0..300 {
        desk.put(&format!("{n:03}"), "CATEGORIES:Work\r\n").await;
    }
    follow(&desk.store, &desk.anna).await.unwrap();
    let head = desk.head().await;
    rename(&desk.store, &desk.anna, &desk.actor, ("Work", "Job"), false).await.unwrap();
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let store = Arc::clone(&desk.store);
            tokio::spawn(async move { work_off_all(&store).await })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap().unwrap();
    }
    assert_eq!(desk.tags().await, counts(&[("Job", 300)]));
    assert_eq!(desk.head().await, head + 300);
}

#[tokio::test]
async fn a_card_that_comes_with_the_old_name_just_before_two_tags_become_one_has_the_new_one() {
    let desk = Desk::open().await;
    desk.put("a", "CATEGORIES:Lyon\r\n").await;
    desk.put("b", "CATEGORIES:Clients\r\n").await;
    desk.tags().await;
    // Nobody has asked for tags since.
    desk.put("c", "CATEGORIES:Lyon\r\n").await;
    let (store, names) = (&desk.store, ("Lyon", "Clients"));
    rename(store, &desk.anna, &desk.actor, names, true).await.unwrap();
    work_off_all(store).await.unwrap();
    work_off_all(store).await.unwrap();
    for uid in ["a", "b", "c"] {
        assert_eq!(desk.of(uid).await, ["Clients"], "{uid}");
    }
    assert_eq!(desk.tags().await, counts(&[("Clients", 3)]));
}

#[tokio::test]
async fn a_tag_that_goes_takes_those_along_that_are_still_being_brought_to_its_name() {
    let desk = Desk::open().await;
    for (name, tag) in [("a", "friends"), ("c", "chess"), ("d", "lyon")] {
        desk.put(name, &format!("CATEGORIES:{tag}\r\n")).await;
    }
    follow(&desk.store, &desk.anna).await.unwrap();
    for (late, from, to) in [("b", "chess", "friends"), ("e", "friends", "lyon")] {
        let (store, anna) = (&desk.store, &desk.anna);
        let begun = rename(store, anna, &desk.actor, (from, to), true).await.unwrap();
        desk.put(late, &format!("CATEGORIES:{from}\r\n")).await;
        work_off(store, begun[0]).await.unwrap();
    }
    work_off_all(&desk.store).await.unwrap();
    assert_eq!(desk.tags().await, counts(&[("lyon", 5)]));
}
