//! Who is in which group. Groups may hold groups; loops are harmless.
//!
//! | key | value |
//! |---|---|
//! | `13` group | [`Members`] |
//! | `14` member `00` group | nothing; finds the groups of a member |

use std::collections::BTreeSet;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::stored::{self, Stored};
use super::{decode, encode};
use crate::base::PrincipalId;

const VERSION: u8 = 1;
const MEMBERS: u8 = 0x13;
const GROUPS: u8 = 0x14;

/// The most groups one principal is resolved into; a bound on the cost of a sign-in.
pub const MOST_GROUPS: usize = 1000;

/// The direct members of a group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Members(pub BTreeSet<PrincipalId>);

fn members_key(group: &PrincipalId) -> Vec<u8> {
    let mut key = vec![MEMBERS];
    key.extend_from_slice(group.as_str().as_bytes());
    key
}

fn groups_prefix(member: &PrincipalId) -> Vec<u8> {
    let mut key = vec![GROUPS];
    key.extend_from_slice(member.as_str().as_bytes());
    key.push(0);
    key
}

fn groups_key(member: &PrincipalId, group: &PrincipalId) -> Vec<u8> {
    let mut key = groups_prefix(member);
    key.extend_from_slice(group.as_str().as_bytes());
    key
}

/// The direct members of a group; `None` when it never had any.
pub async fn members(
    snapshot: &Snapshot,
    group: &PrincipalId,
) -> Result<Option<Stored<Members>>, EngineError> {
    stored::read(snapshot, VERSION, members_key(group)).await
}

/// The groups that hold `member` directly.
pub async fn direct_groups(
    snapshot: &Snapshot,
    member: &PrincipalId,
) -> Result<Vec<PrincipalId>, EngineError> {
    let from = groups_prefix(member);
    let mut to = from.clone();
    if let Some(last) = to.last_mut() {
        *last = 1;
    }
    let mut groups = Vec::new();
    snapshot
        .scan(&from, &to, |key, _| {
            let group = key.get(from.len()..).and_then(|id| std::str::from_utf8(id).ok());
            groups.extend(group.and_then(PrincipalId::parse));
            Step::Continue
        })
        .await?;
    Ok(groups)
}

/// The groups that hold `member`, directly or through groups, in the order of their ids.
pub async fn all_groups(
    snapshot: &Snapshot,
    member: &PrincipalId,
) -> Result<Vec<PrincipalId>, EngineError> {
    let mut found = BTreeSet::new();
    let mut ahead = direct_groups(snapshot, member).await?;
    while let Some(group) = ahead.pop() {
        if found.len() < MOST_GROUPS && found.insert(group.clone()) {
            ahead.extend(direct_groups(snapshot, &group).await?);
        }
    }
    Ok(found.into_iter().collect())
}

/// Every group with its direct members.
pub(super) async fn all_members(
    snapshot: &Snapshot,
) -> Result<Vec<(PrincipalId, Members)>, EngineError> {
    let mut found = Vec::new();
    snapshot
        .scan(&[MEMBERS], &[MEMBERS + 1], |key, value| {
            let group = key.get(1..).and_then(|id| std::str::from_utf8(id).ok());
            let group = group.and_then(PrincipalId::parse);
            let group = group.ok_or_else(|| EngineError::new("a group has an invalid id"));
            found.push(group.and_then(|group| Ok((group, decode(VERSION, value)?))));
            Step::Continue
        })
        .await?;
    found.into_iter().collect()
}

/// Every pair of a member and a group that holds it directly, as the member's side has it.
pub(super) async fn all_direct_groups(
    snapshot: &Snapshot,
) -> Result<Vec<(PrincipalId, PrincipalId)>, EngineError> {
    let mut found = Vec::new();
    snapshot
        .scan(&[GROUPS], &[GROUPS + 1], |key, _| {
            let pair = key.get(1..).and_then(|pair| std::str::from_utf8(pair).ok());
            let pair = pair.and_then(|pair| pair.split_once('\0')).and_then(|(member, group)| {
                Some((PrincipalId::parse(member)?, PrincipalId::parse(group)?))
            });
            found.push(pair.ok_or_else(|| EngineError::new("a membership has an invalid id")));
            Step::Continue
        })
        .await?;
    found.into_iter().collect()
}

/// Makes `wanted` the members of `group`, which still has those that were `read`.
pub fn replace(
    batch: &mut Batch,
    group: &PrincipalId,
    read: Option<&Stored<Members>>,
    wanted: &Members,
) -> Result<(), EngineError> {
    let nobody = BTreeSet::new();
    let before = read.map_or(&nobody, |stored| &stored.record.0);
    let key = members_key(group);
    stored::require(batch, &key, read);
    if wanted.0.is_empty() {
        batch.delete(key);
    } else {
        batch.put(key, encode(VERSION, wanted)?);
    }
    for gone in before.difference(&wanted.0) {
        batch.delete(groups_key(gone, group));
    }
    for come in wanted.0.difference(before) {
        batch.put(groups_key(come, group), Bytes::new());
    }
    Ok(())
}
