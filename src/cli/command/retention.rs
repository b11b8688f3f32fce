//! What can be asked of the rules by which books let go of cards.

use serde::{Deserialize, Serialize};

use crate::store::retention::{Ending, Since, Unit};

/// What to do about a user's retention rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum RetentionCommand {
    /// Make a rule for a book.
    Set {
        /// The book.
        book: String,
        /// After so many…
        after: u32,
        /// …of these.
        unit: Unit,
        /// From when on they are counted.
        since: Since,
        /// How many days before it is announced.
        notice: u16,
        /// Cards with one of these tags stay.
        exempt: Vec<String>,
        /// What becomes of the others.
        ending: Ending,
    },
    /// List the rules.
    List,
    /// List the cards that go soon.
    Preview {
        /// Those of this book only.
        book: Option<String>,
    },
    /// End a rule.
    Remove {
        /// The book.
        book: String,
        /// Its number.
        number: u64,
    },
    /// Have somebody's cards stay.
    Keep {
        /// Who.
        who: String,
        /// Are they to? `false`: no longer.
        stays: bool,
    },
}
