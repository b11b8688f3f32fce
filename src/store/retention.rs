//! Rules by which books let go of cards, what was announced by them, and whom they spare.
//!
//! | key | value |
//! |---|---|
//! | `9c` `r` collection number | [`Rule`] |
//! | `9c` `a` collection name | [`Announced`] |
//! | `9c` `t` collection time name | nothing: then the card goes |
//! | `9c` `k` owner `00` UID | since when the cards with this UID are to stay |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::stored::{self, Stored};
use super::{Actor, Store, decode, encode, principals};
use crate::base::{CollectionId, PrincipalId, Timestamp};

const VERSION: u8 = 1;
const TABLE: u8 = 0x9c;

/// What belongs to a collection, by letters.
pub(super) const PARTS: [u8; 3] = *b"rat";

/// When cards of a book go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// After so many…
    pub after: u32,
    /// …of these.
    pub unit: Unit,
    /// From when on they are counted.
    pub since: Since,
    /// How long before it is announced, in days; at least one.
    pub notice_days: u16,
    /// Cards with one of these tags stay.
    pub exempt: Vec<String>,
    /// What becomes of them.
    pub ending: Ending,
    /// When the rule was made.
    pub made: Timestamp,
    /// By whom.
    pub by: Actor,
}

/// Stretches of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Of 24 hours.
    Days,
    /// Of the calendar.
    Months,
    /// Of the calendar.
    Years,
}

/// From when on time is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Since {
    /// The last contact, or when the card came if there was none.
    LastContact,
    /// When a person last changed the card.
    Changed,
    /// When the card came.
    Created,
}

/// What becomes of cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// They are deleted, and can be restored as any deleted card.
    MoveToTrash,
    /// All that is known of the person is erased.
    Erase,
}

/// A card that goes soon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// By which rule.
    pub rule: u64,
    /// The card's UID (normalised).
    pub uid: String,
    /// Since when that is known.
    pub at: Timestamp,
    /// When it goes.
    pub goes: Timestamp,
}

fn part(letter: u8, id: CollectionId) -> Key {
    Key::of(TABLE).bytes(&[letter]).number(id.0)
}

/// Prefix of what belongs to a collection.
pub(super) fn prefix(letter: u8, id: CollectionId) -> Vec<u8> {
    part(letter, id).done()
}

fn rule_key(id: CollectionId, number: u64) -> Vec<u8> {
    part(b'r', id).number(number).done()
}

fn card_key(id: CollectionId, name: &str) -> Vec<u8> {
    part(b'a', id).bytes(name.as_bytes()).done()
}

fn time_key(id: CollectionId, at: Timestamp, name: &str) -> Vec<u8> {
    part(b't', id).number(at.0).bytes(name.as_bytes()).done()
}

fn kept_of(owner: &PrincipalId) -> Vec<u8> {
    Key::of(TABLE).bytes(b"k").text(owner.as_str()).done()
}

fn kept_key(owner: &PrincipalId, uid: &str) -> Vec<u8> {
    [&kept_of(owner)[..], uid.as_bytes()].concat()
}

// === rules ===

/// The rules of a book with their numbers, the oldest first.
pub async fn rules(snapshot: &Snapshot, id: CollectionId) -> Result<Vec<(u64, Rule)>, EngineError> {
    let prefix = prefix(b'r', id);
    stored::below(snapshot, VERSION, &prefix, usize::MAX, keys::first_number).await
}

/// The books that have rules.
pub async fn ruled(snapshot: &Snapshot) -> Result<Vec<CollectionId>, EngineError> {
    let prefix = [TABLE, b'r'];
    let mut books = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            let rest = key.get(prefix.len()..).unwrap_or_default();
            let book = CollectionId(keys::first_number(rest));
            if books.last() != Some(&book) {
                books.push(book);
            }
            Step::Continue
        })
        .await?;
    Ok(books)
}

/// A rule of a book.
pub async fn rule(
    snapshot: &Snapshot,
    id: CollectionId,
    number: u64,
) -> Result<Option<Stored<Rule>>, EngineError> {
    stored::read(snapshot, VERSION, rule_key(id, number)).await
}

/// Adds a rule of a book to `batch`; tells its number.
pub fn insert(
    store: &Store,
    batch: &mut Batch,
    id: CollectionId,
    rule: &Rule,
) -> Result<u64, EngineError> {
    let number = store.number();
    batch.put(rule_key(id, number), encode(VERSION, rule)?);
    Ok(number)
}

