//! Follow-ups: tasks in a user's calendars that are about a contact, known by the UID of the task;
//! [`times`] has when contacts are to be thought of again.
//!
//! | key | value |
//! |---|---|
//! | `58` owner `00` UID of the task | [`FollowUp`] |
//! | `59` owner `00` UID of the contact `00` UID of the task | where the UID of the task begins; open ones only |

pub mod times;

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::stored::{self, Stored};
use super::{encode, principals};
use crate::base::{PrincipalId, Timestamp};

pub(super) const VERSION: u8 = 1;
pub(super) const FOLLOW_UP: u8 = 0x58;
pub(super) const OPEN: u8 = 0x59;

/// A task that is about a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// Whose it is.
    pub owner: PrincipalId,
    /// The UID of the task.
    pub uid: String,
    /// The UID of the contact, an alias too.
    pub contact: String,
    /// What is to be done.
    pub text: String,
    /// When; a day is told by its noon.
    pub due: Option<Timestamp>,
    /// Why it is there.
    pub origin: Origin,
    /// How it stands.
    pub state: State,
    /// How often it was done: it can be opened again.
    pub rounds: u32,
    /// The UID of the interaction that was logged when it was done.
    pub logged: Option<String>,
    /// When it was made.
    pub created: Timestamp,
}

/// Why there is a follow-up. New ones go to the end: records hold their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Somebody asked for it.
    Asked,
    /// The contact was not contacted for as long as is set.
    Cadence,
    /// A day of the contact comes: a birthday, or one in a field.
    Day,
}

/// How a follow-up stands. New ones go to the end: records hold their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is to be done.
    Open,
    /// It is done.
    Done,
    /// It was deleted or cancelled.
    Dropped,
}

// === keys ===

pub(super) fn key(owner: &PrincipalId, uid: &str) -> Vec<u8> {
    Key::of(FOLLOW_UP).text(owner.as_str()).bytes(uid.as_bytes()).done()
}

fn open_of(owner: &PrincipalId, contact: &str) -> Vec<u8> {
    Key::of(OPEN).text(owner.as_str()).text(contact).done()
}

pub(super) fn open_key(followup: &FollowUp) -> Vec<u8> {
    [&open_of(&followup.owner, &followup.contact), followup.uid.as_bytes()].concat()
}

// === follow-ups ===

/// `owner`'s follow-up that is this task.
pub async fn find(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Option<Stored<FollowUp>>, EngineError> {
    stored::read(snapshot, VERSION, key(owner, uid)).await
}

/// The follow-ups of a contact that are open.
pub async fn open(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    contact: &str,
) -> Result<Vec<Stored<FollowUp>>, EngineError> {
    listed(snapshot, owner, &open_of(owner, contact)).await
}

/// All follow-ups of `owner` that are open.
pub async fn all_open(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<Stored<FollowUp>>, EngineError> {
    listed(snapshot, owner, &Key::of(OPEN).text(owner.as_str()).done()).await
}

async fn listed(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    prefix: &[u8],
) -> Result<Vec<Stored<FollowUp>>, EngineError> {
    let mut uids = Vec::new();
    snapshot
        .scan(prefix, &keys::after(prefix), |key, uid_from| {
            // The UID is behind the two texts, however long they are.
            let from = uid_from.first_chunk::<4>().map_or(0, |n| u32::from_be_bytes(*n)) as usize;
            let uid = key.get(from..).and_then(|uid| std::str::from_utf8(uid).ok());
            uids.extend(uid.map(str::to_owned));
            Step::Continue
        })
        .await?;
    let mut found = Vec::with_capacity(uids.len());
    for uid in uids {
        found.extend(find(snapshot, owner, &uid).await?);
    }
    Ok(found)
}

/// All follow-ups of `owner`, whatever their state.
pub async fn all(snapshot: &Snapshot, owner: &PrincipalId) -> Result<Vec<FollowUp>, EngineError> {
    let prefix = Key::of(FOLLOW_UP).text(owner.as_str()).done();
    let mut values = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |_, value| {
            values.push(super::decode(VERSION, value));
            Step::Continue
        })
        .await?;
    values.into_iter().collect()
}

/// Adds a follow-up, or the change of one from what was `read`, to `batch`. UID, owner and contact
/// stay.
pub fn put(
    batch: &mut Batch,
    read: Option<&Stored<FollowUp>>,
    now: &FollowUp,
) -> Result<(), EngineError> {
    let key = key(&now.owner, &now.uid);
    if let Some(read) = read {
        if (&read.record.uid, &read.record.contact) != (&now.uid, &now.contact) {
            return Err(EngineError::new("what a follow-up is about never changes"));
        }
        read.witness.require(batch);
    } else {
        principals::tie(batch, &now.owner);
        batch.expect_same(key.clone(), None);
    }
    if now.state == State::Open {
        let from = open_of(&now.owner, &now.contact).len() as u32;
        batch.put(open_key(now), from.to_be_bytes().to_vec());
    } else {
        batch.delete(open_key(now));
    }
    batch.put(key, encode(VERSION, now)?);
    Ok(())
}

/// Adds the end of all that is known of a follow-up to `batch`.
pub fn end(batch: &mut Batch, followup: &FollowUp) {
    batch.delete(open_key(followup));
    batch.delete(key(&followup.owner, &followup.uid));
}

/// What all that is kept of `owner`'s follow-ups begins with, but for the times of their contacts.
pub(super) fn prefixes(owner: &PrincipalId) -> [Vec<u8>; 4] {
    let of = |table| Key::of(table).text(owner.as_str()).done();
    [of(FOLLOW_UP), of(OPEN), times::seen_key(owner), times::looked_key(owner)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::with_user;

    #[tokio::test]
    async fn open_ones_are_listed_by_contact() {
        let (store, anna) = with_user("anna").await;
        let one = |uid: &str, contact: &str, state| FollowUp {
            owner: anna.clone(),
            uid: uid.to_owned(),
            contact: contact.to_owned(),
            text: "call".to_owned(),
            due: None,
            origin: Origin::Asked,
            state,
            rounds: 0,
            logged: None,
            created: Timestamp(1),
        };
        let mut batch = Batch::new();
        for (uid, contact, state) in
            [("t1", "a", State::Open), ("t2", "ab", State::Open), ("t3", "a", State::Done)]
        {
            put(&mut batch, None, &one(uid, contact, state)).unwrap();
        }
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        let uids = |found: Vec<Stored<FollowUp>>| -> Vec<String> {
            found.into_iter().map(|stored| stored.record.uid).collect()
        };
        assert_eq!(uids(open(&snapshot, &anna, "a").await.unwrap()), ["t1"]);
        assert_eq!(uids(all_open(&snapshot, &anna).await.unwrap()), ["t1", "t2"]);
        let read = find(&snapshot, &anna, "t1").await.unwrap().unwrap();
        let mut batch = Batch::new();
        put(&mut batch, Some(&read), &one("t1", "a", State::Dropped)).unwrap();
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        assert!(open(&snapshot, &anna, "a").await.unwrap().is_empty());
        let mut batch = Batch::new();
        put(&mut batch, Some(&read), &one("t1", "a", State::Done)).unwrap();
        assert!(store.commit(batch).await.is_err(), "a change of an older state was taken");
    }
}
