//! Whether all members of a book, and all that happened with a user's contacts, are in the index.
//! What is written goes in at once; what was there before the index was is taken in later.

use super::{STATE, Scope};
use crate::base::CollectionId;
use crate::store::engine::{Batch, EngineError, Snapshot};

/// Tells indexes apart that cut text into words in other ways. Whoever changes that way raises it,
/// and every index is built anew.
pub const EDITION: u8 = 1;

fn key(scope: &Scope) -> Vec<u8> {
    scope.key(STATE).done()
}

/// Is everything in the index?
pub async fn is_whole(snapshot: &Snapshot, scope: &Scope) -> Result<bool, EngineError> {
    let edition = snapshot.get_with(&key(scope), |value| value == [EDITION]).await?;
    Ok(edition == Some(true))
}

/// Adds to `batch` that everything is in the index.
pub fn set_whole(batch: &mut Batch, scope: &Scope) {
    batch.put(key(scope), vec![EDITION]);
}

/// Adds to `batch` that something may be missing from the index.
pub fn set_partial(batch: &mut Batch, scope: &Scope) {
    batch.delete(key(scope));
}

/// Adds to `batch` that the book `id`, which it makes, is in the index.
pub fn begin(batch: &mut Batch, id: CollectionId) {
    set_whole(batch, &Scope::book(id));
}
