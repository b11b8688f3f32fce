//! Records as they are read: alone, in their order, or with the witness that lets a commit demand
//! that one is still the same.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::{Witness, decode, encode, keys};

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

/// The record at `key`, written in format `version`, for who only looks at it.
pub(super) async fn record<T: DeserializeOwned + Send>(
    snapshot: &Snapshot,
    version: u8,
    key: &[u8],
) -> Result<Option<T>, EngineError> {
    snapshot.get_with(key, |value| decode(version, value)).await?.transpose()
}

/// Up to `most` records whose keys begin with `prefix`, in their order, each with what `name` reads
/// in the rest of its key.
pub(super) async fn below<K: Send, T: DeserializeOwned + Send>(
    snapshot: &Snapshot,
    version: u8,
    prefix: &[u8],
    most: usize,
    name: impl Fn(&[u8]) -> K + Send + Sync,
) -> Result<Vec<(K, T)>, EngineError> {
    let mut rows = Vec::new();
    snapshot
        .scan(prefix, &keys::after(prefix), |key, value| {
            let name = name(key.get(prefix.len()..).unwrap_or_default());
            rows.push(decode(version, value).map(|record| (name, record)));
            if rows.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    rows.into_iter().collect()
}

/// How many rows there are whose keys begin with `prefix`; `most` of more.
pub(super) async fn count_below(
    snapshot: &Snapshot,
    prefix: &[u8],
    most: usize,
) -> Result<usize, EngineError> {
    let mut count = 0;
    snapshot
        .scan(prefix, &keys::after(prefix), |_, _| {
            count += 1;
            if count < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(count)
}

/// Adds the end of all rows whose keys begin with `prefix` to `batch`; to be used where they are few.
pub(super) async fn end_below(
    snapshot: &Snapshot,
    batch: &mut Batch,
    prefix: &[u8],
) -> Result<(), EngineError> {
    let end = |key: &[u8], _: &[u8]| {
        batch.delete(key.to_vec());
        Step::Continue
    };
    snapshot.scan(prefix, &keys::after(prefix), end).await
}

/// Has `batch` demand that `key` is still as it was `read`: with that record, or with none.
pub(super) fn require<T>(batch: &mut Batch, key: &[u8], read: Option<&Stored<T>>) {
    match read {
        Some(stored) => stored.witness.require(batch),
        None => drop(batch.expect_same(key.to_vec(), None)),
    }
}

/// Adds the step from what was `read` at `key` to `now`, written in format `version`, to `batch`.
pub(super) fn advance<T: Serialize>(
    batch: &mut Batch,
    version: u8,
    key: Vec<u8>,
    read: Option<&Stored<T>>,
    now: &T,
) -> Result<(), EngineError> {
    require(batch, &key, read);
    batch.put(key, encode(version, now)?);
    Ok(())
}
