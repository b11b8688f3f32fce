//! Rows about books and what can be restored of them.

use serde::{Deserialize, Serialize};

/// A book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookRow {
    /// Its name in addresses.
    pub book: String,
    /// The name shown.
    pub display_name: Option<String>,
    /// Cards in it.
    pub cards: u64,
    /// Bytes of the cards.
    pub bytes: u64,
    /// With how many users and groups it is shared.
    pub shares: usize,
    /// The path of its address.
    pub path: String,
}

/// A card that had to be repaired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionRow {
    /// The book.
    pub book: String,
    /// The card's name in the book.
    pub card: String,
    /// When it came (RFC 3339).
    pub at: String,
    /// What was wrong, one sentence each.
    pub notes: Vec<String>,
}

/// A deleted book or card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashRow {
    /// `BOOK`, or `BOOK/CARD`, as `rolodav restore` takes it.
    pub what: String,
    /// Cards in it, of a book.
    pub cards: Option<u64>,
    /// When it was deleted (RFC 3339).
    pub deleted: String,
    /// By whom.
    pub by: Option<String>,
}

/// An edit that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictRow {
    /// Its number.
    pub number: u64,
    /// What it was meant for: `BOOK/CARD`.
    pub what: String,
    /// When (RFC 3339).
    pub at: String,
    /// Whose it was.
    pub by: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// A check of the store.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CheckRow {
    /// Books looked at, deleted ones included.
    pub books: u64,
    /// Cards looked at.
    pub cards: u64,
    /// Earlier versions looked at.
    pub versions: u64,
    /// What of the search index was wrong and has been made anew.
    pub repaired: Vec<String>,
    /// What is wrong, one sentence each; the first ones.
    pub faults: Vec<String>,
    /// How much is wrong.
    pub fault_count: u64,
}
