//! The words of cards: which members of an address book bear which word, kept in the very commit
//! that changes a member. What a word is, is decided above; here it is text without zero bytes.
//!
//! | key | value |
//! |---|---|
//! | `88` scope class word `00` number | nothing: the bearer `number` has the word, in a field of the class |
//! | `89` scope word | how many bear the word; for words that have endings only |
//! | `8a` scope ending `00` beginning | nothing: beginning and ending together are a word of the scope |
//! | `8b` collection number | [`Entry`]: the member of that number and its words |
//! | `8c` collection name | the member's number |
//! | `8d` scope | how far the scope is built: [`state`] |
//! | `8e` one letter … | the words of interactions: [`history`] |
//! | `8f` collection number | nothing: some words of the member are not in the index |
//!
//! A scope is a book (`c` and its number), where members are borne by numbers that are given with
//! the first word, or the history of a user's contacts (`o`, the owner and `00`), where contacts
//! bear words. Prefixes are found among the words themselves, what lies inside of a word among its
//! endings. These are there once for a word, however many bear it, and go with the last of them.

pub mod check;
pub mod history;
pub mod lookup;
pub mod state;

use std::cmp::Ordering;

use bytes::{BufMut, Bytes, BytesMut};

use super::Store;
use super::collection::{Collection, Kind};
use super::engine::{Batch, EngineError, Snapshot};
use super::interactions::Interaction;
use super::keys::{self, Key};
use super::member::Flags;
use crate::base::{CollectionId, PrincipalId};

pub(super) const POSTING: u8 = 0x88;
pub(super) const COUNT: u8 = 0x89;
pub(super) const ENDING: u8 = 0x8a;
pub(super) const ENTRY: u8 = 0x8b;
pub(super) const NUMBER: u8 = 0x8c;
pub(super) const STATE: u8 = 0x8d;
pub(super) const HISTORY: u8 = 0x8e;
pub(super) const PARTIAL: u8 = 0x8f;

const VERSION: u8 = 1;

/// Shortest ending of a word in letters of alphabets, in bytes; an ending that begins with another
/// sign may be that one sign.
pub const SHORTEST_ENDING: usize = 3;

/// Longest word, in bytes.
pub const LONGEST: usize = 255;

/// Where in a card a word stands, in the order in which hits are ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(pub u8);

impl Class {
    /// Names.
    pub const NAME: Self = Self(0);
    /// Mail addresses.
    pub const MAIL: Self = Self(1);
    /// All else that people write.
    pub const OTHER: Self = Self(2);
    /// What happened.
    pub const HISTORY: Self = Self(3);
    /// Cards that the server made of others.
    pub const MADE: Self = Self(4);
    /// All of them.
    pub const ALL: [Self; 5] = [Self::NAME, Self::MAIL, Self::OTHER, Self::HISTORY, Self::MADE];
}

/// A word and the best place where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub text: String,
    /// The place.
    pub class: Class,
}

/// The words of one member: each once, ascending.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    list: Vec<Word>,
    /// Does the member have more than these?
    pub partial: bool,
}

/// What tells the words of things; the store itself knows no formats.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// Those of a card with these bytes and flags.
    pub card: fn(&[u8], Flags) -> Words,
    /// Those of an interaction.
    pub interaction: fn(&Interaction) -> Words,
}

/// A member as the index knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// The member's name.
    pub name: String,
    /// Its words.
    pub words: Words,
}

/// What words are looked up in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(Vec<u8>);

impl Scope {
    /// The members of a book.
    pub fn book(id: CollectionId) -> Self {
        Self([&b"c"[..], &id.0.to_be_bytes()].concat())
    }

    /// What happened with the contacts of `owner`.
    pub fn history(owner: &PrincipalId) -> Self {
        Self([&b"o"[..], owner.as_str().as_bytes(), &[0]].concat())
    }

    fn key(&self, table: u8) -> Key {
        Key::of(table).bytes(&self.0)
    }
}

// === impl Words ===

impl Words {
    /// Of these words, in any order; where one stands twice, the better place counts. Words that
    /// are empty or too long are left out.
    pub fn new(mut list: Vec<Word>, partial: bool) -> Self {
        let count = list.len();
        list.retain(|word| (1..=LONGEST).contains(&word.text.len()) && !word.text.contains('\0'));
        let partial = partial || list.len() < count;
        list.sort_unstable_by(|a, b| a.text.cmp(&b.text).then(a.class.cmp(&b.class)));
        list.dedup_by(|next, kept| next.text == kept.text);
        Self { list, partial }
    }

