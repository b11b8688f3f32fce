//! The index against reading everything: random cards, edits, moves, interactions and queries.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::base::clock::ManualClock;
use crate::base::{ContactId, Timestamp};
use crate::contacts::card as cards;
use crate::contacts::filter::{Filter, PropCondition, PropFilter, Test, TextMatch};
use crate::formats::collation::{Collation, MatchType};
use crate::store::Actor;
use crate::store::contacts::{self, Contact};
use crate::store::engine::memory::MemoryEngine;
use crate::store::engine::{Batch, Engine};
use crate::store::interactions::{self, Interaction};
use crate::store::principals::{self, Principal};
use crate::store::words::Class;
use crate::store::write::Target;

const NOW: Timestamp = Timestamp(1_795_342_500_000);

struct Desk {
    store: Arc<Store>,
    anna: PrincipalId,
    actor: Actor,
    books: Vec<Collection>,
}

impl Desk {
    async fn open() -> Self {
        let engine = Engine::Memory(MemoryEngine::default());
        let store = Store::open(engine, Arc::new(ManualClock::at(NOW)) as _).await.unwrap();
        let store = Arc::new(store.reading(READING));
        let anna = PrincipalId::parse("anna").unwrap();
        let user = Principal {
            kind: principals::Kind::User,
            name: "anna".to_owned(),
            mail: None,
            display_name: "Anna".to_owned(),
            role: principals::Role::Member,
            disabled: false,
            created: NOW,
        };
        let mut batch = Batch::new();
        principals::insert(&mut batch, &anna, &user).unwrap();
        let mut books = Vec::new();
        for name in ["contacts", "work"] {
            let id = CollectionId(store.number());
            let book = Collection::new(id, Kind::AddressBook, anna.clone(), name.into(), NOW);
            collection::create(&mut batch, &book).unwrap();
            books.push(book);
        }
        store.commit(batch).await.unwrap();
        let actor = Actor { principal: "anna".to_owned(), device: "test".to_owned() };
        Self { store, anna, actor, books }
    }

    fn target<'a>(&'a self, book: usize, name: &'a str) -> Target<'a> {
        Target { collection: &self.books[book], rights: &[], name, actor: &self.actor }
    }

    async fn put(&self, book: usize, name: &str, lines: &[(&str, String)]) {
        let lines: Vec<_> = lines.iter().map(|(name, text)| format!("{name}:{text}\r\n")).collect();
        let lines = lines.concat();
        let uid = name.trim_start_matches('m');
        let text = format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\n{lines}END:VCARD\r\n");
        let new = cards::accept(text.into_bytes().into(), 1000, false).unwrap();
        let target = self.target(book, name);
        // A moved card may hold the UID.
        let _ = self.store.put_member(&target, &new, None, None, |_| Ok(())).await;
    }

    async fn log(&self, uid: &str, name: &str, text: &str) {
        let snapshot = self.store.snapshot().await.unwrap();
        let mut batch = Batch::new();
        let id = contacts::id_of(&snapshot, &self.anna, uid).await.unwrap().unwrap_or_else(|| {
            let contact = Contact::new(self.anna.clone(), uid.into(), uid.into(), NOW);
            contacts::insert(&self.store, &mut batch, &contact).unwrap()
        });
        let interaction = self.interaction(name, text, id);
        interactions::log(&self.store, &snapshot, &mut batch, &interaction).await.unwrap();
        self.store.commit(batch).await.unwrap();
    }

    fn interaction(&self, uid: &str, text: &str, contact: ContactId) -> Interaction {
        Interaction {
            uid: uid.to_owned(),
            owner: self.anna.clone(),
            kind: "call".to_owned(),
            at: NOW,
            precision: interactions::Precision::Minute,
            duration: None,
            direction: None,
            author: self.actor.clone(),
            participants: vec![contact],
            text: text.to_owned(),
            link: None,
            source: interactions::Source::Cli,
            captured: NOW,
            content: 1,
        }
    }

    async fn rewrite(&self, uid: &str, text: Option<&str>) {
        let snapshot = self.store.snapshot().await.unwrap();
        let found = interactions::find_by_uid(&snapshot, &self.anna, uid).await.unwrap();
        let Some((number, read)) = found else { return };
        let (store, batch) = (&self.store, &mut Batch::new());
        if let Some(text) = text {
            let now = Interaction { text: text.to_owned(), ..read.record.clone() };
            interactions::replace(store, &snapshot, batch, number, &read, &now).await.unwrap();
        } else {
            interactions::remove(store, &snapshot, batch, number, &read, NOW).await.unwrap();
        }
        self.store.commit(std::mem::take(batch)).await.unwrap();
    }

