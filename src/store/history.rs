//! History: every version that was replaced or deleted, until retention ends it.

use serde::{Deserialize, Serialize};

use super::body::{self, Body, Slot};
use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, table};
use super::member::Member;
use super::{Actor, Store, decode, encode};
use crate::base::{CollectionId, ETag, Timestamp};

const VERSION: u8 = 1;

/// Why a version is in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Something else was written over it.
    Replaced,
    /// It was deleted.
    Deleted,
    /// It was moved to another collection.
    Moved,
}

/// A version that is no longer served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The member's name.
    pub name: String,
    /// The normalised UID.
    pub uid: String,
    /// Why.
    pub reason: Reason,
    /// Who replaced or deleted it.
    pub by: Actor,
    /// The tag it had.
    pub etag: ETag,
    /// Its length in bytes.
    pub size: u64,
    /// The member's flags.
    pub flags: u8,
    /// When this version had been written.
    pub written: Timestamp,
}

/// Where a version lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The collection.
    pub collection: CollectionId,
    /// When it was replaced or deleted.
    pub at: Timestamp,
    /// A number that tells it from others of the same moment.
    pub number: u64,
}

impl Version {
    /// Is its body in the history? That of a member which moved went on with it.
    pub fn has_body(&self) -> bool {
        self.reason != Reason::Moved
    }
}

/// The body of a version.
pub async fn body(snapshot: &Snapshot, place: Place) -> Result<Body, EngineError> {
    body::get(snapshot, Slot::Kept(place)).await
}

/// Adds "this is what `member` was" to `batch`, and takes its body into the history.
#[allow(clippy::too_many_arguments)]
pub async fn keep(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: CollectionId,
    name: &str,
    member: &Member,
    reason: Reason,
    by: &Actor,
) -> Result<(), EngineError> {
    let version = Version {
        name: name.to_owned(),
        uid: member.uid.clone(),
        reason,
        by: by.clone(),
        etag: member.etag,
        size: member.size,
        flags: member.flags.0,
        written: member.modified,
    };
    let place = Place { collection: id, at: store.now(), number: store.number() };
    let key = keys::version(table::HISTORY, id, place.at.0, place.number);
    batch.put(key, encode(VERSION, &version)?);
    if version.has_body() {
        body::carry(snapshot, batch, Slot::Member(id, name), Slot::Kept(place)).await?;
    }
    Ok(())
}

/// Hands the versions of a collection to `visit`, oldest first, until it stops.
pub async fn scan(
    snapshot: &Snapshot,
    id: CollectionId,
    visit: impl FnMut(Place, Version) -> Step + Send,
) -> Result<(), EngineError> {
    scan_from(snapshot, id, Timestamp(0), visit).await
}

/// As [`scan`], of the versions that were replaced or deleted at `since` or later.
async fn scan_from(
    snapshot: &Snapshot,
    id: CollectionId,
    since: Timestamp,
    mut visit: impl FnMut(Place, Version) -> Step + Send,
) -> Result<(), EngineError> {
    let prefix = keys::of_collection(table::HISTORY, id);
    let from = keys::version(table::HISTORY, id, since.0, 0);
    let mut unreadable = None;
    snapshot
        .scan(&from, &keys::after(&prefix), |key, value| {
            let Some((at, number)) = key.get(prefix.len()..).and_then(|k| k.split_first_chunk())
            else {
                return Step::Continue;
            };
            let place = Place {
                collection: id,
                at: Timestamp(u64::from_be_bytes(*at)),
                number: number.first_chunk().map_or(0, |n| u64::from_be_bytes(*n)),
            };
            match decode(VERSION, value) {
                Ok(version) => visit(place, version),
                Err(error) => {
                    unreadable = Some(error);
                    Step::Stop
                }
            }
        })
        .await?;
    unreadable.map_or(Ok(()), Err)
}

/// Up to `most` versions of a collection after the one that a page ended with, oldest first.
pub async fn page(
    snapshot: &Snapshot,
    id: CollectionId,
    after: Option<Place>,
    most: usize,
) -> Result<Vec<(Place, Version)>, EngineError> {
    let mut page = Vec::new();
    let since = after.map_or(Timestamp(0), |place| place.at);
    scan_from(snapshot, id, since, |place, version| {
        if after.is_none_or(|after| (place.at, place.number) > (after.at, after.number)) {
            page.push((place, version));
        }
        if page.len() < most { Step::Continue } else { Step::Stop }
    })
    .await?;
    Ok(page)
}

/// Is there a version?
pub async fn is_there(snapshot: &Snapshot, place: Place) -> Result<bool, EngineError> {
    let key = keys::version(table::HISTORY, place.collection, place.at.0, place.number);
    snapshot.has(&key).await
}

/// Adds the end of a version to `batch`.
pub async fn end(
    snapshot: &Snapshot,
    batch: &mut Batch,
    place: Place,
    version: &Version,
) -> Result<(), EngineError> {
    batch.delete(keys::version(table::HISTORY, place.collection, place.at.0, place.number));
    if version.has_body() {
        body::delete(snapshot, batch, Slot::Kept(place)).await?;
    }
    Ok(())
}

/// Where the version of member `name` lies that had this tag and was not yet replaced at `since`.
pub async fn replaced_since(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
    etag: ETag,
    since: Timestamp,
) -> Result<Option<Place>, EngineError> {
    let mut found = None;
    let is_it =
        |version: &Version| version.name == name && version.etag == etag && version.has_body();
    scan_from(snapshot, id, since, |place, version| {
        if is_it(&version) {
            found = Some(place);
            return Step::Stop;
        }
        Step::Continue
    })
    .await?;
    Ok(found)
}

/// The versions of member `name`, oldest first.
pub async fn of_member(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Vec<(Place, Version)>, EngineError> {
    let mut versions = Vec::new();
    scan(snapshot, id, |place, version| {
        if version.name == name {
            versions.push((place, version));
        }
        Step::Continue
    })
    .await?;
    Ok(versions)
}

/// Ends up to `most` versions of a collection that were replaced or deleted before `before`;
/// returns how many.
pub async fn purge(
    store: &Store,
    id: CollectionId,
    before: Timestamp,
    most: usize,
) -> Result<usize, EngineError> {
    let snapshot = store.snapshot().await?;
    let mut due = Vec::new();
    scan(&snapshot, id, |place, version| {
        if place.at >= before || due.len() >= most {
            return Step::Stop;
        }
        due.push((place, version));
        Step::Continue
    })
    .await?;
    let mut ended = 0;
    for (place, version) in due {
        let mut batch = Batch::new();
        end(&snapshot, &mut batch, place, &version).await?;
        // Somebody may take up the same photo at this moment; the next run tries again.
        if store.commit(batch).await.is_ok() {
            ended += 1;
        }
    }
    Ok(ended)
}
