//! What can be searched for.

use serde::{Deserialize, Serialize};

/// A search for contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchQuery {
    /// What was typed.
    pub words: String,
    /// The book, as the user sees it.
    pub book: Option<String>,
    /// Most contacts to tell.
    pub limit: u64,
    /// How many of the best to pass over.
    pub skip: u64,
}
