//! Clean-ups of cards, with what is needed to take them back.
//!
//! | key | value |
//! |---|---|
//! | `9a` `m` owner `00` number | [`Cleaning`] |
//! | `9a` `c` owner `00` number index | [`Cleaned`] |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::stored::{self, Stored};
use super::{Actor, Store, check_owned, decode, encode, principals};
use crate::base::{CollectionId, ETag, PrincipalId, Timestamp};

const VERSION: u8 = 1;
const TABLE: u8 = 0x9a;

/// How long a clean-up can be taken back, in days.
pub const KEPT_DAYS: u64 = 180;

/// Rows that one commit ends.
const STEP: usize = 500;

/// A clean-up of many cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleaning {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// What was tidied, a word each.
    pub what: Vec<String>,
    /// When it was taken back.
    pub undone: Option<Timestamp>,
}

/// A card that was tidied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleaned {
    /// The book.
    pub collection: CollectionId,
    /// The card's name in it.
    pub name: String,
    /// Its normalised UID.
    pub uid: String,
    /// The tag of the card, without what the server adds, as the clean-up left it.
    pub tidied: ETag,
    /// The lines that were written.
    pub patches: Vec<Patch>,
}

/// Some lines in the place of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patch {
    /// Where, in the card as it is now.
    pub at: u32,
    /// What was there.
    pub before: Vec<u8>,
    /// What is there.
    pub after: Vec<u8>,
}

fn of_owner(letter: u8, owner: &PrincipalId) -> Vec<u8> {
    Key::of(TABLE).bytes(&[letter]).text(owner.as_str()).done()
}

fn key(owner: &PrincipalId, number: u64) -> Vec<u8> {
    [&of_owner(b'm', owner)[..], &number.to_be_bytes()].concat()
}

fn cards(owner: &PrincipalId, number: u64) -> Vec<u8> {
    [&of_owner(b'c', owner)[..], &number.to_be_bytes()].concat()
}

fn card_key(owner: &PrincipalId, number: u64, index: u64) -> Vec<u8> {
    [&cards(owner, number)[..], &index.to_be_bytes()].concat()
}

/// `owner`'s clean-up of this number.
pub async fn get(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    number: u64,
) -> Result<Option<Stored<Cleaning>>, EngineError> {
    stored::read(snapshot, VERSION, key(owner, number)).await
}

/// `owner`'s clean-ups with their numbers and how many cards can be taken back, the newest first.
pub async fn list(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<(u64, Cleaning, u64)>, EngineError> {
    let prefix = of_owner(b'm', owner);
    let rows: Vec<(u64, Cleaning)> =
        stored::below(snapshot, VERSION, &prefix, usize::MAX, keys::first_number).await?;
    let mut all = Vec::with_capacity(rows.len());
    for (number, cleaning) in rows.into_iter().rev() {
        let prefix = cards(owner, number);
        let mut count = 0;
        snapshot
            .scan(&prefix, &keys::after(&prefix), |_, _| {
                count += 1;
                Step::Continue
            })
            .await?;
        all.push((number, cleaning, count));
    }
    Ok(all)
}

/// Up to `most` cards of a clean-up that were not taken back yet, by their index.
pub async fn cleaned(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    number: u64,
    most: usize,
) -> Result<Vec<(u64, Cleaned)>, EngineError> {
    let prefix = cards(owner, number);
    stored::below(snapshot, VERSION, &prefix, most, keys::first_number).await
}

/// Adds the beginning of a clean-up to `batch`.
pub fn begin(
    batch: &mut Batch,
    owner: &PrincipalId,
    number: u64,
    cleaning: &Cleaning,
) -> Result<(), EngineError> {
    principals::tie(batch, owner);
    batch.put(key(owner, number), encode(VERSION, cleaning)?);
    Ok(())
}

/// Adds a card that a clean-up changes to `batch`.
pub fn add(
    batch: &mut Batch,
    owner: &PrincipalId,
    (number, index): (u64, u64),
    cleaned: &Cleaned,
) -> Result<(), EngineError> {
    batch.put(card_key(owner, number, index), encode(VERSION, cleaned)?);
    Ok(())
}

/// Adds to `batch` that a card was taken back, or that there is nothing to take back.
pub fn settled(batch: &mut Batch, owner: &PrincipalId, (number, index): (u64, u64)) {
    batch.delete(card_key(owner, number, index));
}

/// Adds to `batch` that a clean-up, which still is as it was `read`, was taken back.
pub fn undone(
    batch: &mut Batch,
    owner: &PrincipalId,
    number: u64,
    read: &Stored<Cleaning>,
    at: Timestamp,
) -> Result<(), EngineError> {
    let now = Cleaning { undone: Some(at), ..read.record.clone() };
    stored::advance(batch, VERSION, key(owner, number), Some(read), &now)
}

/// Adds the end of what is kept of the cards of `owner` that `wanted` takes to `batch`.
pub async fn forget(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    wanted: impl Fn(&Cleaned) -> bool + Send + Sync,
) -> Result<(), EngineError> {
    let prefix = of_owner(b'c', owner);
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            let cleaned = decode::<Cleaned>(VERSION, value);
            if cleaned.is_ok_and(|cleaned| wanted(&cleaned)) {
                batch.delete(key.to_vec());
            }
            Step::Continue
        })
        .await
}

