//! What is still to be told to others: written in the commit that causes it, taken out when
//! everybody has it. Whoever has it is marked in the commit that gives it to them, so nobody gets
//! it twice, however often it is taken up.
//!
//! | key | value |
//! |---|---|
//! | `30` number | [`Outgoing`] |
//! | `31` number recipient | nothing: this recipient has it |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Expect, Snapshot, Step};
use super::keys::{self, Key, table};
use super::stored::{self, Stored};
use super::{Witness, encode};
use crate::base::{PrincipalId, Timestamp};

const VERSION: u8 = 1;

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Whose object it is about.
    pub owner: PrincipalId,
    /// The object's normalised UID.
    pub uid: String,
    /// When it was written.
    pub made: Timestamp,
    /// Not to be tried before this.
    pub due: Timestamp,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// What it is.
    pub task: Task,
}

/// What there is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// The organizer's object became another, came or went: its attendees are to know.
    Changed {
        /// What it was.
        old: Option<Vec<u8>>,
        /// What it is.
        new: Option<Vec<u8>>,
    },
    /// An attendee answered: the organizer is to know.
    Answered {
        /// The message.
        message: Vec<u8>,
        /// The organizer's address.
        organizer: String,
    },
    /// The organizer's object has an answer: the others' copies are to show it.
    Refresh {
        /// Who answered, and knows.
        except: PrincipalId,
    },
    /// Somebody elsewhere is to get a mail.
    Mail {
        /// The recipient's address.
        to: String,
        /// The message, an iCalendar object with a method.
        message: Vec<u8>,
    },
}

fn key(number: u64) -> Vec<u8> {
    Key::of(table::OUTGOING).number(number).done()
}

fn marks(number: u64) -> Vec<u8> {
    Key::of(table::TOLD).number(number).done()
}

fn mark_of(number: u64, recipient: &str) -> Vec<u8> {
    Key::of(table::TOLD).number(number).bytes(recipient.as_bytes()).done()
}

/// Adds something to be told to `batch`.
pub fn put(batch: &mut Batch, number: u64, outgoing: &Outgoing) -> Result<(), EngineError> {
    batch.put(key(number), encode(VERSION, outgoing)?);
    Ok(())
}

/// What is to be told under `number`, if it still is.
pub async fn get(
    snapshot: &Snapshot,
    number: u64,
) -> Result<Option<Stored<Outgoing>>, EngineError> {
    stored::read(snapshot, VERSION, key(number)).await
}

/// The numbers of all that is to be told, oldest first.
pub async fn numbers(snapshot: &Snapshot) -> Result<Vec<u64>, EngineError> {
    let prefix = [table::OUTGOING];
    let mut numbers = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            numbers.extend(keys::last_number(key));
            Step::Continue
        })
        .await?;
    Ok(numbers)
}

/// Does `recipient` have what is told under `number`?
pub async fn is_told(
    snapshot: &Snapshot,
    number: u64,
    recipient: &str,
) -> Result<bool, EngineError> {
    snapshot.has(&mark_of(number, recipient)).await
}

/// Notes in `batch`, which gives it to them, that `recipient` has what is told under `number`;
/// refuses the batch if they have it already, or if nobody is to be told any more.
pub fn mark(batch: &mut Batch, number: u64, recipient: &str) {
    let mark = mark_of(number, recipient);
    batch.expect(key(number), Expect::Present);
    batch.expect(mark.clone(), Expect::Absent);
    batch.put(mark, Vec::new());
}

/// Adds a change of what is to be told under `number`, which still is as it was read.
pub fn update(
    batch: &mut Batch,
    number: u64,
    read: &Witness,
    outgoing: &Outgoing,
) -> Result<(), EngineError> {
    read.require(batch);
    batch.put(key(number), encode(VERSION, outgoing)?);
    Ok(())
}

/// Adds to `batch` that everybody has what is told under `number`.
pub async fn remove(
    snapshot: &Snapshot,
    batch: &mut Batch,
    number: u64,
) -> Result<(), EngineError> {
    batch.delete(key(number));
    let prefix = marks(number);
    let mut told = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            told.push(key.to_vec());
            Step::Continue
        })
        .await?;
    for mark in told {
        batch.delete(mark);
    }
    Ok(())
}
