//! Who may use the collections of others.
//!
//! | key | value |
//! |---|---|
//! | `1b` collection, grantee | [`Grant`] |
//! | `1c` grantee `00` collection | the same, so that a home lists its shares in one scan |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::{Witness, decode, encode};
use crate::base::{CollectionId, PrincipalId, Timestamp};

const VERSION: u8 = 2;
/// The format of grants that showed everything.
const WHOLE: u8 = 1;
const OF_COLLECTION: u8 = 0x1b;
const OF_GRANTEE: u8 = 0x1c;

/// What a grant allows; the greater includes the lesser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// See the collection and what is in it.
    Read,
    /// Also add, change and remove what is in it, and change its properties.
    ReadWrite,
}

/// A collection shared with a user or a group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// The collection.
    pub collection: CollectionId,
    /// Whose it is.
    pub owner: PrincipalId,
    /// With whom it is shared.
    pub grantee: PrincipalId,
    /// What is allowed.
    pub access: Access,
    /// Since when.
    pub created: Timestamp,
    /// Is what was with a contact left out of what they see?
    pub without_history: bool,
}

/// The record as [`WHOLE`] had it.
#[derive(Deserialize)]
struct WholeGrant {
    collection: CollectionId,
    owner: PrincipalId,
    grantee: PrincipalId,
    access: Access,
    created: Timestamp,
}

/// What somebody may do with a collection of somebody else.
#[derive(Debug, Clone)]
pub struct Allowed {
    /// The widest access of all their grants.
    pub access: Access,
    /// Makes a write depend on it.
    pub witness: Witness,
    /// Do all of their grants leave the history out?
    pub without_history: bool,
}

impl Grant {
    fn read(record: &[u8]) -> Result<Self, EngineError> {
        if record.first() != Some(&WHOLE) {
            return decode(VERSION, record);
        }
        let WholeGrant { collection, owner, grantee, access, created } = decode(WHOLE, record)?;
        Ok(Self { collection, owner, grantee, access, created, without_history: false })
    }
}

fn collection_key(collection: CollectionId, grantee: &PrincipalId) -> Vec<u8> {
    let mut key = vec![OF_COLLECTION];
    key.extend_from_slice(&collection.0.to_be_bytes());
    key.extend_from_slice(grantee.as_str().as_bytes());
    key
}

fn grantee_prefix(grantee: &PrincipalId) -> Vec<u8> {
    let mut key = vec![OF_GRANTEE];
    key.extend_from_slice(grantee.as_str().as_bytes());
    key.push(0);
    key
}

fn grantee_key(grantee: &PrincipalId, collection: CollectionId) -> Vec<u8> {
    let mut key = grantee_prefix(grantee);
    key.extend_from_slice(&collection.0.to_be_bytes());
    key
}

async fn scan(snapshot: &Snapshot, from: &[u8], to: &[u8]) -> Result<Vec<Grant>, EngineError> {
    let mut grants = Vec::new();
    let mut damaged = None;
    snapshot
        .scan(from, to, |_, value| match Grant::read(value) {
            Ok(grant) => {
                grants.push(grant);
                Step::Continue
            }
            Err(error) => {
                damaged = Some(error);
                Step::Stop
            }
        })
        .await?;
    damaged.map_or(Ok(grants), Err)
}

/// With whom a collection is shared, in the order of their ids.
pub async fn of_collection(
    snapshot: &Snapshot,
    collection: CollectionId,
) -> Result<Vec<Grant>, EngineError> {
    let mut from = vec![OF_COLLECTION];
    from.extend_from_slice(&collection.0.to_be_bytes());
    let mut to = from.clone();
    // Ids are ASCII, so nothing of the collection sorts behind this byte.
    to.push(0xff);
    scan(snapshot, &from, &to).await
}

/// What is shared with a user or group itself, without its groups; oldest collection first.
pub async fn of_grantee(
    snapshot: &Snapshot,
    grantee: &PrincipalId,
) -> Result<Vec<Grant>, EngineError> {
    let from = grantee_prefix(grantee);
    let mut to = from.clone();
    if let Some(last) = to.last_mut() {
        *last = 1;
    }
    scan(snapshot, &from, &to).await
}

/// What is shared with a user, themselves or through any of `groups`: each collection once, with
/// the widest access; oldest collection first.
pub async fn of_user(
    snapshot: &Snapshot,
    user: &PrincipalId,
    groups: &[PrincipalId],
) -> Result<Vec<Grant>, EngineError> {
    let mut grants = of_grantee(snapshot, user).await?;
    for group in groups {
        grants.extend(of_grantee(snapshot, group).await?);
    }
    grants.sort_by_key(|grant| (grant.collection, std::cmp::Reverse(grant.access)));
    grants.dedup_by_key(|grant| grant.collection);
    grants.retain(|grant| grant.owner != *user);
    Ok(grants)
}

/// What a user may do with a collection of somebody else, themselves or through any of `groups`.
pub async fn access(
    snapshot: &Snapshot,
    collection: CollectionId,
    user: &PrincipalId,
    groups: &[PrincipalId],
) -> Result<Option<Allowed>, EngineError> {
    let mut widest: Option<Allowed> = None;
    for grantee in std::iter::once(user).chain(groups) {
        let key = collection_key(collection, grantee);
        let Some(value) = snapshot.get(&key).await? else { continue };
        let Grant { access, without_history, .. } = Grant::read(&value)?;
        let found = Allowed { access, witness: Witness::new(key, Some(value)), without_history };
        let left_out = widest.as_ref().is_none_or(|other| other.without_history);
        if widest.as_ref().is_none_or(|other| other.access < access) {
            widest = Some(found);
        }
        if let Some(widest) = &mut widest {
            widest.without_history = left_out && without_history;
            if widest.access == Access::ReadWrite && !widest.without_history {
                break;
            }
        }
    }
    Ok(widest)
}

/// Every grant, as the collections' side and as the grantees' side has it.
pub(super) async fn all(snapshot: &Snapshot) -> Result<(Vec<Grant>, Vec<Grant>), EngineError> {
    let by_collection = scan(snapshot, &[OF_COLLECTION], &[OF_COLLECTION + 1]).await?;
    let by_grantee = scan(snapshot, &[OF_GRANTEE], &[OF_GRANTEE + 1]).await?;
    Ok((by_collection, by_grantee))
}

/// Shares a collection, or changes what a share allows.
pub fn put(batch: &mut Batch, grant: &Grant) -> Result<(), EngineError> {
    let value = encode(VERSION, grant)?;
    batch.put(collection_key(grant.collection, &grant.grantee), value.clone());
    batch.put(grantee_key(&grant.grantee, grant.collection), value);
    Ok(())
}

/// Ends a share.
pub fn remove(batch: &mut Batch, collection: CollectionId, grantee: &PrincipalId) {
    batch.delete(collection_key(collection, grantee));
    batch.delete(grantee_key(grantee, collection));
}
