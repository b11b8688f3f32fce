//! Moves what is pending into runs, and keeps the runs few: whenever [some](few) of like size lie beside
//! each other, their keys go into one of the next size. That happens after commits that leave enough
//! pending, in bounded steps; each is one commit, before and after which the index says the same.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::block::{Blocks, Keys};
use super::gathered::Gathered;
use super::pending::{self, Card};
use super::runs::{self, Cursor, Doing, Merged, Run, Runs};
use crate::base::CollectionId;
use crate::store::Store;
use crate::store::engine::{Batch, CommitError, EngineError, Snapshot, Step};
use crate::store::keys;

/// Cards that may be pending before they go into a run.
pub const MANY: usize = 64;

/// Keys from which on a run is of the next size but the smallest.
const SMALL: usize = 16_384;

/// Bytes of words of the cards that go into a run at once.
const AT_ONCE: usize = 160_000;

/// Fewest keys that a step moves from runs into another, as long as there are so many.
const LEAST: usize = 4096;

/// Most of them.
const MOST: usize = 200_000;

/// Rounds that others may come before.
const TRIES: usize = 64;

/// How many cards of each book may be pending.
#[derive(Debug, Default)]
pub(in crate::store) struct Due {
    books: Mutex<HashMap<CollectionId, usize>>,
}

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    /// There was nothing to do.
    Idle,
    /// Some of it.
    Moved,
    /// Somebody came before.
    Refused,
}

// === impl Due ===

impl Due {
    /// Notes what a batch that is committed now left pending; the books where that is enough.
    pub(in crate::store) fn note(&self, left: &[(CollectionId, usize)]) -> Vec<CollectionId> {
        if left.is_empty() {
            return Vec::new();
        }
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let mut due = Vec::new();
        for (id, weight) in left {
            // Nobody knows what was pending when the process began.
            let sum = books.entry(*id).or_insert(MANY - MANY / 8);
            *sum += weight;
            if *sum >= MANY {
                *sum = 0;
                due.push(*id);
            }
        }
        due
    }
}

/// Moves what is pending in a book into a run, and moves keys between runs by as much.
pub async fn upkeep(store: &Store, id: CollectionId) -> Result<(), EngineError> {
    for _ in 0..TRIES {
        if round(store, id, false, LEAST).await? != Round::Moved {
            break;
        }
        if pending::count(&store.snapshot().await?, id, MANY).await? < MANY {
            break;
        }
    }
    Ok(())
}

/// Leaves nothing in a book's index of words that nobody has any longer. Reads all of it, if
/// anything was changed since the last time.
pub async fn settle(store: &Store, id: CollectionId) -> Result<(), EngineError> {
    let mut refused = 0;
    loop {
        match round(store, id, true, MOST).await? {
            Round::Idle => return Ok(()),
            Round::Moved => tokio::task::yield_now().await,
            Round::Refused if refused < TRIES => refused += 1,
            Round::Refused => return Err(EngineError::new("the search index is too busy")),
        }
    }
}

/// One commit; of the keys of each run that is emptied at least `least`, if there are so many.
async fn round(
    store: &Store,
    id: CollectionId,
    settle: bool,
    least: usize,
) -> Result<Round, EngineError> {
    let snapshot = store.snapshot().await?;
    let row = snapshot.get(&runs::runs_key(id)).await?;
    let was = runs::of_book(&snapshot, id).await?;
    let (mut runs, mut batch) = (was.clone(), Batch::new());
    let cards = pending::of_book(&snapshot, id, AT_ONCE).await?;
    let fresh = take_in(&mut batch, id, &mut runs, &cards);
    let pace = (2 * fresh).clamp(least, MOST);
    let filled = runs.list.iter().filter(|run| run.doing == Doing::Fills);
    for filled in filled.map(|run| run.number).collect::<Vec<_>>() {
        step(&snapshot, &mut batch, id, &mut runs, filled, pace).await?;
    }
    arrange(&mut runs, settle && cards.is_empty());
    if runs == was && batch.ops().is_empty() {
        return Ok(Round::Idle);
    }
    runs.turn += 1;
    batch.expect_same(runs::runs_key(id), row.as_ref());
    batch.put(runs::runs_key(id), runs.encode());
    match store.engine.commit(batch).await {
        Ok(_) => Ok(Round::Moved),
        Err(CommitError::Refused(_)) => Ok(Round::Refused),
        Err(CommitError::Failed(error)) => Err(error),
    }
}

/// Adds a run of what is pending of `cards` to `batch`; how many keys it has.
fn take_in(batch: &mut Batch, id: CollectionId, runs: &mut Runs, cards: &[Card]) -> usize {
    let mut keys = Gathered::default();
    let nothing_there = runs.list.is_empty();
    for card in cards {
        card.changes(|piece, dead| {
            if !(dead && nothing_there) {
                keys.push(piece, card.number, dead);
            }
        });
        let key = pending::key(id, card.number);
        batch.expect_same(key.clone(), Some(&card.row));
        batch.delete(key);
    }
    let (mut blocks, mut count) = (Blocks::default(), 0);
    keys.ascending(|key, dead| {
        blocks.push(key, dead);
        count += 1;
    });
    if count > 0 {
        let run = runs.fresh(level(count), Doing::Rests);
        runs::put(batch, id, run.number, blocks);
        runs.list.insert(0, run);
    }
    count
}

