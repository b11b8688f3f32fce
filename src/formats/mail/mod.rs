//! Mail as far as a timeline needs it: who wrote to whom, when and about what.
//!
//! A mail is a stranger's bytes. What reaches the parser went through gates of our own first: a
//! header of bounded size, of which only the fields that are asked for are handed on, and
//! a walk over the parts that keeps no tree, so that neither depth nor number costs stack or time.

mod authentication;
mod automatic;
mod fields;
mod forwarded;
mod header;
mod mailbox;
mod parts;
mod words;

use crate::base::Timestamp;

pub use authentication::vouched;
pub use automatic::Automatic;
pub use mailbox::{Mailbox, address};

use fields::Fields;

/// Bytes of a mail that are looked at; what follows is never needed.
pub const READ_BYTES: usize = 512 << 10;

/// Most people that are taken from one field.
pub const MOST_PEOPLE: usize = 200;

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letter {
    /// Who wrote to whom, when and about what.
    pub heading: Heading,
    /// Written by a program, or to a list.
    pub automatic: Option<Automatic>,
    /// The mail that this one passes on.
    pub forwarded: Option<Heading>,
    /// The first words of what was written, at most 500 characters; no quotes, no signature.
    pub excerpt: String,
    /// What mail servers on the way found out about the sender (RFC 8601), as it stands.
    pub authentication: Vec<String>,
}

/// What stands above a mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heading {
    /// The `Message-ID` without its brackets.
    pub message_id: Option<String>,
    /// When it was written, as it says.
    pub date: Option<Timestamp>,
    /// Who wrote it.
    pub from: Vec<Mailbox>,
    /// Whom it was written to.
    pub to: Vec<Mailbox>,
    /// Who else was to read it.
    pub cc: Vec<Mailbox>,
    /// What it is about: decoded, one line, at most 200 characters.
    pub subject: String,
}

/// Why bytes are no mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// The header is larger than is taken.
    LargeHeader,
    /// The header has more fields than are taken.
    ManyFields,
    /// It does not say who wrote it.
    NoSender,
}

/// Reads a mail. Only its first [`READ_BYTES`] are looked at.
pub fn read(bytes: &[u8]) -> Result<Letter, Unreadable> {
    let bytes = bytes.get(..READ_BYTES).unwrap_or(bytes);
    let (fields, body) = Fields::of_message(bytes)?;
    let heading = header::heading(&fields);
    if heading.from.is_empty() {
        return Err(Unreadable::NoSender);
    }
    let contents = parts::walk(&fields, body);
    let passed_on = contents.enclosed.filter(|_| !contents.is_report);
    let forwarded = passed_on
        .map(|fields| header::heading(&fields))
        .filter(|heading| !heading.from.is_empty())
        .or_else(|| forwarded::in_text(&heading.subject, &contents.text));
    Ok(Letter {
        automatic: automatic::of(&fields, contents.is_report),
        excerpt: words::excerpt(&contents.text),
        authentication: fields.texts("authentication-results"),
        forwarded,
        heading,
    })
}

impl Letter {
    /// Everybody who is named above the mail and above the one that it passes on.
    pub fn people(&self) -> impl Iterator<Item = &Mailbox> {
        let all = [Some(&self.heading), self.forwarded.as_ref()];
        all.into_iter().flatten().flat_map(Heading::people)
    }
}

impl Heading {
    /// Everybody who is named: who wrote it, then whom it is for.
    pub fn people(&self) -> impl Iterator<Item = &Mailbox> {
        self.from.iter().chain(&self.to).chain(&self.cc)
    }
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::LargeHeader => "The mail's header is larger than 256 KiB.",
            Self::ManyFields => "The mail's header has more than 2,000 fields.",
            Self::NoSender => "This is no mail: it does not say who wrote it.",
        })
    }
}

impl std::error::Error for Unreadable {}

#[cfg(test)]
mod tests;
