//! What can be asked about what was deleted, replaced or refused.

use serde::{Deserialize, Serialize};

/// What to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum RecoveryCommand {
    /// List what was deleted and can be restored.
    Trash,
    /// Bring a deleted book back.
    Book {
        /// Its name when it was deleted.
        book: String,
        /// The name it is to have.
        new_name: Option<String>,
    },
    /// Make an earlier version of a card the present one.
    Card {
        /// The book.
        book: String,
        /// The card's name in the book.
        card: String,
        /// Which version, as the history counts them: 1 is the latest.
        version: usize,
    },
    /// List the earlier versions of a card.
    History {
        /// The book.
        book: String,
        /// The card's name in the book.
        card: String,
        /// Also what changed from each to the one after it?
        diff: bool,
    },
    /// Print an earlier version of a card.
    Show {
        /// The book.
        book: String,
        /// The card's name in the book.
        card: String,
        /// Which version: 1 is the latest.
        version: usize,
    },
    /// List refused edits.
    Conflicts,
    /// Print a refused edit.
    Conflict {
        /// Its number.
        number: u64,
    },
    /// Forget a refused edit.
    Forget {
        /// Its number.
        number: u64,
    },
}
