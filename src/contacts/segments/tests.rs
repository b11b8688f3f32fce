//! Segments against a store whose clock and cards the test turns.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::base::clock::ManualClock;
use crate::base::{CollectionId, PrincipalId, Timestamp};
use crate::contacts::card;
use crate::store::collection::{self, Collection, Kind};
use crate::store::engine::memory::MemoryEngine;
use crate::store::engine::{Batch, Engine, Step};
use crate::store::principals::{self, Principal, Role};
use crate::store::segments;
use crate::store::write::Target;
use crate::store::{Actor, Store, change, check, member};

/// 23 November 2026, half past ten.
const NOW: Timestamp = Timestamp(1_795_429_800_000);
const DAY: u64 = 86_400_000;

pub(super) struct Desk {
    pub(super) store: Arc<Store>,
    clock: Arc<ManualClock>,
    pub(super) anna: PrincipalId,
    actor: Actor,
}

impl Desk {
    pub(super) async fn open() -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let engine = Engine::Memory(MemoryEngine::default());
        let store = Store::open(engine, Arc::clone(&clock) as _).await.unwrap();
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
        let mut batch = Batch::new();
        principals::insert(&mut batch, &anna, &user).unwrap();
        store.commit(batch).await.unwrap();
        let actor = Actor { principal: "anna".to_owned(), device: String::new() };
        Self { store: Arc::new(store), clock, anna, actor }
    }

    pub(super) async fn book(&self, name: &str) -> Collection {
        let id = CollectionId(self.store.number());
        let owner = self.anna.clone();
        let book = Collection::new(id, Kind::AddressBook, owner, name.to_owned(), NOW);
        let mut batch = Batch::new();
        collection::create(&mut batch, &book).unwrap();
        self.store.commit(batch).await.unwrap();
        book
    }

    pub(super) async fn put(&self, book: &Collection, uid: &str, lines: &str) {
        let text = format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{uid}\r\nN:{uid};;;;\r\n{lines}END:VCARD\r\n"
        );
        let new = card::accept(Bytes::from(text), 1000, false).unwrap();
        let name = format!("{uid}.vcf");
        let target = Target { collection: book, rights: &[], name: &name, actor: &self.actor };
        self.store.put_member(&target, &new, None, None, |_| Ok(())).await.unwrap();
    }

    async fn delete(&self, book: &Collection, uid: &str) {
        let name = format!("{uid}.vcf");
        let target = Target { collection: book, rights: &[], name: &name, actor: &self.actor };
        let _ = self.store.delete_member(&target, None, |_| Ok(())).await;
    }

    pub(super) async fn add(&self, name: &str, query: &str, as_book: bool) {
        let (name, query) = (name.to_owned(), query.to_owned());
        let new = New { name, query, as_group: true, as_book };
        add(&self.store, &self.anna, &new, &self.actor).await.unwrap();
    }

    async fn edit(&self, name: &str, change: Change) -> Result<(), String> {
        let done = edit(&self.store, &self.anna, name, &change, &self.actor).await;
        done.map(drop).map_err(|fault| fault.message.into_owned())
    }

    async fn remove(&self, name: &str) -> Result<(), String> {
        let done = remove(&self.store, &self.anna, name, &self.actor).await;
        done.map_err(|fault| fault.message.into_owned())
    }

    pub(super) async fn who(&self, name: &str) -> Vec<String> {
        uids(&self.store, &self.anna, name).await.unwrap()
    }

    async fn naive(&self, query: &str) -> Vec<String> {
        let meant = test(&self.store, &self.anna, query, usize::MAX).await.unwrap();
        let all: BTreeSet<String> = meant.people.into_iter().map(|one| one.uid).collect();
        all.into_iter().collect()
    }

    /// The UIDs in the book of a segment, and the number of its last change.
    async fn in_book(&self, name: &str) -> (Vec<String>, u64) {
        let row = show(&self.store, &self.anna, name).await.unwrap();
        let id = row.segment.book.expect("it has a book");
        let snapshot = self.store.snapshot().await.unwrap();
        let mut uids = Vec::new();
        member::scan(&snapshot, id, None, |_, row| {
            uids.push(row.uid.to_owned());
            Step::Continue
        })
        .await
        .unwrap();
        uids.sort();
        (uids, change::head(&snapshot, id).await.unwrap())
    }

    pub(super) async fn checked(&self) {
        let snapshot = self.store.snapshot().await.unwrap();
        assert_eq!(check::check(&snapshot).await.unwrap().faults, [""; 0]);
        assert_eq!(crate::store::check_contacts::check(&snapshot).await.unwrap(), [""; 0]);
    }
}

