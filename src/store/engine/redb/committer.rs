//! The thread that writes: every waiting batch in one transaction, one flush, then the answers.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use ::redb::{Durability, ReadableTable, Table, WriteTransaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::super::resolve::{Rows, resolve};
use super::super::{Batch, CommitError, Committed, EngineError, Expect, Notice, Op};
use super::open::failed;
use super::{ROWS, Shared};

/// What may wait to be committed, in units of [`UNIT`] bytes: a bound on memory, not on count,
/// because one batch may be a tag and the next a photo.
const QUEUE_UNITS: u32 = 64 << 10;
const UNIT: usize = 1 << 10;

/// A transaction takes no further batch above this, so that the first to come does not wait for
/// all of a long queue.
const GROUP_BYTES: usize = 8 << 20;

/// How long the queue must be empty before the list of free pages is saved.
const IDLE: Duration = Duration::from_millis(200);

/// The way to the thread.
pub(super) struct Committer {
    queue: Option<Sender<Job>>,
    room: Arc<Semaphore>,
    thread: Option<JoinHandle<()>>,
}

type Answer = oneshot::Sender<Result<Committed, CommitError>>;

struct Job {
    batch: Batch,
    bytes: usize,
    answer: Answer,
    room: OwnedSemaphorePermit,
}

/// What the thread owns.
struct Worker {
    shared: Arc<Shared>,
    queue: Receiver<Job>,
    /// Whether opening the file would need a full walk if the process died now.
    unsettled: bool,
}

/// A batch that the transaction holds.
struct Applied {
    committed: Committed,
    grown: Vec<Notice>,
}

// === impl Committer ===

impl Committer {
    pub(super) fn start(shared: Arc<Shared>) -> Result<Self, EngineError> {
        let (queue, jobs) = mpsc::channel();
        let worker = Worker { shared, queue: jobs, unsettled: false };
        let thread = std::thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || worker.run())
            .map_err(|e| EngineError::caused("cannot start the thread that writes the store", e))?;
        Ok(Self {
            queue: Some(queue),
            room: Arc::new(Semaphore::new(QUEUE_UNITS as usize)),
            thread: Some(thread),
        })
    }

    /// Waits for room in the queue, then for the flush.
    pub(super) async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        let bytes = weight(&batch);
        let units = u32::try_from(bytes / UNIT + 1).unwrap_or(u32::MAX).min(QUEUE_UNITS);
        let room = Arc::clone(&self.room).acquire_many_owned(units).await.map_err(|_| ended())?;
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(ended)?;
        queue.send(Job { batch, bytes, answer, room }).map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed when it happened.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Committer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Committer").finish_non_exhaustive()
    }
}

// === impl Worker ===

impl Worker {
    fn run(mut self) {
        while let Some(first) = self.next() {
            let mut bytes = first.bytes;
            let mut group = vec![first];
            while bytes < GROUP_BYTES
                && let Ok(job) = self.queue.try_recv()
            {
                bytes += job.bytes;
                group.push(job);
            }
            self.commit(group);
        }
    }

