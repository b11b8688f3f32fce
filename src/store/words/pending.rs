//! Cards whose words are not in the runs yet as they are now. A write of a card notes here only what
//! the runs may say of it; all else is in its [`Entry`]. Those who ask look through both.
//!
//! Nobody who writes a card waits for whoever moves words into the runs, nor the other way round:
//! if that happens in between, the runs have the words that the writer saw as the present ones.
//! So what they may have is what they had, or what the card had last; what they surely have is in both.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::entry::{self, Seen};
use super::key::{Piece, Said};
use super::{Class, ENTRY, PENDING, Words};
use crate::base::CollectionId;
use crate::store::engine::{Batch, EngineError, Op, Snapshot, Step};
use crate::store::keys::{self, Key};
use crate::store::stored;

/// Bytes of a card's words that count like one card more.
const HEAVY: usize = 1024;

/// What the runs may say of a card.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Pending<'a> {
    /// Grows with each write, so that none is taken for another.
    turn: u8,
    /// Words that the runs may have, each with whether they surely do; ascending.
    words: Vec<(Said<'a>, bool)>,
}

// === impl Pending ===

impl<'a> Pending<'a> {
    /// What it is when a card that had `old` gets other words.
    pub(super) fn after(before: Option<Self>, old: &'a Words) -> Self {
        let Some(before) = before else {
            return Self { turn: 0, words: old.iter().map(|word| (word.said(), true)).collect() };
        };
        let mut words: BTreeMap<Said<'_>, bool> =
            before.words.iter().map(|(word, _)| (*word, false)).collect();
        for word in old.iter() {
            let sure = before.words.binary_search(&(word.said(), true)).is_ok();
            words.insert(word.said(), sure);
        }
        Self { turn: before.turn.wrapping_add(1), words: words.into_iter().collect() }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut record = vec![self.turn];
        for (word, sure) in &self.words {
            record.push(u8::from(*sure));
            entry::push(&mut record, *word);
        }
        record
    }

    pub(super) fn parse(record: &'a [u8]) -> Option<Self> {
        let (&turn, mut rest) = record.split_first()?;
        let mut words = Vec::new();
        while let Some((&sure, tail)) = rest.split_first() {
            let (word, tail) = entry::pull(tail)?;
            words.push((word, sure != 0));
            rest = tail;
        }
        Some(Self { turn, words })
    }

    /// Hands what the runs have to be told of a card that has the words `now`, ascending, to `tell`:
    /// what it is found by, with whether it no longer is; some twice.
    fn changes(
        &self,
        now: impl Iterator<Item = Said<'a>> + Clone,
        mut tell: impl FnMut(Piece<'a>, bool),
    ) {
        if self.words.is_empty() {
            return now.flat_map(Piece::all).for_each(|piece| tell(piece, false));
        }
        let is_sure = |word: Said<'a>| self.words.binary_search(&(word, true)).is_ok();
        let stays: BTreeSet<Said<'_>> = now.clone().collect();
        let goes = self.words.iter().map(|(word, _)| *word).filter(|word| !stays.contains(word));
        let mut goes: BTreeSet<Piece<'_>> = goes.flat_map(Piece::all).collect();
        for word in now {
            let sure = is_sure(word);
            if sure && goes.is_empty() {
                continue;
            }
            for piece in Piece::all(word) {
                // A word that stays may end like one that goes.
                goes.remove(&piece);
                if !sure {
                    tell(piece, false);
                }
            }
        }
        for piece in goes {
            tell(piece, true);
        }
    }
}

pub(super) fn key(id: CollectionId, number: u64) -> Vec<u8> {
    Key::of(PENDING).number(id.0).number(number).done()
}

/// What is pending of a card, to be [parsed](Pending::parse).
pub(super) async fn get(
    snapshot: &Snapshot,
    id: CollectionId,
    number: u64,
) -> Result<Option<Bytes>, EngineError> {
    snapshot.get(&key(id, number)).await
}

/// A card that is pending.
#[derive(Debug)]
pub(super) struct Card {
    pub number: u64,
    /// The row, as it is.
    pub row: Bytes,
    /// Its [`Entry`](super::Entry), as it lies in the store.
    entry: Bytes,
}

// === impl Card ===

impl Card {
    /// The words that it has now, ascending.
    fn now(&self) -> impl Iterator<Item = Said<'_>> + Clone {
        Seen::parse(&self.entry).into_iter().flat_map(|seen| seen.words())
    }

    fn pending(&self) -> Pending<'_> {
        Pending::parse(&self.row).unwrap_or_default()
    }

    /// Hands what the runs have to be told of it to `tell`, see [`Pending::changes`].
    pub(super) fn changes<'a>(&'a self, tell: impl FnMut(Piece<'a>, bool)) {
        self.pending().changes(self.now(), tell);
    }
}

