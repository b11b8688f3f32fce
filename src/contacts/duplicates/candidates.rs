//! The cards that one card is compared with, from the index: those that have keys in common with
//! it, those first that share what few have.

use std::collections::HashMap;

use super::keys::MOST_OF_A_KEY;
use crate::base::CollectionId;
use crate::store::engine::{EngineError, Snapshot};
use crate::store::match_index::{self, Card, CardId};

/// Most cards that one card is compared with. Of 80,000 pairs that are proposed among 100,000
/// made-up cards, ten lie beyond (`docs/duplicates.md`).
const MOST: usize = 128;

/// The cards of `books` that `card` is compared with, the likeliest first.
pub(super) async fn of(
    snapshot: &Snapshot,
    books: &[CollectionId],
    card: &Card,
) -> Result<Vec<(CollectionId, CardId)>, EngineError> {
    let mut weights: HashMap<(CollectionId, CardId), f64> = HashMap::new();
    for id in books {
        for key in &card.keys {
            let filed =
                match_index::filed(snapshot, *id, *key, card.refinement, MOST_OF_A_KEY).await?;
            // A key tells the more, the fewer have it.
            let weight = 1.0 / filed.len() as f64;
            for card in filed {
                *weights.entry((*id, card)).or_default() += weight;
            }
        }
    }
    Ok(first(weights, MOST))
}

/// Those of the greatest weights.
fn first<T: Ord>(weights: HashMap<T, f64>, most: usize) -> Vec<T> {
    let mut ordered: Vec<(T, f64)> = weights.into_iter().collect();
    ordered.sort_unstable_by(|(one, a), (other, b)| b.total_cmp(a).then_with(|| one.cmp(other)));
    ordered.truncate(most);
    ordered.into_iter().map(|(card, _)| card).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engine::memory::MemoryEngine;
    use crate::store::engine::{Batch, Engine};

    /// However many cards have something in common with one, it is held against few; those that
    /// share what is rare, or much, are among them.
    #[tokio::test]
    async fn who_shares_what_is_rare_comes_first() {
        let engine = Engine::Memory(MemoryEngine::default());
        let book = CollectionId(7);
        let card = |name: &str, keys: &[u64]| Card {
            name: name.to_owned(),
            keys: keys.to_vec(),
            ..Card::default()
        };
        let mut batch = Batch::new();
        let mut file = |name: &str, keys: &[u64]| {
            match_index::replace(&mut batch, book, None, Some(&card(name, keys))).unwrap();
        };
        for n in 0..90 {
            file(&format!("a{n}"), &[1]);
            file(&format!("b{n}"), &[2]);
        }
        file("z-common", &[1, 2]);
        file("z-rare", &[3]);
        engine.commit(batch).await.unwrap();
        let snapshot = engine.snapshot().await.unwrap();
        let found = of(&snapshot, &[book], &card("x", &[1, 2, 3, 4])).await.unwrap();
        assert_eq!(found.len(), MOST);
        let named = |name| (book, CardId::of(name));
        assert_eq!(found[..2], [named("z-rare"), named("z-common")]);
        let all = of(&snapshot, &[book], &card("x", &[3])).await.unwrap();
        assert_eq!(all, [named("z-rare")]);
    }
}
