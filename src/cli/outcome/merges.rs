//! What the commands on merges have to say.

use serde::{Deserialize, Serialize};

/// Contacts that became one, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedRow {
    /// The number of the merge; nothing if it was not done.
    pub merge: Option<u64>,
    /// Whose contacts.
    pub user: String,
    /// The UID that stays.
    pub into: String,
    /// The UIDs that lead there.
    pub uids: Vec<String>,
    /// The names of all, that of the one that stays first.
    pub names: Vec<String>,
    /// The card that stays.
    pub card: String,
    /// Where only one value could stay.
    pub choices: Vec<ChoiceRow>,
    /// Cards that stay or come.
    pub kept: Vec<String>,
    /// Cards that go.
    pub ended: Vec<String>,
    /// Cards of others that were changed, because they led to those that go.
    pub led: Vec<String>,
    /// How many entries of timelines went over.
    pub interactions: u64,
}

/// A property of which one value could stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceRow {
    /// Its name.
    pub property: String,
    /// What stays.
    pub kept: String,
    /// What does not.
    pub dropped: String,
}

/// A merge that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoneRow {
    /// Its number.
    pub merge: u64,
    /// The UIDs that stand for themselves again.
    pub uids: Vec<String>,
    /// Cards that came back.
    pub back: Vec<String>,
    /// Cards that are as they were, but for later edits.
    pub restored: Vec<String>,
    /// What could not be taken back.
    pub left: Vec<String>,
}

/// A merge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeRow {
    /// Its number.
    pub merge: u64,
    /// When (RFC 3339).
    pub at: String,
    /// By whom.
    pub by: String,
    /// The UID that stays.
    pub into: String,
    /// The UIDs that lead there.
    pub uids: Vec<String>,
    /// The names of all, that of the one that stays first.
    pub names: Vec<String>,
    /// When it was taken back (RFC 3339).
    pub undone: Option<String>,
}
