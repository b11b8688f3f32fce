//! Merges and their undoing against a store in memory: what is lost, and that nothing is.

mod late;
mod shared;
mod told_once;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::accounts::{Accounts, NewUser};
use crate::base::clock::ManualClock;
use crate::base::{CollectionId, ETag, Timestamp};
use crate::config::{Auth, Contacts};
use crate::contacts::duplicates::newcomers;
use crate::contacts::person;
use crate::contacts::timeline::{Telling, Timeline};
use crate::contacts::weaving::upload::{Named, Upload};
use crate::contacts::{books, card};
use crate::store::body::{self, Slot};
use crate::store::collection::Collection;
use crate::store::engine::memory::MemoryEngine;
use crate::store::engine::{Batch, Engine, Step};
use crate::store::interactions::{self, Source};
use crate::store::merges::{Before, Merge};
use crate::store::write::Target;
use crate::store::{check, check_contacts, contacts, member, merges};

struct Desk {
    store: Arc<Store>,
    rules: Arc<Rules>,
    clock: Arc<ManualClock>,
    anna: PrincipalId,
    actor: Actor,
    books: Vec<Collection>,
}

/// A random number below `most`, the same ones in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// All that there is to see: the cards of each book, and the timeline behind each UID.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    cards: BTreeMap<(CollectionId, String), (String, String)>,
    timelines: BTreeMap<String, Vec<(String, String, usize)>>,
}

impl Desk {
    async fn open() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_795_342_500_000)));
        let engine = Engine::Memory(MemoryEngine::default());
        let store = Arc::new(Store::open(engine, Arc::clone(&clock) as _).await.unwrap());
        let accounts = Accounts::new(Arc::clone(&store), &Auth::default()).unwrap();
        let user = NewUser { name: "anna".into(), ..NewUser::default() };
        accounts.add_user(user).await.unwrap();
        let anna = PrincipalId::parse("anna").unwrap();
        let name = crate::base::ObjectName::parse("work").unwrap();
        let actor = Actor { principal: "anna".to_owned(), device: "test".to_owned() };
        books::create(&store, &anna, &name, None, &actor).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        let books = books::chosen(&snapshot, &anna, None).await.unwrap();
        let rules = Arc::new(Rules::of(&Contacts::default(), 1000));
        Self { store, rules, clock, anna, actor, books }
    }

    fn merger(&self) -> Merger<'_> {
        Merger { store: &self.store, rules: &self.rules, owner: &self.anna, actor: &self.actor }
    }

    /// As a PUT would, with these tags in If-Match.
    async fn put(&self, book: usize, name: &str, text: &str) {
        let new = card::accept(text.to_owned().into_bytes().into(), 1000, false).unwrap();
        let collection = &self.books[book];
        let target = Target { collection, rights: &[], name, actor: &self.actor };
        let named = Named { given: true, any: true, tags: Vec::<ETag>::new() };
        let upload = Upload::new(Arc::clone(&self.store), Arc::clone(&self.rules), named);
        let put = self.store.put_member(&target, &new, None, Some(&upload), |_| Ok(()));
        put.await.unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
    }

    async fn log(&self, uids: &[&str], text: &str) {
        let snapshot = self.store.snapshot().await.unwrap();
        let mut people = Vec::new();
        for uid in uids {
            people.push(person::by_uid(&snapshot, &self.anna, uid).await.unwrap());
        }
        drop(snapshot);
        let telling = Telling {
            kind: "call".to_owned(),
            at: None,
            duration: None,
            direction: None,
            text: text.to_owned(),
            link: None,
            source: Source::Cli,
            uid: None,
        };
        self.timeline().log(&people, &telling).await.unwrap();
    }

    fn timeline(&self) -> Timeline<'_> {
        let (store, rules) = (&*self.store, &*self.rules);
        Timeline { store, rules, owner: &self.anna, actor: &self.actor }
    }

    async fn stage(&self, uid: &str, stage: &str) {
        let person = {
            let snapshot = self.store.snapshot().await.unwrap();
            person::by_uid(&snapshot, &self.anna, uid).await.unwrap()
        };
        self.timeline().set_stage(&person, Some(stage)).await.unwrap();
    }

    async fn text(&self, book: usize, name: &str) -> Option<String> {
        let snapshot = self.store.snapshot().await.unwrap();
        let id = self.books[book].id;
        member::get(&snapshot, id, name).await.unwrap()?;
        let body = body::get(&snapshot, Slot::Member(id, name)).await.unwrap();
        let bytes = body.whole(&snapshot).await.unwrap();
        Some(String::from_utf8(bytes.to_vec()).unwrap().replace("\r\n ", ""))
    }

    async fn seen(&self) -> Seen {
        let snapshot = self.store.snapshot().await.unwrap();
        let mut seen = Seen { cards: BTreeMap::new(), timelines: BTreeMap::new() };
        for book in &self.books {
            let mut rows = Vec::new();
            member::scan(&snapshot, book.id, None, |name, row| {
                rows.push((name.to_owned(), row.uid.to_owned()));
                Step::Continue
            })
            .await
            .unwrap();
            for (name, uid) in rows {
                let body = body::get(&snapshot, Slot::Member(book.id, &name)).await.unwrap();
                let bytes = body.whole(&snapshot).await.unwrap();
                if let Some(id) = contacts::id_of(&snapshot, &self.anna, &uid).await.unwrap() {
                    let all = interactions::latest(&snapshot, id, 99).await.unwrap();
                    let told =
                        all.into_iter().map(|(_, one)| (one.uid, one.text, one.participants.len()));
                    let told: Vec<_> = told.collect();
                    if !told.is_empty() {
                        seen.timelines.insert(uid.clone(), told);
                    }
                }
                let text = String::from_utf8(bytes.to_vec()).unwrap();
                seen.cards.insert((book.id, name), (uid, text));
            }
        }
        seen
    }

    async fn whole(&self) {
        let snapshot = self.store.snapshot().await.unwrap();
        assert_eq!(check::check(&snapshot).await.unwrap().faults, Vec::<String>::new());
        assert_eq!(check_contacts::check(&snapshot).await.unwrap(), Vec::<String>::new());
    }
}

