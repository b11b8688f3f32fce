//! What the commands on persons have to say.

use serde::{Deserialize, Serialize};

/// Somebody who was erased, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedRow {
    /// The number of the tombstone; nothing if it was not done.
    pub tombstone: Option<u64>,
    /// Whose contact.
    pub user: String,
    /// What they are called; nothing once it was done.
    pub names: Vec<String>,
    /// The UIDs of their cards; nothing once it was done.
    pub uids: Vec<String>,
    /// Their cards.
    pub cards: Vec<String>,
    /// Their cards in deleted books.
    pub in_trash: Vec<String>,
    /// Earlier versions of these.
    pub versions: u64,
    /// Edits of these that were refused.
    pub conflicts: u64,
    /// Entries of their timeline.
    pub interactions: u64,
    /// Entries that others take part in and that stay with them.
    pub shared: u64,
    /// Follow-ups.
    pub followups: u64,
    /// Merges.
    pub merges: u64,
    /// Names, addresses and numbers that another contact has, too, and that stay.
    pub stays: Vec<String>,
}

/// Somebody of whom only a tombstone is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TombstoneRow {
    /// Its number.
    pub tombstone: u64,
    /// When (RFC 3339).
    pub at: String,
    /// By whom.
    pub by: String,
    /// How many UIDs it keeps out.
    pub uids: u64,
    /// Is all of them erased by now?
    pub done: bool,
}

/// What a contact agreed to, or did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRow {
    /// For what.
    pub purpose: String,
    /// `granted`, `expired`, `refused`, `withdrawn` or `unknown`.
    pub state: String,
    /// Where it is known from.
    pub source: String,
    /// On which day it was given.
    pub on: String,
    /// The last day on which it holds.
    pub until: Option<String>,
    /// Who noted it.
    pub by: String,
    /// When it was noted (RFC 3339).
    pub noted: String,
}
