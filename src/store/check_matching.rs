//! Verifies that what is known of duplicates belongs to somebody and can be read, that what is proposed
//! of one is proposed of the other, and that nothing is proposed of those who are not the same.

use super::engine::{EngineError, Snapshot};
use super::matching::{
    APART, AUTOMATIC, LEARNED, LEARNED_VERSION, Learned, PROPOSAL, Proposal, VERSION, is_outdated,
};
use super::pages::Pages;
use super::{check_owned, counter, decode, keys};

/// Faults of single rows that are found at most.
const MOST: usize = 100;

/// What is wrong, one sentence each.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let (mut faults, mut owners, mut half) = (Vec::new(), Vec::new(), 0_u64);
    for table in [APART, PROPOSAL, LEARNED, AUTOMATIC] {
        let mut pages = Pages::of(snapshot, &[table]);
        while let Some(rows) = pages.next().await? {
            for (key, value) in &rows {
                let rest = key.get(1..).unwrap_or_default();
                let owner = keys::text_in(rest.split(|byte| *byte == 0).next().unwrap_or_default());
                let readable = match table {
                    PROPOSAL => decode::<Proposal>(VERSION, value).is_ok(),
                    LEARNED => {
                        is_outdated(value) || decode::<Learned>(LEARNED_VERSION, value).is_ok()
                    }
                    _ => value.len() == 8 && counter(value) >= 0,
                };
                if !readable {
                    faults.push(format!("what is known of duplicates of {owner} cannot be read"));
                }
                if table == PROPOSAL {
                    half += u64::from(!snapshot.has(&turned(rest)).await?);
                    // One of its two rows is called what the pair is called there.
                    if snapshot.has(&[&[APART], rest].concat()).await? {
                        let pair = keys::text_in(rest).replace('\0', "/");
                        faults.push(format!("{pair} are not the same, and are proposed"));
                    }
                }
                if owners.last() != Some(&owner) {
                    owners.push(owner);
                }
            }
            faults.truncate(MOST);
        }
    }
    if half > 0 {
        faults.push(format!("{half} proposals of duplicates are known of one of the two only"));
    }
    let strangers = check_owned::no_users(snapshot, owners).await?.into_iter();
    faults
        .extend(strangers.map(|owner| format!("duplicates are known of {owner}, who is no user")));
    Ok(faults)
}

/// The key of a proposal under the other one of its two contacts; `rest` is its key without table.
fn turned(rest: &[u8]) -> Vec<u8> {
    let mut parts = rest.splitn(3, |byte| *byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let (owner, one, other) = (part(), part(), part());
    [&[PROPOSAL], owner, &[0], other, &[0], one].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;
    use crate::store::encode;
    use crate::store::engine::Batch;
    use crate::store::matching::{apart_key, proposal_keys};
    use crate::store::tests::{change_row, with_user};

    #[tokio::test]
    async fn a_proposal_stands_under_both_and_never_against_what_was_said() {
        let (store, anna) = with_user("anna").await;
        let proposal =
            Proposal { millionths: 1, certain: false, reasons: Vec::new(), since: Timestamp(1) };
        let record = encode(VERSION, &proposal).unwrap();
        let mut batch = Batch::new();
        // More than a page has.
        for number in 0..400 {
            for key in proposal_keys(&anna, "a", &format!("b{number:03}")) {
                batch.put(key, record.clone());
            }
        }
        batch.put(apart_key(&anna, "b", "a"), vec![0; 8]);
        store.commit(batch).await.unwrap();
        assert_eq!(check(&store.snapshot().await.unwrap()).await.unwrap(), [""; 0]);
        let [one, other] = proposal_keys(&anna, "a", "b399");
        let apart = apart_key(&anna, "b007", "a");
        for (key, value, wanted) in [
            (apart, Some(vec![0; 8]), "anna/a/b007 are not the same, and are proposed"),
            (one, None, "1 proposals of duplicates are known of one of the two only"),
            (other, Some(vec![9]), "what is known of duplicates of anna cannot be read"),
        ] {
            change_row(&store, key, value).await;
            let faults = check(&store.snapshot().await.unwrap()).await.unwrap();
            assert!(faults.iter().any(|fault| fault == wanted), "{wanted}: {faults:?}");
        }
    }
}