/// Ends what is kept of `owner`'s clean-ups before `before`.
pub(super) async fn purge(
    store: &Store,
    owner: &PrincipalId,
    before: Timestamp,
) -> Result<(), EngineError> {
    let due = list(&store.snapshot().await?, owner).await?.into_iter();
    for (number, ..) in due.filter(|(_, cleaning, _)| cleaning.at < before) {
        let prefix = cards(owner, number);
        loop {
            let mut batch = Batch::new();
            let snapshot = store.snapshot().await?;
            snapshot
                .scan(&prefix, &keys::after(&prefix), |key, _| {
                    batch.delete(key.to_vec());
                    if batch.ops().len() < STEP { Step::Continue } else { Step::Stop }
                })
                .await?;
            let is_last = batch.ops().len() < STEP;
            if is_last {
                batch.delete(key(owner, number));
            }
            let ended = store.commit(batch).await;
            ended.map_err(|e| EngineError::caused("an old clean-up cannot be ended now", e))?;
            if is_last {
                break;
            }
        }
    }
    Ok(())
}

/// What all of it begins with, of one owner.
pub(super) fn prefixes(owner: &PrincipalId) -> [Vec<u8>; 2] {
    [of_owner(b'm', owner), of_owner(b'c', owner)]
}

/// What is wrong, one sentence each: all of it can be read, and each card is of a clean-up.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let cleaning = |_: &[u8], row: &[u8]| decode::<Cleaning>(VERSION, row).is_ok();
    let mut faults =
        check_owned::check(snapshot, &[&[TABLE, b'm']], "a clean-up", cleaning).await?;
    let cleaned = |_: &[u8], row: &[u8]| decode::<Cleaned>(VERSION, row).is_ok();
    let what = "a card that was cleaned";
    faults.extend(check_owned::check(snapshot, &[&[TABLE, b'c']], what, cleaned).await?);
    faults.extend(check_owned::of_other_letters(snapshot, TABLE, b"mc").await?);
    let mut cleanings: Vec<Vec<u8>> = Vec::new();
    snapshot
        .scan(&[TABLE, b'c'], &keys::after(&[TABLE, b'c']), |key, _| {
            // Without the index.
            let cleaning = key.get(2..key.len().saturating_sub(8)).unwrap_or_default();
            if cleanings.last().is_none_or(|last| last != cleaning) {
                cleanings.push(cleaning.to_vec());
            }
            Step::Continue
        })
        .await?;
    for cleaning in cleanings {
        if !snapshot.has(&[&[TABLE, b'm'], &cleaning[..]].concat()).await? {
            faults.push("a card was cleaned by a clean-up that is not there".to_owned());
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::with_user;

    #[tokio::test]
    async fn what_does_not_agree_is_told() {
        let (store, anna) = with_user("anna").await;
        let actor = Actor { principal: "anna".to_owned(), device: String::new() };
        let cleaning =
            Cleaning { at: Timestamp(1), actor, what: vec!["mails".to_owned()], undone: None };
        let cleaned = Cleaned {
            collection: CollectionId(1),
            name: "a.vcf".to_owned(),
            uid: "a".to_owned(),
            tidied: ETag::of(b"x"),
            patches: Vec::new(),
        };
        let mut batch = Batch::new();
        begin(&mut batch, &anna, 7, &cleaning).unwrap();
        add(&mut batch, &anna, (7, 0), &cleaned).unwrap();
        add(&mut batch, &anna, (7, 1), &cleaned).unwrap();
        store.commit(batch).await.unwrap();
        assert_eq!(check(&store.snapshot().await.unwrap()).await.unwrap(), [""; 0]);

        let mut batch = Batch::new();
        add(&mut batch, &anna, (8, 0), &cleaned).unwrap();
        add(&mut batch, &PrincipalId::parse("zoe").unwrap(), (7, 0), &cleaned).unwrap();
        batch.put(key(&anna, 9), vec![9]);
        store.commit(batch).await.unwrap();
        let faults = check(&store.snapshot().await.unwrap()).await.unwrap();
        let alone = "a card was cleaned by a clean-up that is not there";
        assert_eq!(
            faults,
            [
                "a clean-up of anna cannot be read",
                "a card that was cleaned of zoe, who is no user",
                alone,
                alone
            ]
        );
    }
}
