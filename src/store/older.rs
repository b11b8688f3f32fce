//! What older versions wrote in another form is brought into the present one when a store is opened.

use super::engine::{Batch, EngineError, Step};
use super::{Store, keys, match_index, merges, principals};

/// Merges of which one commit writes the rows.
const STEP: usize = 500;

/// Rows that one commit ends.
const ROWS: usize = 5000;

/// In the facts on the store: the form of the rows that lead from UIDs to merges.
const MERGES: &str = "merges-by-uid";
const MERGES_FORM: u64 = 2;

/// In the facts on the store: the form of the index of what cards are compared by.
const MATCHING: &str = "match-index";
const MATCHING_FORM: u64 = 2;

/// Brings everything into its present form. What was stopped half-way begins anew.
pub(super) async fn take_over(store: &Store) -> Result<(), EngineError> {
    if is_older(store, MERGES, MERGES_FORM).await? {
        lead_to_merges(store).await?;
    }
    if is_older(store, MATCHING, MATCHING_FORM).await? {
        // It is made anew by whoever next follows the books; what waits to be compared still does.
        for part in match_index::PARTS.into_iter().filter(|part| *part != b'q') {
            end(store, &[match_index::TABLE, part]).await?;
        }
        is_in_form(store, MATCHING, MATCHING_FORM).await?;
    }
    Ok(())
}

async fn is_older(store: &Store, what: &str, form: u64) -> Result<bool, EngineError> {
    let snapshot = store.snapshot().await?;
    let found = snapshot.get_with(&keys::meta(what), super::counter).await?;
    Ok(found != Some(form as i64))
}

async fn is_in_form(store: &Store, what: &str, form: u64) -> Result<(), EngineError> {
    let mut batch = Batch::new();
    batch.put(keys::meta(what), form.to_be_bytes().to_vec());
    commit(store, batch).await
}

/// Writes the rows that lead from UIDs to merges anew.
async fn lead_to_merges(store: &Store) -> Result<(), EngineError> {
    end(store, &[merges::BY_UID]).await?;
    let owners = principals::all(&store.snapshot().await?).await?;
    for (owner, _) in owners {
        let all = merges::list(&store.snapshot().await?, &owner).await?;
        for some in all.chunks(STEP) {
            let mut batch = Batch::new();
            for (number, merge) in some {
                merges::lead(&mut batch, &owner, *number, merge);
            }
            commit(store, batch).await?;
        }
    }
    is_in_form(store, MERGES, MERGES_FORM).await
}

/// Ends all rows of a table, or of a part of one.
async fn end(store: &Store, prefix: &[u8]) -> Result<(), EngineError> {
    loop {
        let mut batch = Batch::new();
        let snapshot = store.snapshot().await?;
        snapshot
            .scan(prefix, &keys::after(prefix), |key, _| {
                batch.delete(key.to_vec());
                if batch.ops().len() < ROWS { Step::Continue } else { Step::Stop }
            })
            .await?;
        drop(snapshot);
        if batch.ops().is_empty() {
            return Ok(());
        }
        commit(store, batch).await?;
    }
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
        end(&store, &[merges::BY_UID]).await.unwrap();
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

    #[tokio::test]
    async fn an_index_of_an_older_version_goes_but_not_what_waits() {
        let (store, _) = with_user("anna").await;
        let book = crate::base::CollectionId(7);
        let row = |part: u8, rest: u64| {
            keys::Key::of(match_index::TABLE).bytes(&[part]).number(book.0).number(rest).done()
        };
        let mut batch = Batch::new();
        for number in 0..=ROWS as u64 {
            batch.put(row(b'k', number), Vec::new());
        }
        batch.put(row(b'c', 1), vec![1]);
        match_index::await_comparison(&mut batch, book, "a.vcf", "a");
        batch.delete(keys::meta(MATCHING));
        store.commit(batch).await.unwrap();

        take_over(&store).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        let mut left = Vec::new();
        let (table, end) = ([match_index::TABLE], keys::after(&[match_index::TABLE]));
        let all = snapshot.scan(&table, &end, |key, _| {
            left.extend(key.get(1).copied());
            Step::Continue
        });
        all.await.unwrap();
        assert_eq!(left, *b"q");
        let waits = match_index::awaiting(&snapshot, book, 9).await.unwrap();
        assert_eq!(waits, [("a.vcf".to_owned(), "a".to_owned())]);
    }
}
