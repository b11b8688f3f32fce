//! Verifies that what is kept of merges agrees: each belongs to a user, what cards were belongs to a merge,
//! and UIDs and names lead to merges.

use std::collections::{HashMap, HashSet};

use super::engine::{EngineError, Snapshot, Step};
use super::merges::{BEFORE, BY_UID, Before, ENDED, MERGE, Merge, VERSION};
use super::{collection, decode, keys, principals};

/// Faults that are found at most.
const MOST: usize = 100;

/// Owner and number.
type Numbered = (String, u64);

/// Of a merge.
struct Parties {
    uids: HashSet<String>,
    stands: bool,
}

/// What is wrong, one sentence each.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let everybody: HashSet<String> =
        principals::all(snapshot).await?.into_iter().map(|(id, _)| id.to_string()).collect();
    let books: HashSet<u64> =
        collection::all(snapshot).await?.into_iter().map(|found| found.id.0).collect();
    let mut faults = Vec::new();
    let merges = merges(snapshot, &everybody, &mut faults).await?;
    cards(snapshot, &merges, &mut faults).await?;
    uids(snapshot, &merges, &mut faults).await?;
    snapshot
        .scan(&[ENDED], &keys::after(&[ENDED]), |key, value| {
            let id = number(key.get(1..).unwrap_or_default());
            if !id.is_some_and(|id| books.contains(&id)) || number(value).is_none() {
                faults.push("a merge ended a card in a book that is not there".to_owned());
            }
            if faults.len() < MOST { Step::Continue } else { Step::Stop }
        })
        .await?;
    faults.truncate(MOST);
    Ok(faults)
}

/// The merges: the UIDs of each, and whether it still stands.
async fn merges(
    snapshot: &Snapshot,
    everybody: &HashSet<String>,
    faults: &mut Vec<String>,
) -> Result<HashMap<Numbered, Parties>, EngineError> {
    let mut found = HashMap::new();
    snapshot
        .scan(&[MERGE], &keys::after(&[MERGE]), |key, value| {
            let place = place(key);
            let merge = decode::<Merge>(VERSION, value).ok();
            match (place, merge) {
                (Some((owner, number, _)), Some(merge)) => {
                    if !everybody.contains(&owner) {
                        faults.push(format!("merge {number} is of {owner}, who is no user"));
                    }
                    let uids = std::iter::once(merge.into).chain(merge.uids).collect();
                    let stands = merge.undone.is_none();
                    found.insert((owner, number), Parties { uids, stands });
                }
                _ => faults.push("a merge cannot be read".to_owned()),
            }
            if faults.len() < MOST { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}

/// What cards were belongs to a merge.
async fn cards(
    snapshot: &Snapshot,
    merges: &HashMap<Numbered, Parties>,
    faults: &mut Vec<String>,
) -> Result<(), EngineError> {
    snapshot
        .scan(&[BEFORE], &keys::after(&[BEFORE]), |key, value| {
            let place = place(key);
            let known =
                place.is_some_and(|(owner, number, _)| merges.contains_key(&(owner, number)));
            if !known || decode::<Before>(VERSION, value).is_err() {
                faults.push("what a card was before a merge leads to no merge".to_owned());
            }
            if faults.len() < MOST { Step::Continue } else { Step::Stop }
        })
        .await
}

/// UIDs lead to merges that had them, and say whether these stand.
async fn uids(
    snapshot: &Snapshot,
    merges: &HashMap<Numbered, Parties>,
    faults: &mut Vec<String>,
) -> Result<(), EngineError> {
    let mut told = HashMap::new();
    snapshot
        .scan(&[BY_UID], &keys::after(&[BY_UID]), |key, value| {
            let (rest, at) = key.split_last_chunk::<8>().unwrap_or((key, &[0; 8]));
            let mut parts = rest.get(1..).unwrap_or_default().splitn(3, |byte| *byte == 0);
            let mut part =
                || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
            let (owner, uid) = (part(), part());
            let place = (owner.clone(), u64::from_be_bytes(*at));
            let merge = merges.get(&place);
            if !merge.is_some_and(|one| one.uids.contains(&uid) && [u8::from(one.stands)] == value)
            {
                faults.push(format!("the UID {uid} of {owner} leads to a merge that had it not"));
            }
            *told.entry(place).or_insert(0) += 1;
            if faults.len() < MOST { Step::Continue } else { Step::Stop }
        })
        .await?;
    let is_short = |(place, one): &(&Numbered, &Parties)| {
        told.get(*place).copied().unwrap_or(0) < one.uids.len()
    };
    let short = merges.iter().filter(is_short).take(MOST);
    faults.extend(short.map(|((owner, number), _)| {
        format!("a UID of merge {number} of {owner} does not lead to it")
    }));
    Ok(())
}

/// Owner and number in a key, and what follows.
fn place(key: &[u8]) -> Option<(String, u64, &[u8])> {
    let rest = key.get(1..)?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    let (owner, rest) = rest.split_at_checked(end)?;
    let rest = rest.get(1..)?;
    Some((String::from_utf8_lossy(owner).into_owned(), number(rest)?, rest.get(8..)?))
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk::<8>().map(|number| u64::from_be_bytes(*number))
}