    /// The words, ascending.
    pub fn iter(&self) -> impl Iterator<Item = &Word> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && !self.partial
    }
}

// === impl Entry ===

impl Entry {
    fn encode(&self) -> Bytes {
        let text: usize = self.words.list.iter().map(|word| word.text.len() + 2).sum();
        let mut record = BytesMut::with_capacity(4 + self.name.len() + text);
        record.put_u8(VERSION);
        record.put_u8(u8::from(self.words.partial));
        record.put_u16(self.name.len() as u16);
        record.put_slice(self.name.as_bytes());
        for word in &self.words.list {
            record.put_u8(word.class.0);
            record.put_u8(word.text.len() as u8);
            record.put_slice(word.text.as_bytes());
        }
        record.freeze()
    }

    fn parse(record: &[u8]) -> Option<Self> {
        let seen = Seen::parse(record)?;
        let word = |(class, text): (Class, &str)| Word { class, text: text.to_owned() };
        let list = seen.words().map(word).collect();
        Some(Self { name: seen.name.to_owned(), words: Words { list, partial: seen.partial } })
    }
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

impl<'a> Seen<'a> {
    fn parse(record: &'a [u8]) -> Option<Self> {
        let (&[version, partial], rest) = record.split_first_chunk::<2>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (name, words) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let name = std::str::from_utf8(name).ok()?;
        (version == VERSION).then_some(Self { name, partial: partial != 0, words })
    }