#[tokio::test]
async fn members_follow_cards_and_days() {
    let desk = Desk::open().await;
    let book = desk.book("contacts").await;
    desk.put(&book, "a", "ADR:;;;Lyon;;;\r\nX-ROLODAV-LAST-CONTACT:2026-09-01\r\n").await;
    desk.put(&book, "b", "ADR:;;;LYON;;;\r\nX-ROLODAV-LAST-CONTACT:2026-11-20\r\n").await;
    desk.put(&book, "c", "ADR:;;;Paris;;;\r\n").await;
    desk.add("Lyon", "city is lyon", false).await;
    desk.add("Quiet", "in segment Lyon and last_contact older than 90 days", true).await;
    assert_eq!(desk.who("Lyon").await, ["a", "b"]);
    assert!(desk.who("Quiet").await.is_empty());
    assert_eq!(desk.in_book("quiet").await, (vec![], 0));
    // 1 September and 90 days is 30 November: from 1 December on it is more.
    desk.clock.advance_millis(7 * DAY);
    assert!(desk.who("Quiet").await.is_empty());
    desk.clock.advance_millis(14 * 3_600_000);
    follow_all(&desk.store).await.unwrap();
    assert_eq!(desk.in_book("Quiet").await, (vec!["a".to_owned()], 1));
    assert_eq!(desk.in_book("Quiet").await.1, 1, "a look changes nothing");
    desk.put(&book, "a", "ADR:;;;Lyon;;;\r\nX-ROLODAV-LAST-CONTACT:2026-12-01\r\n").await;
    assert_eq!(desk.in_book("Quiet").await, (vec![], 2));
    desk.put(&book, "c", "ADR:;;;Lyon;;;\r\nX-ROLODAV-LAST-CONTACT:2020-01-01\r\n").await;
    assert_eq!(desk.in_book("Quiet").await, (vec!["c".to_owned()], 3));
    desk.put(&book, "c", "NICKNAME:C\r\nADR:;;;Lyon;;;\r\nX-ROLODAV-LAST-CONTACT:2020-01-01\r\n")
        .await;
    assert_eq!(desk.in_book("Quiet").await.1, 4, "the copy follows its card");
    desk.delete(&book, "c").await;
    assert_eq!(desk.who("Lyon").await, ["a", "b"]);
    assert_eq!(desk.in_book("Quiet").await, (vec![], 5));
    desk.checked().await;
}

#[tokio::test]
async fn one_person_in_two_books_is_one_member() {
    let desk = Desk::open().await;
    let (one, two) = (desk.book("one").await, desk.book("two").await);
    let photo =
        format!("CATEGORIES:x\r\nPHOTO;ENCODING=b;TYPE=PNG:{}\r\n", "iVBORw0K".repeat(2000));
    desk.put(&one, "a", &photo).await;
    desk.put(&two, "a", &photo).await;
    desk.put(&two, "b", &photo).await;
    desk.add("X", "tagged x and has photo", true).await;
    desk.add("Two", "in book two", true).await;
    assert_eq!(desk.in_book("X").await, (vec!["a".to_owned(), "b".to_owned()], 2));
    assert_eq!(desk.in_book("Two").await.0, ["a", "b"]);
    desk.delete(&one, "a").await;
    assert_eq!(desk.in_book("X").await.1, 2, "the same card is in the other book");
    desk.put(&two, "a", "CATEGORIES:x\r\n").await;
    assert_eq!(desk.in_book("X").await, (vec!["b".to_owned()], 3));
    desk.checked().await;
    desk.delete(&two, "b").await;
    desk.put(&one, "b", "CATEGORIES:x\r\n").await;
    assert!(desk.who("X").await.is_empty());
    assert_eq!(desk.in_book("Two").await.0, ["a"]);
    desk.checked().await;
}