/// Runs of this size that become one: of the smallest, which those who search pass over quickly, more, so
/// that a key is moved less often.
fn few(level: u8) -> usize {
    if level == 0 { 8 } else { 4 }
}

/// The size of a run of so many keys.
fn level(keys: usize) -> u8 {
    let (mut level, mut most) = (0, SMALL);
    while keys >= most {
        most = most.saturating_mul(few(level));
        level += 1;
    }
    level
}

/// Adds to `batch` that about `pace` keys go into the run `filled` from those that are emptied into it.
async fn step(
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: CollectionId,
    runs: &mut Runs,
    filled: u32,
    pace: usize,
) -> Result<(), EngineError> {
    let Some(place) = runs.list.iter().position(|run| run.number == filled) else { return Ok(()) };
    let before = runs.list.get(..place).unwrap_or_default();
    let emptied: Vec<Run> =
        before.iter().rev().take_while(|run| run.doing == Doing::Empties).copied().collect();
    let is_oldest = place + 1 == runs.list.len();
    let mut cursors = Vec::with_capacity(emptied.len());
    for run in emptied.iter().rev() {
        cursors.push(Cursor::of_run(snapshot, id, run.number, &[]).await?);
    }
    let mut merged = Merged::new(cursors);
    let (mut blocks, mut last, mut moved) = (Blocks::default(), Vec::new(), 0);
    let mut whole = false;
    loop {
        let Some((key, dead)) = merged.next(snapshot).await? else {
            whole = true;
            break;
        };
        if !(dead && is_oldest) {
            blocks.push(key, dead);
        }
        moved += 1;
        if moved >= pace {
            last.extend_from_slice(key);
            break;
        }
    }
    runs::put(batch, id, filled, blocks);
    for run in &emptied {
        take_out(snapshot, batch, id, run.number, (!whole).then_some(&last)).await?;
    }
    if whole {
        runs.list.retain(|run| !emptied.contains(run));
        for run in runs.list.iter_mut().filter(|run| run.number == filled) {
            run.doing = Doing::Rests;
        }
    }
    Ok(())
}

/// Adds to `batch` that a run has no keys up to `last` any more, or none at all.
async fn take_out(
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: CollectionId,
    run: u32,
    last: Option<&Vec<u8>>,
) -> Result<(), EngineError> {
    let prefix = runs::of_run(id, run);
    let mut rest = None;
    snapshot
        .scan(&prefix, &keys::after(&prefix), |row, block| {
            let end = row.get(prefix.len()..).unwrap_or_default();
            if last.is_none_or(|last| end <= last.as_slice()) {
                batch.delete(row.to_vec());
                return Step::Continue;
            }
            rest = Some((row.to_vec(), block.to_vec()));
            Step::Stop
        })
        .await?;
    let (Some((row, block)), Some(last)) = (rest, last) else { return Ok(()) };
    let (mut keys, mut left, mut cut) = (Keys::default(), Blocks::endless(), false);
    keys.set(&block);
    while keys.advance() {
        if keys.key() <= last.as_slice() {
            cut = true;
        } else {
            left.push(keys.key(), keys.is_dead());
        }
    }
    if cut {
        batch.put(row, left.done().pop().unwrap_or_default().1);
    }
    Ok(())
}

/// Decides which runs are to become one: those beside each other of which [enough](few) are of one
/// size and none is larger; or all of them.
fn arrange(runs: &mut Runs, all: bool) {
    let rests = |run: &Run| run.doing == Doing::Rests;
    if all && runs.list.len() > 1 && runs.list.iter().all(rests) {
        join(runs, 0, runs.list.len());
        return;
    }
    let mut level = 0;
    while level <= runs.list.iter().map(|run| run.level).max().unwrap_or(0) {
        let fits = |run: &Run| rests(run) && run.level <= level;
        let mut from = 0;
        while let Some(first) = runs.list.iter().skip(from).position(fits).map(|at| at + from) {
            let stretch = runs.list.iter().skip(first).take_while(|run| fits(run));
            let (length, same) = stretch.fold((0, 0), |(length, same), run| {
                (length + 1, same + usize::from(run.level == level))
            });
            if same >= few(level) {
                join(runs, first, length);
            }
            from = first + length;
        }
        level += 1;
    }
}

fn join(runs: &mut Runs, first: usize, length: usize) {
    let mut level = 0;
    for run in runs.list.iter_mut().skip(first).take(length) {
        run.doing = Doing::Empties;
        level = level.max(run.level);
    }
    let run = runs.fresh(level.saturating_add(1), Doing::Fills);
    runs.list.insert(first + length, run);
}

#[cfg(test)]
mod tests;
