//! Finding the members of a book by their words: by a whole word, by how one begins, by what is
//! inside of one.

use super::block::Blocks;
use super::key;
use super::pending::{self, Card};
use super::runs::{self, Cursor, Merged, Run};
use super::sweep::{Source, Sweep};
use super::{Class, PARTIAL, SHORTEST_ENDING};
use crate::base::CollectionId;
use crate::store::engine::{EngineError, Snapshot, Step};
use crate::store::keys::{self, Key};

/// How a word is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It is this one.
    Whole,
    /// It begins with this, or is this one.
    Beginning,
    /// It has this inside, not at its beginning (it may be there, too).
    Inside,
}

/// In which order bearers are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// In that of the words, then of the members: for the first few.
    Words,
    /// In that which is the cheapest to read: for many.
    Any,
}

/// Members that have words which begin alike, as far as they were read.
#[derive(Debug)]
pub struct Bearers<'a> {
    snapshot: &'a Snapshot,
    reader: Reader,
}

#[derive(Debug)]
enum Reader {
    InOrder(InOrder),
    Sweep(Sweep),
}

#[derive(Debug)]
struct InOrder {
    prefix: Vec<u8>,
    keys: Merged,
    /// The next one that is not a bearer of the whole word.
    ahead: Option<u64>,
}

/// The index of a book, as a snapshot has it.
#[derive(Debug)]
pub struct Index<'a> {
    snapshot: &'a Snapshot,
    id: CollectionId,
    runs: Vec<Run>,
    cards: Vec<Card>,
}

// === impl Index ===

impl<'a> Index<'a> {
    /// That of the book `id`.
    pub async fn of(snapshot: &'a Snapshot, id: CollectionId) -> Result<Self, EngineError> {
        let runs = runs::of_book(snapshot, id).await?.list;
        let cards = pending::of_book(snapshot, id, usize::MAX).await?;
        Ok(Self { snapshot, id, runs, cards })
    }

    /// Hands the members that have a word of a class of which `part` is this part to `visit`, in the
    /// order of the words (of their endings), then of the members, until it stops. A member may be
    /// told several times. What is looked for inside is [findable](is_findable_inside).
    pub async fn bearers(
        &self,
        class: Class,
        part: Part,
        text: &str,
        mut visit: impl FnMut(u64) -> Step + Send,
    ) -> Result<(), EngineError> {
        let mut prefix = vec![class.0, u8::from(part == Part::Inside)];
        prefix.extend_from_slice(text.as_bytes());
        if part == Part::Whole {
            prefix.push(0);
        }
        let seen = |key: &[u8]| match key::number_in(key) {
            Some(number) => visit(number),
            None => Step::Continue,
        };
        self.keys(&prefix, seen).await
    }

    /// The members that have a word of a class which begins with `text`, or has it `inside`.
    pub async fn open(
        &self,
        class: Class,
        inside: bool,
        text: &str,
        order: Order,
    ) -> Result<Bearers<'a>, EngineError> {
        let prefix = [&[class.0, u8::from(inside)], text.as_bytes()].concat();
        let reader = match order {
            Order::Words => {
                let keys = self.merged(&prefix).await?;
                Reader::InOrder(InOrder { prefix, keys, ahead: None })
            }
            Order::Any => {
                let mut pending = Blocks::endless();
                for (key, dead) in pending::keys_of(&self.cards, &prefix) {
                    pending.push(&key, dead);
                }
                let pending = pending.done().into_iter().map(|(_, block)| Source::block(block));
                let runs = self.runs.iter().map(|run| Source::run(self.id, run.number));
                Reader::Sweep(Sweep::new(prefix, pending.chain(runs).collect()))
            }
        };
        Ok(Bearers { snapshot: self.snapshot, reader })
    }

    /// Hands the keys that begin with `prefix`, which has a class and a 0 or 1 at least, to `visit`,
    /// ascending, until it stops.
    pub(super) async fn keys(
        &self,
        prefix: &[u8],
        mut visit: impl FnMut(&[u8]) -> Step + Send,
    ) -> Result<(), EngineError> {
        let mut merged = self.merged(prefix).await?;
        while let Some((key, dead)) = merged.next(self.snapshot).await? {
            if !key.starts_with(prefix) {
                break;
            }
            if !dead && visit(key) == Step::Stop {
                break;
            }
        }
        Ok(())
    }

    /// The keys from the first one on that begins with `prefix`.
    async fn merged(&self, prefix: &[u8]) -> Result<Merged, EngineError> {
        let pending = pending::keys_of(&self.cards, prefix);
        let mut cursors = vec![Cursor::of_keys(&pending)];
        for run in &self.runs {
            cursors.push(Cursor::of_run(self.snapshot, self.id, run.number, prefix).await?);
        }
        let starts = |cursor: &Cursor| cursor.key().is_some_and(|(key, _)| key.starts_with(prefix));
        cursors.retain(starts);
        Ok(Merged::new(cursors))
    }
}

// === impl Bearers ===

impl Bearers<'_> {
    /// Hands the next members to `visit`, with how many keys were read for them, until it stops; if
    /// only the bearers of the `whole` word are wanted, the next ones of these, who come first. Tells
    /// whether these were all. A member may be told several times.
    pub async fn read(
        &mut self,
        whole: bool,
        mut visit: impl FnMut(&[u64], usize) -> Step + Send,
    ) -> Result<bool, EngineError> {
        match &mut self.reader {
            Reader::Sweep(sweep) => sweep.read(self.snapshot, whole, visit).await,
            Reader::InOrder(bearers) => {
                while let Some(number) = bearers.next(self.snapshot, whole).await? {
                    if visit(&[number], 1) == Step::Stop {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }
}

// === impl InOrder ===

impl InOrder {
    /// The next member; only of the bearers of the `whole` word, if these are wanted.
    async fn next(&mut self, snapshot: &Snapshot, whole: bool) -> Result<Option<u64>, EngineError> {
        if whole && self.ahead.is_some() {
            return Ok(None);
        }
        if let Some(number) = self.ahead.take() {
            return Ok(Some(number));
        }
        while let Some((key, dead)) = self.keys.next(snapshot).await? {
            let Some(rest) = key.strip_prefix(self.prefix.as_slice()) else { break };
            if dead {
                continue;
            }
            let Some(number) = key::number_in(key) else { continue };
            if whole && rest.first() != Some(&0) {
                self.ahead = Some(number);
                return Ok(None);
            }
            return Ok(Some(number));
        }
        self.keys = Merged::new(Vec::new());
        Ok(None)
    }
}

/// Can words be found by `part` inside of them?
pub fn is_findable_inside(part: &str) -> bool {
    part.len() >= SHORTEST_ENDING
}

/// Up to `most` members of a book that have words which are not in the index.
pub async fn partial(
    snapshot: &Snapshot,
    id: CollectionId,
    most: usize,
) -> Result<Vec<u64>, EngineError> {
    let prefix = Key::of(PARTIAL).number(id.0).done();
    let mut numbers = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            numbers.extend(keys::last_number(key));
            if numbers.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(numbers)
}
