//! What the commands on the quality of cards have to say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How the cards of a user are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QualityRow {
    /// The books.
    pub books: Vec<BookQualityRow>,
    /// How many cards have findings of each kind, in all of them.
    pub counts: BTreeMap<String, u64>,
    /// The cards that need attention, as many as were asked for.
    pub cards: Vec<CardQualityRow>,
    /// How many there are.
    pub count: u64,
}

/// How the cards of a book are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookQualityRow {
    /// Its name.
    pub book: String,
    /// How many cards of people it has.
    pub cards: u64,
    /// How many of them need attention.
    pub attention: u64,
    /// How complete they are on average, 0 to 100; nothing of an empty book.
    pub score: Option<f64>,
    /// How many have findings of each kind.
    pub counts: BTreeMap<String, u64>,
}

/// How a card is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardQualityRow {
    /// The book.
    pub book: String,
    /// The card's name in it.
    pub card: String,
    /// Its UID.
    pub uid: String,
    /// What the contact is called.
    pub name: String,
    /// How complete it is, 0 to 100.
    pub score: u8,
    /// When somebody last edited it, met the contact or said that it is right (RFC 3339).
    pub since: String,
    /// What is wrong with it.
    pub findings: Vec<FindingRow>,
}

/// Something that is wrong with a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRow {
    /// What kind of thing: a stable word.
    pub kind: String,
    /// The property, or nothing.
    pub property: String,
    /// The value.
    pub value: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub advice: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
    /// Does `rolodav quality clean` mend it?
    pub cleanup: bool,
}

/// Of which findings cards bear tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingTagRow {
    /// The kind of finding.
    pub kind: String,
    /// The tag.
    pub tag: String,
}

/// What a clean-up did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanedRow {
    /// Its number; nothing if no card was changed.
    pub cleanup: Option<u64>,
    /// Whose cards.
    pub user: String,
    /// How many are otherwise.
    pub count: u64,
    /// The first of them.
    pub cards: Vec<CleanedCardRow>,
    /// Cards that could not be written, a sentence each.
    pub failed: Vec<String>,
}

/// A card that was tidied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanedCardRow {
    /// The book.
    pub book: String,
    /// The card's name in it.
    pub card: String,
    /// What the contact is called.
    pub name: String,
    /// What is otherwise.
    pub changes: Vec<CleanedValueRow>,
}

/// A value that was tidied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanedValueRow {
    /// By which clean-up.
    pub kind: String,
    /// The property.
    pub property: String,
    /// The value as it was.
    pub before: String,
    /// As it is; nothing if it went.
    pub after: Option<String>,
}

/// A clean-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanupRow {
    /// Its number.
    pub cleanup: u64,
    /// When (RFC 3339).
    pub at: String,
    /// By whom.
    pub by: String,
    /// What was tidied.
    pub what: Vec<String>,
    /// How many cards can be taken back.
    pub cards: u64,
    /// When it was taken back (RFC 3339).
    pub undone: Option<String>,
}

/// A clean-up that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanupUndoneRow {
    /// Its number.
    pub cleanup: u64,
    /// Cards that are as they were, but for later edits.
    pub restored: Vec<String>,
    /// What could not be taken back.
    pub left: Vec<String>,
}
