//! The audit: who changed what, when and from which device. An entry is part of the commit that
//! makes the change it tells of; entries are never changed, only the oldest go ([`remove_before`]), and each is sealed by a hash that
//! depends on all before it ([`super::engine::chain`]), so that [`verify`] finds what was tampered
//! with.
//!
//! | key | value |
//! |---|---|
//! | `70` | the sequence number of the last entry |
//! | `70` sequence | hash, [`Entry`], [`Names`] |
//! | `71` | the settings of the last start, by their names |
//! | `72` | what it begins with since entries were removed: [`Began`] |
//!
//! What tells of people (names, UIDs) is no part of what is sealed: the entry has a salted digest
//! of it. [`take_names`] takes it away, and the chain still holds.

mod erase;
mod kept;
mod member;
mod settings;
mod verify;

use getrandom::fill;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use erase::take_names;
pub use kept::{Began, began, remove_before};
pub use settings::{Setting, settings};
pub use verify::{Noted, Verified, verify};

use super::collection::{Collection, Kind};
use super::engine::{Batch, EngineError, Snapshot, Step, chain};
use super::{Actor, Store, counter, keys};
use crate::base::{ContactId, Timestamp};

const VERSION: u8 = 1;
const LOG: u8 = 0x70;
const SETTINGS: u8 = 0x71;

/// Entries that are read at a time.
const PAGE: u64 = 1024;

/// What was changed. Stored by their place: others are added at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A card of a person or an organization.
    Card,
    /// A card of a group.
    GroupCard,
    /// An event of a calendar.
    Event,
    /// A task of a calendar.
    Task,
    /// A journal entry of a calendar.
    Journal,
    /// An address book.
    Book,
    /// A calendar.
    Calendar,
    /// A tag.
    Tag,
    /// An entry of a timeline.
    Interaction,
    /// The stage of a contact.
    Stage,
    /// How often to keep in touch with a contact.
    Cadence,
    /// A field of a user's own.
    Field,
    /// What is to be done about a contact.
    FollowUp,
    /// A share.
    Share,
    /// Somebody who may act for another.
    Delegate,
    /// A user.
    User,
    /// A user's password.
    Password,
    /// A group of users.
    Group,
    /// A device.
    Device,
    /// A secret address for mail, or what goes with it.
    CaptureAddress,
    /// A secret address of a calendar.
    FeedAddress,
    /// A calendar of the web.
    Subscription,
    /// What a user chose, or a setting of the server.
    Setting,
    /// A contact, whatever its cards.
    Contact,
    /// A segment.
    Segment,
    /// What a contact agreed to.
    Consent,
    /// The audit itself.
    Audit,
}

/// What became of it. Stored by their place: others are added at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// It came.
    Added,
    /// It is another.
    Changed,
    /// It went.
    Removed,
    /// It is elsewhere.
    Moved,
    /// It is elsewhere, too.
    Copied,
    /// It came back, or is as it was.
    Restored,
    /// It became one with another.
    Merged,
    /// A tag came to cards.
    PutOn,
    /// A tag went from cards.
    TakenOff,
    /// It went for good, with all that was kept of it.
    Erased,
    /// What was erased may come back.
    Allowed,
}

/// A change, as it is told.
#[derive(Debug, Clone, Copy)]
pub struct Deed<'a> {
    /// What was changed.
    pub subject: Subject,
    /// What became of it.
    pub verb: Verb,
    /// Whose it is; empty: the server's.
    pub owner: &'a str,
    /// The book or calendar it is in.
    pub place: &'a str,
    /// The contact it is about.
    pub contact: Option<ContactId>,
    /// What it is called, by itself or in its place.
    pub name: &'a str,
    /// Its UID; of what is about a contact, that of the contact.
    pub uid: &'a str,
    /// What else is worth knowing, in a few words.
    pub detail: &'a str,
}

/// What an entry says for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who, and with which device; a `principal` that is empty is whoever runs the server.
    pub by: Actor,
    /// What was changed.
    pub subject: Subject,
    /// What became of it.
    pub verb: Verb,
    /// Whose it is; empty: the server's.
    pub owner: String,
    /// The book or calendar it is in.
    pub place: String,
    /// The contact it is about.
    pub contact: Option<ContactId>,
    /// SHA-256 of the salt and the names that stand beside it.
    digest: Option<[u8; 32]>,
}

/// What of an entry tells of people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Names {
    /// What it is called.
    pub name: String,
    /// Its UID, or that of the contact.
    pub uid: String,
    /// What else is worth knowing.
    pub detail: String,
    /// Keeps names from being guessed by their digest.
    salt: [u8; 16],
}

