//! Who writes: a thread that takes every waiting batch in one group, with one flush, and answers
//! them; or, while nobody else commits and the disk is quick, the caller itself.
//!
//! To hand a batch to the thread and its answer back wakes two sleeping threads (and one more of
//! the runtime), which costs more CPU than the commit itself. A caller that commits in place holds
//! up the other requests of its thread for as long as the flush takes; so it does that only where
//! flushes were quick without exception lately, and where there is nothing to be gained by a group.

use std::fmt;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::super::{Batch, CommitError, Committed, EngineError, Expect, Op};
use super::Shared;
use super::durable::Durable;
use super::open::Source;
use super::writer::Writer;

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

/// A batch of more bytes is never committed in place.
const IN_PLACE_BYTES: usize = 256 << 10;

/// The way to the store.
pub(super) struct Committer {
    queue: Option<Sender<Job>>,
    room: Arc<Semaphore>,
    writer: Arc<Mutex<Writer>>,
    thread: Option<JoinHandle<()>>,
}

type Answer = oneshot::Sender<Result<Committed, CommitError>>;

struct Job {
    batch: Batch,
    bytes: usize,
    answer: Answer,
    room: OwnedSemaphorePermit,
}

/// The thread.
struct Worker {
    queue: Receiver<Job>,
    writer: Arc<Mutex<Writer>>,
}

// === impl Committer ===

impl Committer {
    pub(super) fn start(
        shared: Arc<Shared>,
        durable: Durable,
        source: Source,
    ) -> Result<Self, EngineError> {
        let (queue, jobs) = mpsc::channel();
        let writer = Arc::new(Mutex::new(Writer::new(shared, durable, source)));
        let worker = Worker { queue: jobs, writer: Arc::clone(&writer) };
        let thread = std::thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || worker.run())
            .map_err(|e| EngineError::caused("cannot start the thread that writes the store", e))?;
        Ok(Self {
            queue: Some(queue),
            room: Arc::new(Semaphore::new(QUEUE_UNITS as usize)),
            writer,
            thread: Some(thread),
        })
    }

    /// Commits in place, or waits for room in the queue, then for the flush.
    pub(super) async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        let bytes = weight(&batch);
        let batch = match self.commit_in_place(batch, bytes) {
            Ok(outcome) => return outcome,
            Err(batch) => batch,
        };
        let units = u32::try_from(bytes / UNIT + 1).unwrap_or(u32::MAX).min(QUEUE_UNITS);
        let room = Arc::clone(&self.room).acquire_many_owned(units).await.map_err(|_| ended())?;
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(ended)?;
        queue.send(Job { batch, bytes, answer, room }).map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }

    /// Folds the journal into the file and leaves nothing in it.
    pub(super) async fn scrub(&self) -> Result<(), EngineError> {
        let writer = Arc::clone(&self.writer);
        let scrubbed = tokio::task::spawn_blocking(move || {
            let mut writer = writer.lock().map_err(|_| has_ended())?;
            writer.with_durable(|durable, _| durable.scrub())
        });
        scrubbed.await.map_err(|_| has_ended())?
    }

    /// Gives the batch back where it is better handed to the thread.
    fn commit_in_place(
        &self,
        batch: Batch,
        bytes: usize,
    ) -> Result<Result<Committed, CommitError>, Batch> {
        // Whoever waits in the queue came earlier.
        if bytes > IN_PLACE_BYTES || self.room.available_permits() < QUEUE_UNITS as usize {
            return Err(batch);
        }
        match self.writer.try_lock() {
            Ok(mut writer) if writer.is_quick(bytes) => Ok(match writer.commit(vec![batch]) {
                Ok(mut outcomes) => outcomes.pop().unwrap_or_else(|| Err(ended())),
                Err(error) => Err(error.into()),
            }),
            _ => Err(batch),
        }
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
    fn run(self) {
        while let Some(first) = self.next() {
            let mut bytes = first.bytes;
            let mut group = vec![first];
            while bytes < GROUP_BYTES
                && let Ok(job) = self.queue.try_recv()
            {
                bytes += job.bytes;
                group.push(job);
            }
            if self.answer(group).is_none() {
                return;
            }
        }
        let Ok(mut writer) = self.writer.lock() else { return };
        if let Some(Err(error)) = writer.durable.take().map(Durable::close) {
            // Nothing is lost: the next start reads the journal.
            tracing::warn!(%error, "the store was not closed properly");
        }
    }

    /// The next batch; `None` when the engine is dropped and the queue is empty, or somebody
    /// panicked while writing, after which the state in memory is not to be trusted.
    fn next(&self) -> Option<Job> {
        let mut groups = self.writer.lock().ok()?.groups;
        loop {
            let pause = match &self.writer.lock().ok()?.durable {
                // The next commit comes this way too, see `Writer::is_quick`.
                Some(durable) if !durable.is_ahead_of_file() => None,
                Some(_) => Some(IDLE),
                None => Some(RETRY),
            };
            let Some(pause) = pause else { return self.queue.recv().ok() };
            match self.queue.recv_timeout(pause) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    let mut writer = self.writer.lock().ok()?;
                    if writer.groups == groups {
                        // An error is logged, and the next caller meets it if it lasts.
                        let _ = writer.with_durable(|durable, _| durable.checkpoint());
                    }
                    groups = writer.groups;
                }
            }
        }
    }

    /// Commits a group and answers every one of it; `None` as in [`Self::next`].
    fn answer(&self, group: Vec<Job>) -> Option<()> {
        let mut answers = Vec::with_capacity(group.len());
        let mut batches = Vec::with_capacity(group.len());
        // Held until the memory is free again.
        let mut rooms = Vec::with_capacity(group.len());
        for job in group {
            answers.push(job.answer);
            batches.push(job.batch);
            rooms.push(job.room);
        }
        let outcomes = self.writer.lock().ok()?.commit(batches);
        match outcomes {
            Ok(outcomes) => {
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
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
        Some(())
    }
}

fn ended() -> CommitError {
    has_ended().into()
}

fn has_ended() -> EngineError {
    EngineError::new("the thread that writes the store has ended; restart rolodav")
}

/// What a batch holds in memory, in bytes, about.
fn weight(batch: &Batch) -> usize {
    batch
        .ops()
        .iter()
        .map(|op| {
            size_of::<Op>()
                + match op {
                    Op::Put { key, value }
                    | Op::Append { log: key, value }
                    | Op::Chain { log: key, value, .. }
                    | Op::Expect { key, state: Expect::Value(value) } => key.len() + value.len(),
                    Op::Expect { key, .. } | Op::Delete { key } | Op::Add { key, .. } => key.len(),
                    Op::Count { key, rows, .. } => {
                        key.len() + rows.iter().map(Vec::len).sum::<usize>()
                    }
                }
        })
        .sum()
}
