//! The days of contacts of which follow-ups come every year: an index of each address book, which
//! the job brings up to date that raises them.
//!
//! | key | value |
//! |---|---|
//! | `5b` collection | [`followed::State`](super::followed::State) |
//! | `5c` collection month day name | the UID of the member; month and day are one byte each |
//! | `5d` collection name | [`Card`] |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::preferences::DayOf;
use super::stored::{self, Stored};
use super::{decode, encode};
use crate::base::CollectionId;

const VERSION: u8 = 1;
pub(super) const STATE: u8 = 0x5b;
pub(super) const BY_DAY: u8 = 0x5c;
pub(super) const BY_NAME: u8 = 0x5d;

/// What the index depends on beside the cards; another one has everything written anew.
pub type Form = String;

/// What the index has of a card.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Card {
    /// Its UID.
    pub uid: String,
    /// Its days.
    pub days: Vec<Filed>,
}

/// A day of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// Which one.
    pub of: DayOf,
    /// The year, where it is known.
    pub year: Option<i16>,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// Where it is written how far the index follows a book.
pub fn state_key(id: CollectionId) -> Vec<u8> {
    keys::of_collection(STATE, id)
}

fn name_key(id: CollectionId, name: &str) -> Vec<u8> {
    keys::in_collection(BY_NAME, id, name)
}

fn day_prefix(id: CollectionId, month: u8, day: u8) -> Vec<u8> {
    Key::of(BY_DAY).number(id.0).bytes(&[month, day]).done()
}

/// What the index has of a member.
pub async fn of_member(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Option<Card>, EngineError> {
    let found = stored::read(snapshot, VERSION, name_key(id, name)).await?;
    Ok(found.map(|found: Stored<Card>| found.record))
}

/// Adds "member `name` has `now` instead of `before`" to `batch`.
pub fn replace(
    batch: &mut Batch,
    id: CollectionId,
    name: &str,
    before: Option<&Card>,
    now: Option<&Card>,
) -> Result<(), EngineError> {
    if before == now {
        return Ok(());
    }
    let key = |day: &Filed| [&day_prefix(id, day.month, day.day), name.as_bytes()].concat();
    for day in before.into_iter().flat_map(|card| &card.days) {
        batch.delete(key(day));
    }
    let Some(card) = now else {
        batch.delete(name_key(id, name));
        return Ok(());
    };
    for day in &card.days {
        batch.put(key(day), card.uid.as_bytes().to_vec());
    }
    batch.put(name_key(id, name), encode(VERSION, card)?);
    Ok(())
}

/// The UIDs of up to `most` members of a book that have a day from the first to the last of these
/// days of one year, month and day each, after the member that a page ended with; with the key of
/// the row, by which the next page is asked for.
pub async fn within(
    snapshot: &Snapshot,
    id: CollectionId,
    (first, last): ((u8, u8), (u8, u8)),
    after: Option<&[u8]>,
    most: usize,
) -> Result<Vec<(Vec<u8>, String)>, EngineError> {
    let from = match after {
        Some(row) => [row, &[0]].concat(),
        None => day_prefix(id, first.0, first.1),
    };
    let to = keys::after(&day_prefix(id, last.0, last.1));
    let mut found = Vec::new();
    snapshot
        .scan(&from, &to, |key, uid| {
            found.push((key.to_vec(), String::from_utf8_lossy(uid).into_owned()));
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}

/// What is wrong with the index, one sentence each: both sides of it must say the same.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let mut faults = Vec::new();
    let (mut listed, mut counted, mut unreadable) = (0_u64, 0_u64, 0_u64);
    snapshot
        .scan(&[BY_DAY], &keys::after(&[BY_DAY]), |_, _| {
            listed += 1;
            Step::Continue
        })
        .await?;
    snapshot
        .scan(&[BY_NAME], &keys::after(&[BY_NAME]), |_, value| {
            match decode::<Card>(VERSION, value) {
                Ok(card) => {
                    let mut days: Vec<_> = card.days.iter().map(|d| (d.month, d.day)).collect();
                    days.sort_unstable();
                    days.dedup();
                    counted += days.len() as u64;
                }
                Err(_) => unreadable += 1,
            }
            Step::Continue
        })
        .await?;
    if unreadable > 0 {
        faults.push(format!("the days of {unreadable} cards cannot be read"));
    }
    if listed != counted {
        faults.push(format!("cards have {counted} days to be told of, the index has {listed}"));
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::with_user;

    #[tokio::test]
    async fn cards_are_found_by_their_days_and_change_both_sides() {
        let (store, _) = with_user("anna").await;
        let id = CollectionId(1);
        let filed = |month, day| Filed { of: DayOf::Birthday, year: None, month, day };
        let card = |uid: &str, days: &[(u8, u8)]| Card {
            uid: uid.to_owned(),
            days: days.iter().map(|(month, day)| filed(*month, *day)).collect(),
        };
        let (a, b) = (card("a", &[(2, 28), (2, 28)]), card("b", &[(3, 1), (12, 31)]));
        let mut batch = Batch::new();
        replace(&mut batch, id, "a.vcf", None, Some(&a)).unwrap();
        replace(&mut batch, id, "b.vcf", None, Some(&b)).unwrap();
        replace(&mut batch, CollectionId(2), "c.vcf", None, Some(&a)).unwrap();
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        assert_eq!(check(&snapshot).await.unwrap(), [""; 0]);
        for (days, uids) in [
            (((2, 28), (3, 1)), &["a", "b"][..]),
            (((2, 29), (12, 30)), &["b"]),
            (((12, 1), (12, 31)), &["b"]),
            (((1, 1), (2, 27)), &[]),
        ] {
            let mut found: Vec<String> = Vec::new();
            let mut after: Option<Vec<u8>> = None;
            loop {
                let page = within(&snapshot, id, days, after.as_deref(), 1).await.unwrap();
                let Some((row, uid)) = page.into_iter().next() else { break };
                found.push(uid);
                after = Some(row);
            }
            assert_eq!(found, uids, "{days:?}");
        }
        let mut batch = Batch::new();
        replace(&mut batch, id, "b.vcf", Some(&b), Some(&card("b", &[(3, 1)]))).unwrap();
        replace(&mut batch, id, "a.vcf", Some(&a), None).unwrap();
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        assert_eq!(check(&snapshot).await.unwrap(), [""; 0]);
        assert!(of_member(&snapshot, id, "a.vcf").await.unwrap().is_none());
        let all = within(&snapshot, id, ((1, 1), (12, 31)), None, 9).await.unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        let mut batch = Batch::new();
        batch.delete(name_key(id, "b.vcf"));
        store.commit(batch).await.unwrap();
        let faults = check(&store.snapshot().await.unwrap()).await.unwrap();
        assert_eq!(faults, ["cards have 1 days to be told of, the index has 2"]);
    }
}