/// An entry as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place.
    pub sequence: u64,
    /// What it says.
    pub entry: Entry,
    /// The names in it; none if there were none.
    pub names: Names,
}

// === telling ===

impl<'a> Deed<'a> {
    /// Of something that belongs to `owner`.
    pub const fn of(subject: Subject, verb: Verb, owner: &'a str) -> Self {
        let (place, name, uid, detail) = ("", "", "", "");
        Self { subject, verb, owner, place, contact: None, name, uid, detail }
    }

    /// Of a book or calendar.
    pub fn of_collection(verb: Verb, collection: &'a Collection) -> Self {
        let subject = match collection.kind {
            Kind::AddressBook => Subject::Book,
            Kind::Calendar => Subject::Calendar,
        };
        Self { place: &collection.name, ..Self::of(subject, verb, collection.owner.as_str()) }
    }

    /// Adds that `by` did it to `batch`, which does it.
    pub fn note(&self, store: &Store, batch: &mut Batch, by: &Actor) -> Result<(), EngineError> {
        let names = self.names()?;
        let mut loose = Vec::new();
        if let Some(names) = &names {
            loose = written(names, loose)?;
        }
        let entry = Entry {
            at: store.now(),
            by: by.clone(),
            subject: self.subject,
            verb: self.verb,
            owner: self.owner.to_owned(),
            place: self.place.to_owned(),
            contact: self.contact,
            digest: names.map(|_| Sha256::digest(&loose).into()),
        };
        let mut row = written(&entry, vec![VERSION])?;
        let sealed = row.len();
        row.append(&mut loose);
        batch.chain(vec![LOG], row, sealed);
        Ok(())
    }

    fn names(&self) -> Result<Option<Names>, EngineError> {
        if self.name.is_empty() && self.uid.is_empty() && self.detail.is_empty() {
            return Ok(None);
        }
        let mut salt = [0; 16];
        fill(&mut salt).map_err(|e| EngineError::caused("the system has no random bytes", e))?;
        let (name, uid) = (self.name.to_owned(), self.uid.to_owned());
        Ok(Some(Names { name, uid, detail: self.detail.to_owned(), salt }))
    }
}

fn written<T: Serialize>(record: &T, after: Vec<u8>) -> Result<Vec<u8>, EngineError> {
    postcard::to_extend(record, after)
        .map_err(|e| EngineError::caused("an entry of the audit cannot be written", e))
}

// === reading ===

/// The number of the last entry; 0 before the first.
pub async fn head(snapshot: &Snapshot) -> Result<u64, EngineError> {
    Ok(snapshot.get_with(&[LOG], |v| counter(v) as u64).await?.unwrap_or(0))
}

/// The last `most` entries that `wanted` takes, oldest first. What cannot be read is left out;
/// [`verify`] tells of it.
pub async fn last(
    snapshot: &Snapshot,
    most: usize,
    mut wanted: impl FnMut(&Record) -> bool + Send,
) -> Result<Vec<Record>, EngineError> {
    let mut found = Vec::new();
    let mut end = head(snapshot).await?;
    let removed = began(snapshot).await?.map_or(0, |began| began.removed);
    while end > removed && found.len() < most {
        let start = end.saturating_sub(PAGE).max(removed);
        let mut page = Vec::new();
        snapshot
            .scan(&key(start + 1), &key(end + 1), |key, row| {
                page.extend(record(key, row).filter(&mut wanted));
                Step::Continue
            })
            .await?;
        found.extend(page.into_iter().rev().take(most - found.len()));
        end = start;
    }
    found.reverse();
    Ok(found)
}

fn key(sequence: u64) -> Vec<u8> {
    keys::Key::of(LOG).number(sequence).done()
}

fn sequence_in(key: &[u8]) -> Option<u64> {
    key.get(1..)?.try_into().ok().map(u64::from_be_bytes)
}

fn record(key: &[u8], row: &[u8]) -> Option<Record> {
    let sequence = sequence_in(key)?;
    let (entry, loose) = read(chain::parts(row)?.1)?;
    Some(Record { sequence, entry, names: postcard::from_bytes(loose).unwrap_or_default() })
}

/// What follows the hash of a row, as the entry and the names.
fn read(row: &[u8]) -> Option<(Entry, &[u8])> {
    match row.split_first() {
        Some((&VERSION, rest)) => postcard::take_from_bytes(rest).ok(),
        _ => None,
    }
}

impl Record {
    /// Were the names taken away?
    pub fn is_erased(&self) -> bool {
        self.entry.digest.is_some() && self.names == Names::default()
    }
}

#[cfg(test)]
mod tests;
