//! When it is looked whether a follow-up is due, and what was looked through for that: contacts by the time
//! at which each is to be thought of, days, calendars.
//!
//! | key | value |
//! |---|---|
//! | `5a` `w` time owner `00` UID of the contact | nothing: at this time it is looked whether it is time |
//! | `5a` `b` | what the times were computed with |
//! | `5a` `m` owner `00` | [`Seen`] |
//! | `5a` `d` owner `00` | [`Looked`] |

use serde::{Deserialize, Serialize};

use super::VERSION;
use crate::base::{CollectionId, PrincipalId, Timestamp};
use crate::store::engine::{Batch, EngineError, Snapshot, Step};
use crate::store::keys::{self, Key};
use crate::store::stored::{self, Stored};
use crate::store::{encode, principals};

pub(in crate::store) const TIMES: u8 = 0x5a;

/// What all times of contacts begin with.
pub(in crate::store) const WAKES: [u8; 2] = [TIMES, b'w'];

/// How far a user's calendars were looked through for meetings that ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seen {
    /// What ended until then.
    pub until: Timestamp,
    /// The changes of each calendar up to this number.
    pub heads: Vec<(CollectionId, u64)>,
}

/// At which days of contacts it was looked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Looked {
    /// On which day, `2026-11-22`.
    pub on: String,
    /// Of which days, and how long before.
    pub terms: String,
}

/// When it is to be looked whether it is time to think of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wake {
    /// When.
    pub at: Timestamp,
    /// Whose contact it is.
    pub owner: PrincipalId,
    /// The UID of the contact.
    pub contact: String,
}

/// What a row of the times is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Part {
    /// When to look at a contact.
    Wake(Wake),
    /// What the times were computed with.
    Basis,
    /// How far this user's calendars were looked through.
    Seen(PrincipalId),
    /// At which days of this user's contacts it was looked.
    Looked(PrincipalId),
}

fn wake_key(wake: &Wake) -> Vec<u8> {
    let key = Key::of(TIMES).bytes(b"w").number(wake.at.0).text(wake.owner.as_str());
    key.bytes(wake.contact.as_bytes()).done()
}

fn wake_in(key: &[u8]) -> Option<Wake> {
    let (at, rest) = key.get(2..)?.split_first_chunk::<8>()?;
    let (owner, contact) = std::str::from_utf8(rest).ok()?.split_once('\0')?;
    let at = Timestamp(u64::from_be_bytes(*at));
    Some(Wake { at, owner: PrincipalId::parse(owner)?, contact: contact.to_owned() })
}

/// What the row of the times with this key is.
pub(in crate::store) fn part_of(key: &[u8]) -> Option<Part> {
    match key.get(1)? {
        b'w' => wake_in(key).map(Part::Wake),
        b'b' => Some(Part::Basis),
        of @ (b'm' | b'd') => {
            let owner = std::str::from_utf8(key.get(2..)?).ok()?.strip_suffix('\0')?;
            let owner = PrincipalId::parse(owner)?;
            Some(if *of == b'm' { Part::Seen(owner) } else { Part::Looked(owner) })
        }
        _ => None,
    }
}

pub(in crate::store) fn seen_key(owner: &PrincipalId) -> Vec<u8> {
    Key::of(TIMES).bytes(b"m").text(owner.as_str()).done()
}

pub(in crate::store) fn looked_key(owner: &PrincipalId) -> Vec<u8> {
    Key::of(TIMES).bytes(b"d").text(owner.as_str()).done()
}

fn basis_key() -> Vec<u8> {
    Key::of(TIMES).bytes(b"b").done()
}

// === contacts ===

/// When it is to be looked at the contact with this UID of `owner`.
pub async fn wakes_of(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Vec<Wake>, EngineError> {
    let prefix = Key::of(TIMES).bytes(b"w").done();
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            let wake = wake_in(key).filter(|wake| wake.owner == *owner && wake.contact == uid);
            found.extend(wake);
            Step::Continue
        })
        .await?;
    Ok(found)
}

/// Up to `most` contacts that are to be looked at by `until`, the longest waiting first.
pub async fn waking(
    snapshot: &Snapshot,
    until: Timestamp,
    most: usize,
) -> Result<Vec<Wake>, EngineError> {
    let from = Key::of(TIMES).bytes(b"w").done();
    let to = Key::of(TIMES).bytes(b"w").number(until.0.saturating_add(1)).done();
    let mut found = Vec::new();
    snapshot
        .scan(&from, &to, |key, _| {
            found.extend(wake_in(key));
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}

/// Adds that a contact is to be looked at to `batch`.
pub fn wake(batch: &mut Batch, wake: &Wake) {
    batch.put(wake_key(wake), Vec::new());
}

/// Adds that a contact need not be looked at to `batch`.
pub fn let_sleep(batch: &mut Batch, wake: &Wake) {
    batch.delete(wake_key(wake));
}

/// What the times were computed with; another answer has them computed anew.
pub async fn basis(snapshot: &Snapshot) -> Result<Option<String>, EngineError> {
    snapshot.get_with(&basis_key(), |text| String::from_utf8_lossy(text).into_owned()).await
}

/// Adds what the times are computed with to `batch`.
pub fn set_basis(batch: &mut Batch, basis: &str) {
    batch.put(basis_key(), basis.as_bytes().to_vec());
}

/// At which days of `owner`'s contacts it was looked.
pub async fn looked(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Option<Looked>, EngineError> {
    let found = stored::read(snapshot, VERSION, looked_key(owner)).await?;
    Ok(found.map(|found: Stored<Looked>| found.record))
}

/// Adds at which days of `owner`'s contacts it was looked to `batch`.
pub fn set_looked(
    batch: &mut Batch,
    owner: &PrincipalId,
    looked: &Looked,
) -> Result<(), EngineError> {
    principals::tie(batch, owner);
    batch.put(looked_key(owner), encode(VERSION, looked)?);
    Ok(())
}

// === meetings ===

/// How far `owner`'s calendars were looked through.
pub async fn seen(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Option<Stored<Seen>>, EngineError> {
    stored::read(snapshot, VERSION, seen_key(owner)).await
}

/// Adds the step from what was `read` to `now` to `batch`.
pub fn advance(
    batch: &mut Batch,
    owner: &PrincipalId,
    read: Option<&Stored<Seen>>,
    now: &Seen,
) -> Result<(), EngineError> {
    principals::tie(batch, owner);
    stored::advance(batch, VERSION, seen_key(owner), read, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::with_user;

    #[tokio::test]
    async fn contacts_are_to_be_thought_of_in_the_order_of_their_times() {
        let (store, anna) = with_user("anna").await;
        let mut batch = Batch::new();
        for (at, contact) in [(30, "a"), (10, "b"), (20, "a")] {
            let contact = contact.to_owned();
            wake(&mut batch, &Wake { at: Timestamp(at), owner: anna.clone(), contact });
        }
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        let due = waking(&snapshot, Timestamp(20), 9).await.unwrap();
        let due: Vec<_> = due.iter().map(|wake| (wake.at.0, wake.contact.as_str())).collect();
        assert_eq!(due, [(10, "b"), (20, "a")]);
    }
}