    /// All cards with their ranks for `terms`, found by reading everything.
    async fn scan(&self, terms: &[query::Term]) -> BTreeMap<(String, String), u32> {
        let snapshot = self.store.snapshot().await.unwrap();
        let mut fitting = BTreeMap::new();
        for book in &self.books {
            for (name, body) in body::page(&snapshot, book.id, None, 1000).await.unwrap() {
                let member = member::get(&snapshot, book.id, &name).await.unwrap().unwrap();
                let words = (READING.card)(&body.text, member.flags);
                let mut all: Vec<(Class, String)> =
                    words.iter().map(|word| (word.class, word.text.clone())).collect();
                let contact = contacts::id_of(&snapshot, &self.anna, &member.uid).await.unwrap();
                if let Some(contact) = contact {
                    for (_, one) in interactions::latest(&snapshot, contact, 99).await.unwrap() {
                        text::words(&one.text, |word| all.push((Class::HISTORY, word)));
                    }
                }
                let best = |term: &query::Term| {
                    let fits = all.iter().filter_map(|(class, word)| {
                        term.fit(word).map(|fit| hits::rank(fit, *class))
                    });
                    fits.min()
                };
                if let Some(score) = terms.iter().map(best).sum::<Option<u32>>() {
                    fitting.insert((book.name.clone(), name), score);
                }
            }
        }
        fitting
    }
}

#[derive(Debug, Clone)]
enum Deed {
    Put(usize, usize, Vec<(&'static str, String)>),
    Delete(usize, usize),
    Move(usize, usize, bool),
    Log(usize, usize, String),
    Rewrite(usize, Option<String>),
    Tidy(usize),
}

const SYLLABLES: [&str; 16] = [
    "an", "na", "ann", "mül", "ler", "mue", "Ив", "ан", "王", "小明", "o'", "-", " ", "lee", "49",
    "171",
];

fn some_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(&SYLLABLES[..]), 1..6)
        .prop_map(|parts| parts.concat())
}

fn some_lines() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let names = vec!["FN", "NICKNAME", "EMAIL", "TEL", "ORG", "NOTE", "CATEGORIES", "X-DOG"];
    let line = (proptest::sample::select(names), some_text());
    (some_text(), proptest::collection::vec(line, 0..6)).prop_map(|(name, lines)| {
        std::iter::once(("FN", format!("x{name}"))).chain(lines).collect()
    })
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let card = 0..8_usize;
    let deed = prop_oneof![
        6 => (0..2_usize, card.clone(), some_lines()).prop_map(|(b, c, l)| Deed::Put(b, c, l)),
        2 => (0..2_usize, card.clone()).prop_map(|(b, c)| Deed::Delete(b, c)),
        1 => (0..2_usize, card.clone(), any::<bool>()).prop_map(|(b, c, k)| Deed::Move(b, c, k)),
        2 => (card, 0..6_usize, some_text()).prop_map(|(c, n, t)| Deed::Log(c, n, t)),
        1 => (0..6_usize, proptest::option::of(some_text())).prop_map(|(n, t)| Deed::Rewrite(n, t)),
        2 => (0..2_usize).prop_map(Deed::Tidy),
    ];
    proptest::collection::vec(deed, 1..24)
}

async fn done(desk: &Desk, deeds: &[Deed]) {
    for deed in deeds {
        match deed {
            Deed::Put(book, card, lines) => desk.put(*book, &format!("c{card}"), lines).await,
            Deed::Delete(book, card) => {
                let name = format!("c{card}");
                let target = desk.target(*book, &name);
                let _ = desk.store.delete_member(&target, None, |_| Ok(())).await;
            }
            Deed::Move(book, card, keep) => {
                let (from, to) = (format!("c{card}"), format!("mc{card}"));
                let (from, to) = (desk.target(*book, &from), desk.target(1 - *book, &to));
                let _ = desk.store.move_member(&from, &to, *keep, None, None, |_, _| Ok(())).await;
            }
            Deed::Log(card, number, text) => {
                desk.log(&format!("c{card}"), &format!("i{number}"), text).await;
            }
            Deed::Rewrite(number, text) => {
                desk.rewrite(&format!("i{number}"), text.as_deref()).await;
            }
            Deed::Tidy(book) => {
                words::merge::upkeep(&desk.store, desk.books[*book].id).await.unwrap();
            }
        }
    }
}

async fn wrong(desk: &Desk) -> Vec<String> {
    let snapshot = desk.store.snapshot().await.unwrap();
    let wrong = words::check::check(&desk.store, &snapshot).await.unwrap();
    wrong.into_iter().map(|fault| fault.text).collect()
}

