//! What the commands on segments have to say.

use serde::{Deserialize, Serialize};

/// A segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRow {
    /// Its name.
    pub name: String,
    /// Whom it means.
    pub query: String,
    /// How many people are in it.
    pub members: u64,
    /// Does it show as a group?
    pub group: bool,
    /// The name of its book.
    pub book: Option<String>,
    /// When it was made.
    pub created: String,
    /// Why nobody is in it, if its query cannot be read any more.
    pub fault: Option<String>,
}

/// People who are in a segment, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersRow {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub members: Vec<MemberRow>,
}

/// Somebody who is in a segment, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRow {
    /// The UID of their card.
    pub uid: String,
    /// The name shown.
    pub name: String,
    /// The book their card is in.
    pub book: String,
    /// The name of their card in it.
    pub card: String,
    /// What of the query makes them be meant, with what the card has there; only of a test.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// A field that queries can ask about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryFieldRow {
    /// Its names, the usual one first.
    pub names: Vec<String>,
    /// `text`, `phone`, `yes or no`, `number`, `day`, `yearly day` or `presence`.
    pub holds: String,
    /// What it means.
    pub about: String,
}
