//! What the commands on the audit have to say.

use serde::{Deserialize, Serialize};

/// An entry of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Its number.
    pub number: u64,
    /// When (RFC 3339).
    pub at: String,
    /// Which user did it; empty: whoever runs the server.
    pub by: String,
    /// With which device, or which command.
    pub device: String,
    /// What was changed: `card`, `share` …
    pub subject: String,
    /// What became of it: `added`, `changed` …
    pub verb: String,
    /// Whose it is; empty: the server's.
    pub owner: String,
    /// The book or calendar it is in.
    pub place: String,
    /// What it is called.
    pub name: String,
    /// Its UID, or that of the contact it is about.
    pub uid: String,
    /// The number of the contact it is about.
    pub contact: Option<u64>,
    /// What else is worth knowing.
    pub detail: String,
    /// Were the name, the UID and the detail taken away?
    pub erased: bool,
}

/// Whether the audit holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditVerifiedRow {
    /// Entries that hold.
    pub entries: u64,
    /// The last of them, to be noted down: `NUMBER:HASH`.
    pub head: Option<String>,
    /// The last entry that was removed because it was old; 0: none was.
    #[serde(default)]
    pub removed: u64,
    /// Entries whose names were taken away.
    pub erased: u64,
    /// What does not hold, first of all.
    pub fault: Option<String>,
}
