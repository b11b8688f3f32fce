//! What the commands on retention rules have to say.

use serde::{Deserialize, Serialize};

use crate::store::retention::{Ending, Since, Unit};

/// A rule of a book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRow {
    /// Its number.
    pub rule: u64,
    /// The book.
    pub book: String,
    /// After so many…
    pub after: u32,
    /// …of these.
    pub unit: Unit,
    /// From when on they are counted.
    pub since: Since,
    /// How many days before it is announced.
    pub notice_days: u16,
    /// Cards with one of these tags stay.
    pub exempt_tags: Vec<String>,
    /// What becomes of the others.
    pub action: Ending,
    /// When the rule was made (RFC 3339).
    pub made: String,
    /// By whom.
    pub by: String,
}

/// A card that goes soon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoingRow {
    /// The book.
    pub book: String,
    /// The card's name in it.
    pub card: String,
    /// Its UID.
    pub uid: String,
    /// What the contact is called.
    pub name: String,
    /// By which rule.
    pub rule: u64,
    /// What becomes of it.
    pub action: Ending,
    /// When that was announced (RFC 3339).
    pub announced: String,
    /// When it goes (RFC 3339).
    pub goes: String,
}