#[tokio::test]
async fn segments_change_are_called_otherwise_and_end() {
    let desk = Desk::open().await;
    let book = desk.book("contacts").await;
    desk.put(&book, "a", "TITLE:one\r\n").await;
    desk.put(&book, "b", "TITLE:two\r\n").await;
    desk.add("Base", "title is one", true).await;
    desk.add("Rest", "not in segment base", true).await;
    desk.add("Top", "in segment Rest and has title", false).await;
    assert_eq!(
        (desk.who("rest").await, desk.who("top").await),
        (vec!["b".into()], vec!["b".into()])
    );
    let query = |text: &str| Change { query: Some(text.to_owned()), ..Change::default() };
    desk.edit("Base", query("title is two")).await.unwrap();
    assert_eq!(
        (desk.who("rest").await, desk.who("top").await),
        (vec!["a".into()], vec!["a".into()])
    );
    assert_eq!(desk.in_book("Rest").await.0, ["a"]);
    let fault = desk.edit("Base", query("in segment Top or has mail")).await.unwrap_err();
    assert!(fault.contains("`Base` asks for `Top` asks for `Rest` asks for `Base`"), "{fault}");
    let fault = desk.edit("Base", query("in segment Base")).await.unwrap_err();
    assert!(fault.contains("loop"), "{fault}");
    let fault = desk.remove("Rest").await.unwrap_err();
    assert!(fault.contains("`Top`"), "{fault}");
    let name = |text: &str| Change { name: Some(text.to_owned()), ..Change::default() };
    desk.edit("Rest", name("All  others")).await.unwrap();
    let shown = show(&desk.store, &desk.anna, "top").await.unwrap();
    assert_eq!(shown.segment.query, "in segment \"All others\" and has title");
    assert!(desk.edit("Top", name("base")).await.unwrap_err().contains("already"));
    desk.edit("all others", Change { as_book: Some(false), ..Change::default() }).await.unwrap();
    assert_eq!(show(&desk.store, &desk.anna, "all others").await.unwrap().book, None);
    desk.edit("Top", Change { as_book: Some(true), ..Change::default() }).await.unwrap();
    assert_eq!(desk.in_book("Top").await.0, ["a"]);
    for name in ["Top", "All others", "Base"] {
        desk.remove(name).await.unwrap();
        desk.checked().await;
    }
    assert!(list(&desk.store, &desk.anna).await.unwrap().is_empty());
    assert!(!is_behind(&desk.store, &desk.anna).await.unwrap());
    let snapshot = desk.store.snapshot().await.unwrap();
    for table in [0x90, 0x91, 0x92, 0x93, 0x94_u8] {
        let mut left = 0;
        snapshot
            .scan(&[table], &[table + 1], |_, _| {
                left += 1;
                Step::Continue
            })
            .await
            .unwrap();
        assert_eq!(left, 0, "{table:02x} has rows of segments that ended");
    }
}

#[tokio::test]
async fn a_chain_of_a_hundred_follows_its_first_link() {
    let desk = Desk::open().await;
    let book = desk.book("contacts").await;
    desk.add("s0", "title is x", false).await;
    for link in 1..100 {
        desk.add(&format!("s{link}"), &format!("in segment s{}", link - 1), false).await;
    }
    desk.put(&book, "a", "TITLE:x\r\n").await;
    assert_eq!(desk.who("s99").await, ["a"]);
    desk.edit("s0", Change { query: Some("title is y".into()), ..Change::default() })
        .await
        .unwrap();
    assert!(desk.who("s99").await.is_empty());
    let back = Change { query: Some("in segment s99".into()), ..Change::default() };
    assert!(desk.edit("s0", back).await.unwrap_err().contains("loop"));
}

#[tokio::test]
async fn there_can_be_a_thousand_and_no_more() {
    let desk = Desk::open().await;
    let book = desk.book("contacts").await;
    let mut batch = Batch::new();
    let revised = segments::advance(&desk.store, &mut batch, &desk.anna, 0);
    for number in 0..999 {
        let name = format!("n{number}");
        let segment = segments::Segment {
            owner: desk.anna.clone(),
            name: name.clone(),
            query: format!("title is t{number} or last_contact older than {number} days"),
            as_group: true,
            book: None,
            created: NOW,
            revised,
        };
        segments::insert(&desk.store, &mut batch, &name, &segment).unwrap();
    }
    desk.store.commit(batch).await.unwrap();
    desk.add("last", "title is t7", false).await;
    let new = New { name: "more".into(), query: "has mail".into(), as_group: true, as_book: false };
    let fault = add(&desk.store, &desk.anna, &new, &desk.actor).await.unwrap_err();
    assert!(fault.message.contains("1000"), "{fault}");
    let began = std::time::Instant::now();
    desk.put(&book, "a", "TITLE:t7\r\n").await;
    assert_eq!(desk.who("n7").await, ["a"]);
    assert_eq!(desk.who("last").await, ["a"]);
    assert!(desk.who("n8").await.is_empty());
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
}

// === the members always equal a naive evaluation ===

