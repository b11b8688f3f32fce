//! The index against books that change, and a desk for tests of what is found by it.

use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::base::clock::ManualClock;
use crate::base::{ETag, Timestamp};
use crate::store::body::NewBody;
use crate::store::collection::{self, Collection};
use crate::store::engine::memory::MemoryEngine;
use crate::store::engine::{Batch, Engine};
use crate::store::followed::{self, State};
use crate::store::member::Flags;
use crate::store::principals::{self, Principal, Role};
use crate::store::write::{NewMember, Target};
use crate::store::{Actor, check, check_mail};

/// A store whose clock and contents a test turns.
pub(crate) struct Desk {
    pub(crate) store: Arc<Store>,
    pub(crate) clock: Arc<ManualClock>,
}

impl Desk {
    /// At 22 November 2026.
    pub(crate) async fn open() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_795_342_500_000)));
        let engine = Engine::Memory(MemoryEngine::default());
        let store = Store::open(engine, Arc::clone(&clock) as _).await.unwrap();
        Self { store: Arc::new(store), clock }
    }

    /// A user with a mail address at example.org.
    pub(crate) async fn user(&self, name: &str) -> PrincipalId {
        let id = PrincipalId::parse(name).unwrap();
        let user = Principal {
            kind: principals::Kind::User,
            name: name.to_owned(),
            mail: Some(format!("{name}@example.org")),
            display_name: name.to_owned(),
            role: Role::Member,
            disabled: false,
            created: self.store.now(),
        };
        let mut batch = Batch::new();
        principals::insert(&mut batch, &id, &user).unwrap();
        self.store.commit(batch).await.unwrap();
        id
    }

    pub(crate) async fn book(&self, owner: &PrincipalId, name: &str) -> Collection {
        let id = CollectionId(self.store.number());
        let (kind, now) = (collection::Kind::AddressBook, self.store.now());
        let book = Collection::new(id, kind, owner.clone(), name.to_owned(), now);
        let mut batch = Batch::new();
        collection::create(&mut batch, &book).unwrap();
        self.store.commit(batch).await.unwrap();
        book
    }

    /// A card with the addresses.
    pub(crate) async fn put(&self, book: &Collection, uid: &str, mails: &[&str]) {
        let lines: Vec<String> =
            mails.iter().map(|mail| format!("EMAIL;TYPE=work:{mail}\r\n")).collect();
        self.put_lines(book, uid, &lines.concat()).await;
    }

    pub(crate) async fn put_lines(&self, book: &Collection, uid: &str, lines: &str) {
        let text =
            format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{uid}\r\n{lines}END:VCARD\r\n");
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

    pub(crate) async fn delete(&self, book: &Collection, uid: &str) {
        let actor = Actor { principal: "anna".to_owned(), device: String::new() };
        let name = format!("{uid}.vcf");
        let target = Target { collection: book, rights: &[], name: &name, actor: &actor };
        self.store.delete_member(&target, None, |_| Ok(())).await.unwrap();
    }

    /// The UIDs of the contacts that have an address, after a look.
    async fn found(&self, owner: &PrincipalId, mail: &str) -> Vec<String> {
        freshen(&self.store, owner).await.unwrap();
        let snapshot = self.store.snapshot().await.unwrap();
        let found = holders(&snapshot, owner, mail).await.unwrap();
        self.faultless().await;
        found.into_iter().map(|holder| holder.uid).collect()
    }

    /// The store has no faults.
    pub(crate) async fn faultless(&self) {
        let snapshot = self.store.snapshot().await.unwrap();
        let mut faults = check::check(&snapshot).await.unwrap().faults;
        faults.extend(check_mail::check(&snapshot).await.unwrap());
        assert_eq!(faults, Vec::<String>::new());
    }
}

#[test]
fn addresses_are_read_from_cards() {
    for (lines, wanted) in [
        ("EMAIL:Bert@Example.org", &["bert@example.org"][..]),
        (
            "item1.EMAIL;type=INTERNET;type=pref:bert@example.org\r\nEMAIL:b@example.net",
            &["bert@example.org", "b@example.net"],
        ),
        ("EMAIL:bert@example.org\r\nemail:BERT@example.org", &["bert@example.org"]),
        ("EMAIL:mailto:bert@example.org", &["bert@example.org"]),
        ("EMAIL:\r\nEMAIL:nonsense\r\nNOTE:x@example.org", &[]),
        ("X-ADDRESSBOOKSERVER-KIND:group\r\nEMAIL:team@example.org", &[]),
    ] {
        let text = format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\n{lines}\r\nEND:VCARD\r\n");
        assert_eq!(on_card(text.as_bytes()), wanted, "{lines}");
    }
}

