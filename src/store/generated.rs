//! Collections that the server fills itself from others: what of their sources was taken in, and
//! which member of a source stands behind what was made.
//!
//! The state is changed in the commit that writes what it tells of, under the condition that it
//! is still what was read: two that bring a collection up to date do not both do it.

use serde::{Deserialize, Serialize};

use super::body::{self, NewBody, Slot};
use super::collection::Collection;
use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key, table};
use super::member::Member;
use super::spans;
use super::stored::{self, Stored};
use super::write::NewMember;
use super::{Store, change, words};
use crate::base::CollectionId;

const VERSION: u8 = 1;

/// How far a generated collection follows its sources.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State {
    /// What else its content depends on, in a form to be compared.
    pub basis: String,
    /// The collections it is made from.
    pub sources: Vec<Source>,
}

/// A collection that another one is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Which one.
    pub collection: CollectionId,
    /// Its changes up to this number were taken in.
    pub head: u64,
    /// While it is gone through as a whole: the last member that was, or an empty text.
    pub after: Option<String>,
}

/// How far `id` follows its sources; `None` before the first time.
pub async fn state(
    snapshot: &Snapshot,
    id: CollectionId,
) -> Result<Option<Stored<State>>, EngineError> {
    stored::read(snapshot, VERSION, state_key(id)).await
}

/// Adds the step from the state that was `read` to `now` to `batch`.
pub fn advance(
    batch: &mut Batch,
    id: CollectionId,
    read: Option<&Stored<State>>,
    now: &State,
) -> Result<(), EngineError> {
    stored::advance(batch, VERSION, state_key(id), read, now)
}

/// The UID that member `name` of `source` had when something was made of it.
pub async fn origin(
    snapshot: &Snapshot,
    id: CollectionId,
    source: CollectionId,
    name: &str,
) -> Result<Option<String>, EngineError> {
    let key = origin_key(id, source, name);
    snapshot.get_with(&key, |uid| String::from_utf8_lossy(uid).into_owned()).await
}

/// Adds "something was made of member `name` of `source`, which has `uid`" to `batch`; without
/// a UID, that nothing is made of it any more.
pub fn set_origin(
    batch: &mut Batch,
    id: CollectionId,
    source: CollectionId,
    name: &str,
    uid: Option<&str>,
) {
    let key = origin_key(id, source, name);
    match uid {
        Some(uid) => batch.put(key, uid.as_bytes().to_vec()),
        None => batch.delete(key),
    }
}

/// Up to `most` members of `source`, with their UIDs, of which something was made.
pub async fn origins(
    snapshot: &Snapshot,
    id: CollectionId,
    source: CollectionId,
    most: usize,
) -> Result<Vec<(String, String)>, EngineError> {
    let prefix = origin_key(id, source, "");
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, uid| {
            let name = key.get(prefix.len()..).unwrap_or_default();
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            found.push((text(name), text(uid)));
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}

impl Store {
    /// Adds the making of member `name`, or its change from `old`, to `batch`. What the server
    /// makes leaves no history, for it can be made again.
    pub async fn plan_generated(
        &self,
        snapshot: &Snapshot,
        batch: &mut Batch,
        collection: &Collection,
        name: &str,
        old: Option<&Member>,
        new: &NewMember,
    ) -> Result<(), EngineError> {
        let (id, now) = (collection.id, self.now());
        let size = new.body.bytes.len() as u64;
        let grows = size as i64 - old.map_or(0, |member| member.size as i64);
        if old.is_none() {
            let uid = keys::in_collection(table::UID, id, &new.uid);
            batch.put(uid, name.as_bytes().to_vec());
            batch.add(keys::member_count(id), 1);
        }
        batch.add(keys::collection_bytes(id), grows);
        batch.add(keys::user_bytes(&collection.owner), grows);
        let member = Member {
            flags: new.flags,
            etag: new.etag,
            size,
            created: old.map_or(now, |member| member.created),
            modified: now,
            uid: new.uid.clone(),
        };
        batch.put(keys::in_collection(table::MEMBER, id, name), member.encode());
        let body = NewBody { bytes: new.body.bytes.clone(), blobs: Vec::new() };
        body::put(snapshot, batch, Slot::Member(id, name), &body).await?;
        change::append(batch, id, name);
        let before = spans::get(snapshot, id, name).await?;
        spans::replace(batch, id, name, &before, &new.spans);
        let (place, flags) = ((collection, name), new.flags);
        words::take_in(self, snapshot, batch, place, &new.body.bytes, flags).await
    }

    /// Adds the end of member `name`, which is `old`, to `batch`.
    pub async fn plan_ungenerated(
        &self,
        snapshot: &Snapshot,
        batch: &mut Batch,
        collection: &Collection,
        name: &str,
        old: &Member,
    ) -> Result<(), EngineError> {
        let id = collection.id;
        batch.delete(keys::in_collection(table::MEMBER, id, name));
        batch.delete(keys::in_collection(table::UID, id, &old.uid));
        batch.add(keys::member_count(id), -1);
        batch.add(keys::collection_bytes(id), -(old.size as i64));
        batch.add(keys::user_bytes(&collection.owner), -(old.size as i64));
        body::delete(snapshot, batch, Slot::Member(id, name)).await?;
        change::append(batch, id, name);
        let before = spans::get(snapshot, id, name).await?;
        spans::replace(batch, id, name, &before, &[]);
        words::gone(snapshot, batch, id, name).await
    }
}

fn state_key(id: CollectionId) -> Vec<u8> {
    keys::of_collection(table::GENERATED, id)
}

fn origin_key(id: CollectionId, source: CollectionId, name: &str) -> Vec<u8> {
    Key::of(table::ORIGIN).number(id.0).number(source.0).bytes(name.as_bytes()).done()
}
