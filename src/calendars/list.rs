//! Calendars as their owner thinks of them: which there are, making one, removing one.

use super::generated;
use crate::base::{CollectionId, Fault, ObjectName, PrincipalId};
use crate::store::audit::{Deed, Verb};
use crate::store::collection::{self, Collection, Components, Found, Kind, Role};
use crate::store::engine::{Batch, CommitError, Snapshot};
use crate::store::grants;
use crate::store::{Actor, Store};

/// A calendar with what a listing tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// The record.
    pub collection: Collection,
    /// Events, tasks and what else is on it.
    pub entries: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// With how many users and groups it is shared.
    pub shares: usize,
}

/// A user's calendars, by name, without the inbox; what the server fills itself is up to date.
pub async fn list(store: &Store, owner: &PrincipalId) -> Result<Vec<Calendar>, Fault> {
    if let Some(birthdays) = generated::ensure(store, owner).await? {
        generated::freshen(store, birthdays.collection.id).await?;
    }
    let snapshot = store.snapshot().await?;
    let mut calendars = Vec::new();
    for Found { collection, .. } in collection::list(&snapshot, owner, Kind::Calendar).await? {
        if collection.role == Role::Inbox {
            continue;
        }
        let id = collection.id;
        calendars.push(Calendar {
            entries: collection::count(&snapshot, id).await?.unsigned_abs(),
            bytes: collection::bytes_used(&snapshot, id).await?.unsigned_abs(),
            shares: grants::of_collection(&snapshot, id).await?.len(),
            collection,
        });
    }
    Ok(calendars)
}

/// A user's calendar by its path segment.
pub async fn find(snapshot: &Snapshot, owner: &PrincipalId, name: &str) -> Result<Found, Fault> {
    let found = collection::find(snapshot, owner, Kind::Calendar, name).await?;
    found.ok_or_else(|| {
        let message = format!(
            "{owner} has no calendar `{name}`. `rolodav calendar list {owner}` shows the calendars."
        );
        Fault::new(404, message)
    })
}

/// Makes an empty calendar for one kind of component.
pub async fn create(
    store: &Store,
    owner: &PrincipalId,
    name: &ObjectName,
    display_name: Option<String>,
    components: Components,
    actor: &Actor,
) -> Result<Collection, Fault> {
    let taken = || Fault::conflict(format!("{owner} has a calendar `{name}` already."));
    let snapshot = store.snapshot().await?;
    if collection::find(&snapshot, owner, Kind::Calendar, name.as_str()).await?.is_some() {
        return Err(taken());
    }
    let (id, text) = (CollectionId(store.number()), name.as_str().to_owned());
    let mut calendar =
        Collection::new(id, Kind::Calendar, owner.clone(), text.clone(), store.now());
    // One without a name does not show in GNOME's accounts.
    calendar.display_name = Some(display_name.unwrap_or(text));
    calendar.calendar.components = components;
    let mut batch = Batch::new();
    collection::create(&mut batch, &calendar)?;
    Deed::of_collection(Verb::Added, &calendar).note(store, &mut batch, actor)?;
    match store.commit(batch).await {
        Ok(_) => Ok(calendar),
        Err(CommitError::Refused(_)) => Err(taken()),
        Err(CommitError::Failed(error)) => Err(error.into()),
    }
}

/// Moves a calendar to the trash, whole. What the server keeps for itself stays.
pub async fn remove(
    store: &Store,
    owner: &PrincipalId,
    name: &str,
    actor: &Actor,
) -> Result<(), Fault> {
    let snapshot = store.snapshot().await?;
    let found = find(&snapshot, owner, name).await?;
    if !found.collection.role.is_owners() {
        let message = format!("`{name}` is kept by the server; it cannot be removed.");
        return Err(Fault::forbidden(message));
    }
    let mut batch = Batch::new();
    collection::trash(store, &snapshot, &mut batch, &found).await?;
    Deed::of_collection(Verb::Removed, &found.collection).note(store, &mut batch, actor)?;
    Ok(store.commit(batch).await.map(drop)?)
}