#[derive(Debug, Clone)]
enum Doing {
    Put(usize, usize, Vec<usize>),
    Delete(usize, usize),
    Wait(u64),
    Add(usize, String, bool),
    Edit(usize, String),
    Remove(usize),
}

const LINES: [&str; 12] = [
    "ADR:;;;Lyon;;;France",
    "ADR:;;;Paris;;;France",
    "CATEGORIES:Friends",
    "CATEGORIES:Clients/Lyon,Friends",
    "BDAY:1990-12-10",
    "BDAY:--0229",
    "X-ROLODAV-LAST-CONTACT:2026-09-01",
    "X-ROLODAV-LAST-CONTACT:2026-11-23",
    "X-ROLODAV-NEXT:2026-12-24",
    "X-ROLODAV-STAGE:Customer",
    "EMAIL:a@example.com",
    "PHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
];

const TERMS: [&str; 22] = [
    "city is Lyon",
    "country is France",
    "tag is friends",
    "tag starts with Clients/",
    "has mail",
    "has photo",
    "stage is customer",
    "birthday within 14 days",
    "birthday in this month",
    "age >= 36",
    "last_contact older than 90 days",
    "last_contact within 30 days",
    "last_contact in last month",
    "next within 14 days",
    "next in next week",
    "next before today",
    "changed within 7 days",
    "created older than 60 days",
    "in book one",
    "interactions = 0",
    "name contains 1",
    "mail is unknown",
];

fn query() -> impl Strategy<Value = String> {
    let term = (0..TERMS.len()).prop_map(|at| TERMS[at].to_owned());
    term.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|all| format!("({})", all.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|all| format!("({})", all.join(" or "))),
            inner.prop_map(|one| format!("not {one}")),
        ]
    })
}

fn doing() -> impl Strategy<Value = Doing> {
    prop_oneof![
        6 => (0..2_usize, 0..6_usize, prop::collection::vec(0..LINES.len(), 0..5))
            .prop_map(|(book, uid, lines)| Doing::Put(book, uid, lines)),
        2 => (0..2_usize, 0..6_usize).prop_map(|(book, uid)| Doing::Delete(book, uid)),
        3 => prop_oneof![Just(3 * 3_600_000), Just(DAY), (1..90_u64).prop_map(|d| d * DAY)]
            .prop_map(Doing::Wait),
        3 => (0..4_usize, query(), any::<bool>())
            .prop_map(|(name, query, book)| Doing::Add(name, query, book)),
        2 => (0..4_usize, query()).prop_map(|(name, query)| Doing::Edit(name, query)),
        1 => (0..4_usize).prop_map(Doing::Remove),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn members_equal_a_naive_evaluation(all in prop::collection::vec(doing(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let desk = Desk::open().await;
            let books = [desk.book("one").await, desk.book("two").await];
            for (step, one) in all.iter().enumerate() {
                match one {
                    Doing::Put(book, uid, lines) => {
                        let lines: String = lines.iter().flat_map(|at| [LINES[*at], "\r\n"]).collect();
                        desk.put(&books[*book], &format!("u{uid}"), &lines).await;
                    }
                    Doing::Delete(book, uid) => desk.delete(&books[*book], &format!("u{uid}")).await,
                    Doing::Wait(millis) => desk.clock.advance_millis(*millis),
                    Doing::Add(name, query, book) => {
                        // Each may ask for those before it.
                        let query = match name.checked_sub(1) {
                            Some(before) if step % 2 == 0 => format!("{query} or in segment s{before}"),
                            _ => query.clone(),
                        };
                        let new = New { name: format!("s{name}"), query, as_group: true, as_book: *book };
                        let _ = add(&desk.store, &desk.anna, &new, &desk.actor).await;
                    }
                    Doing::Edit(name, query) => {
                        let _ = desk.edit(&format!("s{name}"), Change { query: Some(query.clone()), ..Change::default() }).await;
                    }
                    Doing::Remove(name) => {
                        let _ = desk.remove(&format!("s{name}")).await;
                    }
                }
                for row in list(&desk.store, &desk.anna).await.unwrap() {
                    let wanted = desk.naive(&row.segment.query).await;
                    let found = desk.who(&row.segment.name).await;
                    assert_eq!(found, wanted, "{} after {:?}", row.segment.query, &all[..=step]);
                    assert_eq!(row.members as usize, wanted.len());
                    if row.segment.book.is_some() {
                        let (book, _) = desk.in_book(&row.segment.name).await;
                        assert_eq!(book, wanted, "the book of {}", row.segment.query);
                    }
                }
            }
            desk.checked().await;
        });
    }
}