fn person_card(uid: &str, name: &str, lines: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\n{lines}END:VCARD\r\n"
    )
}

fn strings(uids: &[&str]) -> Vec<String> {
    uids.iter().map(|uid| (*uid).to_owned()).collect()
}

#[tokio::test]
async fn all_that_led_to_several_leads_to_one() {
    let desk = Desk::open().await;
    desk.put(0, "a.vcf", &person_card("a", "Bert", "TEL:1\r\nCATEGORIES:x\r\n")).await;
    desk.clock.advance_millis(60_000);
    desk.put(0, "b.vcf", &person_card("b", "Bert Berg", "TEL:2\r\nCATEGORIES:y\r\n")).await;
    desk.put(1, "b.vcf", &person_card("b", "Bert Berg", "TEL:2\r\n")).await;
    desk.put(0, "c.vcf", &person_card("c", "Cleo", "RELATED;TYPE=friend:urn:uuid:b\r\n")).await;
    desk.log(&["b", "c"], "spoke of boats").await;
    desk.stage("b", "lead").await;
    let before = desk.seen().await;

    let preview = desk.merger().preview(&strings(&["b", "a"]), None).await.unwrap();
    assert_eq!((preview.into.as_str(), preview.uids.as_slice()), ("a", &strings(&["b"])[..]));
    assert_eq!(desk.seen().await, before, "the preview did something");

    let merged = desk.merger().merge(&strings(&["b", "a"]), None).await.unwrap();
    desk.whole().await;
    let card = desk.text(0, "a.vcf").await.unwrap();
    for line in [
        "UID:a",
        "FN:Bert Berg",
        "TEL:1",
        "TEL:2",
        "CATEGORIES:x,y",
        "spoke of boats",
        "X-ROLODAV-STAGE:lead",
    ] {
        assert!(card.contains(line), "{line} is not in {card}");
    }
    assert!(desk.text(0, "b.vcf").await.is_none() && desk.text(1, "b.vcf").await.is_none());
    assert!(desk.text(0, "c.vcf").await.unwrap().contains("RELATED;TYPE=friend:urn:uuid:a"));
    let seen = desk.seen().await;
    let elsewhere: Vec<_> =
        seen.cards.iter().filter(|((id, _), _)| *id == desk.books[1].id).collect();
    assert_eq!(elsewhere.len(), 1, "who sees the other book goes on seeing the person");
    assert_eq!(elsewhere[0].1.0, "a");
    assert_eq!(seen.timelines["a"].len(), 2, "{:?}", seen.timelines);
    assert_eq!(seen.timelines["c"].len(), 1);

    let again = desk.merger().merge(&strings(&["b", "a"]), None).await.unwrap_err();
    assert_eq!(again.status, 400, "they are one already: {again}");

    desk.merger().undo(merged.number.unwrap()).await.unwrap();
    desk.whole().await;
    assert_eq!(desk.seen().await, before);
    let twice = desk.merger().undo(merged.number.unwrap()).await.unwrap_err();
    assert_eq!(twice.status, 409, "{twice}");
}

