//! The thread that writes: every waiting batch in one group, one flush, then the answers.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::super::resolve::{Rows, resolve};
use super::super::{Batch, CommitError, Committed, EngineError, Expect, Notice, Op};
use super::Shared;
use super::durable::Durable;
use super::journal;
use super::open::{Source, failed};
use super::snapshot::State;

/// What may wait to be committed, in units of [`UNIT`] bytes: a bound on memory, not on count,
/// because one batch may be a tag and the next a photo.
const QUEUE_UNITS: u32 = 64 << 10;
const UNIT: usize = 1 << 10;

/// A group takes no further batch above this, so that the first to come does not wait for
/// all of a long queue.
const GROUP_BYTES: usize = 8 << 20;

/// How long the queue must be empty before the journal is folded into the file: nothing depends
/// on it, but a file that is complete most of the time is easier to live with.
const IDLE: Duration = Duration::from_secs(5);

/// How often a store whose disk failed is tried again while nobody commits.
const RETRY: Duration = Duration::from_secs(1);

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
    /// `None` after the disk failed, until opening anew succeeds.
    durable: Option<Durable>,
    /// Whether the journal may hold what can be read and is not durable, after a failed flush.
    doubtful: bool,
    source: Source,
}

/// A batch that waits for its group's flush.
struct Applied {
    committed: Committed,
    grown: Vec<Notice>,
}

// === impl Committer ===

impl Committer {
    pub(super) fn start(
        shared: Arc<Shared>,
        durable: Durable,
        source: Source,
    ) -> Result<Self, EngineError> {
        let (queue, jobs) = mpsc::channel();
        let worker =
            Worker { shared, queue: jobs, durable: Some(durable), doubtful: false, source };
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
            self.answer(group);
        }
        if let Some(Err(error)) = self.durable.take().map(Durable::close) {
            // Nothing is lost: the next start reads the journal.
            tracing::warn!(%error, "the store was not closed properly");
        }
    }

    /// The next batch; `None` when the engine is dropped and the queue is empty.
    fn next(&mut self) -> Option<Job> {
        loop {
            let pause = match &self.durable {
                Some(durable) if !durable.is_ahead_of_file() => return self.queue.recv().ok(),
                Some(_) => IDLE,
                None => RETRY,
            };
            match self.queue.recv_timeout(pause) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                // An error is logged, and the next caller meets it if it lasts.
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.with_durable(|durable, _| durable.checkpoint());
                }
            }
        }
    }

    /// Commits a group and answers every one of it.
    fn answer(&mut self, group: Vec<Job>) {
        let mut answers = Vec::with_capacity(group.len());
        let mut batches = Vec::with_capacity(group.len());
        // Held until the memory is free again.
        let mut rooms = Vec::with_capacity(group.len());
        for job in group {
            answers.push(job.answer);
            batches.push(job.batch);
            rooms.push(job.room);
        }
        match self.with_durable(|durable, shared| commit(durable, shared, batches)) {
            Ok(outcomes) => {
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    let outcome = outcome.map(|applied| self.announce(applied));
                    // A caller that went away is no longer interested.
                    let _ = answer.send(outcome);
                }
            }
            Err(error) => {
                let error = error.to_string();
                for answer in answers {
                    let _ = answer.send(Err(EngineError::new(error.clone()).into()));
                }
            }
        }
    }

    /// Works on the store. After an error the store is opened anew, because only what a fresh
    /// look at the disk finds is certain; nobody reads until that succeeds.
    fn with_durable<R>(
        &mut self,
        work: impl FnOnce(&mut Durable, &Shared) -> Result<R, EngineError>,
    ) -> Result<R, EngineError> {
        let mut durable = match self.durable.take() {
            Some(durable) => durable,
            None => self.reopen()?,
        };
        let outcome = work(&mut durable, &self.shared);
        self.durable = match &outcome {
            Ok(_) => Some(durable),
            Err(error) => {
                tracing::error!(%error, "the store could not be written");
                self.doubtful |= durable.is_doubtful();
                drop(durable);
                self.reopen()
                    .inspect_err(
                        |error| tracing::error!(%error, "the store cannot be opened again"),
                    )
                    .ok()
            }
        };
        self.shared.set_state(self.durable.as_ref().map(Durable::state));
        outcome
    }

    fn reopen(&mut self) -> Result<Durable, EngineError> {
        let mut durable = Durable::open(&mut self.source)?;
        if self.doubtful {
            durable.checkpoint()?;
            self.doubtful = false;
        }
        Ok(durable)
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
}

/// Takes the batches in their order, each seeing the ones before it, and flushes once. A batch
/// that is refused leaves nothing.
fn commit(
    durable: &mut Durable,
    shared: &Shared,
    batches: Vec<Batch>,
) -> Result<Vec<Result<Applied, CommitError>>, EngineError> {
    let sequence = durable.next_sequence();
    let mut parts = Vec::with_capacity(batches.len());
    let outcomes = batches
        .into_iter()
        .map(|batch| {
            let changes = resolve(batch, &Present(durable.state()))?;
            if !changes.writes.is_empty() {
                let part = journal::encode(&changes.writes);
                durable.stage(sequence, part.clone());
                parts.push(part);
            }
            Ok(Applied { committed: changes.committed, grown: changes.grown })
        })
        .collect();
    if !parts.is_empty() {
        durable.publish(sequence, &parts)?;
        shared.groups.fetch_add(1, Ordering::Relaxed);
    }
    Ok(outcomes)
}

/// The rows as the batches before left them.
struct Present<'a>(&'a State);

impl Rows for Present<'_> {
    fn read<R>(&self, key: &[u8], read: impl FnOnce(Option<&[u8]>) -> R) -> Result<R, EngineError> {
        if let Some(value) = self.0.recent().get(key, u64::MAX) {
            return Ok(read(value.as_deref()));
        }
        let row = self.0.base.get(key).map_err(|e| failed("cannot read the store", e))?;
        Ok(read(row.as_ref().map(::redb::AccessGuard::value)))
    }
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
