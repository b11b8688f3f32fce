//! The runs of a book's index: sets of keys in order, in blocks. What a newer run says of a key
//! counts; a key that is dead there is not in the index.
//!
//! A run is written once, but for one that is being emptied: then its keys go, in order, into
//! another, and each key is in one of both at any time.

use super::block::{Blocks, Keys};
use super::{BLOCK, RUNS};
use crate::base::CollectionId;
use crate::store::engine::{Batch, EngineError, Snapshot, Step};
use crate::store::keys::{self, Key};

const VERSION: u8 = 1;

/// What is being done to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// Nothing.
    Rests,
    /// Its keys go into the next one that is being filled.
    Empties,
    /// It is being filled.
    Fills,
}

/// A run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Its number in the book.
    pub number: u32,
    /// How often its keys were merged, about.
    pub level: u8,
    /// What is being done to it.
    pub doing: Doing,
}

/// The runs of a book, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Runs {
    /// Grows with each step that moves keys.
    pub turn: u64,
    /// The number of the next run.
    pub next: u32,
    /// The runs.
    pub list: Vec<Run>,
}

/// Keys in order, from a run or from memory.
#[derive(Debug)]
pub(super) struct Cursor {
    /// Where the blocks of the run begin; empty for what is in memory only.
    run: Vec<u8>,
    keys: Keys,
    /// Is there a key?
    on: bool,
}

/// The keys of several runs, in order; of those that are the same, the newest.
#[derive(Debug)]
pub(super) struct Merged {
    /// The newest first.
    cursors: Vec<Cursor>,
    /// The places of those that have a key. That whose key comes next is the last, and of those on
    /// the same key the newest.
    order: Vec<usize>,
    /// How many of the last are on the key that was told.
    told: usize,
}

// === impl Runs ===

impl Runs {
    pub(super) fn parse(record: &[u8]) -> Option<Self> {
        let (&version, rest) = record.split_first()?;
        let (turn, rest) = rest.split_first_chunk::<8>()?;
        let (next, mut rest) = rest.split_first_chunk::<4>()?;
        let mut list = Vec::new();
        while let Some((row, tail)) = rest.split_first_chunk::<6>() {
            let &[a, b, c, d, level, doing] = row;
            let doing = match doing {
                0 => Doing::Rests,
                1 => Doing::Empties,
                _ => Doing::Fills,
            };
            list.push(Run { number: u32::from_be_bytes([a, b, c, d]), level, doing });
            rest = tail;
        }
        let (turn, next) = (u64::from_be_bytes(*turn), u32::from_be_bytes(*next));
        (version == VERSION && rest.is_empty()).then_some(Self { turn, next, list })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut record = vec![VERSION];
        record.extend_from_slice(&self.turn.to_be_bytes());
        record.extend_from_slice(&self.next.to_be_bytes());
        for run in &self.list {
            record.extend_from_slice(&run.number.to_be_bytes());
            record.extend_from_slice(&[run.level, run.doing as u8]);
        }
        record
    }

    /// A run that is not in the list yet.
    pub(super) fn fresh(&mut self, level: u8, doing: Doing) -> Run {
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        Run { number, level, doing }
    }
}

pub(super) fn runs_key(id: CollectionId) -> Vec<u8> {
    Key::of(RUNS).number(id.0).done()
}

/// The runs of a book.
pub(super) async fn of_book(snapshot: &Snapshot, id: CollectionId) -> Result<Runs, EngineError> {
    let found = snapshot.get_with(&runs_key(id), Runs::parse).await?;
    let unreadable = || EngineError::new("the runs of the search index cannot be read");
    found.map_or_else(|| Ok(Runs::default()), |runs| runs.ok_or_else(unreadable))
}

/// Where the blocks of a run begin.
pub(super) fn of_run(id: CollectionId, run: u32) -> Vec<u8> {
    Key::of(BLOCK).number(id.0).bytes(&run.to_be_bytes()).done()
}

/// The key of the block of a run whose last key is `last`.
pub(super) fn block_key(id: CollectionId, run: u32, last: &[u8]) -> Vec<u8> {
    Key::of(BLOCK).number(id.0).bytes(&run.to_be_bytes()).bytes(last).done()
}

/// Adds blocks of a run to `batch`.
pub(super) fn put(batch: &mut Batch, id: CollectionId, run: u32, blocks: Blocks) {
    for (last, block) in blocks.done() {
        batch.put(block_key(id, run, &last), block);
    }
}

