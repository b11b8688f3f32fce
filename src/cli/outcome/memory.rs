//! What the commands on the memory of contacts have to say.

use serde::{Deserialize, Serialize};

use super::FollowUpRow;

/// An entry of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteRow {
    /// Its UID.
    pub id: String,
    /// What it was.
    pub kind: String,
    /// When (RFC 3339).
    pub at: String,
    /// When, on the user's clock: `2026-11-21 14:00`, or the day only.
    pub local: String,
    /// How many minutes it took.
    pub minutes: Option<u32>,
    /// `in` or `out`.
    pub direction: Option<String>,
    /// The names of all who took part.
    pub participants: Vec<String>,
    /// What is remembered.
    pub text: String,
    /// An address that has more.
    pub link: Option<String>,
    /// Who told of it.
    pub by: String,
    /// Where it came from.
    pub source: String,
}

/// What is remembered of a contact beside the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedRow {
    /// The UID of the cards.
    pub uid: String,
    /// The name.
    pub name: String,
    /// The stage.
    pub stage: Option<String>,
    /// Since when (RFC 3339).
    pub stage_since: Option<String>,
    /// How often to keep in touch: `30d`, `never`.
    pub every: Option<String>,
    /// Does the stage say so, rather than the contact?
    pub every_of_stage: bool,
    /// When it was last contacted (RFC 3339).
    pub last_contact: Option<String>,
    /// When it is to be contacted next (RFC 3339).
    pub next: Option<String>,
    /// What was just logged.
    pub logged: Vec<NoteRow>,
    /// The follow-ups that were just raised.
    pub raised: Vec<FollowUpRow>,
}

/// A field of a user's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRow {
    /// What it is called.
    pub name: String,
    /// The property of cards that holds it.
    pub property: String,
    /// The label that it stands beside, of days and relations.
    pub label: Option<String>,
    /// What may stand in it.
    pub holds: String,
    /// The choices, of a choice.
    pub choices: Vec<String>,
    /// Does every contact need it?
    pub required: bool,
    /// How many cards lack it, if it is required and no contact was named.
    pub missing: Option<u64>,
    /// What stands in it, if a contact was named.
    pub value: Option<String>,
}

/// What is lacking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldsMissingRow {
    /// The cards, by book and name; the first ten thousand.
    pub cards: Vec<LackingRow>,
    /// How many there are.
    pub count: u64,
}

/// A card that lacks a required field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LackingRow {
    /// The book.
    pub book: String,
    /// The card's name in it.
    pub card: String,
    /// What the contact is called.
    pub name: String,
    /// The fields that are empty.
    pub fields: Vec<String>,
}
