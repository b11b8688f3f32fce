//! Interactions: what happened with contacts, each once, however often it is told.
//!
//! | key | value |
//! |---|---|
//! | `42` number | [`Interaction`] |
//! | `43` `c` contact time number | its content; time and number from the newest to the oldest |
//! | `43` `o` owner `00` time number | nothing; in the same order |
//! | `43` `l` owner `00` \[sequence\] | the change log: its head, the UIDs of what changed |
//! | `43` `r` owner `00` time number | the UID: when it was removed |
//! | `44` owner `00` UID | the number; nothing once the interaction was removed, until that is old |

mod record;
mod removed;
mod told;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::audit::{Deed, Subject, Verb};
use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::stored::{self, Stored};
use super::words::history;
use super::{Actor, Store, counter, encode, principals};
use crate::base::{ContactId, PrincipalId, Timestamp};

pub use record::{Direction, Interaction, Precision, STAGE, Source};
pub use removed::purge;
pub(super) use removed::removed_of;
pub use told::{same_content, with_content, within};

pub(super) const VERSION: u8 = 1;
pub(super) const INTERACTION: u8 = 0x42;
pub(super) const INDEX: u8 = 0x43;
pub(super) const UID: u8 = 0x44;

/// What telling of an interaction did; its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logged {
    /// It was not known.
    New(u64),
    /// It was known under this UID and stays as it is.
    Known(u64),
    /// It was known under this UID and has been removed, and stays so.
    Removed,
}

/// Where an interaction stands among those listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// When it was.
    pub at: Timestamp,
    /// Its number.
    pub number: u64,
}

// === keys ===

fn key(number: u64) -> Vec<u8> {
    Key::of(INTERACTION).number(number).done()
}

fn uid_key(owner: &PrincipalId, uid: &str) -> Vec<u8> {
    Key::of(UID).text(owner.as_str()).bytes(uid.as_bytes()).done()
}

pub(super) fn of_contact(id: ContactId) -> Vec<u8> {
    Key::of(INDEX).bytes(b"c").number(id.0).done()
}

pub(super) fn of_owner(owner: &PrincipalId) -> Vec<u8> {
    Key::of(INDEX).bytes(b"o").text(owner.as_str()).done()
}

pub(super) fn log_of(owner: &PrincipalId) -> Vec<u8> {
    Key::of(INDEX).bytes(b"l").text(owner.as_str()).done()
}

/// Where rows of this time or an earlier one begin.
fn since(prefix: &[u8], at: u64) -> Vec<u8> {
    [prefix, &(!at).to_be_bytes()].concat()
}

pub(super) fn at_position(prefix: &[u8], position: Position) -> Vec<u8> {
    [prefix, &(!position.at.0).to_be_bytes(), &(!position.number).to_be_bytes()].concat()
}

/// The position that the key of an index row ends with.
pub(super) fn position_in(key: &[u8]) -> Option<Position> {
    let (rest, number) = key.split_last_chunk::<8>()?;
    let at = Timestamp(!u64::from_be_bytes(*rest.last_chunk::<8>()?));
    Some(Position { at, number: !u64::from_be_bytes(*number) })
}

/// The rows of times in `times`, after the position that a page ended with.
fn window(
    prefix: &[u8],
    times: &Range<Timestamp>,
    before: Option<Position>,
) -> Option<(Vec<u8>, Vec<u8>)> {
    let newest = times.end.0.checked_sub(1).filter(|newest| *newest >= times.start.0)?;
    let mut from = since(prefix, newest);
    if let Some(position) = before {
        let mut next = at_position(prefix, position);
        next.push(0);
        from = from.max(next);
    }
    Some((from, keys::after(&since(prefix, times.start.0))))
}

const ALWAYS: Range<Timestamp> = Timestamp(0)..Timestamp(u64::MAX);

// === reading ===

/// The interaction with this number.
pub async fn get(
    snapshot: &Snapshot,
    number: u64,
) -> Result<Option<Stored<Interaction>>, EngineError> {
    stored::read(snapshot, VERSION, key(number)).await
}