// === impl Cursor ===

impl Cursor {
    /// On the first key of a run that is not before `from`.
    pub(super) async fn of_run(
        snapshot: &Snapshot,
        id: CollectionId,
        run: u32,
        from: &[u8],
    ) -> Result<Self, EngineError> {
        let mut cursor = Self { run: of_run(id, run), keys: Keys::default(), on: false };
        cursor.load(snapshot, from).await?;
        Ok(cursor)
    }

    /// On the first of some keys, which are sorted.
    pub(super) fn of_keys(keys: &[(Vec<u8>, bool)]) -> Self {
        let mut blocks = Blocks::endless();
        for (key, dead) in keys {
            blocks.push(key, *dead);
        }
        let mut cursor = Self { run: Vec::new(), keys: Keys::default(), on: false };
        if let Some((_, block)) = blocks.done().first() {
            cursor.keys.set(block);
            cursor.on = cursor.keys.advance();
        }
        cursor
    }

    /// The key and whether it is dead.
    pub(super) fn key(&self) -> Option<(&[u8], bool)> {
        self.on.then(|| (self.keys.key(), self.keys.is_dead()))
    }

    /// Goes to the first key from `from` on.
    async fn load(&mut self, snapshot: &Snapshot, from: &[u8]) -> Result<(), EngineError> {
        let row = [&self.run[..], from].concat();
        let keys = &mut self.keys;
        let mut found = false;
        snapshot
            .scan(&row, &keys::after(&self.run), |_, block| {
                keys.set(block);
                found = true;
                Step::Stop
            })
            .await?;
        self.on = found && self.keys.seek(from);
        Ok(())
    }

    /// Goes on to the next block.
    async fn turn(&mut self, snapshot: &Snapshot) -> Result<(), EngineError> {
        self.on = false;
        if self.run.is_empty() {
            return Ok(());
        }
        let after = [self.keys.key(), &[0]].concat();
        self.load(snapshot, &after).await
    }
}

// === impl Merged ===

impl Merged {
    /// Those of `cursors`, the newest first.
    pub(super) fn new(cursors: Vec<Cursor>) -> Self {
        let mut merged = Self { order: Vec::with_capacity(cursors.len()), cursors, told: 0 };
        (0..merged.cursors.len()).for_each(|place| merged.queue(place));
        merged
    }

    /// The next key, and whether it is dead.
    pub(super) async fn next(
        &mut self,
        snapshot: &Snapshot,
    ) -> Result<Option<(&[u8], bool)>, EngineError> {
        let told = std::mem::take(&mut self.told);
        for _ in 0..told {
            let Some(&place) = self.order.last() else { break };
            let Some(cursor) = self.cursors.get_mut(place) else { break };
            if !cursor.keys.advance() {
                cursor.turn(snapshot).await?;
            }
            if told == 1 && self.is_still_first() {
                continue;
            }
            self.order.pop();
            self.queue(place);
        }
        let Some((place, others)) = self.order.split_last() else { return Ok(None) };
        let Some(next) = self.cursors.get(*place) else { return Ok(None) };
        let same = |other: &&usize| self.key(**other) == next.keys.key();
        self.told = 1 + others.iter().rev().take_while(same).count();
        Ok(next.key())
    }

    /// Has the last in order a key, and the first of all?
    fn is_still_first(&self) -> bool {
        match *self.order.as_slice() {
            [.., other, place] => {
                self.is_on(place) && (self.key(place), place) < (self.key(other), other)
            }
            [place] => self.is_on(place),
            [] => false,
        }
    }

    fn is_on(&self, place: usize) -> bool {
        self.cursors.get(place).is_some_and(|cursor| cursor.on)
    }

    fn key(&self, place: usize) -> &[u8] {
        self.cursors.get(place).map_or(&[], |cursor| cursor.keys.key())
    }

    /// Puts the cursor at `place`, if it has a key, into the order.
    fn queue(&mut self, place: usize) {
        if self.is_on(place) {
            let key = (self.key(place), place);
            // Where one run has most of the keys, it comes next again.
            let later = |other: &usize| (self.key(*other), *other) > key;
            let at = self.order.iter().rposition(later).map_or(0, |at| at + 1);
            self.order.insert(at, place);
        }
    }
}
