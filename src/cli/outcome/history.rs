//! What `rolodav history` has to say.

use serde::{Deserialize, Serialize};

/// An earlier version of a card or event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRow {
    /// Its number: 1 is the latest.
    pub version: usize,
    /// When it was written (RFC 3339).
    pub written: String,
    /// When it was replaced or deleted (RFC 3339).
    pub until: String,
    /// `replaced` or `deleted`.
    pub reason: String,
    /// Who did that.
    pub by: String,
    /// The id of the user who did.
    pub user: String,
    /// The device they did it from; none where it is not known.
    pub device: Option<String>,
    /// Its length in bytes.
    pub bytes: u64,
    /// What was changed then, where that was asked for and can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<ChangeRow>>,
    /// How many changes are left out of that.
    #[serde(default, skip_serializing_if = "is_none")]
    pub more_changes: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// One thing that was changed in a card or event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRow {
    /// The property in upper case.
    pub property: String,
    /// What a person calls it.
    pub field: String,
    /// `added`, `removed` or `changed`.
    pub change: String,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
    /// All of it in one line.
    pub text: String,
}
