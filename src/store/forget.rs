//! The end of all that is remembered of a user's contacts, when the user is removed.

use super::collection;
use super::contacts::{self, id_in};
use super::engine::{Batch, EngineError, Snapshot, Step};
use super::followups::times;
use super::keys::{self, Key};
use super::segments::SegmentId;
use super::{
    Store, consents, erasures, fields, followups, interactions, merges, quality_choices,
    quality_cleanings, retention, segments, served, tombstones, words,
};
use crate::base::PrincipalId;

/// Rows that one commit ends at most, but for those of one contact.
const STEP: usize = 1000;

/// Ends most of what is remembered of `owner`'s contacts, in small commits, so that nobody waits;
/// [`rest`] in the commit that removes the owner ends what came meanwhile.
pub async fn begin(store: &Store, owner: &PrincipalId) -> Result<(), EngineError> {
    loop {
        let mut batch = Batch::new();
        if !some(&store.snapshot().await?, &mut batch, owner, STEP).await? {
            return end_times(store, owner).await;
        }
        commit(store, batch).await?;
    }
}

async fn commit(store: &Store, batch: Batch) -> Result<(), EngineError> {
    store.commit(batch).await.map(drop).map_err(|error| {
        EngineError::caused("what is remembered of contacts cannot be ended now", error)
    })
}

/// Ends the times at which contacts of `owner` are to be looked at, which lie among those of
/// everybody. One that comes meanwhile is found to be of nobody when it is over.
async fn end_times(store: &Store, owner: &PrincipalId) -> Result<(), EngineError> {
    let whose = [owner.as_str().as_bytes(), &[0]].concat();
    for prefix in [&times::WAKES[..], &[consents::TURN]] {
        let mut from = prefix.to_vec();
        loop {
            let (mut batch, mut seen, mut last) = (Batch::new(), 0, None);
            let snapshot = store.snapshot().await?;
            snapshot
                .scan(&from, &keys::after(prefix), |key, _| {
                    let rest = key.get(prefix.len() + 8..).unwrap_or_default();
                    if rest.starts_with(&whose) {
                        batch.delete(key.to_vec());
                    }
                    seen += 1;
                    last = Some(key.to_vec());
                    if seen < STEP { Step::Continue } else { Step::Stop }
                })
                .await?;
            drop(snapshot);
            if !batch.ops().is_empty() {
                commit(store, batch).await?;
            }
            match last {
                Some(last) => from = [&last[..], &[0]].concat(),
                None => break,
            }
        }
    }
    Ok(())
}

/// Adds the end of all that is left to `batch`, which demands that nothing comes meanwhile
/// ([`super::principals::expect_ties`]).
pub async fn rest(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
) -> Result<(), EngineError> {
    some(snapshot, batch, owner, usize::MAX).await?;
    Ok(())
}

/// Adds the end of some of it to `batch`; `false` if there was nothing.
async fn some(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    most: usize,
) -> Result<bool, EngineError> {
    let before = batch.ops().len();
    let room = |batch: &Batch| most.saturating_sub(batch.ops().len() - before);
    // Interactions are found by their UIDs, which go last with them.
    let told = Key::of(interactions::UID).text(owner.as_str()).done();
    for (key, value) in rows(snapshot, &told, room(batch)).await? {
        if let Some(number) = keys::number_in(&value) {
            batch.delete(Key::of(interactions::INTERACTION).number(number).done());
            batch.delete(words::history::counted_key(number));
        }
        batch.delete(key);
    }
    let uids = contacts::uids(owner);
    for (key, value) in rows(snapshot, &uids, room(batch)).await? {
        if let Some(id) = id_in(&value) {
            batch.delete(Key::of(contacts::CONTACT).number(id.0).done());
            for part in [interactions::of_contact(id), words::history::of_contact(id, "")] {
                for (row, _) in rows(snapshot, &part, usize::MAX).await? {
                    batch.delete(row);
                }
            }
        }
        batch.delete(key);
    }
    // Members of segments that ended are let go bit by bit, and some may be left.
    let named = rows(snapshot, &segments::names_of(owner), room(batch)).await?;
    let ended = rows(snapshot, &segments::following::leaving_of(owner), room(batch)).await?;
    let named = named.into_iter().map(|(key, value)| (key, segments::id_in(&value)));
    let ended = ended.into_iter().map(|(key, _)| {
        let id = SegmentId(keys::last_number(&key).unwrap_or(0));
        (key, id)
    });
    for (key, id) in named.chain(ended) {
        let members = rows(snapshot, &segments::members::of_segment(id), room(batch)).await?;
        let all = members.len() < room(batch);
        for (row, _) in members {
            batch.delete(row);
        }
        if all {
            batch.delete(segments::key(id));
            batch.delete(key);
        }
    }
    let mut prefixes = vec![
        interactions::of_owner(owner),
        interactions::log_of(owner),
        interactions::removed_of(owner),
        Key::of(fields::FIELD).text(owner.as_str()).done(),
    ];
    prefixes.extend(followups::prefixes(owner));
    prefixes.extend(merges::prefixes(owner));
    prefixes.extend(quality_choices::prefixes(owner));
    prefixes.extend(segments::prefixes(owner));
    prefixes.extend(tombstones::prefixes(owner));
    prefixes.push(consents::prefix(owner));
    erasures::clear(snapshot, batch, owner).await?;
    prefixes.extend(quality_cleanings::prefixes(owner));
    prefixes.push(retention::prefix_of_owner(owner));
    prefixes.extend(words::history::of_owner(owner));
    let live = collection::list_all(snapshot, owner).await?;
    for found in live.into_iter().chain(collection::trashed(snapshot, owner).await?) {
        prefixes.push(Key::of(served::SERVED).number(found.collection.id.0).done());
        prefixes.extend(segments::of_collection(found.collection.id));
    }
    for prefix in prefixes {
        for (key, _) in rows(snapshot, &prefix, room(batch)).await? {
            batch.delete(key);
        }
    }
    Ok(batch.ops().len() > before)
}

