//! The words of cards: which members of an address book bear which word, kept in the very commit
//! that changes a member. What a word is, is decided above; here it is text without zero bytes.
//!
//! | key | value |
//! |---|---|
//! | `8b` collection number | [`Entry`]: the member of that number and its words |
//! | `8c` collection name | the member's number |
//! | `8d` scope | how far the scope is built: [`state`] |
//! | `8f` collection number | nothing: some words of the member are not in the index |
//! | `9d` collection run key | a block of keys, of which this is the last |
//! | `9e` collection | the runs of the book |
//! | `9f` collection number | what the runs say of a member whose words were changed since |
//! | `88`, `89`, `8a`, `8e` | the words of interactions: [`history`] |
//!
//! Members are borne by numbers that are given with the first word. A key is
//! `class, 0, word, 00, number` for each word of a member, and `class, 1, ending, 00, number` for each
//! of its endings; so the bearers of a word, of all that begin like it and of all that hold it are
//! each one stretch of keys. (A number is its length and its bytes, so that few do for most.) They lie in sorted runs of blocks. A write notes only that the
//! member's words are others now; after [`MANY`](merge::MANY) of them these go into a new run, and runs of like
//! size are merged, a bounded step at a time ([`merge`]).

mod block;
pub mod check;
mod entry;
mod gathered;
pub mod history;
mod keep;
mod key;
pub mod lookup;
pub mod merge;
mod pending;
mod runs;
pub mod state;
mod sweep;

pub use entry::{Entry, Seen, entry, look_at, number_of, of_member};
pub use keep::take_in;
pub(super) use keep::{carry, gone};
pub use key::Said;
pub(super) use pending::left_by as left_pending_by;

use super::interactions::Interaction;
use super::keys::{self, Key};
use super::member::Flags;
use crate::base::{CollectionId, PrincipalId};

pub(super) const ENTRY: u8 = 0x8b;
pub(super) const NUMBER: u8 = 0x8c;
pub(super) const STATE: u8 = 0x8d;
pub(super) const PARTIAL: u8 = 0x8f;
pub(super) const BLOCK: u8 = 0x9d;
pub(super) const RUNS: u8 = 0x9e;
pub(super) const PENDING: u8 = 0x9f;

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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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

// === impl Word ===

impl Word {
    /// It, borrowed.
    pub fn said(&self) -> Said<'_> {
        Said { text: &self.text, class: self.class }
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
    pub fn iter(&self) -> impl Iterator<Item = &Word> + Clone {
        self.list.iter()
    }

    /// The word of this text, if it is among them.
    pub fn find(&self, text: &str) -> Option<&Word> {
        let place = self.list.binary_search_by(|word| word.text.as_str().cmp(text)).ok()?;
        self.list.get(place)
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

// === keys ===

fn partial_key(id: CollectionId, number: u64) -> Vec<u8> {
    Key::of(PARTIAL).number(id.0).number(number).done()
}

/// Where all rows of a book begin.
pub(super) fn of_book(id: CollectionId) -> Vec<Vec<u8>> {
    let parts = [RUNS, PENDING, BLOCK, ENTRY, NUMBER, PARTIAL];
    let parts = parts.map(|table| keys::of_collection(table, id));
    let state = Scope::book(id).key(STATE).done();
    std::iter::once(state).chain(parts).chain(history::of_scope(&Scope::book(id))).collect()
}
