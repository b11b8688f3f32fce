//! What older versions wrote in another form is brought into the present one when a store is opened.

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::{Store, keys, merges, principals};

/// Merges of which one commit writes the rows.
const STEP: usize = 500;

/// In the facts on the store: the form of the rows that lead from UIDs to merges.
const MERGES: &str = "merges-by-uid";
const MERGES_FORM: u64 = 2;

/// Brings everything into its present form. What was stopped half-way begins anew.
pub(super) async fn take_over(store: &Store) -> Result<(), EngineError> {
    let snapshot = store.snapshot().await?;
    let form = snapshot.get_with(&keys::meta(MERGES), super::counter).await?;
    if form == Some(MERGES_FORM as i64) {
        return Ok(());
    }
    end(store, &snapshot, merges::BY_UID).await?;
    for (owner, _) in principals::all(&snapshot).await? {
        for some in merges::list(&snapshot, &owner).await?.chunks(STEP) {
            let mut batch = Batch::new();
            for (number, merge) in some {
                merges::lead(&mut batch, &owner, *number, merge);
            }
            commit(store, batch).await?;
        }
    }
    let mut batch = Batch::new();
    batch.put(keys::meta(MERGES), MERGES_FORM.to_be_bytes().to_vec());
    commit(store, batch).await
}

/// Ends all rows of a table.
async fn end(store: &Store, snapshot: &Snapshot, table: u8) -> Result<(), EngineError> {
    let mut rows = Vec::new();
    snapshot
        .scan(&[table], &keys::after(&[table]), |key, _| {
            rows.push(key.to_vec());
            Step::Continue
        })
        .await?;
    for some in rows.chunks(STEP) {
        let mut batch = Batch::new();
        for key in some {
            batch.delete(key.clone());
        }
        commit(store, batch).await?;
    }
    Ok(())
}

async fn commit(store: &Store, batch: Batch) -> Result<(), EngineError> {
    let done = store.commit(batch).await;
    done.map(drop).map_err(|e| EngineError::caused("what an older version wrote cannot be kept", e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ContactId, PrincipalId, Timestamp};
    use crate::store::Actor;
    use crate::store::contacts::Contact;
    use crate::store::merges::Merge;
    use crate::store::tests::with_user;

    fn contact() -> Contact {
        Contact {
            owner: PrincipalId::parse("anna").unwrap(),
            uid: "stays".to_owned(),
            aliases: Vec::new(),
            name: String::new(),
            stage: None,
            stage_since: None,
            cadence_days: None,
            last_contact: None,
            next: None,
            snoozed_until: None,
            revision: 1,
            retired: Vec::new(),
            created: Timestamp(1),
        }
    }

    fn merge(uids: &[&str], undone: Option<Timestamp>) -> Merge {
        Merge {
            at: Timestamp(1),
            actor: Actor { principal: "anna".to_owned(), device: String::new() },
            into: "stays".to_owned(),
            uids: uids.iter().map(|uid| (*uid).to_owned()).collect(),
            names: Vec::new(),
            contact: ContactId(1),
            was: None,
            now: contact(),
            others: Vec::new(),
            interactions: Vec::new(),
            cards: 0,
            undone,
        }
    }

    #[tokio::test]
    async fn merges_of_an_older_version_are_found_by_their_uids() {
        let (store, anna) = with_user("anna").await;
        let mut batch = Batch::new();
        let stands = merges::insert(&store, &mut batch, &anna, &merge(&["a"], None), &[]).unwrap();
        let ended = merge(&["b"], Some(Timestamp(2)));
        let undone = merges::insert(&store, &mut batch, &anna, &ended, &[]).unwrap();
        store.commit(batch).await.unwrap();

        // As the older version has it: one row of each UID that a merge stands of.
        end(&store, &store.snapshot().await.unwrap(), merges::BY_UID).await.unwrap();
        let mut batch = Batch::new();
        for uid in ["stays", "a"] {
            let key = keys::Key::of(merges::BY_UID).text("anna").bytes(uid.as_bytes()).done();
            batch.put(key, stands.to_be_bytes().to_vec());
        }
        batch.delete(keys::meta(MERGES));
        store.commit(batch).await.unwrap();

        // Twice: the second time there is nothing to do.
        for _ in 0..2 {
            take_over(&store).await.unwrap();
            let snapshot = store.snapshot().await.unwrap();
            for (uid, found) in [
                ("a", vec![(stands, true)]),
                ("b", vec![(undone, false)]),
                ("stays", vec![(undone, false), (stands, true)]),
            ] {
                let known = merges::with_uid(&snapshot, &anna, uid).await.unwrap();
                assert_eq!(known, found, "{uid}");
            }
            let faults = crate::store::check_merges::check(&snapshot).await.unwrap();
            assert!(!faults.iter().any(|fault| fault.contains("UID")), "{faults:?}");
        }
    }
}
