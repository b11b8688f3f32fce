//! Which member of a book is the group card of a tag.
//!
//! | key | value |
//! |---|---|
//! | `54` `g` collection tag | the name of the tag's group card in the collection |
//! | `54` `n` collection name | the number of the tag whose group card the member is |

use bytes::Bytes;

use super::counter;
use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key, table};
use super::tags::TagId;
use crate::base::CollectionId;

fn of_tag(collection: CollectionId, tag: TagId) -> Vec<u8> {
    Key::of(table::TAGGING).bytes(b"g").number(collection.0).number(tag.0).done()
}

fn of_name(collection: CollectionId, name: &str) -> Vec<u8> {
    Key::of(table::TAGGING).bytes(b"n").number(collection.0).bytes(name.as_bytes()).done()
}

/// The name of the group card of `tag` in `collection`.
pub async fn name(
    snapshot: &Snapshot,
    collection: CollectionId,
    tag: TagId,
) -> Result<Option<String>, EngineError> {
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    snapshot.get_with(&of_tag(collection, tag), text).await
}

/// The tag whose group card the member `name` is.
pub async fn tag(
    snapshot: &Snapshot,
    collection: CollectionId,
    name: &str,
) -> Result<Option<TagId>, EngineError> {
    let number = |value: &[u8]| TagId(counter(value) as u64);
    snapshot.get_with(&of_name(collection, name), number).await
}

/// Adds to `batch` that member `name` is the group card of `tag`.
pub fn link(batch: &mut Batch, collection: CollectionId, name: &str, tag: TagId) {
    batch.put(of_tag(collection, tag), name.as_bytes().to_vec());
    batch.put(of_name(collection, name), Bytes::copy_from_slice(&tag.0.to_be_bytes()));
}

/// Adds to `batch` that member `name` is not the group card of `tag` any more.
pub fn unlink(batch: &mut Batch, collection: CollectionId, name: &str, tag: TagId) {
    batch.delete(of_tag(collection, tag));
    batch.delete(of_name(collection, name));
}

/// Adds the end of what is known of the group cards of `collection` to `batch`.
pub(super) async fn clear(
    snapshot: &Snapshot,
    batch: &mut Batch,
    collection: CollectionId,
) -> Result<(), EngineError> {
    for part in [b"g", b"n"] {
        let prefix = Key::of(table::TAGGING).bytes(part).number(collection.0).done();
        snapshot
            .scan(&prefix, &keys::after(&prefix), |key, _| {
                batch.delete(key.to_vec());
                Step::Continue
            })
            .await?;
    }
    Ok(())
}
