//! Has generated calendars brought up to date before they are looked at.

use std::future::ready;
use std::pin::Pin;

use crate::accounts::BIRTHDAYS;
use crate::base::{CollectionId, Fault, PrincipalId};
use crate::calendars::generated;
use crate::contacts::interactions_calendar;
use crate::dav::path::Address;
use crate::dav::registry::Upkeep;
use crate::dav::scope::Scope;
use crate::dav::tree;
use crate::store::collection::{self, Kind, Role};
use crate::store::engine::Snapshot;
use crate::store::{grants, memberships};

/// The upkeep of generated calendars.
#[derive(Debug)]
pub struct GeneratedCalendars;

impl Upkeep for GeneratedCalendars {
    fn freshen<'a>(
        &'a self,
        scope: &'a Scope,
        address: &'a Address,
    ) -> Pin<Box<dyn Future<Output = Result<(), Fault>> + Send + 'a>> {
        // Several futures, so that a request for a card, which has no upkeep, makes none of the
        // size that a calendar's needs.
        let me = &scope.identity.principal;
        match address {
            Address::DavRoot | Address::Homes(Kind::Calendar) => Box::pin(home(scope, me)),
            Address::Home(Kind::Calendar, owner)
                if owner == me || scope.identity.delegation(owner).is_some() =>
            {
                Box::pin(home(scope, owner))
            }
            Address::Collection { kind: Kind::Calendar, owner, name }
            | Address::Member { kind: Kind::Calendar, owner, collection: name, .. } => {
                Box::pin(one(scope, owner, name.as_str()))
            }
            _ => Box::pin(ready(Ok(()))),
        }
    }
}

/// The calendars that somebody who looks at a home sees there.
async fn home(scope: &Scope, owner: &PrincipalId) -> Result<(), Fault> {
    let store = scope.store();
    if let Some(own) = generated::ensure(store, owner).await? {
        generated::freshen(store, own.collection.id).await?;
    }
    if *owner == scope.identity.principal {
        // Nobody else sees it.
        interactions_calendar::freshen(store, owner).await?;
    }
    let snapshot = store.snapshot().await?;
    let groups = memberships::all_groups(&snapshot, owner).await?;
    let granted = grants::of_user(&snapshot, owner, &groups).await?;
    drop(snapshot);
    for grant in granted {
        if is_generated(&store.snapshot().await?, grant.collection).await? {
            generated::freshen(store, grant.collection).await?;
        }
    }
    Ok(())
}

async fn one(scope: &Scope, owner: &PrincipalId, name: &str) -> Result<(), Fault> {
    let store = scope.store();
    let snapshot = store.snapshot().await?;
    let found = collection::find(&snapshot, owner, Kind::Calendar, name).await?;
    if let Some(found) = found {
        match found.collection.role {
            Role::Birthdays => generated::freshen(store, found.collection.id).await?,
            Role::Interactions if *owner == scope.identity.principal => {
                interactions_calendar::freshen(store, owner).await?;
            }
            _ => {}
        }
    } else if let Some(id) = tree::shared_id(name)
        && is_generated(&snapshot, id).await?
    {
        generated::freshen(store, id).await?;
    } else if name == BIRTHDAYS
        && *owner == scope.identity.principal
        && let Some(own) = generated::ensure(store, owner).await?
    {
        generated::freshen(store, own.collection.id).await?;
    }
    Ok(())
}

async fn is_generated(snapshot: &Snapshot, id: CollectionId) -> Result<bool, Fault> {
    let found = collection::get(snapshot, id).await?;
    Ok(found.is_some_and(|found| found.collection.role == Role::Birthdays))
}