#[tokio::test]
async fn what_was_edited_since_stays_when_a_merge_is_taken_back() {
    let desk = Desk::open().await;
    desk.put(0, "a.vcf", &person_card("a", "Bert", "TEL:1\r\n")).await;
    desk.put(0, "b.vcf", &person_card("b", "Berta", "TEL:2\r\n")).await;
    let merged = desk.merger().merge(&strings(&["a", "b"]), Some("a")).await.unwrap();
    let card = desk.text(0, "a.vcf").await.unwrap();
    desk.put(0, "a.vcf", &card.replace("END:VCARD", "TITLE:Dr\r\nEND:VCARD")).await;
    desk.log(&["a"], "after the merge").await;
    desk.merger().undo(merged.number.unwrap()).await.unwrap();
    desk.whole().await;
    let (a, b) = (desk.text(0, "a.vcf").await.unwrap(), desk.text(0, "b.vcf").await.unwrap());
    assert!(a.contains("TITLE:Dr") && a.contains("TEL:1") && !a.contains("TEL:2"), "{a}");
    assert!(a.contains("after the merge"), "{a}");
    assert_eq!(b, person_card("b", "Berta", "TEL:2\r\n"));
}

#[tokio::test]
async fn merges_of_merges_are_taken_back_in_their_order() {
    let desk = Desk::open().await;
    for uid in ["a", "b", "c"] {
        desk.put(0, &format!("{uid}.vcf"), &person_card(uid, "Bert", &format!("TEL:{uid}\r\n")))
            .await;
        desk.log(&[uid], &format!("with {uid}")).await;
    }
    let before = desk.seen().await;
    let first = desk.merger().merge(&strings(&["a", "b"]), Some("a")).await.unwrap();
    let between = desk.seen().await;
    let second = desk.merger().merge(&strings(&["b", "c"]), Some("c")).await.unwrap();
    assert_eq!(second.uids, ["a", "b"]);
    let early = desk.merger().undo(first.number.unwrap()).await.unwrap_err();
    assert_eq!(early.status, 409, "{early}");
    desk.merger().undo(second.number.unwrap()).await.unwrap();
    desk.whole().await;
    assert_eq!(desk.seen().await, between);
    desk.merger().undo(first.number.unwrap()).await.unwrap();
    assert_eq!(desk.seen().await, before);
}

/// Whatever there is, a merge that is taken back leaves it as it was.
#[tokio::test]
async fn merge_then_undo_is_byte_identical() {
    const LINES: [&str; 9] = [
        "TEL;TYPE=cell:+49 30 1\r\n",
        "TEL;TYPE=work,pref:0049 30 1\r\n",
        "EMAIL:x@example.org\r\n",
        "NOTE:one\\ntwo\r\n",
        "BDAY:2000-01-01\r\n",
        "item1.URL:http://x\r\nitem1.X-ABLabel:blog\r\n",
        "CATEGORIES:rowing,Work\r\n",
        "X-ODD;P=\"a;b\":kept\r\n",
        "RELATED:urn:uuid:p0\r\n",
    ];
    for seed in 0..60 {
        let mut dice = Dice(seed);
        let desk = Desk::open().await;
        let people: Vec<String> = (0..2 + dice.below(4)).map(|n| format!("p{n}")).collect();
        for (n, uid) in people.iter().enumerate() {
            let lines: String = LINES.iter().filter(|_| dice.below(2) == 0).copied().collect();
            let version = if dice.below(3) == 0 { "4.0" } else { "3.0" };
            let text = person_card(uid, &format!("Name {}", n % 2), &lines);
            let text = text.replace("VERSION:3.0", &format!("VERSION:{version}"));
            let first = dice.below(2) as usize;
            desk.put(first, &format!("{uid}.vcf"), &text).await;
            if dice.below(3) == 0 {
                desk.put(1 - first, &format!("copy-{uid}.vcf"), &text).await;
            }
            desk.clock.advance_millis(dice.below(90) * 1000);
        }
        for n in 0..dice.below(6) {
            let with: Vec<&str> =
                people.iter().filter(|_| dice.below(2) == 0).map(String::as_str).collect();
            if !with.is_empty() {
                desk.log(&with, &format!("event {n}")).await;
                // Some at one moment.
                desk.clock.advance_millis(dice.below(2) * 61_000);
            }
        }
        if dice.below(2) == 0 {
            desk.stage(&people[0], "lead").await;
        }
        let before = desk.seen().await;
        let mut chosen: Vec<String> =
            people.iter().filter(|_| dice.below(3) > 0).cloned().collect();
        if chosen.len() < 2 {
            chosen = people[..2].to_vec();
        }
        let merged = desk.merger().merge(&chosen, None).await.unwrap();
        desk.whole().await;
        let after = desk.seen().await;
        assert!(after.cards.values().all(|(uid, _)| !merged.uids.contains(uid)), "seed {seed}");
        desk.merger().undo(merged.number.unwrap()).await.unwrap();
        desk.whole().await;
        assert_eq!(desk.seen().await, before, "seed {seed}");
        let snapshot = desk.store.snapshot().await.unwrap();
        let list = merges::list(&snapshot, &desk.anna).await.unwrap();
        assert!(list.len() == 1 && list[0].1.undone.is_some(), "seed {seed}: {list:?}");
    }
}