/// Adds the end of a rule, which still is as it was `read`, to `batch`.
pub fn remove(batch: &mut Batch, id: CollectionId, number: u64, read: &Stored<Rule>) {
    read.witness.require(batch);
    batch.delete(rule_key(id, number));
}

// === what goes soon ===

/// What was announced of a member.
pub async fn announced(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Option<Stored<Announced>>, EngineError> {
    stored::read(snapshot, VERSION, card_key(id, name)).await
}

/// Up to `most` members of a book that go, with when, those that go first first; with `until`, only
/// those that go by then.
pub async fn going(
    snapshot: &Snapshot,
    id: CollectionId,
    until: Option<Timestamp>,
    most: usize,
) -> Result<Vec<(String, Timestamp)>, EngineError> {
    let prefix = prefix(b't', id);
    let to = match until {
        Some(until) => part(b't', id).number(until.0.saturating_add(1)).done(),
        None => keys::after(&prefix),
    };
    let mut found = Vec::new();
    if most == 0 {
        return Ok(found);
    }
    snapshot
        .scan(&prefix, &to, |key, _| {
            let rest = key.get(prefix.len()..).unwrap_or_default();
            let name = keys::text_in(rest.get(8..).unwrap_or_default());
            found.push((name, Timestamp(keys::first_number(rest))));
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}

/// Adds to `batch` that `now` is announced of member `name` instead of what was `read`.
pub fn announce(
    batch: &mut Batch,
    id: CollectionId,
    name: &str,
    read: Option<&Stored<Announced>>,
    now: Option<&Announced>,
) -> Result<(), EngineError> {
    let before = read.map(|read| &read.record);
    if before == now {
        return Ok(());
    }
    stored::require(batch, &card_key(id, name), read);
    if let Some(before) = before {
        batch.delete(time_key(id, before.goes, name));
    }
    match now {
        Some(now) => {
            batch.put(time_key(id, now.goes, name), Vec::new());
            batch.put(card_key(id, name), encode(VERSION, now)?);
        }
        None => batch.delete(card_key(id, name)),
    }
    Ok(())
}

// === who stays ===

/// Since when the cards of `owner` with `uid` (normalised) are to stay, whatever rules say.
pub async fn kept(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Option<Timestamp>, EngineError> {
    let read = |value: &[u8]| value.first_chunk::<8>().map(|at| Timestamp(u64::from_be_bytes(*at)));
    Ok(snapshot.get_with(&kept_key(owner, uid), read).await?.flatten())
}

/// Adds to `batch` that the cards of `owner` with `uid` are to stay.
pub fn keep(batch: &mut Batch, owner: &PrincipalId, uid: &str, at: Timestamp) {
    principals::tie(batch, owner);
    batch.put(kept_key(owner, uid), at.0.to_be_bytes().to_vec());
}

/// Adds to `batch` that rules hold for the cards of `owner` with `uid` as for all others.
pub fn forget(batch: &mut Batch, owner: &PrincipalId, uid: &str) {
    batch.delete(kept_key(owner, uid));
}

/// Adds to `batch`, which ends a card by a rule, that nobody said meanwhile that it is to stay.
pub fn expect_not_kept(batch: &mut Batch, owner: &PrincipalId, uid: &str) {
    batch.expect_same(kept_key(owner, uid), None);
}

/// What all of it begins with that is of an owner.
pub(super) fn prefix_of_owner(owner: &PrincipalId) -> Vec<u8> {
    kept_of(owner)
}

/// What is wrong, one sentence each: what is announced of a card is found by its time.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let (mut announced, mut timed, mut unreadable) = (0_u64, 0_u64, 0_u64);
    snapshot
        .scan(&[TABLE], &keys::after(&[TABLE]), |key, value| {
            match key.get(1) {
                Some(b't') => timed += 1,
                Some(b'a') if decode::<Announced>(VERSION, value).is_ok() => announced += 1,
                Some(b'r') if decode::<Rule>(VERSION, value).is_ok() => {}
                Some(b'k') => {}
                _ => unreadable += 1,
            }
            Step::Continue
        })
        .await?;
    let mut faults = Vec::new();
    if unreadable > 0 {
        faults.push(format!("{unreadable} records of rules of books cannot be read"));
    }
    if announced != timed {
        faults.push(format!("{announced} cards are to go, {timed} are found by their time"));
    }
    Ok(faults)
}
