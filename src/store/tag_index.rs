//! Which members bear which tags. The index is told of a member whenever a book's change log is
//! followed; its state is changed in the same commit, so that nothing is taken in twice.
//!
//! | key | value |
//! |---|---|
//! | `52` tag collection name | the UID, as it is written, of a member that bears the tag |
//! | `53` collection name | [`Entry`]: the tags of a member that bears any |
//! | `54` `c` tag | how many members bear the tag |
//! | `54` `s` owner `00` collection | [`State`] |

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::followed::{self, State};
use super::keys::{self, Key, table};
use super::stored::{self, Stored};
use super::tags::{self, TagId};
use super::{Store, counter, decode, encode, group_cards, tag_awaited};
use crate::base::{CollectionId, PrincipalId};

const VERSION: u8 = 1;
const COUNT: &[u8] = b"c";
const FOLLOWED: &[u8] = b"s";

/// Rows that one commit ends.
const STEP: usize = 256;

/// The tags of one member.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Entry {
    /// The member's UID as it is written, without `urn:uuid:`.
    pub uid: String,
    /// Its tags, ascending, each once.
    pub tags: Vec<TagId>,
}

/// A member that bears a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// The book.
    pub collection: CollectionId,
    /// The member's name.
    pub name: String,
    /// Its UID as it is written, without `urn:uuid:`.
    pub uid: String,
}

fn bearer_key(tag: TagId, collection: CollectionId, name: &str) -> Vec<u8> {
    Key::of(table::TAG_BEARER).number(tag.0).number(collection.0).bytes(name.as_bytes()).done()
}

fn entry_key(collection: CollectionId, name: &str) -> Vec<u8> {
    keys::in_collection(table::TAGS_OF, collection, name)
}

fn count_key(tag: TagId) -> Vec<u8> {
    Key::of(table::TAGGING).bytes(COUNT).number(tag.0).done()
}

/// Where it is written how far the index follows a book of `owner`.
pub fn followed_key(owner: &PrincipalId, collection: CollectionId) -> Vec<u8> {
    Key::of(table::TAGGING).bytes(FOLLOWED).text(owner.as_str()).number(collection.0).done()
}

/// The tags of member `name` as far as the index knows.
pub async fn entry(
    snapshot: &Snapshot,
    collection: CollectionId,
    name: &str,
) -> Result<Option<Entry>, EngineError> {
    stored::record(snapshot, VERSION, &entry_key(collection, name)).await
}

/// What a row says of the tags of a member.
pub(super) fn read(value: &[u8]) -> Result<Entry, EngineError> {
    decode(VERSION, value)
}

/// Adds the change of what member `name` bears from `was` to `now` to `batch`.
pub fn set(
    batch: &mut Batch,
    collection: CollectionId,
    name: &str,
    was: Option<&Entry>,
    now: Option<&Entry>,
) -> Result<(), EngineError> {
    let none = Entry::default();
    let (old, new) = (was.unwrap_or(&none), now.unwrap_or(&none));
    if old == new {
        return Ok(());
    }
    for tag in &old.tags {
        if !new.tags.contains(tag) {
            batch.delete(bearer_key(*tag, collection, name));
            batch.add(count_key(*tag), -1);
            group_cards::note_change(batch, collection, *tag);
        }
    }
    for tag in &new.tags {
        let known = old.tags.contains(tag);
        if !known {
            batch.add(count_key(*tag), 1);
        }
        if !known || old.uid != new.uid {
            batch.put(bearer_key(*tag, collection, name), new.uid.as_bytes().to_vec());
            group_cards::note_change(batch, collection, *tag);
        }
    }
    if new.tags.is_empty() {
        batch.delete(entry_key(collection, name));
    } else {
        batch.put(entry_key(collection, name), encode(VERSION, new)?);
    }
    Ok(())
}

/// How many members bear `tag`.
pub async fn count(snapshot: &Snapshot, tag: TagId) -> Result<u64, EngineError> {
    let count = snapshot.get_with(&count_key(tag), counter).await?;
    Ok(count.unwrap_or(0).max(0) as u64)
}

/// Adds the end of the count of a tag that ends to `batch`.
pub(super) fn drop_count(batch: &mut Batch, tag: TagId) {
    batch.delete(count_key(tag));
}

/// Up to `most` members that bear `tag`, by book and name, after `after`.
pub async fn bearers(
    snapshot: &Snapshot,
    tag: TagId,
    after: Option<&(CollectionId, String)>,
    most: usize,
) -> Result<Vec<Bearer>, EngineError> {
    let prefix = Key::of(table::TAG_BEARER).number(tag.0).done();
    let from = match after {
        Some((collection, name)) => [&bearer_key(tag, *collection, name)[..], &[0]].concat(),
        None => prefix.clone(),
    };
    scan(snapshot, &prefix, &from, &keys::after(&prefix), most).await
}