/// What certain duplicates become where that is wished, and nothing where it is not.
#[tokio::test]
async fn what_is_certain_becomes_one_where_the_owner_wishes_it() {
    let desk = Desk::open().await;
    let mail = "EMAIL:bert.berg@example.org\r\nTEL:+49301234567\r\nBDAY:1980-02-03\r\n";
    let bert = |uid: &str| person_card(uid, "Bert Berg", mail).replace("Berg;;;;", "Berg;Bert;;;");
    desk.put(0, "a.vcf", &bert("a").replace("N:Bert ", "N:")).await;
    desk.put(0, "b.vcf", &bert("b").replace("N:Bert ", "N:")).await;
    // As sure as a program can be, and yet somebody has to look.
    desk.put(0, "c.vcf", &person_card("c", "Bertram Berg", "TEL:+49301234567\r\n")).await;
    let (store, rules) = (&desk.store, &desk.rules);
    let look = async || {
        newcomers::catch_up(store, &desk.anna, None, 100).await.unwrap();
        automatic::merge_certain(store, rules, &desk.anna, 10).await.unwrap()
    };
    assert_eq!(look().await, 0, "merged though nobody wished it");
    automatic::turn(store, &desk.anna, true, &desk.actor).await.unwrap();
    assert_eq!(look().await, 1);
    assert_eq!(look().await, 0);
    desk.whole().await;
    assert!(desk.text(0, "c.vcf").await.is_some(), "what is not certain was merged");
    let list = merges::list(&store.snapshot().await.unwrap(), &desk.anna).await.unwrap();
    assert_eq!(list[0].1.actor.principal, "rolodav");
    desk.merger().undo(list[0].0).await.unwrap();
    assert_eq!(look().await, 0, "what was taken back is merged again");
    automatic::turn(store, &desk.anna, false, &desk.actor).await.unwrap();
    desk.whole().await;
}

/// Each table of merges is held against the others.
#[tokio::test]
async fn what_is_wrong_with_merges_is_found() {
    let desk = Desk::open().await;
    for uid in ["a", "b"] {
        desk.put(0, &format!("{uid}.vcf"), &person_card(uid, "Bert", "TEL:1234567\r\n")).await;
    }
    let merged = desk.merger().merge(&strings(&["a", "b"]), None).await.unwrap();
    desk.whole().await;
    let snapshot = desk.store.snapshot().await.unwrap();
    let read = merges::get(&snapshot, &desk.anna, merged.number.unwrap()).await.unwrap().unwrap();
    let mut batch = Batch::new();
    // It is said to be taken back, but nothing of it was.
    merges::undone(&mut batch, &desk.anna, merged.number.unwrap(), &read, &[], Timestamp(1))
        .unwrap();
    let merge = Merge { undone: None, ..read.record.clone() };
    let lost = [Before {
        collection: CollectionId(4711),
        name: "x.vcf".to_owned(),
        uid: "x".to_owned(),
        bytes: None,
        after: None,
    }];
    merges::insert(&desk.store, &mut batch, &desk.anna, &merge, &lost).unwrap();
    desk.store.commit(batch).await.unwrap();
    let snapshot = desk.store.snapshot().await.unwrap();
    let faults = check_contacts::check(&snapshot).await.unwrap();
    assert!(faults.iter().any(|fault| fault.contains("a book that is not there")), "{faults:?}");
}
