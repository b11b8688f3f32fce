//! Tags that cards which are not there yet are to bear: a group card may name members before they come.
//!
//! | key | value |
//! |---|---|
//! | `54` `w` collection UID `00` tag | a member with this UID is to bear the tag once it comes |

use bytes::Bytes;

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key, table};
use super::tags::TagId;
use crate::base::CollectionId;

const AWAITED: &[u8] = b"w";

fn awaited_key(collection: CollectionId, uid: &str, tag: TagId) -> Vec<u8> {
    awaited_in(collection).text(uid).number(tag.0).done()
}

/// What all rows of `collection` begin with.
pub(super) fn awaited_in(collection: CollectionId) -> Key {
    Key::of(table::TAGGING).bytes(AWAITED).number(collection.0)
}

/// Adds to `batch` that a member with `uid` is to bear `tag` once it comes.
pub fn wait_for(batch: &mut Batch, collection: CollectionId, uid: &str, tag: TagId) {
    batch.put(awaited_key(collection, uid, tag), Bytes::new());
}

/// Takes [`wait_for`] back.
pub fn wait_no_more(batch: &mut Batch, collection: CollectionId, uid: &str, tag: TagId) {
    batch.delete(awaited_key(collection, uid, tag));
}

/// Is any member awaited in `collection`?
pub async fn awaits(snapshot: &Snapshot, collection: CollectionId) -> Result<bool, EngineError> {
    let prefix = awaited_in(collection).done();
    let mut any = false;
    snapshot
        .scan(&prefix, &keys::after(&prefix), |_, _| {
            any = true;
            Step::Stop
        })
        .await?;
    Ok(any)
}

/// The tags that a member with `uid` is to bear once it comes.
pub async fn awaited(
    snapshot: &Snapshot,
    collection: CollectionId,
    uid: &str,
) -> Result<Vec<TagId>, EngineError> {
    let prefix = awaited_in(collection).text(uid).done();
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            found.extend(keys::last_number(key).map(TagId));
            Step::Continue
        })
        .await?;
    Ok(found)
}
