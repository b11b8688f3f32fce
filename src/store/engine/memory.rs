//! The engine for tests: a map in memory with the same promises, durability apart.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::broadcast;

use super::{Batch, CommitError, Committed, Expect, Notice, Op, Step};

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
        Self { rows: Mutex::default(), notices: broadcast::channel(1024).0 }
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

    /// See [`super::Engine::commit`].
    pub fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        let mut guard = self.rows();
        for (place, op) in batch.ops().iter().enumerate() {
            if let Op::Expect { key, state } = op {
                let value = guard.get(key.as_slice());
                let holds = match state {
                    Expect::Absent => value.is_none(),
                    Expect::Present => value.is_some(),
                    Expect::Value(wanted) => value == Some(wanted),
                };
                if !holds {
                    return Err(CommitError::Refused(place));
                }
            }
        }
        let mut next = Arc::clone(&guard);
        let rows = Arc::make_mut(&mut next);
        let mut committed = Committed::default();
        let mut grown = Vec::new();
        for (place, op) in batch.into_ops().into_iter().enumerate() {
            match op {
                Op::Put { key, value } => {
                    rows.insert(key.into(), value);
                }
                Op::Delete { key } => {
                    rows.remove(key.as_slice());
                }
                Op::Expect { .. } => {}
                Op::Append { log, value } => {
                    let sequence = number(rows.get(log.as_slice())).wrapping_add(1) as u64;
                    let mut row = log.clone();
                    row.extend_from_slice(&sequence.to_be_bytes());
                    let log = Bytes::from(log);
                    rows.insert(log.clone(), Bytes::copy_from_slice(&sequence.to_be_bytes()));
                    rows.insert(row.into(), value);
                    committed.sequences.push(sequence);
                    grown.push(Notice { log, sequence });
                }
                Op::Add { key, delta, max } => {
                    let sum = number(rows.get(key.as_slice())).saturating_add(delta);
                    if max.is_some_and(|max| sum > max) {
                        return Err(CommitError::Refused(place));
                    }
                    rows.insert(key.into(), Bytes::copy_from_slice(&sum.to_be_bytes()));
                }
            }
        }
        *guard = next;
        drop(guard);
        for notice in grown {
            // Nobody listening is fine.
            let _ = self.notices.send(notice);
        }
        Ok(committed)
    }
}

fn number(value: Option<&Bytes>) -> i64 {
    value.and_then(|v| v.as_ref().try_into().ok()).map_or(0, i64::from_be_bytes)
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