/// The members of `collection` that bear `tag`, by name.
pub async fn bearers_in(
    snapshot: &Snapshot,
    tag: TagId,
    collection: CollectionId,
) -> Result<Vec<Bearer>, EngineError> {
    let prefix = Key::of(table::TAG_BEARER).number(tag.0).done();
    let from = bearer_key(tag, collection, "");
    scan(snapshot, &prefix, &from, &keys::after(&from), usize::MAX).await
}

async fn scan(
    snapshot: &Snapshot,
    prefix: &[u8],
    from: &[u8],
    to: &[u8],
    most: usize,
) -> Result<Vec<Bearer>, EngineError> {
    let mut found = Vec::new();
    snapshot
        .scan(from, to, |key, uid| {
            let rest = key.get(prefix.len()..).and_then(<[u8]>::split_first_chunk::<8>);
            if let Some((collection, name)) = rest {
                found.push(Bearer {
                    collection: CollectionId(u64::from_be_bytes(*collection)),
                    name: String::from_utf8_lossy(name).into_owned(),
                    uid: String::from_utf8_lossy(uid).into_owned(),
                });
            }
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}

/// How far the index follows `collection`; `None` before the first time.
pub async fn followed(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    collection: CollectionId,
) -> Result<Option<Stored<State<()>>>, EngineError> {
    followed::state(snapshot, followed_key(owner, collection)).await
}

/// The collections that the index follows for `owner`.
pub async fn followed_by(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<CollectionId>, EngineError> {
    let prefix = Key::of(table::TAGGING).bytes(FOLLOWED).text(owner.as_str()).done();
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            found.extend(keys::last_number(key).map(CollectionId));
            Step::Continue
        })
        .await?;
    Ok(found)
}

/// Adds that `collection`, followed as it was `read`, is no longer followed to `batch`.
pub fn let_go(
    batch: &mut Batch,
    owner: &PrincipalId,
    collection: CollectionId,
    read: &Stored<State<()>>,
) {
    read.witness.require(batch);
    batch.delete(followed_key(owner, collection));
}

/// Adds the end of up to 256 entries of `collection` to `batch`; `true` when that was all.
pub async fn leave(
    snapshot: &Snapshot,
    batch: &mut Batch,
    collection: CollectionId,
) -> Result<bool, EngineError> {
    let prefix = keys::of_collection(table::TAGS_OF, collection);
    let due: Vec<(String, Entry)> =
        stored::below(snapshot, VERSION, &prefix, STEP, keys::text_in).await?;
    let all = due.len() < STEP;
    let mut lost: BTreeMap<TagId, i64> = BTreeMap::new();
    for (name, entry) in due {
        for tag in entry.tags {
            batch.delete(bearer_key(tag, collection, &name));
            *lost.entry(tag).or_default() += 1;
        }
        batch.delete(entry_key(collection, &name));
    }
    for (tag, lost) in lost {
        // Of a tag that is gone nothing is counted any more.
        if tags::get(snapshot, tag).await?.is_some() {
            batch.add(count_key(tag), -lost);
        }
    }
    for tag in group_cards::changed::<TagId>(snapshot, collection, usize::MAX).await? {
        batch.delete(group_cards::change_of(collection, tag));
    }
    let prefix = tag_awaited::awaited_in(collection).done();
    let mut waiting = 0;
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            batch.delete(key.to_vec());
            waiting += 1;
            if waiting < STEP { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(all && waiting < STEP)
}

/// Adds to `batch` that no book of `owner` is followed any more.
pub(super) async fn let_all_go(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
) -> Result<(), EngineError> {
    for id in followed_by(snapshot, owner).await? {
        batch.delete(followed_key(owner, id));
    }
    Ok(())
}

/// Ends what the index has of a deleted collection.
pub(super) async fn purge(
    store: &Store,
    owner: &PrincipalId,
    collection: CollectionId,
) -> Result<(), EngineError> {
    let mut all = false;
    while !all {
        let snapshot = store.snapshot().await?;
        let mut batch = Batch::new();
        all = leave(&snapshot, &mut batch, collection).await?;
        if all {
            batch.delete(followed_key(owner, collection));
            for prefix in group_cards::cards_in::<TagId>(collection) {
                stored::end_below(&snapshot, &mut batch, &prefix).await?;
            }
        }
        let done = store.commit(batch).await;
        done.map_err(|e| EngineError::caused("the tags of deleted data cannot be ended now", e))?;
    }
    Ok(())
}
