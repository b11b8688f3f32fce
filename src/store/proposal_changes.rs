//! Contacts of whom something else is proposed than when somebody last took note of it: whoever tells
//! about duplicates elsewhere looks here what changed, instead of at all that is proposed.
//!
//! | key | value |
//! |---|---|
//! | `b1` owner `00` UID | how often that changed; the row goes when note was taken |

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::{Witness, check_owned, counter};
use crate::base::PrincipalId;

const CHANGED: u8 = 0xb1;

/// What all rows of `owner` begin with.
pub(super) fn prefix(owner: &PrincipalId) -> Vec<u8> {
    Key::of(CHANGED).text(owner.as_str()).done()
}

fn key(owner: &PrincipalId, uid: &str) -> Vec<u8> {
    [&prefix(owner)[..], uid.as_bytes()].concat()
}

/// Adds to `batch` that something else is proposed of the contact with this UID (normalised).
pub(super) fn note(batch: &mut Batch, owner: &PrincipalId, uid: &str) {
    batch.add(key(owner, uid), 1);
}

/// Up to `most` UIDs of contacts of `owner` of whom something else is proposed, each with the witness
/// that nothing changed since.
pub async fn some(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    most: usize,
) -> Result<Vec<(String, Witness)>, EngineError> {
    let prefix = prefix(owner);
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            let uid = key.get(prefix.len()..).unwrap_or_default();
            let witness = Witness::new(key.to_vec(), Some(value.to_vec().into()));
            found.push((String::from_utf8_lossy(uid).into_owned(), witness));
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}

/// Adds to `batch` that note was taken of what is proposed of a contact, if nothing changed since.
pub fn noted(batch: &mut Batch, owner: &PrincipalId, uid: &str, read: &Witness) {
    read.require(batch);
    forget(batch, owner, uid);
}

/// Adds the end of what is known of a contact to `batch`.
pub(super) fn forget(batch: &mut Batch, owner: &PrincipalId, uid: &str) {
    batch.delete(key(owner, uid));
}

/// What is wrong, one sentence each.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let reads = |_: &[u8], row: &[u8]| row.len() == 8 && counter(row) > 0;
    check_owned::check(snapshot, &[&[CHANGED]], "a change of proposals", reads).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;
    use crate::store::matching::{self, Proposal};
    use crate::store::tests::with_user;

    #[tokio::test]
    async fn whatever_changes_of_a_proposal_is_known_of_both_until_note_is_taken() {
        let (store, anna) = with_user("anna").await;
        let changed = async || {
            let snapshot = store.snapshot().await.unwrap();
            assert_eq!(check(&snapshot).await.unwrap(), [""; 0]);
            some(&snapshot, &anna, 9).await.unwrap()
        };
        let uids =
            |rows: &[(String, Witness)]| rows.iter().map(|row| row.0.clone()).collect::<Vec<_>>();
        let proposal =
            Proposal { millionths: 1, certain: false, reasons: Vec::new(), since: Timestamp(1) };
        let mut batch = Batch::new();
        let pairs = [("a", "b", &proposal), ("a", "c", &proposal)];
        let snapshot = store.snapshot().await.unwrap();
        let pairs_again = pairs.into_iter();
        matching::propose(&snapshot, &mut batch, &anna, pairs_again).await.unwrap();
        store.commit(batch).await.unwrap();
        let before = changed().await;
        assert_eq!(uids(&before), ["a", "b", "c"]);

        // It changes while somebody looks.
        let mut batch = Batch::new();
        matching::set_apart(&mut batch, &anna, "b", "a", Timestamp(2));
        store.commit(batch).await.unwrap();
        let mut batch = Batch::new();
        noted(&mut batch, &anna, "a", &before[0].1);
        store.commit(batch).await.unwrap_err();
        let mut batch = Batch::new();
        for (uid, witness) in changed().await {
            noted(&mut batch, &anna, &uid, &witness);
        }
        store.commit(batch).await.unwrap();
        assert_eq!(uids(&changed().await), [""; 0]);

        // Whoever is erased is known here no more, and those who were proposed with them are.
        let mut batch = Batch::new();
        matching::withdraw(&mut batch, &anna, "a", "c");
        let snapshot = store.snapshot().await.unwrap();
        let pairs_again = pairs.into_iter();
        matching::propose(&snapshot, &mut batch, &anna, pairs_again).await.unwrap();
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        let mut batch = Batch::new();
        matching::forget(&snapshot, &mut batch, &anna, "a").await.unwrap();
        store.commit(batch).await.unwrap();
        assert_eq!(uids(&changed().await), ["b", "c"]);
    }
}