async fn rows(
    snapshot: &Snapshot,
    prefix: &[u8],
    most: usize,
) -> Result<Vec<(Vec<u8>, Vec<u8>)>, EngineError> {
    let mut rows = Vec::new();
    if most == 0 {
        return Ok(rows);
    }
    snapshot
        .scan(prefix, &keys::after(prefix), |key, value| {
            rows.push((key.to_vec(), value.to_vec()));
            if rows.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{CollectionId, Timestamp};
    use crate::store::check_contacts::{check, tests::filled};
    use crate::store::segments::members;

    #[tokio::test]
    async fn nothing_is_left_of_a_user_and_all_of_others() {
        let (store, anna) = filled().await;
        let tables = [0x40, 0x41, 0x42, 0x43, 0x44, 0x4b, 0x4d];
        begin(&store, &PrincipalId::parse("ann").unwrap()).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        for table in tables {
            let left = rows(&snapshot, &[table], 9).await.unwrap();
            assert!(!left.is_empty(), "{table:02x}: another user lost something");
        }
        let mut batch = Batch::new();
        rest(&snapshot, &mut batch, &anna).await.unwrap();
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        for table in tables {
            let left = rows(&snapshot, &[table], 9).await.unwrap();
            assert!(left.is_empty(), "{table:02x}: {left:?} is left");
        }
        assert_eq!(check(&snapshot).await.unwrap(), [""; 0]);

        let (store, anna) = filled().await;
        let mut batch = Batch::new();
        for owner in [&anna, &PrincipalId::parse("ann").unwrap()] {
            let (owner, at) = (owner.clone(), Timestamp(5));
            let wake = times::Wake { at, owner: owner.clone(), contact: "u1".to_owned() };
            times::wake(&mut batch, &wake);
            consents::turn(&mut batch, &consents::Turn { at, owner, uid: "u1".to_owned() });
        }
        store.commit(batch).await.unwrap();
        begin(&store, &anna).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        for prefix in [&times::WAKES[..], &[consents::TURN]] {
            let left = rows(&snapshot, prefix, 9).await.unwrap();
            assert_eq!(left.len(), 1, "{prefix:?}: only what is of others stays: {left:?}");
        }
        let (store, anna) = filled().await;
        let id = SegmentId(5);
        let entry = members::Entry { segments: vec![id], ..members::Entry::default() };
        let mut batch = Batch::new();
        members::set(&mut batch, CollectionId(7), "a.vcf", None, Some(&entry)).unwrap();
        segments::following::leave(&mut batch, &anna, id);
        store.commit(batch).await.unwrap();
        begin(&store, &anna).await.unwrap();
        let left = rows(&store.snapshot().await.unwrap(), &[members::BY_UID], 9).await.unwrap();
        assert!(left.is_empty(), "members of a segment that ended are left: {left:?}");
        assert!(
            !some(&store.snapshot().await.unwrap(), &mut Batch::new(), &anna, 9).await.unwrap()
        );
    }
}