#[tokio::test]
async fn the_index_follows_the_books() {
    let desk = Desk::open().await;
    let anna = desk.user("anna").await;
    let (work, home) = (desk.book(&anna, "work").await, desk.book(&anna, "home").await);
    desk.put(&work, "bert", &["bert@example.net", "b@example.net"]).await;
    desk.put(&work, "nobody", &[]).await;
    assert_eq!(desk.found(&anna, "Bert@Example.net").await, ["bert"]);
    assert_eq!(desk.found(&anna, "b@example.net").await, ["bert"]);
    desk.put(&work, "bert", &["bert@example.net"]).await;
    assert!(desk.found(&anna, "b@example.net").await.is_empty(), "an address that was taken off");
    desk.put(&home, "carl", &["bert@example.net"]).await;
    assert_eq!(desk.found(&anna, "bert@example.net").await, ["bert", "carl"]);
    desk.put(&home, "bert", &["bert@example.net"]).await;
    assert_eq!(desk.found(&anna, "bert@example.net").await, ["bert", "carl"], "each UID once");
    desk.delete(&work, "bert").await;
    desk.delete(&home, "bert").await;
    assert_eq!(desk.found(&anna, "bert@example.net").await, ["carl"]);
    let other = desk.user("other").await;
    assert!(desk.found(&other, "bert@example.net").await.is_empty(), "somebody else's book");
}

#[tokio::test]
async fn a_large_book_is_taken_in_by_steps_and_followed_by_changes() {
    let desk = Desk::open().await;
    let anna = desk.user("anna").await;
    let book = desk.book(&anna, "contacts").await;
    const STEP: usize = <Addresses as Index>::STEP;
    for n in 0..STEP * 2 + 10 {
        desk.put(&book, &format!("p{n:04}"), &[&format!("p{n}@example.net")]).await;
    }
    assert_eq!(desk.found(&anna, "p0@example.net").await, ["p0000"]);
    assert_eq!(desk.found(&anna, &format!("p{}@example.net", STEP * 2 + 9)).await.len(), 1);
    for n in 0..STEP + 10 {
        desk.put(&book, &format!("p{n:04}"), &["all@example.net"]).await;
    }
    assert!(desk.found(&anna, "p0@example.net").await.is_empty());
    assert_eq!(desk.found(&anna, "all@example.net").await.len(), MOST_HOLDERS, "bounded");
    let state =
        async || desk.store.snapshot().await.unwrap().get(&addresses::state_key(book.id)).await;
    let before = state().await.unwrap();
    freshen(&desk.store, &anna).await.unwrap();
    assert_eq!(before, state().await.unwrap(), "a look without changes writes");
}

#[tokio::test]
async fn another_form_has_all_written_anew() {
    let desk = Desk::open().await;
    let anna = desk.user("anna").await;
    let book = desk.book(&anna, "contacts").await;
    desk.put(&book, "bert", &["bert@example.net"]).await;
    desk.put(&book, "carl", &["carl@example.net"]).await;
    desk.put(&book, "dora", &[]).await;
    desk.found(&anna, "bert@example.net").await;
    let snapshot = desk.store.snapshot().await.unwrap();
    let key = addresses::state_key(book.id);
    let read = followed::state::<u8>(&snapshot, key.clone()).await.unwrap().unwrap();
    let mut batch = Batch::new();
    let old = State { form: FORM.wrapping_sub(1), ..read.record.clone() };
    followed::advance(&mut batch, key, Some(&read), &old).unwrap();
    addresses::replace(&mut batch, book.id, "carl.vcf", None, None).unwrap();
    let mails = vec!["dora@example.net".to_owned()];
    let read_otherwise = addresses::Card { uid: "dora".to_owned(), mails };
    addresses::replace(&mut batch, book.id, "dora.vcf", None, Some(&read_otherwise)).unwrap();
    desk.store.commit(batch).await.unwrap();
    desk.delete(&book, "bert").await;
    assert!(desk.found(&anna, "bert@example.net").await.is_empty(), "deleted meanwhile");
    assert!(desk.found(&anna, "dora@example.net").await.is_empty(), "not read any more");
    assert_eq!(desk.found(&anna, "carl@example.net").await, ["carl"]);
}
