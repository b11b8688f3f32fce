//! Whether all members of a book, and all that happened with a user's contacts, are in the index.
//! What is written goes in at once; what was there before the index was is taken in later.

use super::{STATE, Scope, history};
use crate::base::CollectionId;
use crate::store::engine::{Batch, EngineError, Snapshot};

/// Tells indexes apart that cut text into words in other ways or lie otherwise in the store. Whoever
/// changes either raises it, and every index is built anew.
const EDITION: u8 = 2;

/// That of the history of contacts.
const HISTORY_EDITION: u8 = 1;

fn key(scope: &Scope) -> Vec<u8> {
    scope.key(STATE).done()
}

impl Scope {
    fn edition(&self) -> u8 {
        if self.0.starts_with(b"c") { EDITION } else { HISTORY_EDITION }
    }
}

/// Where the rows lie that an earlier edition made of the book `id`.
pub fn of_earlier_editions(id: CollectionId) -> Vec<Vec<u8>> {
    history::of_scope(&Scope::book(id))
}

/// Is everything in the index?
pub async fn is_whole(snapshot: &Snapshot, scope: &Scope) -> Result<bool, EngineError> {
    let edition = snapshot.get_with(&key(scope), |value| value == [scope.edition()]).await?;
    Ok(edition == Some(true))
}

/// Adds to `batch` that everything is in the index.
pub fn set_whole(batch: &mut Batch, scope: &Scope) {
    batch.put(key(scope), vec![scope.edition()]);
}

/// Adds to `batch` that something may be missing from the index.
pub fn set_partial(batch: &mut Batch, scope: &Scope) {
    batch.delete(key(scope));
}

/// Adds to `batch` that the book `id`, which it makes, is in the index.
pub fn begin(batch: &mut Batch, id: CollectionId) {
    set_whole(batch, &Scope::book(id));
}
