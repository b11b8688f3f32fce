//! How far back the audit reaches: the oldest entries go, and what the chain was at the last of
//! them stays, so that all that is left still holds.
//!
//! | key | value |
//! |---|---|
//! | `72` | [`Began`] |

use serde::{Deserialize, Serialize};

use super::{Deed, LOG, Subject, Verb, head, key, read, sequence_in};
use crate::base::Timestamp;
use crate::store::engine::chain::{self, Hash};
use crate::store::engine::{Batch, CommitError, EngineError, Snapshot, Step};
use crate::store::stored::{self, Stored};
use crate::store::{Actor, Store, keys};

const VERSION: u8 = 1;
const BEGAN: u8 = 0x72;

/// Entries that one commit removes.
const STEP: usize = 4096;

/// What the audit begins with since entries were removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Began {
    /// The last entry that was removed, with all before it.
    pub removed: u64,
    /// Its hash, which the next one goes on from.
    pub hash: Hash,
}

/// What it begins with; `None`: nothing was ever removed.
pub async fn began(snapshot: &Snapshot) -> Result<Option<Began>, EngineError> {
    Ok(stored(snapshot).await?.map(|read| read.record))
}

async fn stored(snapshot: &Snapshot) -> Result<Option<Stored<Began>>, EngineError> {
    stored::read(snapshot, VERSION, vec![BEGAN]).await
}

