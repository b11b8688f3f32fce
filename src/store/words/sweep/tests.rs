//! Runs that were read one by one against the same runs in the order of their keys.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::block::Blocks;
use super::super::key::Piece;
use super::super::lookup::{Index, Order};
use super::super::runs::{self, Doing, Runs};
use super::super::{Class, lookup::Bearers};
use crate::base::CollectionId;
use crate::store::engine::memory::MemoryEngine;
use crate::store::engine::{Batch, Engine, Snapshot, Step};

const BOOK: CollectionId = CollectionId(7);

/// Words that begin alike, so that some are whole and others go on.
const TEXTS: [&str; 5] = ["an", "ana", "anabel", "ann", "b"];

/// The keys of one run: text, number of the card, is it dead.
type Keys = BTreeMap<(usize, u64), bool>;

async fn store(engine: &Engine, all: &[Keys]) {
    let mut batch = Batch::new();
    let mut list = Runs::default();
    for keys in all {
        let run = list.fresh(0, Doing::Rests);
        list.list.push(run);
        let mut written: Vec<(Vec<u8>, bool)> = Vec::new();
        for ((text, number), dead) in keys {
            let piece = Piece { class: Class::NAME, inside: false, text: TEXTS[*text] };
            written.push((piece.key(*number), *dead));
        }
        written.sort();
        // Blocks end after few keys, so that most stretches lie in several.
        for some in written.chunks(5) {
            let mut blocks = Blocks::default();
            for (key, dead) in some {
                blocks.push(key, *dead);
            }
            runs::put(&mut batch, BOOK, run.number, blocks);
        }
    }
    batch.put(runs::runs_key(BOOK), list.encode());
    engine.commit(batch).await.unwrap();
}

/// Who is told, in as many calls as it takes with so many members each.
async fn told(bearers: &mut Bearers<'_>, whole: bool, each: usize) -> BTreeSet<u64> {
    let mut all = BTreeSet::new();
    for _ in 0..10_000 {
        let mut left = each;
        let visit = |numbers: &[u64], _| {
            all.extend(numbers);
            left -= 1;
            if left == 0 { Step::Stop } else { Step::Continue }
        };
        if bearers.read(whole, visit).await.unwrap() {
            return all;
        }
    }
    panic!("it does not come to an end");
}

async fn compare(snapshot: &Snapshot, each: usize, whole_first: bool) {
    let index = Index::of(snapshot, BOOK).await.unwrap();
    for text in ["a", "an", "ana", "b", "c"] {
        let mut all = Vec::new();
        for order in [Order::Words, Order::Any] {
            let mut bearers = index.open(Class::NAME, false, text, order).await.unwrap();
            let mut of_order = Vec::new();
            if whole_first {
                of_order.push(told(&mut bearers, true, each).await);
            }
            of_order.push(told(&mut bearers, false, each).await);
            all.push(of_order);
        }
        assert_eq!(all[0], all[1], "{text}, {each} at once");
    }
}

proptest! {
    #[test]
    fn both_orders_tell_the_same_members(
        all in proptest::collection::vec(proptest::collection::btree_map(
            (0..TEXTS.len(), 0..40_u64), proptest::bool::weighted(0.2), 0..60), 0..5),
        each in 1..9_usize,
        whole_first: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let engine = Engine::Memory(MemoryEngine::default());
            store(&engine, &all).await;
            compare(&engine.snapshot().await.unwrap(), each, whole_first).await;
        });
    }
}
