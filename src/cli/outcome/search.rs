//! What a search has to say.

use serde::{Deserialize, Serialize};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchRow {
    /// The contacts, the best first.
    pub found: Vec<FoundRow>,
    /// Are there more?
    pub more: bool,
    /// Are these surely the best? Not where very many fit each word and few fit all.
    pub sure: bool,
}

/// A contact that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundRow {
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// Whose book it is in.
    pub owner: String,
    /// The book, as the user sees it.
    pub book: String,
    /// The card's name in the book.
    pub card: String,
    /// The card's address.
    pub href: String,
    /// The smaller, the better it fits.
    pub score: u32,
    /// What of it fits.
    pub why: Vec<WhyRow>,
}

/// What of a contact fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyRow {
    /// The property, such as `EMAIL`; `interaction` for what happened.
    pub property: String,
    /// The text around it.
    pub text: String,
}
