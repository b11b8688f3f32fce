//! The ordered key-value engine under the store: snapshots, conditional batches, notices.
//!
//! Everything above speaks in three verbs, so that an engine embedded in the process or one
//! across a network can run them in its own transaction. Nothing above `store` sees a key.

mod batch;
pub mod chain;
mod error;
pub mod memory;
pub mod redb;
mod resolve;

pub use batch::{Batch, Committed, Expect, Op};
pub use error::{CommitError, EngineError};

use bytes::Bytes;
use tokio::sync::broadcast;

/// How many notices a watcher may fall behind before it loses the oldest.
const NOTICES: usize = 1024;

/// Tells a scan whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Give me the next row.
    Continue,
    /// I have enough; this row was taken.
    Stop,
}

/// A log grew: its key and the sequence number of the last row. Sent once for each batch and log,
/// after the commit is durable and before its caller is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The log's key, as given to [`Batch::append`].
    pub log: Bytes,
    /// The sequence number of its last row.
    pub sequence: u64,
}

/// One engine, chosen at start.
#[derive(Debug)]
pub enum Engine {
    /// In memory; for tests.
    Memory(memory::MemoryEngine),
    /// In one file of this machine.
    Redb(redb::RedbEngine),
}

/// A consistent view of everything committed before it was taken.
#[derive(Debug)]
pub enum Snapshot {
    /// Of the memory engine.
    Memory(memory::MemorySnapshot),
    /// Of the file.
    Redb(redb::RedbSnapshot),
}

// === impl Engine ===

// Async at its edge though the embedded engines answer at once: one across a network will wait.
#[allow(clippy::unused_async)]
impl Engine {
    /// A view of the present state; it never changes and never blocks writers.
    pub async fn snapshot(&self) -> Result<Snapshot, EngineError> {
        match self {
            Self::Memory(engine) => Ok(Snapshot::Memory(engine.snapshot())),
            Self::Redb(engine) => engine.snapshot().map(Snapshot::Redb),
        }
    }

    /// Applies `batch` as one: either every expectation held and everything is durable when this
    /// returns, or nothing has happened. If the caller goes away the batch may still be applied.
    pub async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        match self {
            Self::Memory(engine) => engine.commit(batch),
            Self::Redb(engine) => engine.commit(batch).await,
        }
    }

    /// Sees to it that nothing is left of values that were deleted or overwritten but for what lies
    /// in free pages of the file.
    pub async fn scrub(&self) -> Result<(), EngineError> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::Redb(engine) => engine.scrub().await,
        }
    }

    /// Notices of logs that grow. A receiver that lags loses the oldest notices and is told so.
    pub fn watch(&self) -> broadcast::Receiver<Notice> {
        match self {
            Self::Memory(engine) => engine.watch(),
            Self::Redb(engine) => engine.watch(),
        }
    }
}

// === impl Snapshot ===

#[allow(clippy::unused_async)]
impl Snapshot {
    /// The value of `key`.
    pub async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        match self {
            Self::Memory(snapshot) => Ok(snapshot.get_with(key, Bytes::copy_from_slice)),
            Self::Redb(snapshot) => snapshot.get(key),
        }
    }

    /// What `read` makes of the value of `key`, without copying it first.
    pub async fn get_with<R: Send>(
        &self,
        key: &[u8],
        read: impl FnOnce(&[u8]) -> R + Send,
    ) -> Result<Option<R>, EngineError> {
        match self {
            Self::Memory(snapshot) => Ok(snapshot.get_with(key, read)),
            Self::Redb(snapshot) => snapshot.get_with(key, read),
        }
    }

    /// Is there a row at `key`?
    pub async fn has(&self, key: &[u8]) -> Result<bool, EngineError> {
        Ok(self.get_with(key, |_| ()).await?.is_some())
    }

    /// Hands the rows with `from <= key < to` to `visit`, in key order, until it stops.
    pub async fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: impl FnMut(&[u8], &[u8]) -> Step + Send,
    ) -> Result<(), EngineError> {
        match self {
            Self::Memory(snapshot) => {
                snapshot.scan(from, to, visit);
                Ok(())
            }
            Self::Redb(snapshot) => snapshot.scan(from, to, visit),
        }
    }
}
