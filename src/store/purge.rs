//! The end of deleted collections, old versions, refused ones and removed interactions: in small
//! commits, so that nobody waits.

use super::body::Slot;
use super::collection::Collection;
use super::engine::{Batch, CommitError, EngineError, Step};
use super::keys::{self, table};
use super::{
    Store, addresses, attention, body, collection, conflicts, days, feeds, grants, history,
    interactions, match_index, merges, principals, property, quality, quality_cleanings, retention,
    segments, served, tag_index, words,
};
use crate::base::{CollectionId, Timestamp};

/// Rows that one commit ends.
const STEP: usize = 200;

/// Ends what was deleted or replaced before `before`: versions in the history, collections in
/// the trash, what is known of removed interactions. Returns how many of each.
pub async fn before(store: &Store, before: Timestamp) -> Result<(usize, usize), EngineError> {
    let (mut versions, mut collections) = (0, 0);
    let listed = principals::all(&store.snapshot().await?).await?;
    for (owner, _) in listed {
        merges::purge(store, &owner, store.now().minus_days(merges::KEPT_DAYS)).await?;
        let kept = store.now().minus_days(quality_cleanings::KEPT_DAYS);
        quality_cleanings::purge(store, &owner, kept).await?;
    }
    let listed = collection::all(&store.snapshot().await?).await?;
    for found in listed {
        if found.deleted.is_some_and(|at| at < before) {
            whole(store, &found).await?;
            collections += 1;
            continue;
        }
        conflicts::purge(store, found.id, before).await?;
        loop {
            let ended = history::purge(store, found.id, before, STEP).await?;
            versions += ended;
            if ended < STEP {
                break;
            }
        }
    }
    let listed = principals::all(&store.snapshot().await?).await?;
    for (owner, _) in listed {
        while interactions::purge(store, &owner, before, STEP).await? == STEP {}
    }
    Ok((versions, collections))
}

/// Ends a deleted collection with everything in it. Stopped half-way it can be begun again: the
/// collection's own record goes last.
async fn whole(store: &Store, dead: &Collection) -> Result<(), EngineError> {
    let id = dead.id;
    while members(store, id).await? {}
    while history::purge(store, id, Timestamp(u64::MAX), STEP).await? > 0 {}
    conflicts::purge(store, id, Timestamp(u64::MAX)).await?;
    let parts = [
        table::UID,
        table::CHANGE,
        table::ATTENTION,
        table::TIME,
        table::SPANS,
        table::GENERATED,
        table::ORIGIN,
        served::SERVED,
        table::SUBSCRIPTION,
    ];
    for part in parts {
        while rows(store, &keys::of_collection(part, id)).await? {}
    }
    for part in words::of_book(id) {
        while rows(store, &part).await? {}
    }
    for index in indexes(id) {
        while rows(store, &index).await? {}
    }
    for letter in retention::PARTS {
        while rows(store, &retention::prefix(letter, id)).await? {}
    }
    while rows(store, &merges::ended_in(id)).await? {}
    for prefix in segments::of_collection(id) {
        while rows(store, &prefix).await? {}
    }
    tag_index::purge(store, &dead.owner, id).await?;
    let snapshot = store.snapshot().await?;
    let mut batch = Batch::new();
    property::clear(&snapshot, &mut batch, &property::Holder::Collection(id)).await?;
    for grant in grants::of_collection(&snapshot, id).await? {
        grants::remove(&mut batch, id, &grant.grantee);
    }
    for (hash, feed) in feeds::of_owner(&snapshot, &dead.owner).await? {
        if feed.collection == id {
            feeds::close(&mut batch, &hash, &feed);
        }
    }
    batch.delete(keys::changes(id));
    batch.delete(keys::member_count(id));
    batch.delete(keys::collection_bytes(id));
    if let Some(at) = dead.deleted {
        batch.delete(keys::trashed(&dead.owner, at.0, id));
    }
    batch.delete(keys::collection(id));
    commit(store, batch).await
}

/// Where the rows of the indexes begin that follow a book on demand.
fn indexes(id: CollectionId) -> Vec<Vec<u8>> {
    let plain = [
        addresses::STATE,
        addresses::BY_MAIL,
        addresses::BY_NAME,
        days::STATE,
        days::BY_DAY,
        days::BY_NAME,
    ];
    let mut parts: Vec<Vec<u8>> = plain.iter().map(|part| keys::of_collection(*part, id)).collect();
    parts.extend(match_index::PARTS.iter().map(|letter| match_index::prefix(*letter, id)));
    parts.extend(quality::PARTS.iter().map(|letter| quality::prefix(*letter, id)));
    parts
}

/// Ends the indexes that follow books on demand, of a book that is deleted: nobody brings them up to
/// date any more. Should it be restored, they are made anew.
pub async fn indexes_of_deleted(store: &Store, id: CollectionId) -> Result<(), EngineError> {
    for prefix in indexes(id) {
        loop {
            let snapshot = store.snapshot().await?;
            let Some(found) = collection::get(&snapshot, id).await? else { return Ok(()) };
            if found.collection.deleted.is_none() {
                return Ok(());
            }
            let mut batch = Batch::new();
            snapshot
                .scan(&prefix, &keys::after(&prefix), |key, _| {
                    batch.delete(key.to_vec());
                    if batch.ops().len() < STEP { Step::Continue } else { Step::Stop }
                })
                .await?;
            if batch.ops().is_empty() {
                break;
            }
            found.witness.require(&mut batch);
            match store.commit(batch).await {
                Ok(_) | Err(CommitError::Refused(_)) => {}
                Err(CommitError::Failed(error)) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Ends some members of a deleted collection; `false` when none are left.
async fn members(store: &Store, id: CollectionId) -> Result<bool, EngineError> {
    let snapshot = store.snapshot().await?;
    let prefix = keys::of_collection(table::MEMBER, id);
    let mut due: Vec<(Vec<u8>, String)> = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            let name = String::from_utf8_lossy(key.get(prefix.len()..).unwrap_or_default());
            due.push((key.to_vec(), name.into_owned()));
            if due.len() < STEP { Step::Continue } else { Step::Stop }
        })
        .await?;
    drop(snapshot);
    for (key, name) in &due {
        // Each on its own: two members may hold the same photo, whose count each changes.
        let snapshot = store.snapshot().await?;
        let mut batch = Batch::new();
        batch.delete(key.clone());
        body::delete(&snapshot, &mut batch, Slot::Member(id, name)).await?;
        property::clear(&snapshot, &mut batch, &property::Holder::Member(id, name)).await?;
        if let Some(record) = attention::get(&snapshot, id, name).await?
            && record.original
        {
            body::delete(&snapshot, &mut batch, Slot::Original(id, name)).await?;
        }
        attention::delete(&mut batch, id, name);
        commit(store, batch).await?;
    }
    Ok(!due.is_empty())
}

/// Ends some rows that begin with `prefix`; `false` when none are left.
async fn rows(store: &Store, prefix: &[u8]) -> Result<bool, EngineError> {
    let snapshot = store.snapshot().await?;
    let mut batch = Batch::new();
    let mut due = 0;
    snapshot
        .scan(prefix, &keys::after(prefix), |key, _| {
            batch.delete(key.to_vec());
            due += 1;
            if due < STEP { Step::Continue } else { Step::Stop }
        })
        .await?;
    commit(store, batch).await?;
    Ok(due > 0)
}

async fn commit(store: &Store, batch: Batch) -> Result<(), EngineError> {
    match store.commit(batch).await {
        Ok(_) => Ok(()),
        Err(error) => Err(EngineError::caused("deleted data cannot be ended now", error)),
    }
}