async fn found(desk: &Desk, typed: &str, limit: usize) -> Vec<((String, String), u32)> {
    let asked = Asked { words: typed, book: None, limit, skip: 0 };
    let answer = search(&desk.store, &desk.anna, &asked).await.unwrap();
    assert!(answer.sure);
    answer.found.into_iter().map(|f| ((f.segment, f.card), f.score)).collect()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn search_equals_reading_everything(
        deeds in deeds(),
        queries in proptest::collection::vec(some_text(), 4),
    ) {
        runtime().block_on(async {
            let desk = Desk::open().await;
            done(&desk, &deeds).await;
            prop_assert_eq!(wrong(&desk).await, Vec::<String>::new());
            for typed in &queries {
                let Ok(query) = Query::read(typed) else { continue };
                let mut wanted = BTreeMap::new();
                for terms in query.readings.iter().rev() {
                    wanted.extend(desk.scan(terms).await);
                }
                let all = found(&desk, typed, 1000).await;
                let as_map: BTreeMap<_, _> = all.iter().cloned().collect();
                prop_assert_eq!(as_map.len(), all.len(), "each card once");
                prop_assert_eq!(&as_map, &wanted, "{}", typed);
                prop_assert!(all.is_sorted_by_key(|(_, score)| *score), "the best first");
                let some = found(&desk, typed, 3).await;
                let scores = |found: &[(_, u32)]| found.iter().map(|(_, s)| *s).collect::<Vec<_>>();
                prop_assert_eq!(scores(&some), scores(&all[..some.len()]), "the best three");
            }
            // Made anew, it is the same.
            for book in &desk.books {
                let book = words::check::Wrong::Book(Box::new(book.clone()));
                words::check::clear(&desk.store, &book).await.unwrap();
            }
            let timeline = words::check::Wrong::Timeline(desk.anna.clone());
            words::check::clear(&desk.store, &timeline).await.unwrap();
            build::all(&desk.store).await.unwrap();
            prop_assert_eq!(wrong(&desk).await, Vec::<String>::new());
            Ok(())
        })?;
    }

    #[test]
    fn a_filter_of_carddav_finds_no_card_that_is_no_candidate(
        deeds in deeds(),
        props in proptest::collection::vec(
            (0..5_usize, 0..3_usize, 0..4_usize, proptest::collection::vec((some_text(), 0..8_u8), 1..3), any::<bool>()),
            1..3,
        ),
        all_of in any::<bool>(),
    ) {
        let names = ["FN", "TEL", "NOTE", "X-DOG", "UID"];
        let types =
            [MatchType::Contains, MatchType::Equals, MatchType::StartsWith, MatchType::EndsWith];
        let test = |all| if all { Test::AllOf } else { Test::AnyOf };
        let props = props.into_iter().map(|(name, collation, kind, texts, all)| {
            let text = |(text, negate): (String, u8)| {
                TextMatch::new(Collation::ALL[collation], types[kind], &text, negate == 0)
            };
            let texts = texts.into_iter().map(text).collect();
            PropFilter::new(names[name], test(all), PropCondition::Conditions { texts, params: Vec::new() })
        });
        let filter = Filter { test: test(all_of), props: props.collect() };
        runtime().block_on(async {
            let desk = Desk::open().await;
            done(&desk, &deeds).await;
            let snapshot = desk.store.snapshot().await.unwrap();
            for book in &desk.books {
                let found = candidates::of_filter(&snapshot, book.id, &filter, 1000).await.unwrap();
                let Some(found) = found else { continue };
                prop_assert!(found.is_sorted());
                for (name, body) in body::page(&snapshot, book.id, None, 1000).await.unwrap() {
                    let fits = filter.matches(&body.text);
                    prop_assert!(!fits || found.contains(&name), "{} {:?}", name, body.text);
                }
            }
            Ok(())
        })?;
    }
}

/// Very many cards that share their words cost no more than what is looked at.
#[tokio::test]
async fn cards_of_one_word_are_bounded() {
    let desk = Desk::open().await;
    for n in 0..1500 {
        let rest = if n % 100 == 7 { "Zed" } else { "Bo" };
        desk.put(0, &format!("c{n}"), &[("FN", format!("Anna Smith {rest}{n}"))]).await;
    }
    assert_eq!(found(&desk, "a", 20).await.len(), 20);
    assert_eq!(found(&desk, "anna smith", 20).await.len(), 20);
    let zeds = found(&desk, "smith anna zed", 100).await;
    assert_eq!(zeds.len(), 15);
    assert!(zeds.iter().all(|(_, score)| *score == zeds[0].1));
    assert_eq!(found(&desk, "zed anna smith", 100).await, zeds);
}

mod repair;
