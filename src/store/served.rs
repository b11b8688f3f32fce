//! Which versions of a woven member were served: an older tag, or the revision that a client sent
//! back, leads to the base of the version that was edited.
//!
//! | key | value |
//! |---|---|
//! | `4b` collection name `00` number | [`Served`]; the number from the newest to the oldest |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::{Store, decode, encode};
use crate::base::{CollectionId, ETag, Timestamp};

pub(super) const VERSION: u8 = 1;
pub(super) const SERVED: u8 = 0x4b;

/// Versions that are remembered of one member, the newest.
pub const MOST: usize = 64;

/// A version of a member that was stored woven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The contact's revision that was woven into it.
    pub revision: u64,
    /// The tag of the whole.
    pub etag: ETag,
    /// The tag of its base.
    pub base: ETag,
    /// When it was stored; unless it is the current one, it is in the history after that.
    pub written: Timestamp,
}

fn prefix(id: CollectionId, name: &str) -> Vec<u8> {
    Key::of(SERVED).number(id.0).text(name).done()
}

async fn rows(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Vec<(Vec<u8>, Served)>, EngineError> {
    let prefix = prefix(id, name);
    let mut rows = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            rows.push(decode(VERSION, value).map(|served| (key.to_vec(), served)));
            Step::Continue
        })
        .await?;
    rows.into_iter().collect()
}

/// The versions of member `name` that are remembered, the newest first.
pub async fn of_member(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Vec<Served>, EngineError> {
    Ok(rows(snapshot, id, name).await?.into_iter().map(|(_, served)| served).collect())
}

/// The newest version of member `name` that had this tag.
pub async fn by_etag(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
    etag: ETag,
) -> Result<Option<Served>, EngineError> {
    let versions = of_member(snapshot, id, name).await?;
    Ok(versions.into_iter().find(|served| served.etag == etag))
}

/// The newest version of member `name` that had this revision.
pub async fn by_revision(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
    revision: u64,
) -> Result<Option<Served>, EngineError> {
    let versions = of_member(snapshot, id, name).await?;
    Ok(versions.into_iter().find(|served| served.revision == revision))
}

/// Adds to `batch`, which stores it, that a version is served; the oldest are forgotten.
pub async fn note(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: CollectionId,
    name: &str,
    served: &Served,
) -> Result<(), EngineError> {
    for (surplus, _) in rows(snapshot, id, name).await?.into_iter().skip(MOST - 1) {
        batch.delete(surplus);
    }
    let mut key = prefix(id, name);
    key.extend_from_slice(&(!store.number()).to_be_bytes());
    batch.put(key, encode(VERSION, served)?);
    Ok(())
}

/// Adds the move (or copy, if `keep`) of what is remembered of one member to another to `batch`.
pub(super) async fn carry(
    snapshot: &Snapshot,
    batch: &mut Batch,
    from: (CollectionId, &str),
    to: (CollectionId, &str),
    keep: bool,
) -> Result<(), EngineError> {
    for (key, served) in rows(snapshot, from.0, from.1).await? {
        let mut there = prefix(to.0, to.1);
        there.extend_from_slice(key.last_chunk::<8>().map_or(&[][..], |number| number));
        batch.put(there, encode(VERSION, &served)?);
        if !keep {
            batch.delete(key);
        }
    }
    Ok(())
}

/// Adds the end of what is remembered of member `name` to `batch`.
pub(super) async fn clear(
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: CollectionId,
    name: &str,
) -> Result<(), EngineError> {
    for (key, _) in rows(snapshot, id, name).await? {
        batch.delete(key);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::with_user;

    const BOOK: CollectionId = CollectionId(7);

    #[tokio::test]
    async fn the_newest_versions_are_found_by_tag_and_by_revision() {
        let (store, _) = with_user("anna").await;
        let version = |revision: u64| Served {
            revision,
            etag: ETag::of(&revision.to_be_bytes()),
            base: ETag::of(b"base"),
            written: Timestamp(revision),
        };
        for revision in 0..MOST as u64 + 6 {
            let snapshot = store.snapshot().await.unwrap();
            let mut batch = Batch::new();
            note(&store, &snapshot, &mut batch, BOOK, "a", &version(revision)).await.unwrap();
            store.commit(batch).await.unwrap();
        }
        let snapshot = store.snapshot().await.unwrap();
        let all = of_member(&snapshot, BOOK, "a").await.unwrap();
        assert_eq!(all.len(), MOST);
        assert_eq!((all[0], all[MOST - 1]), (version(MOST as u64 + 5), version(6)));
        let found = by_etag(&snapshot, BOOK, "a", version(9).etag).await.unwrap();
        assert_eq!(found, Some(version(9)));
        assert_eq!(by_revision(&snapshot, BOOK, "a", 6).await.unwrap(), Some(version(6)));
        assert_eq!(by_revision(&snapshot, BOOK, "a", 5).await.unwrap(), None, "it is forgotten");
        assert!(of_member(&snapshot, BOOK, "").await.unwrap().is_empty());

        let mut batch = Batch::new();
        carry(&snapshot, &mut batch, (BOOK, "a"), (BOOK, "b"), false).await.unwrap();
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        assert_eq!(of_member(&snapshot, BOOK, "b").await.unwrap(), all);
        assert!(of_member(&snapshot, BOOK, "a").await.unwrap().is_empty());
        let mut batch = Batch::new();
        clear(&snapshot, &mut batch, BOOK, "b").await.unwrap();
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        assert!(of_member(&snapshot, BOOK, "b").await.unwrap().is_empty());
    }
}