    /// The words, ascending.
    pub fn words(&self) -> impl Iterator<Item = (Class, &'a str)> + use<'a> {
        let mut rest = self.words;
        std::iter::from_fn(move || {
            let (&[class, length], tail) = rest.split_first_chunk::<2>()?;
            let (text, tail) = tail.split_at_checked(usize::from(length))?;
            rest = tail;
            Some((Class(class), std::str::from_utf8(text).ok()?))
        })
    }
}

// === keys ===

fn posting(scope: &Scope, class: Class, word: &str, number: u64) -> Vec<u8> {
    scope.key(POSTING).bytes(&[class.0]).text(word).number(number).done()
}

fn count_key(scope: &Scope, word: &str) -> Vec<u8> {
    scope.key(COUNT).bytes(word.as_bytes()).done()
}

fn entry_key(id: CollectionId, number: u64) -> Vec<u8> {
    Key::of(ENTRY).number(id.0).number(number).done()
}

fn number_key(id: CollectionId, name: &str) -> Vec<u8> {
    keys::in_collection(NUMBER, id, name)
}

fn partial_key(id: CollectionId, number: u64) -> Vec<u8> {
    Key::of(PARTIAL).number(id.0).number(number).done()
}

/// Where all rows of a book begin.
pub(super) fn of_book(id: CollectionId) -> Vec<Vec<u8>> {
    let parts = [ENTRY, NUMBER, PARTIAL].map(|table| keys::of_collection(table, id));
    of_scope(&Scope::book(id)).into_iter().chain(parts).collect()
}

/// Where all rows of the history of `owner`'s contacts begin, but for those of contacts.
pub(super) fn of_history(owner: &PrincipalId) -> Vec<Vec<u8>> {
    of_scope(&Scope::history(owner))
}

fn of_scope(scope: &Scope) -> Vec<Vec<u8>> {
    [POSTING, COUNT, ENDING, STATE].map(|table| scope.key(table).done()).to_vec()
}

/// The rows by which what lies inside of `word` is found.
fn endings(scope: &Scope, word: &str) -> Vec<Vec<u8>> {
    let mut rows = Vec::new();
    for (at, sign) in word.char_indices().skip(1) {
        let (beginning, ending) = word.split_at(at);
        if ending.len() >= SHORTEST_ENDING || !sign.is_ascii() {
            rows.push(scope.key(ENDING).text(ending).bytes(beginning.as_bytes()).done());
        }
    }
    rows
}

/// Adds to `batch` that one more bearer has `word`, or one less.
fn count(batch: &mut Batch, scope: &Scope, word: &str, delta: i64) {
    let rows = endings(scope, word);
    if !rows.is_empty() {
        batch.count(count_key(scope, word), delta, rows);
    }
}

// === the words of members ===

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
    let found = snapshot.get_with(&entry_key(id, number), Entry::parse).await?;
    found.map(|entry| entry.ok_or_else(|| unreadable(number))).transpose()
}

/// What `look` makes of the member with this number and of its words.
pub async fn look_at<R: Send>(
    snapshot: &Snapshot,
    id: CollectionId,
    number: u64,
    look: impl FnOnce(Seen<'_>) -> R + Send,
) -> Result<Option<R>, EngineError> {
    let key = entry_key(id, number);
    let found = snapshot.get_with(&key, |record| Seen::parse(record).map(look)).await?;
    found.map(|looked| looked.ok_or_else(|| unreadable(number))).transpose()
}

fn unreadable(number: u64) -> EngineError {
    EngineError::new(format!("the words of member {number} cannot be read"))
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

/// Adds to `batch` that member `name` of a book has these bytes now.
pub async fn take_in(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    place: (&Collection, &str),
    bytes: &[u8],
    flags: Flags,
) -> Result<(), EngineError> {
    let (book, name) = place;
    if book.kind != Kind::AddressBook {
        return Ok(());
    }
    if let Some(reading) = store.reading {
        let words = (reading.card)(bytes, flags);
        return replace(store, snapshot, batch, book.id, name, &words).await;
    }
    // Who does not keep the index must not leave it behind as if it were kept.
    state::set_partial(batch, &Scope::book(book.id));
    Ok(())
}

/// Adds to `batch` that member `name` has no words any more.
pub(super) async fn gone(
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: CollectionId,
    name: &str,
) -> Result<(), EngineError> {
    let Some(number) = number_of(snapshot, id, name).await? else { return Ok(()) };
    if let Some(old) = entry(snapshot, id, number).await? {
        enter(batch, id, number, &Entry::default(), &old.words);
    }
    batch.delete(number_key(id, name));
    Ok(())
}

/// Adds to `batch` that the member that comes as `to` has the words that the member `from` has.
pub(super) async fn carry(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    from: (CollectionId, &str),
    to: (&Collection, &str),
) -> Result<(), EngineError> {
    let (book, name) = to;
    if book.kind != Kind::AddressBook {
        return Ok(());
    }
    let Some(words) = of_member(snapshot, from.0, from.1).await? else {
        // It comes from a book that is not in the index yet.
        state::set_partial(batch, &Scope::book(book.id));
        return Ok(());
    };
    let number = store.number();
    let entry = Entry { name: name.to_owned(), words };
    enter(batch, book.id, number, &entry, &Words::default());
    batch.put(number_key(book.id, name), number.to_be_bytes().to_vec());
    Ok(())
}

/// Adds to `batch` that the words of member `name`, which is what `batch` makes of it, are `new`.
pub async fn replace(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: CollectionId,
    name: &str,
    new: &Words,
) -> Result<(), EngineError> {
    let known = number_of(snapshot, id, name).await?;
    let old = match known {
        Some(number) => entry(snapshot, id, number).await?.map(|entry| entry.words),
        None => None,
    };
    let old = old.unwrap_or_default();
    if old == *new {
        return Ok(());
    }
    let number = known.unwrap_or_else(|| store.number());
    let entry = Entry { name: name.to_owned(), words: new.clone() };
    enter(batch, id, number, &entry, &old);
    if new.is_empty() {
        batch.delete(number_key(id, name));
    } else if known.is_none() {
        batch.put(number_key(id, name), number.to_be_bytes().to_vec());
    }
    Ok(())
}

/// Adds the step from the words of a member that were `old` to those of `entry` to `batch`.
fn enter(batch: &mut Batch, id: CollectionId, number: u64, entry: &Entry, old: &Words) {
    let new = &entry.words;
    differ(batch, &Scope::book(id), number, &old.list, &new.list);
    if old.partial && !new.partial {
        batch.delete(partial_key(id, number));
    } else if new.partial && !old.partial {
        batch.put(partial_key(id, number), Bytes::new());
    }
    if new.is_empty() {
        batch.delete(entry_key(id, number));
    } else {
        batch.put(entry_key(id, number), entry.encode());
    }
}

/// Adds the step from one list of words to another to `batch`; both are ascending.
fn differ(batch: &mut Batch, scope: &Scope, number: u64, old: &[Word], new: &[Word]) {
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(was), Some(is)) => was.text.cmp(&is.text),
        };
        let was = if order == Ordering::Greater { None } else { old.next() };
        let is = if order == Ordering::Less { None } else { new.next() };
        if let (Some(was), Some(is)) = (was, is)
            && was.class == is.class
        {
            continue;
        }
        if let Some(was) = was {
            batch.delete(posting(scope, was.class, &was.text, number));
        }
        if let Some(is) = is {
            batch.put(posting(scope, is.class, &is.text, number), Bytes::new());
        }
        match (was, is) {
            (Some(was), None) => count(batch, scope, &was.text, -1),
            (None, Some(is)) => count(batch, scope, &is.text, 1),
            _ => {}
        }
    }
}