/// `owner`'s interaction with this UID, and its number.
pub async fn find_by_uid(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Option<(u64, Stored<Interaction>)>, EngineError> {
    let number = snapshot.get_with(&uid_key(owner, uid), keys::number_in).await?.flatten();
    let Some(number) = number else { return Ok(None) };
    Ok(get(snapshot, number).await?.map(|found| (number, found)))
}

/// Was anything ever told to `owner` under this UID, even if it was removed within the time that
/// what is deleted is kept?
pub async fn uid_is_known(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<bool, EngineError> {
    snapshot.has(&uid_key(owner, uid)).await
}

/// Up to `most` UIDs of `owner`'s interactions that begin like this, removed ones left out.
pub async fn beginning_with(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    start: &str,
    most: usize,
) -> Result<Vec<String>, EngineError> {
    let prefix = uid_key(owner, "");
    let from = uid_key(owner, start);
    let mut uids = Vec::new();
    snapshot
        .scan(&from, &keys::after(&from), |key, value| {
            let uid = key.get(prefix.len()..).unwrap_or_default();
            if !value.is_empty() && uids.len() < most {
                uids.push(String::from_utf8_lossy(uid).into_owned());
            }
            if uids.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(uids)
}

/// The `most` latest interactions with a contact, the newest first, with their numbers.
pub async fn latest(
    snapshot: &Snapshot,
    contact: ContactId,
    most: usize,
) -> Result<Vec<(u64, Interaction)>, EngineError> {
    page(snapshot, contact, None, most).await
}

/// The `most` interactions with a contact before the position that the last page ended with.
pub async fn page(
    snapshot: &Snapshot,
    contact: ContactId,
    before: Option<Position>,
    most: usize,
) -> Result<Vec<(u64, Interaction)>, EngineError> {
    listed(snapshot, &of_contact(contact), &ALWAYS, before, most).await
}

/// The `most` interactions of all of `owner`'s contacts in `times` before the position that the
/// last page ended with, the newest first.
pub async fn range(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    times: Range<Timestamp>,
    before: Option<Position>,
    most: usize,
) -> Result<Vec<(u64, Interaction)>, EngineError> {
    listed(snapshot, &of_owner(owner), &times, before, most).await
}

/// How many interactions with a contact there are.
pub async fn count(snapshot: &Snapshot, contact: ContactId) -> Result<u64, EngineError> {
    let prefix = of_contact(contact);
    let mut count = 0;
    snapshot
        .scan(&prefix, &keys::after(&prefix), |_, _| {
            count += 1;
            Step::Continue
        })
        .await?;
    Ok(count)
}

async fn listed(
    snapshot: &Snapshot,
    prefix: &[u8],
    times: &Range<Timestamp>,
    before: Option<Position>,
    most: usize,
) -> Result<Vec<(u64, Interaction)>, EngineError> {
    let Some((from, to)) = window(prefix, times, before).filter(|_| most > 0) else {
        return Ok(Vec::new());
    };
    let mut numbers = Vec::new();
    snapshot
        .scan(&from, &to, |key, _| {
            numbers.extend(position_in(key).map(|position| position.number));
            if numbers.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    let mut interactions = Vec::with_capacity(numbers.len());
    for number in numbers {
        let found = get(snapshot, number).await?;
        let missing = || EngineError::new(format!("interaction {number} is missing"));
        interactions.push((number, found.ok_or_else(missing)?.record));
    }
    Ok(interactions)
}

/// The number of the last change to `owner`'s interactions; 0 before the first.
pub async fn head(snapshot: &Snapshot, owner: &PrincipalId) -> Result<u64, EngineError> {
    Ok(snapshot.get_with(&log_of(owner), |v| counter(v) as u64).await?.unwrap_or(0))
}

/// Up to `most` changes to `owner`'s interactions after number `after`, in order: which UID came,
/// changed or went.
pub async fn changes(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    after: u64,
    most: usize,
) -> Result<Vec<(u64, String)>, EngineError> {
    let log = log_of(owner);
    let from = [&log[..], &after.saturating_add(1).to_be_bytes()].concat();
    let mut changes = Vec::new();
    snapshot
        .scan(&from, &keys::after(&log), |key, uid| {
            let sequence = keys::last_number(key).unwrap_or(0);
            changes.push((sequence, String::from_utf8_lossy(uid).into_owned()));
            if changes.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(changes)
}

// === writing ===

/// Adds an interaction to `batch`, unless its UID is known. The batch is refused if somebody else
/// tells of it at this moment, or if its owner is not there any more.
pub async fn log(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    interaction: &Interaction,
) -> Result<Logged, EngineError> {
    let uid = uid_key(&interaction.owner, &interaction.uid);
    if let Some(known) = snapshot.get_with(&uid, keys::number_in).await? {
        return Ok(known.map_or(Logged::Removed, Logged::Known));
    }
    let number = store.number();
    principals::tie(batch, &interaction.owner);
    batch.expect_same(uid.clone(), None);
    batch.put(uid, number.to_be_bytes().to_vec());
    put(batch, number, interaction)?;
    history::came(store, batch, number, interaction);
    if interaction.kind != STAGE {
        tell(store, batch, Verb::Added, interaction, &interaction.author)?;
    }
    Ok(Logged::New(number))
}

/// Adds the change of an interaction that still is as it was read to `batch`. UID and owner stay.
pub async fn replace(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    number: u64,
    read: &Stored<Interaction>,
    interaction: &Interaction,
) -> Result<(), EngineError> {
    if (&read.record.uid, &read.record.owner) != (&interaction.uid, &interaction.owner) {
        return Err(EngineError::new("the UID and owner of an interaction never change"));
    }
    read.witness.require(batch);
    unlist(batch, number, &read.record);
    history::changed(store, snapshot, batch, number, &read.record, Some(interaction)).await?;
    put(batch, number, interaction)
}

/// Adds the end of an interaction that still is as it was read to `batch`. Its UID stays known
/// until [`purge`], so that a client which still shows it does not bring it back.
pub async fn remove(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    number: u64,
    read: &Stored<Interaction>,
    now: Timestamp,
) -> Result<(), EngineError> {
    read.witness.require(batch);
    removed::note(batch, &read.record, number, now);
    history::changed(store, snapshot, batch, number, &read.record, None).await?;
    unlist(batch, number, &read.record);
    batch.delete(key(number));
    batch.put(uid_key(&read.record.owner, &read.record.uid), Vec::new());
    batch.append(log_of(&read.record.owner), read.record.uid.clone().into_bytes());
    Ok(())
}

/// Adds to `batch` that the audit is told of an interaction, for each contact that took part. That
/// one was logged is told by [`log`]; that one changes or goes, by whoever knows by whom.
pub fn tell(
    store: &Store,
    batch: &mut Batch,
    verb: Verb,
    interaction: &Interaction,
    by: &Actor,
) -> Result<(), EngineError> {
    let deed = Deed::of(Subject::Interaction, verb, interaction.owner.as_str());
    let deed = Deed { name: &interaction.uid, detail: &interaction.kind, ..deed };
    for contact in &interaction.participants {
        Deed { contact: Some(*contact), ..deed }.note(store, batch, by)?;
    }
    Ok(())
}

fn put(batch: &mut Batch, number: u64, interaction: &Interaction) -> Result<(), EngineError> {
    let position = Position { at: interaction.at, number };
    for contact in &interaction.participants {
        let row = at_position(&of_contact(*contact), position);
        batch.put(row, interaction.content.to_be_bytes().to_vec());
    }
    batch.put(at_position(&of_owner(&interaction.owner), position), Vec::new());
    batch.put(key(number), encode(VERSION, interaction)?);
    batch.append(log_of(&interaction.owner), interaction.uid.clone().into_bytes());
    Ok(())
}

fn unlist(batch: &mut Batch, number: u64, interaction: &Interaction) {
    let position = Position { at: interaction.at, number };
    for contact in &interaction.participants {
        batch.delete(at_position(&of_contact(*contact), position));
    }
    batch.delete(at_position(&of_owner(&interaction.owner), position));
}

#[cfg(test)]
mod tests;
