//! What can be asked of duplicates.

use serde::{Deserialize, Serialize};

/// What to do with a user's duplicates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum DuplicatesCommand {
    /// Hold all cards against each other.
    Scan {
        /// Those of this book only.
        book: Option<String>,
    },
    /// List what is proposed.
    List,
    /// Say that contacts are not one person.
    NotSame {
        /// Their UIDs.
        uids: Vec<String>,
    },
}
