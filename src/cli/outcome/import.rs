//! What `rolodav import` has to say.

use serde::{Deserialize, Serialize};

/// What became of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportFate {
    /// It is there now.
    Created,
    /// It was there and says something else now.
    Updated,
    /// It was there.
    Unchanged,
    /// It was not taken.
    Refused,
}

/// A card of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRow {
    /// Its first line in the file, from 1.
    pub line: u64,
    /// What became of it.
    pub result: ImportFate,
    /// The name on it.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// Its name in the book.
    pub card: String,
    /// What had to be repaired, a sentence each.
    pub repaired: Vec<String>,
    /// Why it was refused.
    pub why: Option<String>,
}

/// What became of the cards of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportedRow {
    /// Cards in the file.
    pub cards: u64,
    /// Those that are there now.
    pub created: u64,
    /// Those that say something else now.
    pub updated: u64,
    /// Those that were there.
    pub unchanged: u64,
    /// Those that were not taken.
    pub refused: u64,
    /// Those that had to be repaired.
    pub repaired: u64,
}

impl ImportedRow {
    /// Counts a card.
    pub fn count(&mut self, row: &ImportRow) {
        self.cards += 1;
        self.repaired += u64::from(!row.repaired.is_empty());
        *match row.result {
            ImportFate::Created => &mut self.created,
            ImportFate::Updated => &mut self.updated,
            ImportFate::Unchanged => &mut self.unchanged,
            ImportFate::Refused => &mut self.refused,
        } += 1;
    }
}
