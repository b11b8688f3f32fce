//! The embedded engine: one redb file, one table of bytes, one thread that writes.
//!
//! Reads run inline on the caller's thread: a snapshot costs an `Arc`, a point read a
//! microsecond, a row of a scan a quarter of one, as long as the page is cached; a miss is one
//! read of the file. Writes are handed to the committer thread, which makes one transaction and
//! one flush of all that wait.

mod committer;
mod copy;
mod open;
mod snapshot;

pub use open::{Integrity, Options};
pub use snapshot::RedbSnapshot;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ::redb::{Database, StorageBackend, TableDefinition};
use tokio::sync::broadcast;

use super::{Batch, CommitError, Committed, EngineError, Notice};
use committer::Committer;

/// The one table. Its name is part of the file format.
const ROWS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("rows");

/// An open store file. Dropping it commits what is queued and closes the file.
#[derive(Debug)]
pub struct RedbEngine {
    // Dropped first, so that the thread has ended when the last reference to `shared` goes.
    committer: Committer,
    shared: Arc<Shared>,
}

/// What the engine and its committer share.
struct Shared {
    database: Database,
    file: Option<PathBuf>,
    /// The view of the last commit, made by its first reader.
    present: Mutex<Option<RedbSnapshot>>,
    notices: broadcast::Sender<Notice>,
    batches: AtomicU64,
    transactions: AtomicU64,
}

/// What an operator may want to know of an open store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Length of the store file in bytes; 0 when it is not a file.
    pub file_bytes: u64,
    /// Rows in the store.
    pub rows: u64,
    /// Batches applied since the store was opened.
    pub batches: u64,
    /// Transactions, each with one flush to disk, that these took.
    pub transactions: u64,
}

// === impl RedbEngine ===

impl RedbEngine {
    /// Opens the store `file`, or makes a new one, readable by its owner only, together with its
    /// directory. A store that was not closed is repaired first.
    ///
    /// # Errors
    /// Another process has it open, it is not a store, it is damaged, or the disk fails.
    pub fn open(file: &Path, options: Options) -> Result<Self, EngineError> {
        let database = open::file(file, options)?;
        Self::start(database, Some(file.to_owned()))
    }

    /// Opens a store on any storage; for tests that delay, lose or tear writes.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with_backend(
        backend: impl StorageBackend,
        options: Options,
    ) -> Result<Self, EngineError> {
        Self::start(open::backend(backend, options)?, None)
    }

    fn start(database: Database, file: Option<PathBuf>) -> Result<Self, EngineError> {
        open::ensure_table(&database)?;
        let shared = Arc::new(Shared {
            database,
            file,
            present: Mutex::default(),
            notices: broadcast::channel(super::NOTICES).0,
            batches: AtomicU64::new(0),
            transactions: AtomicU64::new(0),
        });
        Ok(Self { committer: Committer::start(Arc::clone(&shared))?, shared })
    }

    /// See [`super::Engine::snapshot`].
    pub fn snapshot(&self) -> Result<RedbSnapshot, EngineError> {
        self.shared.snapshot()
    }

    /// See [`super::Engine::commit`].
    pub async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        self.committer.commit(batch).await
    }

    /// See [`super::Engine::watch`].
    pub fn watch(&self) -> broadcast::Receiver<Notice> {
        self.shared.notices.subscribe()
    }

    /// Figures for the operator; cheap.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn stats(&self) -> Result<Stats, EngineError> {
        let file_bytes = match &self.shared.file {
            Some(file) => std::fs::metadata(file)
                .map_err(|e| EngineError::caused(format!("cannot read {}", file.display()), e))?
                .len(),
            None => 0,
        };
        Ok(Stats {
            file_bytes,
            rows: self.snapshot()?.rows()?,
            batches: self.shared.batches.load(Ordering::Relaxed),
            transactions: self.shared.transactions.load(Ordering::Relaxed),
        })
    }

    /// Verifies every page of a stopped store and mends its bookkeeping where that is possible.
    /// Reads the whole file.
    ///
    /// # Errors
    /// The store is in use, or damaged beyond mending.
    pub fn check(file: &Path, options: Options) -> Result<Integrity, EngineError> {
        open::check(file, options)
    }

    /// Rewrites a stopped store without the free space its file has gathered. The old file is
    /// replaced when the new one is complete and verified; that takes their space together.
    ///
    /// # Errors
    /// The store is in use or damaged, or the disk is full; the store is then as it was.
    pub fn compact(file: &Path, options: Options) -> Result<(), EngineError> {
        copy::compact(file, options)
    }
}

// === impl Shared ===

impl Shared {
    fn snapshot(&self) -> Result<RedbSnapshot, EngineError> {
        // Made under the lock: a commit that ends meanwhile then clears what was made too early.
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(snapshot) = &*present {
            return Ok(snapshot.clone());
        }
        let snapshot = RedbSnapshot::begin(&self.database)?;
        *present = Some(snapshot.clone());
        Ok(snapshot)
    }

    /// The next snapshot sees what has just been committed.
    fn outdate(&self) {
        *self.present.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("file", &self.file).finish_non_exhaustive()
    }
}
