//! Writes: takes batches in their order, each seeing the ones before it, flushes once for all, and tells
//! the watchers. After an error the store is opened anew.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::super::resolve::{Rows, resolve};
use super::super::{Batch, CommitError, Committed, EngineError, Notice};
use super::Shared;
use super::durable::Durable;
use super::journal;
use super::open::{Source, failed};
use super::snapshot::State;

/// A commit that takes no longer than this may be made in place: less than a listing of a large
/// book keeps its thread busy.
const QUICK: Duration = Duration::from_millis(1);

/// How sure it must be that a commit will be quick before one is made in place: each that was
/// quick makes it surer by one, up to [`SUREST`], and each that was not halves it. A disk that is
/// slow therefore holds up other requests three times at most, and one that is slow now and then
/// (or a processor that others want too) does so for few commits.
const SURE: u32 = 16;
const SUREST: u32 = 64;

/// What is needed to write; whoever has the lock is the one who writes.
pub(super) struct Writer {
    shared: Arc<Shared>,
    /// `None` after the disk failed, until opening anew succeeds.
    pub(super) durable: Option<Durable>,
    /// Whether the journal may hold what can be read and is not durable, after a failed flush.
    doubtful: bool,
    source: Source,
    /// Groups committed.
    pub(super) groups: u64,
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

// === impl Writer ===

impl Writer {
    /// To a store that was opened from `source`.
    pub(super) fn new(shared: Arc<Shared>, durable: Durable, source: Source) -> Self {
        let durable = Some(durable);
        Self { shared, durable, doubtful: false, source, groups: 0, last_group: 0, sure: 0 }
    }

    /// May a batch of about so many bytes be committed by its caller?
    pub(super) fn is_quick(&self, bytes: usize) -> bool {
        self.sure >= SURE
            && self.last_group == 1
            && self.durable.as_ref().is_some_and(|durable| {
                // The thread then looks after the checkpoint when nothing more comes, and nobody
                // has to make one within a request because the journal is full.
                durable.is_ahead_of_file() && durable.has_room_for(bytes)
            })
    }

    /// Commits a group, and tells what became of each batch.
    pub(super) fn commit(
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
    pub(super) fn with_durable<R>(
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
