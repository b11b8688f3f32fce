//! Runs against a plain set of keys: random words, moved at random moments in steps of random size.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::base::clock::ManualClock;
use crate::base::{PrincipalId, Timestamp};
use crate::store::collection::{Collection, Kind};
use crate::store::engine::Engine;
use crate::store::engine::memory::MemoryEngine;
use crate::store::interactions::Interaction;
use crate::store::member::Flags;
use crate::store::words::key::endings;
use crate::store::words::lookup::{Index, Part};
use crate::store::words::{Class, Reading, Word, Words, take_in};

const NOW: Timestamp = Timestamp(1_795_342_500_000);

/// Words of two classes, by their case.
fn of_card(bytes: &[u8], _: Flags) -> Words {
    let words = String::from_utf8_lossy(bytes).into_owned();
    let words = words.split_whitespace().map(|word| {
        let class = if word.starts_with('M') { Class::MAIL } else { Class::NAME };
        Word { text: word.to_lowercase(), class }
    });
    Words::new(words.collect(), false)
}

fn of_interaction(_: &Interaction) -> Words {
    Words::default()
}

struct Desk {
    store: Store,
    book: Collection,
}

impl Desk {
    async fn open() -> Self {
        let engine = Engine::Memory(MemoryEngine::default());
        let store = Store::open(engine, Arc::new(ManualClock::at(NOW)) as _).await.unwrap();
        let store = store.reading(Reading { card: of_card, interaction: of_interaction });
        let owner = PrincipalId::parse("anna").unwrap();
        let id = CollectionId(store.number());
        let book = Collection::new(id, Kind::AddressBook, owner, "contacts".into(), NOW);
        Self { store, book }
    }

    async fn write(&self, card: u8, words: &str) {
        let snapshot = self.store.snapshot().await.unwrap();
        let mut batch = Batch::new();
        let (name, flags) = (format!("c{card}"), Flags::default());
        let place = (&self.book, name.as_str());
        take_in(&self.store, &snapshot, &mut batch, place, words.as_bytes(), flags).await.unwrap();
        self.store.commit(batch).await.unwrap();
    }

    async fn runs(&self) -> Vec<Run> {
        runs::of_book(&self.store.snapshot().await.unwrap(), self.book.id).await.unwrap().list
    }

    /// The cards that have a part of a word of a class, by the index.
    async fn found(&self, class: Class, part: Part, text: &str) -> BTreeSet<String> {
        let snapshot = self.store.snapshot().await.unwrap();
        let index = Index::of(&snapshot, self.book.id).await.unwrap();
        let mut numbers = Vec::new();
        let take = |number| {
            numbers.push(number);
            Step::Continue
        };
        index.bearers(class, part, text, take).await.unwrap();
        let mut names = BTreeSet::new();
        for number in numbers {
            let look = |seen: crate::store::words::Seen<'_>| seen.name.to_owned();
            let name = crate::store::words::look_at(&snapshot, self.book.id, number, look).await;
            names.insert(name.unwrap().expect("a number of no card"));
        }
        names
    }
}

fn has(word: &str, part: Part, text: &str) -> bool {
    match part {
        Part::Whole => word == text,
        Part::Beginning => word.starts_with(text),
        Part::Inside => endings(word).any(|ending| ending.starts_with(text)),
    }
}

#[derive(Debug, Clone)]
enum Deed {
    Write(u8, String),
    Round(usize),
    Settle,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let words = "([abM]{1,6} ){0,4}";
    let deed = prop_oneof![
        6 => (0..12_u8, words).prop_map(|(card, words)| Deed::Write(card, words)),
        4 => (1..40_usize).prop_map(Deed::Round),
        1 => Just(Deed::Settle),
    ];
    proptest::collection::vec(deed, 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_index_says_the_same_whatever_is_moved(deeds in deeds(), asked in "[ab]{1,4}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let desk = Desk::open().await;
            let mut cards: BTreeMap<u8, Words> = BTreeMap::new();
            for deed in deeds {
                match deed {
                    Deed::Write(card, words) => {
                        desk.write(card, &words).await;
                        cards.insert(card, of_card(words.as_bytes(), Flags::default()));
                    }
                    Deed::Round(least) => {
                        round(&desk.store, desk.book.id, false, least).await.unwrap();
                    }
                    Deed::Settle => {
                        settle(&desk.store, desk.book.id).await.unwrap();
                        prop_assert!(desk.runs().await.len() <= 1);
                    }
                }
                for class in [Class::NAME, Class::MAIL] {
                    for part in [Part::Whole, Part::Beginning, Part::Inside] {
                        if part == Part::Inside && asked.len() < 3 {
                            continue;
                        }
                        let fits = |w: &Word| w.class == class && has(&w.text, part, &asked);
                        let wanted = cards.iter().filter(|(_, words)| words.iter().any(fits));
                        let wanted: BTreeSet<_> = wanted.map(|(n, _)| format!("c{n}")).collect();
                        prop_assert_eq!(desk.found(class, part, &asked).await, wanted);
                    }
                }
            }
            // Nothing is left of what nobody has.
            settle(&desk.store, desk.book.id).await.unwrap();
            let snapshot = desk.store.snapshot().await.unwrap();
            for run in desk.runs().await {
                let id = desk.book.id;
                let cursor = Cursor::of_run(&snapshot, id, run.number, &[]).await.unwrap();
                let mut keys = Merged::new(vec![cursor]);
                while let Some((key, dead)) = keys.next(&snapshot).await.unwrap() {
                    prop_assert!(!dead, "a dead key: {}", key.escape_ascii());
                }
            }
            Ok(())
        })?;
    }
}

/// However many cards come, what is pending and the number of runs stay small.
#[tokio::test]
async fn neither_runs_nor_what_is_pending_pile_up() {
    let desk = Desk::open().await;
    for turn in 0..40_u8 {
        for card in 0..100 {
            desk.write(card, &format!("w{turn}x{card} common")).await;
        }
        let snapshot = desk.store.snapshot().await.unwrap();
        let left = pending::of_book(&snapshot, desk.book.id, usize::MAX).await.unwrap().len();
        assert!(left <= MANY, "{left} cards are pending");
        let runs = desk.runs().await.len();
        assert!(runs <= 20, "{runs} runs");
    }
}
