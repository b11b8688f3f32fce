//! What the index knows of a card: its name and all its words, in one record, by its number.

use bytes::Bytes;

use super::key::Said;
use super::{Class, ENTRY, NUMBER, Word, Words};
use crate::base::CollectionId;
use crate::store::engine::{EngineError, Snapshot};
use crate::store::keys::{self, Key};

const VERSION: u8 = 2;

/// A member as the index knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// The member's name.
    pub name: String,
    /// Its words.
    pub words: Words,
}

/// An entry as it lies in the store.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The member's name.
    pub name: &'a str,
    /// Does the member have more words than these?
    pub partial: bool,
    words: &'a [u8],
}

// === impl Entry ===

impl Entry {
    pub(super) fn encode(&self) -> Bytes {
        let text: usize = self.words.iter().map(|word| word.text.len() + 2).sum();
        let mut record = Vec::with_capacity(4 + self.name.len() + text);
        record.extend_from_slice(&[VERSION, u8::from(self.words.partial)]);
        record.extend_from_slice(&(self.name.len() as u16).to_be_bytes());
        record.extend_from_slice(self.name.as_bytes());
        for word in self.words.iter() {
            push(&mut record, word.said());
        }
        record.into()
    }

    pub(super) fn parse(record: &[u8]) -> Option<Self> {
        let seen = Seen::parse(record)?;
        let word = |word: Said<'_>| Word { text: word.text.to_owned(), class: word.class };
        let list = seen.words().map(word).collect();
        Some(Self { name: seen.name.to_owned(), words: Words { list, partial: seen.partial } })
    }
}

/// Writes a word behind others.
pub(super) fn push(record: &mut Vec<u8>, word: Said<'_>) {
    record.extend_from_slice(&[word.class.0, word.text.len() as u8]);
    record.extend_from_slice(word.text.as_bytes());
}

/// Reads a word that [`push`] wrote, and tells what is behind it.
pub(super) fn pull(record: &[u8]) -> Option<(Said<'_>, &[u8])> {
    let (&[class, length], tail) = record.split_first_chunk::<2>()?;
    let (text, tail) = tail.split_at_checked(usize::from(length))?;
    Some((Said { text: std::str::from_utf8(text).ok()?, class: Class(class) }, tail))
}

// === impl Seen ===

impl<'a> Seen<'a> {
    /// `None` if an earlier edition wrote it: the member is not in the index.
    pub(super) fn parse(record: &'a [u8]) -> Option<Self> {
        let (&[version, partial], rest) = record.split_first_chunk::<2>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (name, words) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let name = std::str::from_utf8(name).ok()?;
        (version == VERSION).then_some(Self { name, partial: partial != 0, words })
    }

    /// The words, ascending.
    pub fn words(&self) -> impl Iterator<Item = Said<'a>> + Clone + use<'a> {
        let mut rest = self.words;
        std::iter::from_fn(move || {
            let (word, tail) = pull(rest)?;
            rest = tail;
            Some(word)
        })
    }
}

// === where they lie ===

pub(super) fn entry_key(id: CollectionId, number: u64) -> Vec<u8> {
    Key::of(ENTRY).number(id.0).number(number).done()
}

pub(super) fn number_key(id: CollectionId, name: &str) -> Vec<u8> {
    keys::in_collection(NUMBER, id, name)
}

/// The number of member `name`, if it has words.
pub async fn number_of(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Option<u64>, EngineError> {
    let read = |value: &[u8]| value.first_chunk::<8>().map(|n| u64::from_be_bytes(*n));
    Ok(snapshot.get_with(&number_key(id, name), read).await?.flatten())
}

/// The member with this number, and its words.
pub async fn entry(
    snapshot: &Snapshot,
    id: CollectionId,
    number: u64,
) -> Result<Option<Entry>, EngineError> {
    Ok(snapshot.get_with(&entry_key(id, number), Entry::parse).await?.flatten())
}

/// What `look` makes of the member with this number.
pub async fn look_at<R: Send>(
    snapshot: &Snapshot,
    id: CollectionId,
    number: u64,
    look: impl FnOnce(Seen<'_>) -> R + Send,
) -> Result<Option<R>, EngineError> {
    let key = entry_key(id, number);
    Ok(snapshot.get_with(&key, |record| Seen::parse(record).map(look)).await?.flatten())
}

/// The words of member `name`, if it has any.
pub async fn of_member(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Option<Words>, EngineError> {
    let Some(number) = number_of(snapshot, id, name).await? else { return Ok(None) };
    Ok(entry(snapshot, id, number).await?.map(|entry| entry.words))
}
