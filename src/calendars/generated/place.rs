//! Where a generated calendar is: in its owner's home, made when it is missing.

use crate::accounts::birthday_calendar;
use crate::base::{Fault, PrincipalId, Timestamp};
use crate::store::Store;
use crate::store::collection::{self, Collection, Found, Kind, Role};
use crate::store::engine::{Batch, CommitError, Snapshot};
use crate::store::principals;

/// How often it is looked again after somebody else made something of the same name.
const ATTEMPTS: usize = 16;

/// The calendar of this role in a user's home.
pub async fn find(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    role: Role,
) -> Result<Option<Found>, Fault> {
    let calendars = collection::list(snapshot, owner, Kind::Calendar).await?;
    Ok(calendars.into_iter().find(|found| found.collection.role == role))
}

/// The calendar of birthdays in a user's home, made if it was missing; nothing where `owner` is
/// no user.
pub async fn ensure(store: &Store, owner: &PrincipalId) -> Result<Option<Found>, Fault> {
    ensure_as(store, owner, Role::Birthdays, birthday_calendar).await
}

/// The calendar of this role in a user's home, as `make` makes it if it was missing; nothing where
/// `owner` is no user.
pub async fn ensure_as(
    store: &Store,
    owner: &PrincipalId,
    role: Role,
    make: fn(&Store, &PrincipalId, Timestamp) -> Collection,
) -> Result<Option<Found>, Fault> {
    for attempt in 0..ATTEMPTS {
        let snapshot = store.snapshot().await?;
        if let Some(found) = find(&snapshot, owner, role).await? {
            return Ok(Some(found));
        }
        let user = principals::get(&snapshot, owner).await?;
        let Some(user) = user.filter(|user| user.record.kind == principals::Kind::User) else {
            return Ok(None);
        };
        let mut calendar = make(store, owner, store.now());
        if attempt > 0 {
            // A calendar of the owner's own has the name.
            calendar.name = format!("{}-{}", calendar.name, attempt + 1);
        }
        if collection::find(&snapshot, owner, Kind::Calendar, &calendar.name).await?.is_some() {
            continue;
        }
        let mut batch = Batch::new();
        user.witness.require(&mut batch);
        collection::create(&mut batch, &calendar)?;
        match store.commit(batch).await {
            Ok(_) | Err(CommitError::Refused(_)) => {}
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Fault::busy(1))
}