/// The cards of a book that are pending, ascending, up to about `most` bytes of words.
pub(super) async fn of_book(
    snapshot: &Snapshot,
    id: CollectionId,
    most: usize,
) -> Result<Vec<Card>, EngineError> {
    let prefix = keys::of_collection(PENDING, id);
    let mut rows: Vec<(u64, Bytes)> = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            let number = keys::last_number(key);
            rows.extend(number.map(|number| (number, Bytes::copy_from_slice(value))));
            if rows.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    let (mut cards, mut bytes) = (Vec::with_capacity(rows.len()), 0);
    for (number, row) in rows {
        if bytes >= most {
            break;
        }
        let entry = snapshot.get(&entry::entry_key(id, number)).await?.unwrap_or_default();
        bytes += row.len() + entry.len();
        cards.push(Card { number, row, entry });
    }
    Ok(cards)
}

/// How many cards of a book are pending; `most` of more.
pub(super) async fn count(
    snapshot: &Snapshot,
    id: CollectionId,
    most: usize,
) -> Result<usize, EngineError> {
    stored::count_below(snapshot, &keys::of_collection(PENDING, id), most).await
}

/// The books of which `batch` leaves cards pending, and how many; cards of very many words count
/// as several.
pub(in crate::store) fn left_by(batch: &Batch) -> Vec<(CollectionId, usize)> {
    let mut books: Vec<(CollectionId, usize)> = Vec::new();
    for op in batch.ops() {
        let Op::Put { key, value } = op else { continue };
        let weight = match key.first() {
            Some(&PENDING) => 1,
            Some(&ENTRY) => value.len() / HEAVY,
            _ => continue,
        };
        let Some(id) = key.get(1..9).and_then(|id| <[u8; 8]>::try_from(id).ok()) else { continue };
        let id = CollectionId(u64::from_be_bytes(id));
        match books.last_mut() {
            Some((book, sum)) if *book == id => *sum += weight,
            _ => books.push((id, weight)),
        }
    }
    books
}

/// The keys of some cards that begin with `prefix`, ascending, with whether they are dead.
pub(super) fn keys_of(cards: &[Card], prefix: &[u8]) -> Vec<(Vec<u8>, bool)> {
    let Some((&[class, inside], text)) = prefix.split_first_chunk::<2>() else {
        return Vec::new();
    };
    let part = text.strip_suffix(&[0]).unwrap_or(text);
    let inner = memchr::memmem::Finder::new(part);
    let may = |word: Said<'_>| {
        let text = word.text.as_bytes();
        word.class == Class(class)
            && if inside == 0 { text.starts_with(part) } else { inner.find(text).is_some() }
    };
    let mut keys = BTreeMap::new();
    for card in cards {
        let mut take = |word: Said<'_>, dead: bool| {
            if may(word) {
                let of_word = Piece::all(word).map(|piece| piece.key(card.number));
                let asked = of_word.filter(|key| key.starts_with(prefix));
                keys.extend(asked.map(|key| (key, dead)));
            }
        };
        card.pending().words.iter().for_each(|(word, _)| take(*word, true));
        card.now().for_each(|word| take(word, false));
    }
    keys.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::words::Word;

    fn words(texts: &[&str]) -> Words {
        let word = |text: &&str| Word { text: (*text).to_owned(), class: Class::NAME };
        Words::new(texts.iter().map(word).collect(), false)
    }

    fn all(words: &Words) -> Vec<Vec<u8>> {
        let mut keys = Vec::new();
        keys.extend(words.iter().map(Word::said).flat_map(Piece::all).map(|piece| piece.key(7)));
        keys.sort();
        keys.dedup();
        keys
    }

    fn told(runs: &mut Vec<Vec<u8>>, record: &[u8], now: &Words) {
        let pending = Pending::parse(record).unwrap();
        assert_eq!(pending.encode(), record);
        pending.changes(now.iter().map(Word::said), |piece, dead| {
            let key = piece.key(7);
            runs.retain(|there| *there != key);
            if !dead {
                runs.push(key);
            }
        });
        runs.sort();
    }

    /// Whether somebody moves words into the runs between two writes, and before or after the next
    /// writer has looked, they are right in the end.
    #[test]
    fn whoever_comes_between_the_runs_are_right() {
        let steps = [&["joanna", "smith"][..], &["hanna", "smith"], &["joanna"], &[], &["hanna"]];
        for moved in 0..1 << (steps.len() * 2) {
            let mut runs: Vec<Vec<u8>> = Vec::new();
            let (mut pending, mut entry) = (None::<Vec<u8>>, Words::default());
            let mut first = true;
            for (place, step) in steps.iter().enumerate() {
                let mut flush = |pending: &mut Option<Vec<u8>>, entry: &Words| {
                    let Some(known) = pending.take() else { return };
                    told(&mut runs, &known, entry);
                    assert_eq!(runs, all(entry), "{moved:b}");
                };
                if moved >> (place * 2) & 1 == 1 {
                    flush(&mut pending, &entry);
                }
                let seen = if first { Some(vec![0]) } else { pending.clone() };
                if moved >> (place * 2 + 1) & 1 == 1 {
                    flush(&mut pending, &entry);
                }
                let seen = seen.as_deref().and_then(Pending::parse);
                pending = Some(Pending::after(seen, &entry).encode());
                entry = words(step);
                first = false;
            }
            let known = pending.unwrap();
            told(&mut runs, &known, &entry);
            assert_eq!(runs, all(&entry), "{moved:b}");
        }
    }
}