/// Removes the entries of before `before`, but for the last of all, which the next one goes on
/// from. Each commit tells in an entry up to which and with which hash. How many were removed.
pub async fn remove_before(
    store: &Store,
    before: Timestamp,
    actor: &Actor,
) -> Result<u64, EngineError> {
    let mut removed = 0;
    // What this itself notes is no matter of it.
    let last = head(&store.snapshot().await?).await?;
    loop {
        let snapshot = store.snapshot().await?;
        let known = stored(&snapshot).await?;
        let from = known.as_ref().map_or(0, |known| known.record.removed) + 1;
        let mut batch = Batch::new();
        let mut now = None;
        let mut count = 0;
        snapshot
            .scan(&key(from), &keys::after(&[LOG]), |key, row| {
                let entry =
                    chain::parts(row).and_then(|(hash, value)| Some((hash, read(value)?.0)));
                let (Some(sequence), Some((hash, entry))) = (sequence_in(key), entry) else {
                    // What is damaged stays, for `verify` to tell of.
                    return Step::Stop;
                };
                if entry.at >= before || sequence >= last || sequence != from + count {
                    return Step::Stop;
                }
                batch.delete(key.to_vec());
                now = Some(Began { removed: sequence, hash: *hash });
                count += 1;
                if batch.ops().len() < STEP { Step::Continue } else { Step::Stop }
            })
            .await?;
        let Some(now) = now else { return Ok(removed) };
        stored::advance(&mut batch, VERSION, vec![BEGAN], known.as_ref(), &now)?;
        let detail = format!("entries up to {}", super::Noted::from(now));
        let deed = Deed::of(Subject::Audit, Verb::Removed, "");
        Deed { detail: &detail, ..deed }.note(store, &mut batch, actor)?;
        match store.commit(batch).await {
            Ok(_) => removed += count,
            // Somebody else removes them, too.
            Err(CommitError::Refused(_)) => return Ok(removed),
            Err(CommitError::Failed(error)) => return Err(error),
        }
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::clock::ManualClock;
    use crate::store::audit::{Noted, last, take_names, verify};
    use crate::store::engine::Engine;
    use crate::store::engine::memory::MemoryEngine;

    const DAY: u64 = 86_400_000;

    fn job() -> Actor {
        Actor { principal: "rolodav".to_owned(), device: "retention".to_owned() }
    }

    /// A store in which an entry was made on each of ten days.
    async fn ten_days() -> (Store, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(Timestamp(0)));
        let turned: Arc<dyn crate::base::Clock> = Arc::<ManualClock>::clone(&clock);
        let store = Store::open(Engine::Memory(MemoryEngine::default()), turned).await.unwrap();
        for day in 1..=10 {
            clock.advance_millis(DAY);
            note(&store, &format!("day {day}")).await;
        }
        (store, clock)
    }

    async fn note(store: &Store, name: &str) {
        let mut batch = Batch::new();
        let deed = Deed { name, ..Deed::of(Subject::Card, Verb::Added, "anna") };
        deed.note(store, &mut batch, &job()).unwrap();
        store.commit(batch).await.unwrap();
    }

    async fn names(store: &Store) -> Vec<String> {
        let entries = last(&store.snapshot().await.unwrap(), 100, |_| true).await.unwrap();
        entries.into_iter().map(|entry| entry.names.name + &entry.names.detail).collect()
    }

    async fn found(store: &Store, noted: Option<Noted>) -> crate::store::audit::Verified {
        verify(&store.snapshot().await.unwrap(), noted).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_left_holds_and_tells_what_went() {
        let (store, _) = ten_days().await;
        let early = found(&store, None).await.head.unwrap();
        assert_eq!(remove_before(&store, Timestamp(4 * DAY), &job()).await.unwrap(), 3);
        assert_eq!(remove_before(&store, Timestamp(4 * DAY), &job()).await.unwrap(), 0, "once");
        let left = names(&store).await;
        assert_eq!((left.len(), left[0].as_str()), (8, "day 4"));
        let began = began(&store.snapshot().await.unwrap()).await.unwrap().unwrap();
        assert_eq!(left[7], format!("entries up to {}", Noted::from(began)), "it is in the chain");
        let now = found(&store, Some(early)).await;
        assert_eq!((now.fault, now.removed, now.head.unwrap().sequence), (None, 3, 11));
        // Of what went nothing can be said, but for the last.
        assert_eq!(found(&store, Some(Noted::from(began))).await.fault, None);
        let other = Noted { hash: [7; 32], ..Noted::from(began) };
        assert!(found(&store, Some(other)).await.fault.unwrap().contains("another hash"));
        let gone = Noted { sequence: 2, ..other };
        assert!(found(&store, Some(gone)).await.fault.unwrap().contains("removed"));
        // Names can still be taken out, and entries follow.
        assert_eq!(take_names(&store, |entry| entry.names.name == "day 5").await.unwrap(), 1);
        note(&store, "later").await;
        assert_eq!(found(&store, None).await.fault, None);
    }

    #[tokio::test]
    async fn the_last_entry_stays_and_the_next_goes_on_from_it() {
        let (store, _) = ten_days().await;
        let all = Timestamp(u64::MAX);
        assert_eq!(remove_before(&store, all, &job()).await.unwrap(), 9);
        assert_eq!(names(&store).await.len(), 2, "it, and what tells of it");
        note(&store, "later").await;
        let now = found(&store, None).await;
        assert_eq!((now.fault, now.removed, now.head.unwrap().sequence), (None, 9, 12));
    }

    #[tokio::test]
    async fn what_is_removed_otherwise_is_found() {
        for (what, said, is_gone) in [
            ("more is gone", None, true),
            ("it says that more went", Some((4, None)), true),
            ("it says that less went", Some((2, None)), false),
            ("another hash", Some((3, Some([1; 32]))), false),
        ] {
            let (store, _) = ten_days().await;
            remove_before(&store, Timestamp(4 * DAY), &job()).await.unwrap();
            let began = began(&store.snapshot().await.unwrap()).await.unwrap().unwrap();
            assert_eq!(began.removed, 3);
            let mut batch = Batch::new();
            if let Some((removed, hash)) = said {
                let other = Began { removed, hash: hash.unwrap_or(began.hash) };
                batch.put(vec![BEGAN], crate::store::encode(VERSION, &other).unwrap());
            }
            if is_gone {
                batch.delete(key(4));
            }
            store.commit(batch).await.unwrap();
            assert!(found(&store, None).await.fault.is_some(), "{what}");
        }
        let (store, _) = ten_days().await;
        remove_before(&store, Timestamp(4 * DAY), &job()).await.unwrap();
        let mut batch = Batch::new();
        batch.delete(vec![BEGAN]);
        store.commit(batch).await.unwrap();
        assert!(found(&store, None).await.fault.unwrap().contains("Entries 1 to 3 are missing"));
    }

    #[tokio::test]
    async fn a_damaged_entry_stays() {
        let (store, _) = ten_days().await;
        let mut batch = Batch::new();
        batch.put(key(2), vec![0; 3]);
        store.commit(batch).await.unwrap();
        assert_eq!(remove_before(&store, Timestamp(u64::MAX), &job()).await.unwrap(), 1);
        assert!(found(&store, None).await.fault.unwrap().contains("Entry 2"), "it is told of");
    }
}
