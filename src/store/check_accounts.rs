//! Verifies that principals, login names, groups, devices and grants agree with each other.

use std::collections::{HashMap, HashSet};

use super::collection;
use super::devices;
use super::engine::{EngineError, Snapshot};
use super::grants;
use super::memberships;
use super::principals::{self, Kind, Principal};
use crate::base::{CollectionId, PrincipalId};

/// What is wrong, one sentence each.
pub async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let everybody: HashMap<PrincipalId, Principal> =
        principals::all(snapshot).await?.into_iter().collect();
    let mut faults = logins(snapshot, &everybody).await?;
    groups(snapshot, &everybody, &mut faults).await?;
    device_tables(snapshot, &everybody, &mut faults).await?;
    shares(snapshot, &everybody, &mut faults).await?;
    Ok(faults)
}

async fn logins(
    snapshot: &Snapshot,
    everybody: &HashMap<PrincipalId, Principal>,
) -> Result<Vec<String>, EngineError> {
    let mut faults = Vec::new();
    let mut reachable = HashSet::new();
    for (login, id) in principals::logins(snapshot).await? {
        if !everybody.contains_key(&id) {
            faults.push(format!("the login name `{login}` leads to {id}, which does not exist"));
        }
        reachable.insert(id);
    }
    for id in everybody.keys().filter(|id| !reachable.contains(*id)) {
        faults.push(format!("no login name leads to {id}"));
    }
    Ok(faults)
}

async fn groups(
    snapshot: &Snapshot,
    everybody: &HashMap<PrincipalId, Principal>,
    faults: &mut Vec<String>,
) -> Result<(), EngineError> {
    let mut forward = HashSet::new();
    for (group, members) in memberships::all_members(snapshot).await? {
        if everybody.get(&group).is_none_or(|found| found.kind != Kind::Group) {
            faults.push(format!("{group} has members, but is no group"));
        }
        for member in members.0 {
            if !everybody.contains_key(&member) {
                faults.push(format!("{member} in the group {group} does not exist"));
            }
            forward.insert((member, group.clone()));
        }
    }
    let backward: HashSet<_> =
        memberships::all_direct_groups(snapshot).await?.into_iter().collect();
    for (member, group) in forward.symmetric_difference(&backward) {
        faults.push(format!("only one of the two lists of groups has {member} in {group}"));
    }
    Ok(())
}

async fn device_tables(
    snapshot: &Snapshot,
    everybody: &HashMap<PrincipalId, Principal>,
    faults: &mut Vec<String>,
) -> Result<(), EngineError> {
    let all = devices::all(snapshot).await?;
    let mut lookups = devices::lookups(snapshot).await?;
    let mut owned: HashSet<_> = devices::owned(snapshot).await?.into_iter().collect();
    for (id, device) in all {
        let number = id.0;
        if !everybody.contains_key(&device.owner) {
            faults.push(format!("device {number} is of {}, who does not exist", device.owner));
        }
        if !owned.remove(&(device.owner.clone(), id)) {
            faults.push(format!("device {number} is not among those of {}", device.owner));
        }
        let found = lookups.remove(&device.lookup);
        if device.revoked.is_none() && found != Some(id) {
            faults.push(format!("the app password of device {number} does not find it"));
        }
        if device.revoked.is_some() && found == Some(id) {
            faults.push(format!("the app password of device {number} finds it though revoked"));
        }
    }
    for (owner, id) in owned {
        faults.push(format!("device {} of {owner} does not exist", id.0));
    }
    for id in lookups.into_values() {
        faults.push(format!("an app password finds device {}, which does not exist", id.0));
    }
    Ok(())
}

async fn shares(
    snapshot: &Snapshot,
    everybody: &HashMap<PrincipalId, Principal>,
    faults: &mut Vec<String>,
) -> Result<(), EngineError> {
    let collections: HashMap<CollectionId, PrincipalId> =
        collection::all(snapshot).await?.into_iter().map(|c| (c.id, c.owner)).collect();
    let (by_collection, by_grantee) = grants::all(snapshot).await?;
    let by_collection: HashSet<_> = by_collection.into_iter().collect();
    let by_grantee: HashSet<_> = by_grantee.into_iter().collect();
    for grant in &by_collection {
        let what = format!("the share of collection {} with {}", grant.collection.0, grant.grantee);
        if !everybody.contains_key(&grant.grantee) {
            faults.push(format!("{what} is with somebody who does not exist"));
        }
        match collections.get(&grant.collection) {
            None => faults.push(format!("{what} is of a collection that does not exist")),
            Some(owner) if *owner != grant.owner => {
                faults.push(format!("{what} names {} as the owner, who is {owner}", grant.owner));
            }
            Some(_) => {}
        }
        if !by_grantee.contains(grant) {
            faults.push(format!("{what} is not listed with {}", grant.grantee));
        }
    }
    for grant in by_grantee.difference(&by_collection) {
        faults.push(format!(
            "collection {} is listed with {}, but not shared",
            grant.collection.0, grant.grantee
        ));
    }
    Ok(())
}
