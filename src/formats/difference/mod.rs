//! What changed between two versions of a card or event: property by property, by what they mean
//! and not by how they are written, told in words that a person understands.

mod card;
mod event;
mod fact;
mod pairing;
mod words;

pub use card::cards;
pub use event::events;

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The property in upper case (`TEL`), or a word for what is no single one (`VALARM`).
    pub property: String,
    /// What a person calls it: `Phone (cell)`.
    pub field: String,
    /// What it was; nothing where it was added. Of what is no text a description.
    pub before: Option<String>,
    /// What it is; nothing where it was removed.
    pub after: Option<String>,
    /// All of it in one line: `Phone (cell): +49 30 1 -> +49 30 2`.
    pub words: String,
}

/// What a property is called, of which only its owner knows; nothing for others.
pub type Naming<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How much of a text stands in [`Change::words`], in characters.
pub const IN_WORDS: usize = 120;

/// `text` on one line of at most [`IN_WORDS`] characters, without control characters.
pub fn short(text: &str) -> String {
    words::short(text)
}

#[cfg(test)]
mod tests;
