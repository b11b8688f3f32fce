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
    /// Have what is certain be merged without asking, or not; or tell which of it.
    Automatic {
        /// On or off; `None`: tell.
        on: Option<bool>,
    },
    /// Say that contacts are not one person.
    NotSame {
        /// Their UIDs.
        uids: Vec<String>,
    },
}
