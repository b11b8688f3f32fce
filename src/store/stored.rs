//! A record read together with the witness that lets a commit demand that it is still the same.

use serde::de::DeserializeOwned;

use super::engine::{EngineError, Snapshot};
use super::{Witness, decode};

/// A record as it was read.
#[derive(Debug, Clone)]
pub struct Stored<T> {
    /// The record.
    pub record: T,
    /// That it was read like this.
    pub witness: Witness,
}

/// The record at `key`, written in format `version`.
pub(super) async fn read<T: DeserializeOwned>(
    snapshot: &Snapshot,
    version: u8,
    key: Vec<u8>,
) -> Result<Option<Stored<T>>, EngineError> {
    let Some(value) = snapshot.get(&key).await? else { return Ok(None) };
    let record = decode(version, &value)?;
    Ok(Some(Stored { record, witness: Witness::new(key, Some(value)) }))
}
