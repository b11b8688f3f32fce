//! What was repaired on the way in: why, and the original bytes.

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot};
use super::{decode, encode, keys, stored};
use crate::base::{CollectionId, Timestamp};

const VERSION: u8 = 1;

/// One finding on a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// A short code (`missing-uid`).
    pub code: String,
    /// One sentence for a person.
    pub text: String,
}

/// A member that needs attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// Why.
    pub notes: Vec<Note>,
    /// Are the bytes as they were sent kept beside what is served?
    pub original: bool,
    /// When.
    pub at: Timestamp,
}

/// The record of member `name`.
pub async fn get(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Option<Attention>, EngineError> {
    let key = keys::in_collection(keys::table::ATTENTION, id, name);
    stored::record(snapshot, VERSION, &key).await
}

/// What a row says.
pub(super) fn read(value: &[u8]) -> Result<Attention, EngineError> {
    decode(VERSION, value)
}

/// Adds the record of member `name` to `batch`.
pub fn put(
    batch: &mut Batch,
    id: CollectionId,
    name: &str,
    record: &Attention,
) -> Result<(), EngineError> {
    batch.put(keys::in_collection(keys::table::ATTENTION, id, name), encode(VERSION, record)?);
    Ok(())
}

/// Adds the end of the record of member `name` to `batch`.
pub fn delete(batch: &mut Batch, id: CollectionId, name: &str) {
    batch.delete(keys::in_collection(keys::table::ATTENTION, id, name));
}

/// All members of a collection that need attention, by name.
pub async fn list(
    snapshot: &Snapshot,
    id: CollectionId,
) -> Result<Vec<(String, Attention)>, EngineError> {
    let prefix = keys::of_collection(keys::table::ATTENTION, id);
    stored::below(snapshot, VERSION, &prefix, usize::MAX, keys::text_in).await
}
