//! Secret subscription addresses of calendars: made, listed, ended, and found by their secret.
//!
//! The secret is shown once and kept as a hash. Each address can be ended by itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::{generated, list};
use crate::base::{Fault, PrincipalId};
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::collection::{self, Collection, Kind, Role};
use crate::store::engine::Batch;
use crate::store::feeds::{self, Feed, Hash};
use crate::store::{Actor, Store, principals};

/// Random bytes of a secret.
const BYTES: usize = 24;

/// Most secret addresses of one user.
const MOST: usize = 1000;

/// The part of an address that must not be known; never printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    fn generate() -> Result<Self, Fault> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(Fault::internal)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// As it stands in the address.
    pub fn show(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// The hash of what somebody takes for a secret.
pub fn hash(secret: &str) -> Hash {
    Sha256::digest(secret).into()
}

/// Opens a secret address of a calendar. Who knows it sees everything that is on the calendar.
pub async fn publish(
    store: &Store,
    owner: &PrincipalId,
    calendar: &str,
    label: &str,
    actor: &Actor,
) -> Result<(Feed, Secret), Fault> {
    let mut attempts = store.attempts();
    loop {
        let (snapshot, mut batch) = attempts.begin().await?;
        let found = list::find(&snapshot, owner, calendar).await?;
        if found.collection.role == Role::Inbox {
            return Err(Fault::forbidden("Scheduling messages are nobody else's to read."));
        }
        if found.collection.role == Role::Interactions {
            return Err(Fault::forbidden("What was said with contacts is nobody else's to read."));
        }
        let open = feeds::of_owner(&snapshot, owner).await?;
        if open.len() >= MOST {
            return Err(Fault::conflict(format!("{owner} has {MOST} secret addresses already.")));
        }
        let secret = Secret::generate()?;
        let feed = Feed {
            collection: found.collection.id,
            owner: owner.clone(),
            number: open.last().map_or(1, |(_, last)| last.number.saturating_add(1)),
            label: label.to_owned(),
            created: store.now(),
        };
        found.witness.require(&mut batch);
        feeds::open(&mut batch, &hash(secret.show()), &feed)?;
        let address = Deed::of(Subject::FeedAddress, Verb::Added, owner.as_str());
        let deed = Deed { place: &found.collection.name, name: &feed.label, ..address };
        deed.note(store, &mut batch, actor)?;
        if attempts.done(batch).await? {
            return Ok((feed, secret));
        }
    }
}

/// The secret addresses of a user's calendars, with the calendars; those in the trash show nothing
/// and are told without one.
pub async fn published(
    store: &Store,
    owner: &PrincipalId,
) -> Result<Vec<(Feed, Option<Collection>)>, Fault> {
    let snapshot = store.snapshot().await?;
    let mut rows = Vec::new();
    for (_, feed) in feeds::of_owner(&snapshot, owner).await? {
        let found = collection::get(&snapshot, feed.collection).await?;
        let live = found.map(|found| found.collection).filter(|found| found.deleted.is_none());
        rows.push((feed, live));
    }
    Ok(rows)
}

/// Ends the secret address with this number; nobody reads by it any more.
pub async fn unpublish(
    store: &Store,
    owner: &PrincipalId,
    number: u32,
    actor: &Actor,
) -> Result<Feed, Fault> {
    let snapshot = store.snapshot().await?;
    let open = feeds::of_owner(&snapshot, owner).await?;
    let found = open.into_iter().find(|(_, feed)| feed.number == number);
    let Some((hash, feed)) = found else {
        let message = format!(
            "{owner} has no secret address {number}. `rolodav calendar published {owner}` shows \
             them."
        );
        return Err(Fault::new(404, message));
    };
    let mut batch = Batch::new();
    feeds::close(&mut batch, &hash, &feed);
    let place = collection::get(&snapshot, feed.collection).await?;
    let place = place.map(|found| found.collection.name).unwrap_or_default();
    let address = Deed::of(Subject::FeedAddress, Verb::Removed, owner.as_str());
    Deed { place: &place, name: &feed.label, ..address }.note(store, &mut batch, actor)?;
    store.commit(batch).await?;
    Ok(feed)
}

/// The calendar that the secret with this hash opens, up to date; nothing where the secret was
/// never one or is ended, the calendar is deleted, or its owner may not sign in.
pub async fn opened(store: &Store, hash: &Hash) -> Result<Option<Collection>, Fault> {
    let snapshot = store.snapshot().await?;
    let Some(feed) = feeds::get(&snapshot, hash).await? else { return Ok(None) };
    let owner = principals::get(&snapshot, &feed.owner).await?;
    if owner.is_none_or(|owner| owner.record.disabled) {
        return Ok(None);
    }
    let found = collection::get(&snapshot, feed.collection).await?;
    let found = found.map(|found| found.collection).filter(|found| {
        found.deleted.is_none() && found.kind == Kind::Calendar && found.owner == feed.owner
    });
    if let Some(calendar) = &found
        && calendar.role == Role::Birthdays
    {
        generated::freshen(store, calendar.id).await?;
    }
    Ok(found)
}
