//! Erasures that are under way: whom they are about is known here until nothing else knows it.
//!
//! | key | value |
//! |---|---|
//! | `a1` number | [`Erasure`] |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::stored::{self, Stored};
use super::{
    Actor, Store, addresses, days, decode, encode, match_index, principals, tag_awaited, tag_index,
};
use crate::base::{CollectionId, ContactId, PrincipalId, Timestamp};

const VERSION: u8 = 1;
const ERASURE: u8 = 0xa1;

/// Somebody who is being erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Whose contact it is.
    pub owner: PrincipalId,
    /// Who has them erased.
    pub actor: Actor,
    /// Since when.
    pub at: Timestamp,
    /// The number of the tombstone.
    pub tombstone: u64,
    /// The UIDs of all their cards (normalised).
    pub uids: Vec<String>,
    /// The numbers under which something is remembered of them.
    pub contacts: Vec<ContactId>,
    /// What they are called on their cards.
    pub names: Vec<String>,
    /// Their mail addresses, in the form in which they compare.
    pub mails: Vec<String>,
    /// Their phone numbers, as they were written.
    pub phones: Vec<String>,
    /// Steps that are done.
    pub done: u8,
}

fn key(number: u64) -> Vec<u8> {
    Key::of(ERASURE).number(number).done()
}

/// The erasure of this number; `None` once it is finished.
pub async fn get(snapshot: &Snapshot, number: u64) -> Result<Option<Stored<Erasure>>, EngineError> {
    stored::read(snapshot, VERSION, key(number)).await
}

/// The numbers of those under way, the oldest first.
pub async fn numbers(snapshot: &Snapshot) -> Result<Vec<u64>, EngineError> {
    let mut found = Vec::new();
    snapshot
        .scan(&[ERASURE], &keys::after(&[ERASURE]), |key, _| {
            found.extend(keys::last_number(key));
            Step::Continue
        })
        .await?;
    Ok(found)
}

/// Adds the beginning of an erasure to `batch`; tells its number.
pub fn begin(store: &Store, batch: &mut Batch, erasure: &Erasure) -> Result<u64, EngineError> {
    let number = store.number();
    principals::tie(batch, &erasure.owner);
    batch.put(key(number), encode(VERSION, erasure)?);
    Ok(number)
}

/// Adds what is known by now of an erasure that still is as it was read to `batch`.
pub fn update(
    batch: &mut Batch,
    number: u64,
    read: &Stored<Erasure>,
    now: &Erasure,
) -> Result<(), EngineError> {
    read.witness.require(batch);
    batch.put(key(number), encode(VERSION, now)?);
    Ok(())
}

/// Adds the end of an erasure that still is as it was read to `batch`.
pub fn finish(batch: &mut Batch, number: u64, read: &Stored<Erasure>) {
    read.witness.require(batch);
    batch.delete(key(number));
}

/// Adds to `batch` that the indexes which follow books know nothing of member `name`, which had
/// this UID.
pub async fn leave_indexes(
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: CollectionId,
    name: &str,
    uid: &str,
) -> Result<(), EngineError> {
    let known = addresses::of_member(snapshot, id, name).await?;
    addresses::replace(batch, id, name, known.as_ref(), None)?;
    let known = days::of_member(snapshot, id, name).await?;
    days::replace(batch, id, name, known.as_ref(), None)?;
    let known = match_index::of_member(snapshot, id, name).await?;
    match_index::replace(batch, id, known.as_ref(), None)?;
    match_index::compared(batch, id, name);
    let known = tag_index::entry(snapshot, id, name).await?;
    tag_index::set(batch, id, name, known.as_ref(), None)?;
    for tag in tag_awaited::awaited(snapshot, id, uid).await? {
        tag_awaited::wait_no_more(batch, id, uid, tag);
    }
    Ok(())
}

/// Adds the end of the erasures of `owner` to `batch`: all that is theirs goes.
pub(super) async fn clear(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
) -> Result<(), EngineError> {
    for number in numbers(snapshot).await? {
        if let Some(read) = get(snapshot, number).await?
            && read.record.owner == *owner
        {
            finish(batch, number, &read);
        }
    }
    Ok(())
}

/// What is wrong, one sentence each.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let mut rows = Vec::new();
    snapshot
        .scan(&[ERASURE], &keys::after(&[ERASURE]), |_, value| {
            rows.push(decode::<Erasure>(VERSION, value));
            Step::Continue
        })
        .await?;
    let mut faults = Vec::new();
    for row in rows {
        match row {
            Ok(row) if principals::get(snapshot, &row.owner).await?.is_none() => {
                faults.push(format!("an erasure belongs to {}, who is no user", row.owner));
            }
            Ok(_) => {}
            Err(_) => faults.push("an erasure under way cannot be read".to_owned()),
        }
    }
    Ok(faults)
}
