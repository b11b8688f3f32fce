//! Follow-ups: tasks in a user's calendars that are about a contact, known by the UID of the task,
//! and when contacts are to be thought of again.
//!
//! | key | value |
//! |---|---|
//! | `58` owner `00` UID of the task | [`FollowUp`] |
//! | `59` owner `00` UID of the contact `00` UID of the task | where the UID of the task begins; open ones only |
//! | `5a` `w` time owner `00` UID of the contact | nothing: at this time it is looked whether it is time |
//! | `5a` `b` | what the times were computed with |
//! | `5a` `m` owner `00` | [`Seen`] |
//! | `5a` `d` owner `00` | [`Looked`] |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::stored::{self, Stored};
use super::{encode, principals};
use crate::base::{CollectionId, PrincipalId, Timestamp};

/// What all times of contacts begin with.
pub(super) const WAKES: [u8; 2] = [TIMES, b'w'];

pub(super) const VERSION: u8 = 1;
pub(super) const FOLLOW_UP: u8 = 0x58;
pub(super) const OPEN: u8 = 0x59;
pub(super) const TIMES: u8 = 0x5a;

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
pub(super) enum Part {
    /// When to look at a contact.
    Wake(Wake),
    /// What the times were computed with.
    Basis,
    /// How far this user's calendars were looked through.
    Seen(PrincipalId),
    /// At which days of this user's contacts it was looked.
    Looked(PrincipalId),
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
pub(super) fn part_of(key: &[u8]) -> Option<Part> {
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

pub(super) fn seen_key(owner: &PrincipalId) -> Vec<u8> {
    Key::of(TIMES).bytes(b"m").text(owner.as_str()).done()
}

pub(super) fn looked_key(owner: &PrincipalId) -> Vec<u8> {
    Key::of(TIMES).bytes(b"d").text(owner.as_str()).done()
}

fn basis_key() -> Vec<u8> {
    Key::of(TIMES).bytes(b"b").done()
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

// === times ===

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

/// What all that is kept of `owner`'s follow-ups begins with, but for the times of their contacts.
pub(super) fn prefixes(owner: &PrincipalId) -> [Vec<u8>; 4] {
    let of = |table| Key::of(table).text(owner.as_str()).done();
    [of(FOLLOW_UP), of(OPEN), seen_key(owner), looked_key(owner)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::with_user;

    #[tokio::test]
    async fn open_ones_are_listed_by_contact_and_times_in_order() {
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
        for (at, contact) in [(30, "a"), (10, "b"), (20, "a")] {
            let contact = contact.to_owned();
            wake(&mut batch, &Wake { at: Timestamp(at), owner: anna.clone(), contact });
        }
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        let uids = |found: Vec<Stored<FollowUp>>| -> Vec<String> {
            found.into_iter().map(|stored| stored.record.uid).collect()
        };
        assert_eq!(uids(open(&snapshot, &anna, "a").await.unwrap()), ["t1"]);
        assert_eq!(uids(all_open(&snapshot, &anna).await.unwrap()), ["t1", "t2"]);
        let due = waking(&snapshot, Timestamp(20), 9).await.unwrap();
        let due: Vec<_> = due.iter().map(|wake| (wake.at.0, wake.contact.as_str())).collect();
        assert_eq!(due, [(10, "b"), (20, "a")]);

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
