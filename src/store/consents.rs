//! What contacts agreed to, for which purpose: every answer that was noted, so that the last one of
//! a UID is what holds. They are kept by the UID of the cards, not by contact: where contacts become
//! one, and come apart again, the answers of each are what they were.
//!
//! | key | value |
//! |---|---|
//! | `a2` owner `00` UID `00` purpose `00` number | [`Consent`]; the last one holds |
//! | `a3` time owner `00` UID | nothing: then cards of the UID are to tell something else |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::{Actor, Store, check_owned, decode, encode, principals};
use crate::base::{PrincipalId, Timestamp};

const VERSION: u8 = 1;
const CONSENT: u8 = 0xa2;
pub(super) const TURN: u8 = 0xa3;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What it is.
    pub state: State,
    /// Where it is known from.
    pub source: String,
    /// On which day it was given, `2026-11-23`.
    pub on: String,
    /// The last day on which it holds.
    pub until: Option<String>,
    /// Who noted it.
    pub by: Actor,
    /// When it was noted.
    pub at: Timestamp,
}

/// What an answer is. Stored by their place: others are added at the end. A later one is stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is not known.
    Unknown,
    /// They agreed.
    Granted,
    /// They did not agree.
    Refused,
    /// They agreed, and do so no more.
    Withdrawn,
}

/// An answer with what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// For what, such as `newsletter`.
    pub purpose: String,
    /// The answer.
    pub consent: Consent,
}

/// When the cards of a UID are to tell something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// When.
    pub at: Timestamp,
    /// Whose contact it is.
    pub owner: PrincipalId,
    /// The UID.
    pub uid: String,
}

fn of_uid_key(owner: &PrincipalId, uid: &str) -> Vec<u8> {
    Key::of(CONSENT).text(owner.as_str()).text(uid).done()
}

fn turn_key(turn: &Turn) -> Vec<u8> {
    let key = Key::of(TURN).number(turn.at.0).text(turn.owner.as_str());
    key.bytes(turn.uid.as_bytes()).done()
}

fn turn_in(key: &[u8]) -> Option<Turn> {
    let (at, rest) = key.get(1..)?.split_first_chunk::<8>()?;
    let (owner, uid) = std::str::from_utf8(rest).ok()?.split_once('\0')?;
    let at = Timestamp(u64::from_be_bytes(*at));
    Some(Turn { at, owner: PrincipalId::parse(owner)?, uid: uid.to_owned() })
}

/// All answers of the contact with this UID (normalised), by purpose, the oldest first.
pub async fn of_uid(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Vec<Answer>, EngineError> {
    let prefix = of_uid_key(owner, uid);
    let mut rows = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            let rest = key.get(prefix.len()..).unwrap_or_default();
            let purpose = rest.split(|byte| *byte == 0).next().unwrap_or_default();
            let purpose = String::from_utf8_lossy(purpose).into_owned();
            rows.push(decode(VERSION, value).map(|consent| Answer { purpose, consent }));
            Step::Continue
        })
        .await?;
    rows.into_iter().collect()
}

/// Adds an answer of the contact with this UID (normalised) to `batch`.
pub fn add(
    store: &Store,
    batch: &mut Batch,
    owner: &PrincipalId,
    uid: &str,
    answer: &Answer,
) -> Result<(), EngineError> {
    principals::tie(batch, owner);
    let key = Key::of(CONSENT).text(owner.as_str()).text(uid).text(&answer.purpose);
    batch.put(key.number(store.number()).done(), encode(VERSION, &answer.consent)?);
    Ok(())
}

/// Adds to `batch` that answers of contacts of `owner` have another source, where `without` makes
/// another one of it.
pub async fn reword(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    without: impl Fn(&str) -> Option<String> + Send + Sync,
) -> Result<(), EngineError> {
    let prefix = prefix(owner);
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            if let Ok(consent) = decode::<Consent>(VERSION, value)
                && let Some(source) = without(&consent.source)
            {
                found.push((key.to_vec(), Consent { source, ..consent }));
            }
            Step::Continue
        })
        .await?;
    for (key, consent) in found {
        batch.put(key, encode(VERSION, &consent)?);
    }
    Ok(())
}

/// Adds the end of all answers of the contact with this UID (normalised) to `batch`.
pub async fn forget(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    uid: &str,
) -> Result<(), EngineError> {
    let prefix = of_uid_key(owner, uid);
    for (prefix, turns) in [(prefix, false), (vec![TURN], true)] {
        snapshot
            .scan(&prefix, &keys::after(&prefix), |key, _| {
                let theirs = |turn: Turn| turn.owner == *owner && turn.uid == uid;
                if !turns || turn_in(key).is_some_and(theirs) {
                    batch.delete(key.to_vec());
                }
                Step::Continue
            })
            .await?;
    }
    Ok(())
}

/// Up to `most` UIDs whose cards are to tell something else by `until`, the longest waiting first.
pub async fn due(
    snapshot: &Snapshot,
    until: Timestamp,
    most: usize,
) -> Result<Vec<Turn>, EngineError> {
    let to = Key::of(TURN).number(until.0.saturating_add(1)).done();
    let mut found = Vec::new();
    snapshot
        .scan(&[TURN], &to, |key, _| {
            found.extend(turn_in(key));
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}

/// Adds to `batch` that cards are to tell something else at a time.
pub fn turn(batch: &mut Batch, turn: &Turn) {
    batch.put(turn_key(turn), Vec::new());
}

/// Adds to `batch` that they do.
pub fn turned(batch: &mut Batch, turn: &Turn) {
    batch.delete(turn_key(turn));
}

/// What all answers of the contacts of `owner` begin with.
pub(super) fn prefix(owner: &PrincipalId) -> Vec<u8> {
    Key::of(CONSENT).text(owner.as_str()).done()
}

/// What is wrong, one sentence each.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let reads = |_: &[u8], row: &[u8]| decode::<Consent>(VERSION, row).is_ok();
    check_owned::check(snapshot, &[&[CONSENT]], "an answer of a contact", reads).await
}
