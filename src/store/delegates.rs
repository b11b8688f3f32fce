//! Who may act for whom in calendars.
//!
//! | key | value |
//! |---|---|
//! | `2a` owner `00` delegate | [`Access`] |
//! | `2b` delegate `00` owner | the same, so that a sign-in finds all in one scan |

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::grants::Access;
use super::keys::{self, Key};
use super::{decode, encode};
use crate::base::PrincipalId;

const VERSION: u8 = 1;
const OF_OWNER: u8 = 0x2a;
const OF_DELEGATE: u8 = 0x2b;

fn prefix(table: u8, first: &PrincipalId) -> Vec<u8> {
    Key::of(table).text(first.as_str()).done()
}

fn pair(table: u8, first: &PrincipalId, second: &PrincipalId) -> Vec<u8> {
    Key::of(table).text(first.as_str()).bytes(second.as_str().as_bytes()).done()
}

async fn scan(
    snapshot: &Snapshot,
    prefix: Vec<u8>,
) -> Result<Vec<(PrincipalId, Access)>, EngineError> {
    let mut rows = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            let id = key.get(prefix.len()..).and_then(|id| std::str::from_utf8(id).ok());
            let id = id.and_then(PrincipalId::parse);
            let id = id.ok_or_else(|| EngineError::new("a delegate has an invalid id"));
            rows.push(id.and_then(|id| Ok((id, decode(VERSION, value)?))));
            Step::Continue
        })
        .await?;
    rows.into_iter().collect()
}

/// The users and groups that may act for `owner`, in the order of their ids.
pub async fn of_owner(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<(PrincipalId, Access)>, EngineError> {
    scan(snapshot, prefix(OF_OWNER, owner)).await
}

/// For whom a user or group itself may act.
pub async fn of_delegate(
    snapshot: &Snapshot,
    delegate: &PrincipalId,
) -> Result<Vec<(PrincipalId, Access)>, EngineError> {
    scan(snapshot, prefix(OF_DELEGATE, delegate)).await
}

/// For whom a user may act, themselves or through any of `groups`: each once, with the widest
/// access.
pub async fn of_user(
    snapshot: &Snapshot,
    user: &PrincipalId,
    groups: &[PrincipalId],
) -> Result<Vec<(PrincipalId, Access)>, EngineError> {
    let mut found = of_delegate(snapshot, user).await?;
    for group in groups {
        found.extend(of_delegate(snapshot, group).await?);
    }
    found.sort_by(|(a, wide), (b, wider)| a.cmp(b).then(wider.cmp(wide)));
    found.dedup_by(|(a, _), (b, _)| a == b);
    found.retain(|(owner, _)| owner != user);
    Ok(found)
}

/// Lets `delegate` act for `owner`, or changes how.
pub fn put(
    batch: &mut Batch,
    owner: &PrincipalId,
    delegate: &PrincipalId,
    access: Access,
) -> Result<(), EngineError> {
    let value = encode(VERSION, &access)?;
    batch.put(pair(OF_OWNER, owner, delegate), value.clone());
    batch.put(pair(OF_DELEGATE, delegate, owner), value);
    Ok(())
}

/// Ends that `delegate` may act for `owner`.
pub fn remove(batch: &mut Batch, owner: &PrincipalId, delegate: &PrincipalId) {
    batch.delete(pair(OF_OWNER, owner, delegate));
    batch.delete(pair(OF_DELEGATE, delegate, owner));
}
