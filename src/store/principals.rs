//! Users and groups, and the names people sign in with.
//!
//! | key | value |
//! |---|---|
//! | `10` id | [`Principal`] |
//! | `11` folded login name | the principal's id |
//! | `12` id | counter of changes to what hangs on the principal: devices, grants, memberships |

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Expect, Snapshot, Step};
use super::stored::{self, Stored};
use super::{Witness, decode, encode};
use crate::base::{PrincipalId, Timestamp};

const VERSION: u8 = 1;
const PRINCIPAL: u8 = 0x10;
const LOGIN: u8 = 0x11;
const TIES: u8 = 0x12;

/// A user or a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// What it is.
    pub kind: Kind,
    /// The name people sign in with, as it was given.
    pub name: String,
    /// The mail address, as it was given; people can sign in with it too.
    pub mail: Option<String>,
    /// The name shown to others.
    pub display_name: String,
    /// What a user may do beyond their own data.
    pub role: Role,
    /// Cannot sign in; the data stays.
    pub disabled: bool,
    /// When it was added.
    pub created: Timestamp,
}

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A person.
    User,
    /// A set of users and groups.
    Group,
}

/// What a user may do beyond their own data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Nothing.
    Member,
    /// Add, change and remove users and groups. Not: read what is theirs.
    Admin,
}

fn key(tag: u8, rest: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + rest.len());
    key.push(tag);
    key.extend_from_slice(rest.as_bytes());
    key
}

/// The principal with this id.
pub async fn get(
    snapshot: &Snapshot,
    id: &PrincipalId,
) -> Result<Option<Stored<Principal>>, EngineError> {
    stored::read(snapshot, VERSION, key(PRINCIPAL, id.as_str())).await
}

/// Who signs in with `folded`, a login name in its folded form.
pub async fn by_login(
    snapshot: &Snapshot,
    folded: &str,
) -> Result<Option<PrincipalId>, EngineError> {
    let id = snapshot
        .get_with(&key(LOGIN, folded), |value| {
            std::str::from_utf8(value).ok().and_then(PrincipalId::parse)
        })
        .await?;
    match id {
        Some(None) => Err(EngineError::new("a login name leads to an invalid id")),
        other => Ok(other.flatten()),
    }
}

/// Everybody, in the order of the ids.
pub async fn all(snapshot: &Snapshot) -> Result<Vec<(PrincipalId, Principal)>, EngineError> {
    let mut found = Vec::new();
    let mut damaged = None;
    snapshot
        .scan(&[PRINCIPAL], &[PRINCIPAL + 1], |key, value| {
            match id_of(key).ok_or_else(bad_key).and_then(|id| Ok((id, decode(VERSION, value)?))) {
                Ok(row) => found.push(row),
                Err(error) => {
                    damaged = Some(error);
                    return Step::Stop;
                }
            }
            Step::Continue
        })
        .await?;
    damaged.map_or(Ok(found), Err)
}

/// Every folded login name with the id it leads to.
pub(super) async fn logins(snapshot: &Snapshot) -> Result<Vec<(String, PrincipalId)>, EngineError> {
    let mut found = Vec::new();
    snapshot
        .scan(&[LOGIN], &[LOGIN + 1], |key, value| {
            let login = String::from_utf8_lossy(key.get(1..).unwrap_or_default()).into_owned();
            let id = std::str::from_utf8(value).ok().and_then(PrincipalId::parse);
            found.push(id.map(|id| (login, id)).ok_or_else(bad_key));
            Step::Continue
        })
        .await?;
    found.into_iter().collect()
}

/// Is there any user at all?
pub async fn none(snapshot: &Snapshot) -> Result<bool, EngineError> {
    let mut empty = true;
    snapshot
        .scan(&[PRINCIPAL], &[PRINCIPAL + 1], |_, _| {
            empty = false;
            Step::Stop
        })
        .await?;
    Ok(empty)
}

fn id_of(key: &[u8]) -> Option<PrincipalId> {
    PrincipalId::parse(std::str::from_utf8(key.get(1..)?).ok()?)
}

fn bad_key() -> EngineError {
    EngineError::new("a principal has an invalid id")
}

/// Adds a principal; the returned place is refused when the id is taken.
pub fn insert(
    batch: &mut Batch,
    id: &PrincipalId,
    principal: &Principal,
) -> Result<usize, EngineError> {
    let key = key(PRINCIPAL, id.as_str());
    let place = batch.expect(key.clone(), Expect::Absent);
    batch.put(key, encode(VERSION, principal)?);
    Ok(place)
}

/// Replaces a principal that is still as it was read.
pub fn update(
    batch: &mut Batch,
    id: &PrincipalId,
    read: &Witness,
    principal: &Principal,
) -> Result<(), EngineError> {
    read.require(batch);
    batch.put(key(PRINCIPAL, id.as_str()), encode(VERSION, principal)?);
    Ok(())
}

/// Removes a principal that is still as it was read. Login names and what hangs on it are the
/// caller's to remove; with [`expect_ties`] nothing can be hung on it meanwhile.
pub fn remove(batch: &mut Batch, id: &PrincipalId, read: &Witness) {
    read.require(batch);
    batch.delete(key(PRINCIPAL, id.as_str()));
    batch.delete(key(TIES, id.as_str()));
}

/// Reserves a folded login name; the returned place is refused when somebody has it.
pub fn insert_login(batch: &mut Batch, folded: &str, id: &PrincipalId) -> usize {
    let key = key(LOGIN, folded);
    let place = batch.expect(key.clone(), Expect::Absent);
    batch.put(key, Bytes::copy_from_slice(id.as_str().as_bytes()));
    place
}

/// Frees a folded login name.
pub fn remove_login(batch: &mut Batch, folded: &str) {
    batch.delete(key(LOGIN, folded));
}

/// Demands that the principal exists, and notes that something is hung on it or taken off it.
/// Every batch that changes devices, grants, memberships or the password of a principal does
/// this, so that removing the principal at the same time cannot leave any of them behind for
/// the next one with the same id.
pub fn tie(batch: &mut Batch, id: &PrincipalId) -> usize {
    let place = batch.expect(key(PRINCIPAL, id.as_str()), Expect::Present);
    batch.add(key(TIES, id.as_str()), 1);
    place
}

/// Demands that nothing was hung on the principal or taken off it since the snapshot.
pub async fn expect_ties(
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: &PrincipalId,
) -> Result<(), EngineError> {
    let key = key(TIES, id.as_str());
    let read = snapshot.get(&key).await?;
    batch.expect_same(key, read.as_ref());
    Ok(())
}
