//! The books of segments, brought up to date before they are looked at.

use crate::base::{Fault, PrincipalId};
use crate::contacts::segments;
use crate::dav::path::Address;
use crate::dav::scope::Scope;
use crate::dav::tree;
use crate::store::collection::{self, Collection, Kind, Role};
use crate::store::engine::Snapshot;
use crate::store::grants;

/// Brings the books of segments up to date that somebody who looks at `address` may see: what was
/// changed before their request began is in what it is answered from.
pub(super) async fn freshen(scope: &Scope, address: &Address) -> Result<(), Fault> {
    let me = &scope.identity.principal;
    match address {
        Address::DavRoot | Address::Homes(Kind::AddressBook) => home(scope, me).await,
        Address::Home(Kind::AddressBook, owner) if owner == me => home(scope, me).await,
        Address::Collection { kind: Kind::AddressBook, owner, name }
        | Address::Member { kind: Kind::AddressBook, owner, collection: name, .. } => {
            let (store, name) = (scope.store(), name.as_str());
            let snapshot = store.snapshot().await?;
            let found = collection::find(&snapshot, owner, Kind::AddressBook, name).await?;
            let found = match (found, tree::shared_id(name)) {
                (None, Some(id)) => collection::get(&snapshot, id).await?,
                (found, _) => found,
            };
            match found.filter(|found| found.collection.role == Role::Segment) {
                Some(found) => segments::follow(store, &found.collection.owner).await,
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Those that somebody who looks at their home sees there.
async fn home(scope: &Scope, me: &PrincipalId) -> Result<(), Fault> {
    let store = scope.store();
    let snapshot = store.snapshot().await?;
    let owners = owners(scope, &snapshot, me).await?;
    drop(snapshot);
    for owner in owners {
        segments::follow(store, &owner).await?;
    }
    Ok(())
}

async fn owners(
    scope: &Scope,
    snapshot: &Snapshot,
    me: &PrincipalId,
) -> Result<Vec<PrincipalId>, Fault> {
    let own = collection::list(snapshot, me, Kind::AddressBook).await?;
    let mut seen: Vec<Collection> = own.into_iter().map(|found| found.collection).collect();
    for grant in grants::of_user(snapshot, me, &scope.identity.groups).await? {
        seen.extend(collection::get(snapshot, grant.collection).await?.map(|f| f.collection));
    }
    seen.retain(|book| book.role == Role::Segment && book.deleted.is_none());
    let mut owners: Vec<PrincipalId> = seen.into_iter().map(|book| book.owner).collect();
    owners.sort_unstable();
    owners.dedup();
    Ok(owners)
}
