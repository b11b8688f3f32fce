//! Verifies tables in which each row is of a user, who stands first in its key.

use super::engine::{EngineError, Snapshot, Step};
use super::{keys, principals};
use crate::base::PrincipalId;

/// Faults that are found at most.
const MOST: usize = 100;

/// What is wrong with the rows that begin with one of `prefixes`, one sentence each: somebody who
/// is a user has each, and `reads` can read it. `what` they are is told with "of" and whose.
pub(super) async fn check(
    snapshot: &Snapshot,
    prefixes: &[&[u8]],
    what: &str,
    reads: impl Fn(&[u8], &[u8]) -> bool + Send + Sync,
) -> Result<Vec<String>, EngineError> {
    let (mut faults, mut owners) = (Vec::new(), Vec::new());
    for prefix in prefixes {
        snapshot
            .scan(prefix, &keys::after(prefix), |key, value| {
                let rest = key.get(prefix.len()..).unwrap_or_default();
                let owner = rest.split(|byte| *byte == 0).next().unwrap_or_default();
                let owner = String::from_utf8_lossy(owner).into_owned();
                let rest = rest.get(owner.len() + 1..).unwrap_or_default();
                if !reads(rest, value) {
                    faults.push(format!("{what} of {owner} cannot be read"));
                }
                if owners.last() != Some(&owner) {
                    owners.push(owner);
                }
                if faults.len() < MOST { Step::Continue } else { Step::Stop }
            })
            .await?;
    }
    let strangers = no_users(snapshot, owners).await?.into_iter();
    faults.extend(strangers.map(|owner| format!("{what} of {owner}, who is no user")));
    Ok(faults)
}

/// Those of `owners` who are no users, each once.
pub(super) async fn no_users(
    snapshot: &Snapshot,
    mut owners: Vec<String>,
) -> Result<Vec<String>, EngineError> {
    owners.sort_unstable();
    owners.dedup();
    let mut strangers = Vec::new();
    for owner in owners {
        let there = match PrincipalId::parse(&owner) {
            Some(id) => principals::get(snapshot, &id).await?.is_some(),
            None => false,
        };
        if !there {
            strangers.push(owner);
        }
    }
    Ok(strangers)
}

/// Rows of `table` whose second byte is none of `letters`.
pub(super) async fn of_other_letters(
    snapshot: &Snapshot,
    table: u8,
    letters: &[u8],
) -> Result<Vec<String>, EngineError> {
    let mut others = 0_u64;
    snapshot
        .scan(&[table], &keys::after(&[table]), |key, _| {
            others += u64::from(!key.get(1).is_some_and(|letter| letters.contains(letter)));
            Step::Continue
        })
        .await?;
    let told = format!("{others} rows of table {table:02x} are of no kind that there is");
    Ok((others > 0).then_some(told).into_iter().collect())
}
