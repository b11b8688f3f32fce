//! Who writes: a thread that takes every waiting batch in one group, with one flush, and answers
//! them; or, while nobody else commits and the disk is quick, the caller itself.
//!
//! To hand a batch to the thread and its answer back wakes two sleeping threads (and one more of
//! the runtime), which costs more CPU than the commit itself. A caller that commits in place holds
//! up the other requests of its thread for as long as the flush takes; so it does that only where
//! flushes were quick without exception lately, and where there is nothing to be gained by a group.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

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

/// A commit that takes no longer than this may be made in place: less than a listing of a large
/// book keeps its thread busy.
const QUICK: Duration = Duration::from_millis(1);

/// How sure it must be that a commit will be quick before one is made in place: each that was
/// quick makes it surer by one, up to [`SUREST`], and each that was not halves it. A disk that is
/// slow therefore holds up other requests three times at most, and one that is slow now and then
/// (or a processor that others want too) does so for few commits.
const SURE: u32 = 16;
const SUREST: u32 = 64;

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

/// What is needed to write; whoever has the lock is the one who writes.
struct Writer {
    shared: Arc<Shared>,
    /// `None` after the disk failed, until opening anew succeeds.
    durable: Option<Durable>,
    /// Whether the journal may hold what can be read and is not durable, after a failed flush.
    doubtful: bool,
    source: Source,
    /// Groups committed.
    groups: u64,
    /// How many batches the last group had.
    last_group: usize,
    /// How sure it is that the next commit is [`QUICK`], see [`SURE`].
    sure: u32,
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
        let writer = Arc::new(Mutex::new(Writer {
            shared,
            durable: Some(durable),
            doubtful: false,
            source,
            groups: 0,
            last_group: 0,
            sure: 0,
        }));
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

// === impl Writer ===

impl Writer {
    /// May a batch of about so many bytes be committed by its caller?
    fn is_quick(&self, bytes: usize) -> bool {
        self.sure >= SURE
            && self.last_group == 1
            && self.durable.as_ref().is_some_and(|durable| {
                // The thread then looks after the checkpoint when nothing more comes, and nobody
                // has to make one within a request because the journal is full.
                durable.is_ahead_of_file() && durable.has_room_for(bytes)
            })
    }

    /// Commits a group, and tells what became of each batch.
    fn commit(
        &mut self,
        batches: Vec<Batch>,
    ) -> Result<Vec<Result<Committed, CommitError>>, EngineError> {
        let began = Instant::now();
        let before = std::mem::take(&mut self.sure);
        self.groups += 1;
        self.last_group = batches.len();
        let outcomes = self.with_durable(|durable, shared| commit(durable, shared, batches))?;
        self.sure = if began.elapsed() < QUICK { SUREST.min(before + 1) } else { before / 2 };
        let told = |outcome: Result<Applied, _>| outcome.map(|applied| self.announce(applied));
        Ok(outcomes.into_iter().map(told).collect())
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
