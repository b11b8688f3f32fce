//! Typed records over an ordered key-value engine: collections, members, bodies, change logs,
//! history. It knows no vCard and no HTTP: contents are bytes, with what a listing needs beside.

pub mod addresses;
pub mod attempt;
pub mod attention;
pub mod audit;
pub mod body;
pub mod cache;
pub mod capture;
pub mod change;
pub mod check;
pub mod check_accounts;
pub mod check_all;
pub mod check_calendars;
pub mod check_contacts;
pub mod check_followups;
pub mod check_mail;
mod check_matching;
mod check_merges;
mod check_owned;
pub mod check_strays;
pub mod check_tags;
pub mod collection;
mod components;
pub mod conflicts;
pub mod consents;
pub mod contacts;
pub mod credentials;
pub mod days;
pub mod delegates;
pub mod devices;
pub mod engine;
pub mod erasures;
pub mod feeds;
pub mod fields;
pub mod followed;
pub mod followups;
pub mod forget;
pub mod generated;
pub mod grants;
pub mod group_cards;
pub mod history;
pub mod interactions;
mod keys;
pub mod match_index;
pub mod matching;
pub mod member;
pub mod memberships;
pub mod merges;
mod meta;
mod older;
pub mod outgoing;
mod pages;
pub mod preferences;
pub mod principals;
pub mod property;
pub mod proposal_changes;
pub mod purge;
pub mod quality;
pub mod quality_choices;
pub mod quality_cleanings;
pub mod recovery;
pub mod relocate;
pub mod retention;
pub mod segments;
pub mod served;
pub mod spans;
pub mod stored;
pub mod subscriptions;
pub mod tag_awaited;
pub mod tag_index;
pub mod tags;
pub mod tombstones;
pub mod unmatched;
pub mod words;
pub mod write;

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::base::{Clock, Fault, Timestamp};
use engine::{Batch, CommitError, Committed, Engine, EngineError, Snapshot};

/// The store: an engine, a clock and the numbers it hands out.
#[derive(Debug)]
pub struct Store {
    engine: Engine,
    clock: Arc<dyn Clock>,
    epoch: u64,
    next_number: AtomicU64,
    reading: Option<words::Reading>,
    due: words::merge::Due,
    caches: cache::Caches,
}

/// A record as it was read; a commit can demand that it is still the same.
#[derive(Debug, Clone)]
pub struct Witness {
    key: Vec<u8>,
    value: Option<Bytes>,
}

/// Who changes something, for the history and the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Actor {
    /// The principal's id; empty: whoever runs the server.
    pub principal: String,
    /// The label of the device, or empty.
    pub device: String,
}

/// How often a commit is tried again after somebody else's commit came between.
const ATTEMPTS: usize = 256;

impl Actor {
    /// Whoever runs the server, by `means`.
    pub fn operator(means: &str) -> Self {
        Self { principal: String::new(), device: means.to_owned() }
    }
}

// === impl Store ===

impl Store {
    /// Opens the store on `engine`: checks the format, counts the start.
    pub async fn open(engine: Engine, clock: Arc<dyn Clock>) -> Result<Self, EngineError> {
        let started = meta::start(&engine, clock.as_ref()).await?;
        let store = Self {
            engine,
            clock,
            epoch: started.epoch,
            next_number: AtomicU64::new(started.first_number),
            reading: None,
            due: words::merge::Due::default(),
            caches: cache::Caches::default(),
        };
        older::take_over(&store).await?;
        Ok(store)
    }

    /// The same store, which keeps the words of cards and interactions in its index.
    #[must_use]
    pub fn reading(self, reading: words::Reading) -> Self {
        Self { reading: Some(reading), ..self }
    }

    /// A consistent view of the present state.
    pub async fn snapshot(&self) -> Result<Snapshot, EngineError> {
        self.engine.snapshot().await
    }

    /// Applies `batch` durably, or says which of its steps was refused.
    pub async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        let pending = words::left_pending_by(&batch);
        let committed = self.engine.commit(batch).await?;
        for book in self.due.note(&pending) {
            if let Err(error) = words::merge::upkeep(self, book).await {
                // What was asked for is done; the next commit tries again.
                tracing::warn!(%error, "the search index could not be tidied");
            }
        }
        Ok(committed)
    }

    /// The engine, for what is the engine's own business (integrity, copies, notices).
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// What layers above worked out of this store and keep while it is open: the one of this type.
    pub fn cache<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        self.caches.of()
    }

    /// Changes when the store was restored from a backup; sync tokens of another epoch are void.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// A number that was never handed out before in this store, larger than all earlier ones.
    pub fn number(&self) -> u64 {
        self.next_number.fetch_add(1, Ordering::Relaxed)
    }
}

// === impl Witness ===

impl Witness {
    /// Notes that `key` had `value`.
    pub(crate) fn new(key: Vec<u8>, value: Option<Bytes>) -> Self {
        Self { key, value }
    }

    /// Makes `batch` depend on the record being unchanged.
    pub fn require(&self, batch: &mut Batch) {
        batch.expect_same(self.key.clone(), self.value.as_ref());
    }
}

// === records ===

/// Writes a record: one byte of format version, then postcard.
pub(crate) fn encode<T: Serialize>(version: u8, record: &T) -> Result<Bytes, EngineError> {
    postcard::to_extend(record, vec![version])
        .map(Bytes::from)
        .map_err(|e| EngineError::caused("a record cannot be written", e))
}

/// Reads a record of the given format version.
pub(crate) fn decode<T: DeserializeOwned>(version: u8, bytes: &[u8]) -> Result<T, EngineError> {
    match bytes.split_first() {
        Some((v, rest)) if *v == version => postcard::from_bytes(rest)
            .map_err(|e| EngineError::caused("a record cannot be read", e)),
        Some((v, _)) => Err(EngineError::new(format!(
            "a record has format version {v}, this rolodav knows {version}"
        ))),
        None => Err(EngineError::new("a record is empty")),
    }
}

/// Reads a counter.
pub(crate) fn counter(bytes: &[u8]) -> i64 {
    bytes.try_into().map_or(0, i64::from_be_bytes)
}

impl From<CommitError> for Fault {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(_) => Self::busy(1),
            CommitError::Failed(error) => error.into(),
        }
    }
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        Self::internal(error)
    }
}

#[cfg(test)]
mod tests;
