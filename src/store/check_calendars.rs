//! Verifies what stands beside calendars: generated ones and their sources, secret addresses, and
//! what is still to be told to others.

use std::collections::HashSet;

use super::collection;
use super::engine::{EngineError, Snapshot, Step};
use super::keys::{self, table};
use super::{feeds, outgoing};

/// What is wrong, one sentence each.
pub async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let mut faults = Vec::new();
    let collections: HashSet<u64> =
        collection::all(snapshot).await?.into_iter().map(|found| found.id.0).collect();
    for part in [table::GENERATED, table::ORIGIN, table::SUBSCRIPTION] {
        for number in first_numbers(snapshot, part).await? {
            if !collections.contains(&number) {
                faults.push(format!(
                    "something is generated in collection {number}: it is not there"
                ));
            }
        }
    }
    for (feed, listed) in feeds::all(snapshot).await? {
        let (owner, number) = (&feed.owner, feed.number);
        if !listed {
            faults.push(format!("secret address {number} of {owner} is not listed"));
        }
        if !collections.contains(&feed.collection.0) {
            faults.push(format!("secret address {number} of {owner} shows what is not there"));
        }
    }
    let mut waiting = HashSet::new();
    for number in outgoing::numbers(snapshot).await? {
        waiting.insert(number);
        if outgoing::get(snapshot, number).await.is_err() {
            faults.push(format!("message {number} that is to be sent cannot be read"));
        }
    }
    for number in first_numbers(snapshot, table::TOLD).await? {
        if !waiting.contains(&number) {
            faults.push(format!("somebody has message {number}, which is not to be sent any more"));
        }
    }
    Ok(faults)
}

/// The numbers that the keys of a table begin with, each once.
async fn first_numbers(snapshot: &Snapshot, part: u8) -> Result<Vec<u64>, EngineError> {
    let mut numbers: Vec<u64> = Vec::new();
    snapshot
        .scan(&[part], &keys::after(&[part]), |key, _| {
            let number = key.get(1..).and_then(<[u8]>::first_chunk::<8>);
            if let Some(number) = number.map(|bytes| u64::from_be_bytes(*bytes))
                && numbers.last() != Some(&number)
            {
                numbers.push(number);
            }
            Step::Continue
        })
        .await?;
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{CollectionId, PrincipalId, Timestamp};
    use crate::store::engine::{Batch, Engine, memory::MemoryEngine};
    use crate::store::feeds::Feed;
    use crate::store::generated::{self, State};

    #[tokio::test]
    async fn what_stands_beside_nothing_is_a_fault() {
        let engine = Engine::Memory(MemoryEngine::default());
        assert!(check(&engine.snapshot().await.unwrap()).await.unwrap().is_empty());
        let feed = Feed {
            collection: CollectionId(7),
            owner: PrincipalId::parse("anna").unwrap(),
            number: 1,
            label: String::new(),
            created: Timestamp(0),
        };
        let mut batch = Batch::new();
        feeds::open(&mut batch, &[1; 32], &feed).unwrap();
        generated::advance(&mut batch, CollectionId(8), None, &State::default()).unwrap();
        batch.put(keys::Key::of(table::TOLD).number(9).bytes(b"bob").done(), Vec::new());
        engine.commit(batch).await.unwrap();
        let faults = check(&engine.snapshot().await.unwrap()).await.unwrap();
        for what in ["secret address 1 of anna shows", "collection 8", "has message 9"] {
            assert!(faults.iter().any(|fault| fault.contains(what)), "{what}: {faults:?}");
        }
        assert_eq!(faults.len(), 3, "{faults:?}");
    }
}
