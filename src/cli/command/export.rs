//! How cards are to be printed.

use serde::{Deserialize, Serialize};

/// What of cards is printed, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExportCards {
    /// In this format with the whole timeline; as they are served, if none is named.
    pub format: Option<CardFormat>,
    /// Nothing of what is remembered?
    pub without_history: bool,
}

/// A format of cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardFormat {
    /// vCard 4.0.
    Vcard,
    /// JSContact.
    Jscontact,
}
