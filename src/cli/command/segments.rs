//! What can be asked of segments.

use serde::{Deserialize, Serialize};

/// What to do with a user's segments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum SegmentCommand {
    /// Make one.
    Add {
        /// Its name.
        name: String,
        /// Whom it means.
        query: String,
        /// Does it show as a group?
        group: bool,
        /// Does it show as a book?
        book: bool,
    },
    /// Change one; what is not named stays.
    Edit {
        /// Its name.
        name: String,
        /// Its name from now on.
        new_name: Option<String>,
        /// Whom it means from now on.
        query: Option<String>,
        /// Does it show as a group?
        group: Option<bool>,
        /// Does it show as a book?
        book: Option<bool>,
    },
    /// End one.
    Remove {
        /// Its name.
        name: String,
    },
    /// List all.
    List,
    /// Show one.
    Show {
        /// Its name.
        name: String,
    },
    /// List who is in one.
    Members {
        /// Its name.
        name: String,
        /// Most of them.
        most: usize,
    },
    /// Tell whom a query would mean, and why.
    Test {
        /// The query.
        query: String,
        /// Most of them.
        most: usize,
    },
    /// Tell what queries can ask about.
    Fields,
}
