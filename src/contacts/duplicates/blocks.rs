//! Cards filed under their keys, in memory: whom a card is compared with when all cards are.

use std::ops::Range;

use super::keys::{Keys, MOST_OF_A_KEY, Refinement};

/// Of cards that nothing parts, each is compared with so many that come next.
const NEIGHBOURS: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: u64,
    refinement: Refinement,
    card: u32,
}

/// Cards filed under their keys.
#[derive(Debug, Default)]
pub struct Blocks {
    entries: Vec<Entry>,
    /// By card: where it stands among the entries, and the block that it stands in.
    places: Vec<(u32, u32, u32)>,
    /// By card: where its places begin.
    begins: Vec<u32>,
}

impl Blocks {
    /// Files the cards, which are numbered as they come.
    pub fn file<'a>(cards: impl Iterator<Item = &'a Keys>) -> Self {
        let mut entries = Vec::new();
        let mut count = 0_u32;
        for keys in cards {
            for key in &keys.keys {
                entries.push(Entry { key: *key, refinement: keys.refinement, card: count });
            }
            count += 1;
        }
        entries.sort_unstable();
        let mut blocks = Self { entries, places: Vec::new(), begins: Vec::new() };
        blocks.find_places(count as usize);
        blocks
    }

    fn find_places(&mut self, cards: usize) {
        let mut begins = vec![0_u32; cards + 1];
        for entry in &self.entries {
            if let Some(count) = begins.get_mut(entry.card as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for begin in &mut begins {
            sum += *begin;
            *begin = sum;
        }
        let mut next = begins.clone();
        let mut places = vec![(0, 0, 0); self.entries.len()];
        for block in self.cut() {
            let whole = (block.start as u32, block.end as u32);
            for at in block {
                let Some(entry) = self.entries.get(at) else { continue };
                let Some(slot) = next.get_mut(entry.card as usize) else { continue };
                if let Some(place) = places.get_mut(*slot as usize) {
                    *place = (at as u32, whole.0, whole.1);
                }
                *slot += 1;
            }
        }
        self.places = places;
        self.begins = begins;
    }

    /// The blocks: runs of one key, parted further where they are too great.
    fn cut(&self) -> Vec<Range<usize>> {
        let mut blocks = Vec::new();
        for run in self.entries.chunk_by(|a, b| a.key == b.key) {
            if run.len() <= MOST_OF_A_KEY {
                blocks.push(run.len());
                continue;
            }
            for named in run.chunk_by(|a, b| a.refinement.name == b.refinement.name) {
                if named.len() <= MOST_OF_A_KEY {
                    blocks.push(named.len());
                    continue;
                }
                let alike = named.chunk_by(|a, b| a.refinement.fact == b.refinement.fact);
                blocks.extend(alike.map(<[Entry]>::len));
            }
        }
        let mut at = 0;
        let ranges = blocks.into_iter().map(|length| {
            at += length;
            at - length..at
        });
        ranges.collect()
    }

    /// The cards with greater numbers that `card` is to be compared with, into `found`, each once.
    pub fn candidates(&self, card: u32, found: &mut Vec<u32>) {
        found.clear();
        let begin = |at: usize| self.begins.get(at).map_or(0, |begin| *begin as usize);
        let places = self.places.get(begin(card as usize)..begin(card as usize + 1));
        for (at, from, to) in places.unwrap_or_default() {
            // The entries of a block are in order of their refinement, then of their cards.
            let too_many = (to - from) as usize > MOST_OF_A_KEY;
            let range = if too_many {
                *at as usize + 1..(*at as usize + 1 + NEIGHBOURS).min(*to as usize)
            } else {
                *from as usize..*to as usize
            };
            let entries = self.entries.get(range).unwrap_or_default();
            found.extend(entries.iter().map(|entry| entry.card).filter(|other| *other > card));
        }
        found.sort_unstable();
        found.dedup();
    }
}
