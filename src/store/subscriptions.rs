//! Where a subscribed calendar comes from, how it went the last time, and when it is looked at
//! again.

use serde::{Deserialize, Serialize};

use super::encode;
use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, table};
use super::stored::{self, Stored};
use crate::base::{CollectionId, Timestamp};

const VERSION: u8 = 1;

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The address, which may be a secret.
    pub url: String,
    /// How often it is looked at, in seconds.
    pub every: u32,
    /// Are its alarms kept?
    pub alarms: bool,
    /// The `ETag` of what was taken in last.
    pub etag: Option<String>,
    /// The `Last-Modified` of what was taken in last.
    pub last_modified: Option<String>,
    /// The SHA-256 of what was taken in last, and of how that is done.
    pub digest: Option<[u8; 32]>,
    /// When it was last known to be as it is published.
    pub fetched: Option<Timestamp>,
    /// When it is looked at again.
    pub next: Timestamp,
    /// How often in a row it failed.
    pub failures: u32,
    /// Why it failed the last time.
    pub error: Option<String>,
    /// The last time it was empty, although it was not before.
    pub emptied: bool,
    /// Entries that were left out, for they cannot be read.
    pub left_out: u64,
    /// Grows with every change of this record, so that two that refresh it do not mix.
    pub step: u64,
}

impl Subscription {
    /// One that was never fetched.
    pub fn new(url: String, every: u32, alarms: bool, next: Timestamp) -> Self {
        Self {
            url,
            every,
            alarms,
            etag: None,
            last_modified: None,
            digest: None,
            fetched: None,
            next,
            failures: 0,
            error: None,
            emptied: false,
            left_out: 0,
            step: 0,
        }
    }
}

/// The subscription behind a collection.
pub async fn get(
    snapshot: &Snapshot,
    id: CollectionId,
) -> Result<Option<Stored<Subscription>>, EngineError> {
    stored::read(snapshot, VERSION, key(id)).await
}

/// The collections with a subscription that is due at `now`, those that wait longest first.
pub async fn due(snapshot: &Snapshot, now: Timestamp) -> Result<Vec<CollectionId>, EngineError> {
    let prefix = [table::SUBSCRIPTION];
    let mut ids = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            let number = key.get(1..).and_then(<[u8]>::first_chunk::<8>);
            ids.extend(number.map(|bytes| CollectionId(u64::from_be_bytes(*bytes))));
            Step::Continue
        })
        .await?;
    let mut due = Vec::new();
    for id in ids {
        if let Some(found) = get(snapshot, id).await?
            && found.record.next <= now
        {
            due.push((found.record.next, id));
        }
    }
    due.sort();
    Ok(due.into_iter().map(|(_, id)| id).collect())
}

/// Adds a new subscription to `batch`.
pub fn create(batch: &mut Batch, id: CollectionId, new: &Subscription) -> Result<(), EngineError> {
    batch.expect_same(key(id), None);
    batch.put(key(id), encode(VERSION, new)?);
    Ok(())
}

/// Adds the step from the subscription that `was` read to `now` to `batch`.
pub fn update(
    batch: &mut Batch,
    id: CollectionId,
    was: &Stored<Subscription>,
    now: &Subscription,
) -> Result<(), EngineError> {
    was.witness.require(batch);
    let now = Subscription { step: was.record.step + 1, ..now.clone() };
    batch.put(key(id), encode(VERSION, &now)?);
    Ok(())
}

fn key(id: CollectionId) -> Vec<u8> {
    keys::of_collection(table::SUBSCRIPTION, id)
}
