//! What is kept of one interaction.

use serde::{Deserialize, Serialize};

use crate::base::{ContactId, PrincipalId, Timestamp};
use crate::store::Actor;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    /// Tells it from all others of its owner, in whatever form it is shown.
    pub uid: String,
    /// Whose contacts took part.
    pub owner: PrincipalId,
    /// What it was: `call`, `meeting`, `mail`, `message`, `note` or a kind of its owner's own.
    pub kind: String,
    /// When it was; the midnight that the day began with where only the day is known.
    pub at: Timestamp,
    /// How exactly that is known.
    pub precision: Precision,
    /// How long it took, in seconds.
    pub duration: Option<u32>,
    /// Who turned to whom.
    pub direction: Option<Direction>,
    /// Who told of it.
    pub author: Actor,
    /// The contacts that took part; at least one.
    pub participants: Vec<ContactId>,
    /// What is to be remembered.
    pub text: String,
    /// An address that has more.
    pub link: Option<String>,
    /// Where it came from.
    pub source: Source,
    /// When it came to be known.
    pub captured: Timestamp,
    /// A fingerprint of kind and text, by which the same thing told again is known.
    pub content: u64,
}

/// The kind of entries that tell when somebody came to another stage; of that the audit is told as a
/// change of the stage.
pub const STAGE: &str = "stage";

/// How exactly a time is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// The day only.
    Day,
    /// To the minute.
    Minute,
}

/// Who turned to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The contact to the owner.
    In,
    /// The owner to the contact.
    Out,
}

/// Where an interaction came from. New ones go to the end: records hold their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Typed into a card's notes.
    Note,
    /// The command line.
    Cli,
    /// An event that ended.
    Event,
    /// A mail.
    Mail,
    /// A follow-up that was done.
    Todo,
    /// A program.
    Api,
    /// The web pages.
    Web,
    /// A card or file that brought its history along.
    Import,
    /// The server itself, of a change it made or was told to make.
    Server,
}
