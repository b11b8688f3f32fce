//! What can be asked of the memory of contacts: their timeline, stages, and fields of a user's own.

use serde::{Deserialize, Serialize};

/// What to do with a user's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum NoteCommand {
    /// Take a line as it could be typed into the notes of a card.
    Say {
        /// About whom.
        who: String,
        /// Who else took part.
        with: Vec<String>,
        /// The line, such as `+call yesterday spoke about the offer`.
        line: String,
    },
    /// Log what happened.
    Add {
        /// With whom.
        who: String,
        /// Who else took part.
        with: Vec<String>,
        /// What it was.
        kind: String,
        /// What happened.
        about: Box<NoteDetails>,
    },
    /// List what happened.
    List {
        /// With whom.
        who: String,
        /// So many of the latest.
        last: usize,
    },
    /// Change an entry.
    Edit {
        /// Which one: its UID or the beginning of that.
        id: String,
        /// What it is to be.
        kind: Option<String>,
        /// Who took part, if others than before.
        with: Vec<String>,
        /// What happened.
        about: Box<NoteDetails>,
    },
    /// Remove an entry.
    Remove {
        /// Which one: its UID or the beginning of that.
        id: String,
    },
}

/// What is told of something that happened; an empty text takes back what was told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NoteDetails {
    /// What is to be remembered.
    pub text: Option<String>,
    /// When, as people type it.
    pub at: Option<String>,
    /// How many minutes it took; 0 for unknown.
    pub minutes: Option<u32>,
    /// Who turned to whom.
    pub direction: Option<Turned>,
    /// An address that has more.
    pub link: Option<String>,
}

/// Who turned to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turned {
    /// The contact to the user.
    In,
    /// The user to the contact.
    Out,
    /// Neither, or it is not known.
    None,
}

/// What to do with a user's own fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum FieldCommand {
    /// Define a field, or change what may stand in it.
    Define {
        /// What it is called.
        name: String,
        /// The property of cards that holds it.
        property: Option<String>,
        /// What may stand in it.
        holds: FieldHolds,
        /// The choices, of a choice.
        choices: Vec<String>,
        /// May it not be emptied?
        required: bool,
    },
    /// List the fields, or what stands in those of a contact.
    List {
        /// Whose values.
        who: Option<String>,
    },
    /// List the cards that lack a required field.
    Missing,
    /// Set a field of a contact.
    Set {
        /// Whose.
        who: String,
        /// The field.
        name: String,
        /// Its value; `None` empties it.
        value: Option<String>,
    },
    /// End a definition.
    Remove {
        /// The field.
        name: String,
    },
}

/// What may stand in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldHolds {
    /// Any text.
    Text,
    /// A number.
    Number,
    /// A day.
    Date,
    /// One of several texts.
    Choice,
    /// An address.
    Url,
    /// Yes or no.
    Bool,
    /// Somebody.
    Relation,
}
