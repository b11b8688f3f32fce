//! The engine for tests: a map in memory with the same promises, durability apart.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::broadcast;

use super::resolve::{self, resolve};
use super::{Batch, CommitError, Committed, EngineError, Notice, Step};

type Rows = BTreeMap<Bytes, Bytes>;

/// Rows in memory.
#[derive(Debug)]
pub struct MemoryEngine {
    rows: Mutex<Arc<Rows>>,
    notices: broadcast::Sender<Notice>,
}

/// The rows as they were.
#[derive(Debug, Clone)]
pub struct MemorySnapshot(Arc<Rows>);

impl Default for MemoryEngine {
    fn default() -> Self {
        Self { rows: Mutex::default(), notices: broadcast::channel(super::NOTICES).0 }
    }
}

impl resolve::Rows for Rows {
    fn read<R>(&self, key: &[u8], read: impl FnOnce(Option<&[u8]>) -> R) -> Result<R, EngineError> {
        Ok(read(self.get(key).map(AsRef::as_ref)))
    }
}

impl MemoryEngine {
    fn rows(&self) -> MutexGuard<'_, Arc<Rows>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// See [`super::Engine::snapshot`].
    pub fn snapshot(&self) -> MemorySnapshot {
        MemorySnapshot(Arc::clone(&self.rows()))
    }

    /// See [`super::Engine::watch`].
    pub fn watch(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// See [`super::Engine::commit`]. Copies the map only while a snapshot is held.
    pub fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        let mut guard = self.rows();
        let changes = resolve(batch, &**guard)?;
        let rows = Arc::make_mut(&mut guard);
        for write in changes.writes {
            match write.value {
                Some(value) => rows.insert(write.key.into(), value),
                None => rows.remove(write.key.as_slice()),
            };
        }
        // Sent under the lock, so that notices come in the order of the commits.
        for notice in changes.grown {
            // Nobody listening is fine.
            let _ = self.notices.send(notice);
        }
        Ok(changes.committed)
    }
}

impl MemorySnapshot {
    /// See [`super::Snapshot::get_with`].
    pub fn get_with<R>(&self, key: &[u8], read: impl FnOnce(&[u8]) -> R) -> Option<R> {
        self.0.get(key).map(|value| read(value))
    }

    /// See [`super::Snapshot::scan`].
    pub fn scan(&self, from: &[u8], to: &[u8], mut visit: impl FnMut(&[u8], &[u8]) -> Step) {
        use std::ops::Bound::{Excluded, Included};
        if from >= to {
            return;
        }
        for (key, value) in self.0.range::<[u8], _>((Included(from), Excluded(to))) {
            if visit(key, value) == Step::Stop {
                return;
            }
        }
    }
}
