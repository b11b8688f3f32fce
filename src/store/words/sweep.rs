//! Reading the bearers of words run by run, which is cheaper than in the order of the words: for
//! whoever wants many of them in whatever order.

use std::collections::HashSet;

use super::block::Keys;
use super::{key, runs};
use crate::base::CollectionId;
use crate::store::engine::{EngineError, Snapshot, Step};
use crate::store::keys;

/// Keys after which whoever reads is asked whether to go on.
const AT_ONCE: usize = if cfg!(test) { 1 } else { 256 };

/// The keys that begin alike, those of newer runs first.
#[derive(Debug)]
pub(super) struct Sweep {
    sources: Vec<Source>,
    /// Which of these is read.
    at: usize,
    keys: Keys,
    reading: Reading,
}

/// A run, or what is pending.
#[derive(Debug)]
pub(super) struct Source {
    lies: Lies,
    /// Keys before this one were read.
    from: Vec<u8>,
}

#[derive(Debug)]
enum Lies {
    InRun(Vec<u8>),
    InMemory(Vec<u8>),
}

/// What is read of the keys, whatever block they lie in.
#[derive(Debug)]
struct Reading {
    prefix: Vec<u8>,
    /// Are only the bearers of the whole word read now, which come first in each run?
    whole: bool,
    /// Keys that are not in the index any more, whatever older runs say.
    gone: HashSet<Vec<u8>>,
    numbers: Vec<u64>,
}

/// Why no more keys of a block were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// It has no more.
    Block,
    /// What follows begins otherwise.
    Beyond,
    /// Those that were read were enough.
    Enough,
}

// === impl Source ===

impl Source {
    /// The run of this number.
    pub(super) fn run(id: CollectionId, number: u32) -> Self {
        Self { lies: Lies::InRun(runs::of_run(id, number)), from: Vec::new() }
    }

    /// Keys in memory: a block of them, however long.
    pub(super) fn block(block: Vec<u8>) -> Self {
        Self { lies: Lies::InMemory(block), from: Vec::new() }
    }
}

// === impl Sweep ===

impl Sweep {
    /// The keys in `sources`, the newest first, that begin with `prefix`.
    pub(super) fn new(prefix: Vec<u8>, mut sources: Vec<Source>) -> Self {
        for source in &mut sources {
            source.from.clone_from(&prefix);
        }
        let (gone, numbers) = (HashSet::new(), Vec::with_capacity(AT_ONCE));
        let reading = Reading { prefix, whole: true, gone, numbers };
        Self { sources, at: 0, keys: Keys::default(), reading }
    }

    /// Hands the bearers of the `whole` word, or all that were not told yet, to `visit` with how many
    /// keys were read for them, until it stops. Tells whether these were all. Once all were asked
    /// for, the whole word cannot be.
    pub(super) async fn read(
        &mut self,
        snapshot: &Snapshot,
        whole: bool,
        mut visit: impl FnMut(&[u64], usize) -> Step + Send,
    ) -> Result<bool, EngineError> {
        let Self { sources, at, keys, reading } = self;
        if reading.whole && !whole {
            reading.whole = false;
            reading.gone.clear();
            *at = 0;
        }
        while let Some(Source { lies, from }) = sources.get_mut(*at) {
            let (mut ended, mut step) = (None, Step::Continue);
            match lies {
                Lies::InMemory(block) => {
                    keys.set(block);
                    if keys.seek(from) {
                        let (end, next) = reading.go_through(keys, &mut visit);
                        (ended, step) = (Some(end), next);
                    }
                }
                Lies::InRun(run) => {
                    let first = [run.as_slice(), from.as_slice()].concat();
                    let read = |_: &[u8], block: &[u8]| {
                        keys.set(block);
                        let is_on = if ended.is_none() { keys.seek(from) } else { keys.advance() };
                        if is_on {
                            let (end, next) = reading.go_through(keys, &mut visit);
                            (ended, step) = (Some(end), next);
                        }
                        if ended == Some(Ended::Block) { step } else { Step::Stop }
                    };
                    snapshot.scan(&first, &keys::after(run), read).await?;
                }
            }
            if let Some(ended) = ended {
                from.clear();
                from.extend_from_slice(keys.key());
                if ended == Ended::Block {
                    from.push(0);
                }
            }
            if step == Step::Stop {
                return Ok(false);
            }
            *at += 1;
        }
        Ok(true)
    }
}

// === impl Reading ===

impl Reading {
    /// Reads the keys of a block from the one on which `keys` are; whether to read on.
    fn go_through(
        &mut self,
        keys: &mut Keys,
        visit: &mut impl FnMut(&[u64], usize) -> Step,
    ) -> (Ended, Step) {
        // How much of a key is as in the one before, and where in it the text ends.
        let (mut alike, mut end, mut read) = (0, 0, 0);
        loop {
            let key = keys.key();
            if alike <= self.prefix.len() && !self.is_one(key) {
                return (Ended::Beyond, self.tell(read, visit));
            }
            if alike <= end {
                end = key::end_of_text(key).unwrap_or(key.len());
            }
            if keys.is_dead() {
                self.gone.insert(key.to_vec());
            } else if self.gone.is_empty() || !self.gone.contains(key) {
                self.numbers.extend(key::number_after(key, end));
            }
            read += 1;
            match keys.advance_alike() {
                None => return (Ended::Block, self.tell(read, visit)),
                Some(bytes) => alike = bytes,
            }
            if read == AT_ONCE {
                if self.tell(read, visit) == Step::Stop {
                    return (Ended::Enough, Step::Stop);
                }
                read = 0;
            }
        }
    }

    fn tell(&mut self, read: usize, visit: &mut impl FnMut(&[u64], usize) -> Step) -> Step {
        let step = if read == 0 { Step::Continue } else { visit(&self.numbers, read) };
        self.numbers.clear();
        step
    }

    fn is_one(&self, key: &[u8]) -> bool {
        key.strip_prefix(self.prefix.as_slice())
            .is_some_and(|rest| !self.whole || rest.first() == Some(&0))
    }
}

#[cfg(test)]
mod tests;
