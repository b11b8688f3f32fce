//! What can be asked of the quality of cards.

use serde::{Deserialize, Serialize};

/// What to do about the quality of a user's cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum QualityCommand {
    /// List how the books are, and the cards that need attention.
    List {
        /// Of this book only.
        book: Option<String>,
        /// Cards with a finding of this kind only.
        kind: Option<String>,
        /// Cards that are listed at most.
        most: usize,
    },
    /// Show how somebody's cards are.
    Show {
        /// Who.
        who: String,
    },
    /// Say that somebody's cards are right.
    Confirm {
        /// Who.
        who: String,
    },
    /// Have cards bear tags of their findings, or show of which they do.
    Tag {
        /// Of these kinds; of all, if none is named.
        kinds: Vec<String>,
        /// Are they to?
        on: Option<bool>,
    },
    /// Tidy cards.
    Clean {
        /// Whose; all, if nobody is named.
        who: Option<String>,
        /// Those of this book only.
        book: Option<String>,
        /// What is tidied; everything, if nothing is named.
        what: Vec<String>,
        /// Only tell what would be done?
        preview: bool,
    },
    /// List the clean-ups that can be taken back.
    Cleanups,
    /// Take a clean-up back.
    Undo {
        /// Its number.
        number: u64,
    },
}
