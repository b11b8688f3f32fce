//! The embedded engine: a redb file, the journal before it, and one thread that writes.
//!
//! Reads run inline on the caller's thread: a snapshot costs an `Arc`, a point read a
//! microsecond, a row of a scan a quarter of one, as long as the page is cached; a miss is one
//! read of the file. Writes are handed to the committer thread, which makes one record of the
//! journal, and one flush, of all that wait. Now and then it folds the journal into the file.

mod committer;
mod copy;
mod durable;
mod files;
mod journal;
mod open;
mod recent;
mod snapshot;
mod writer;

pub use open::{Integrity, Options};
pub use snapshot::RedbSnapshot;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ::redb::{StorageBackend, TableDefinition};
use tokio::sync::broadcast;

use super::{Batch, CommitError, Committed, EngineError, Notice};
use committer::Committer;
use durable::Durable;
use open::Source;
use snapshot::State;

/// The table of all rows. Its name is part of the file format.
const ROWS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("rows");

/// An open store. Dropping it commits what is queued and closes the file.
#[derive(Debug)]
pub struct RedbEngine {
    committer: Committer,
    shared: Arc<Shared>,
}

/// What the engine and its committer share.
struct Shared {
    file: Option<PathBuf>,
    /// `None` while the disk fails: what it holds is then not known.
    state: Mutex<Option<Arc<State>>>,
    notices: broadcast::Sender<Notice>,
    batches: AtomicU64,
    groups: AtomicU64,
}

/// What an operator may want to know of an open store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Length of the store file in bytes; 0 when it is not a file.
    pub file_bytes: u64,
    /// Rows in the store, about: those changed since the last checkpoint count twice.
    pub rows: u64,
    /// Batches applied since the store was opened.
    pub batches: u64,
    /// Groups, each made durable by one flush, in which these were committed.
    pub groups: u64,
}

// === impl RedbEngine ===

impl RedbEngine {
    /// Opens the store `file`, or makes a new one, readable by its owner only, together with its
    /// directory and with its journal beside it. A store that was not closed opens as fast: what
    /// its journal holds is read, at most [`Options::journal_bytes`].
    ///
    /// # Errors
    /// Another process has it open, it is not a store, it is damaged, or the disk fails.
    pub fn open(file: &Path, options: Options) -> Result<Self, EngineError> {
        Self::start(Source::File(file.to_owned(), options))
    }

    /// Opens a store on the pair of storages, for the store and its journal, that `attach` gives;
    /// for tests that delay, lose or tear writes. It is called again when the storage failed.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with_backend<B: StorageBackend>(
        attach: impl FnMut() -> io::Result<(B, B)> + Send + 'static,
        options: Options,
    ) -> Result<Self, EngineError> {
        Self::start(Source::storage(attach, options))
    }

    fn start(mut source: Source) -> Result<Self, EngineError> {
        let durable = Durable::open(&mut source)?;
        let shared = Arc::new(Shared {
            file: source.file().map(Path::to_owned),
            state: Mutex::new(Some(Arc::clone(durable.state()))),
            notices: broadcast::channel(super::NOTICES).0,
            batches: AtomicU64::new(0),
            groups: AtomicU64::new(0),
        });
        Ok(Self { committer: Committer::start(Arc::clone(&shared), durable, source)?, shared })
    }

    /// See [`super::Engine::snapshot`].
    pub fn snapshot(&self) -> Result<RedbSnapshot, EngineError> {
        self.shared.state().map(RedbSnapshot::of)
    }

    /// See [`super::Engine::commit`].
    pub async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        self.committer.commit(batch).await
    }

    /// See [`super::Engine::scrub`]. Free pages go with [`Self::compact`].
    pub async fn scrub(&self) -> Result<(), EngineError> {
        self.committer.scrub().await
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
            rows: self.shared.state()?.rows()?,
            batches: self.shared.batches.load(Ordering::Relaxed),
            groups: self.shared.groups.load(Ordering::Relaxed),
        })
    }

    /// Verifies every page of a stopped store and mends its bookkeeping where that is possible.
    /// Reads the whole file.
    ///
    /// # Errors
    /// The store is in use, or damaged beyond mending.
    pub fn check(file: &Path, options: Options) -> Result<Integrity, EngineError> {
        // Nothing may be created here, and nothing may be missing from the file.
        if !file.try_exists().unwrap_or(false) {
            return Err(EngineError::new(format!("there is no store {}", file.display())));
        }
        Durable::open(&mut Source::File(file.to_owned(), options))?.close()?;
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
    fn state(&self) -> Result<Arc<State>, EngineError> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.clone().ok_or_else(|| {
            EngineError::new("the disk of the store fails: see the log, and free or replace it")
        })
    }

    fn set_state(&self, present: Option<&Arc<State>>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.as_ref().map(Arc::as_ptr) != present.map(Arc::as_ptr) {
            *state = present.cloned();
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("file", &self.file).finish_non_exhaustive()
    }
}