    /// The next batch; `None` when the engine is dropped and the queue is empty.
    fn next(&mut self) -> Option<Job> {
        if self.unsettled {
            match self.queue.recv_timeout(IDLE) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => self.settle(),
            }
        }
        self.queue.recv().ok()
    }

    /// Commits a group and answers every one of it.
    fn commit(&mut self, group: Vec<Job>) {
        let mut answers = Vec::with_capacity(group.len());
        let mut batches = Vec::with_capacity(group.len());
        // Held until the memory is free again.
        let mut rooms = Vec::with_capacity(group.len());
        for job in group {
            answers.push(job.answer);
            batches.push(job.batch);
            rooms.push(job.room);
        }
        match self.transact(batches) {
            Ok(outcomes) => {
                self.shared.outdate();
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    let outcome = outcome.map(|applied| self.announce(applied));
                    // A caller that went away is no longer interested.
                    let _ = answer.send(outcome);
                }
            }
            Err(error) => {
                tracing::error!(%error, batches = answers.len(), "commit failed");
                for answer in answers {
                    let _ = answer.send(Err(EngineError::new(error.to_string()).into()));
                }
            }
        }
    }

    /// Applies the batches in their order, each seeing the ones before it, and flushes once.
    /// A batch that is refused leaves nothing; an error leaves nothing of the whole group.
    fn transact(
        &mut self,
        batches: Vec<Batch>,
    ) -> Result<Vec<Result<Applied, CommitError>>, EngineError> {
        let write = self.begin()?;
        let mut outcomes = Vec::with_capacity(batches.len());
        let mut changed = false;
        {
            let mut table = write.open_table(ROWS).map_err(writing)?;
            for batch in batches {
                let changes = match resolve(batch, &Present(&table)) {
                    Ok(changes) => changes,
                    Err(refusal) => {
                        outcomes.push(Err(refusal));
                        continue;
                    }
                };
                for change in &changes.writes {
                    let key = change.key.as_slice();
                    match &change.value {
                        Some(value) => table.insert(key, &**value).map_err(writing)?,
                        None => table.remove(key).map_err(writing)?,
                    };
                }
                changed |= !changes.writes.is_empty();
                outcomes.push(Ok(Applied { committed: changes.committed, grown: changes.grown }));
            }
        }
        if changed {
            write.commit().map_err(writing)?;
            self.unsettled = true;
            self.shared.transactions.fetch_add(1, Ordering::Relaxed);
        } else {
            write.abort().map_err(writing)?;
        }
        Ok(outcomes)
    }

    /// Counts a batch and tells the watchers; it is durable by now.
    fn announce(&self, applied: Applied) -> Committed {
        self.shared.batches.fetch_add(1, Ordering::Relaxed);
        for notice in applied.grown {
            // Nobody listening is fine.
            let _ = self.shared.notices.send(notice);
        }
        applied.committed
    }

    /// Saves the list of free pages, so that opening after a crash needs no walk over the file.
    fn settle(&mut self) {
        self.unsettled = false;
        let saved = self.begin().and_then(|mut write| {
            write.set_quick_repair(true);
            write.commit().map_err(writing)
        });
        match saved {
            Ok(()) => self.shared.outdate(),
            // The next commit meets the same trouble and tells its caller.
            Err(error) => tracing::warn!(%error, "the list of free pages was not saved"),
        }
    }

    fn begin(&self) -> Result<WriteTransaction, EngineError> {
        let mut write = self.shared.database.begin_write().map_err(writing)?;
        write.set_durability(Durability::Immediate).map_err(writing)?;
        Ok(write)
    }
}

/// The rows within the transaction.
struct Present<'a, 'txn>(&'a Table<'txn, &'static [u8], &'static [u8]>);

impl Rows for Present<'_, '_> {
    fn read<R>(&self, key: &[u8], read: impl FnOnce(Option<&[u8]>) -> R) -> Result<R, EngineError> {
        let guard = self.0.get(key).map_err(writing)?;
        Ok(read(guard.as_ref().map(::redb::AccessGuard::value)))
    }
}

fn writing(cause: impl Into<::redb::Error>) -> EngineError {
    failed("cannot write the store", cause)
}

fn ended() -> CommitError {
    EngineError::new("the thread that writes the store has ended; restart rolodav").into()
}

/// What a batch holds in memory, in bytes, about.
fn weight(batch: &Batch) -> usize {
    batch
        .ops()
        .iter()
        .map(|op| {
            size_of::<Op>()
                + match op {
                    Op::Put { key, value } | Op::Append { log: key, value } => {
                        key.len() + value.len()
                    }
                    Op::Expect { key, state: Expect::Value(value) } => key.len() + value.len(),
                    Op::Expect { key, .. } | Op::Delete { key } | Op::Add { key, .. } => key.len(),
                }
        })
        .sum()
}
