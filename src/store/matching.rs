//! Which contacts are proposed to be one person, and which their owner said are not.
//!
//! | key | value |
//! |---|---|
//! | `80` owner `00` uid `00` uid | when it was said that the two are not one person |
//! | `81` owner `00` uid `00` uid | [`Proposal`] |
//! | `82` owner | [`Learned`] |
//! | `b0` owner | since when what is certain is merged without asking |
//!
//! The lesser UID stands first, but a proposal stands under both.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::stored::{self, Stored};
use super::{counter, decode, encode, principals, proposal_changes, tombstones};
use crate::base::{PrincipalId, Timestamp};

pub(super) const VERSION: u8 = 1;
/// Of [`Learned`].
pub(super) const LEARNED_VERSION: u8 = 2;
pub(super) const APART: u8 = 0x80;
pub(super) const PROPOSAL: u8 = 0x81;
pub(super) const LEARNED: u8 = 0x82;
pub(super) const AUTOMATIC: u8 = 0xb0;

/// Two contacts of which it is proposed that they are one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// How probable it is, in millionths.
    pub millionths: u32,
    /// May they be merged without asking, where the owner wishes that?
    pub certain: bool,
    /// Why, in words.
    pub reasons: Vec<String>,
    /// Since when it is proposed.
    pub since: Timestamp,
}

/// What the latest scan of all cards of an owner came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// When it was.
    pub at: Timestamp,
    /// How many cards there were.
    pub cards: u64,
    /// Pairs of one person, of a household, of an organization, per card, and the shares of those
    /// of one person that mean one house and that have two given names; in millionths.
    pub shares: [u32; 5],
}

fn prefix(table: u8, owner: &PrincipalId) -> Vec<u8> {
    Key::of(table).text(owner.as_str()).done()
}

pub(super) fn apart_key(owner: &PrincipalId, one: &str, other: &str) -> Vec<u8> {
    let (less, more) = if one <= other { (one, other) } else { (other, one) };
    Key::of(APART).text(owner.as_str()).text(less).bytes(more.as_bytes()).done()
}

pub(super) fn proposal_keys(owner: &PrincipalId, one: &str, other: &str) -> [Vec<u8>; 2] {
    [(one, other), (other, one)].map(|(first, second)| {
        Key::of(PROPOSAL).text(owner.as_str()).text(first).bytes(second.as_bytes()).done()
    })
}

/// The two UIDs in a key.
fn uids(key: &[u8], prefix: &[u8]) -> (String, String) {
    let rest = String::from_utf8_lossy(key.get(prefix.len()..).unwrap_or_default()).into_owned();
    match rest.split_once('\0') {
        Some((less, more)) => (less.to_owned(), more.to_owned()),
        None => (rest, String::new()),
    }
}

/// The pairs of UIDs (normalised) of which `owner` said that they are not one person.
pub async fn apart(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<(String, String)>, EngineError> {
    let prefix = prefix(APART, owner);
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            found.push(uids(key, &prefix));
            Step::Continue
        })
        .await?;
    Ok(found)
}

/// Whether `owner` said that two UIDs are not one person.
pub async fn are_apart(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    one: &str,
    other: &str,
) -> Result<bool, EngineError> {
    Ok(snapshot.get(&apart_key(owner, one, other)).await?.is_some())
}

/// Adds "these two are not one person" to `batch`; it is not proposed any more.
pub fn set_apart(batch: &mut Batch, owner: &PrincipalId, one: &str, other: &str, at: Timestamp) {
    principals::tie(batch, owner);
    batch.put(apart_key(owner, one, other), Bytes::copy_from_slice(&at.0.to_be_bytes()));
    withdraw(batch, owner, one, other);
}

/// Adds "nothing is said of these two any more" to `batch`.
pub fn forget_apart(batch: &mut Batch, owner: &PrincipalId, one: &str, other: &str) {
    batch.delete(apart_key(owner, one, other));
}

/// What is proposed to `owner`, by UIDs (normalised).
pub async fn proposals(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<BTreeMap<(String, String), Proposal>, EngineError> {
    let prefix = prefix(PROPOSAL, owner);
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            let (one, other) = uids(key, &prefix);
            if one <= other {
                found.push(decode(VERSION, value).map(|proposal| ((one, other), proposal)));
            }
            Step::Continue
        })
        .await?;
    found.into_iter().collect()
}

/// What is proposed to `owner` of the contact with a UID, by the UID of the other one.
pub async fn of_uid(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<BTreeMap<String, Proposal>, EngineError> {
    let prefix = Key::of(PROPOSAL).text(owner.as_str()).text(uid).done();
    let found = stored::below(snapshot, VERSION, &prefix, usize::MAX, keys::text_in).await?;
    Ok(found.into_iter().collect())
}

/// Adds proposals to `batch`, each with its two UIDs, but for those who are erased at this moment.
pub async fn propose<'a>(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    proposals: impl Iterator<Item = (&'a str, &'a str, &'a Proposal)> + Send,
) -> Result<(), EngineError> {
    principals::tie(batch, owner);
    let mut there: HashMap<&str, bool> = HashMap::new();
    for (one, other, proposal) in proposals {
        for uid in [one, other] {
            if !there.contains_key(uid) {
                let is_there = tombstones::expect_none(snapshot, batch, owner, uid).await?;
                there.insert(uid, is_there);
            }
        }
        if there.get(one) != Some(&true) || there.get(other) != Some(&true) {
            continue;
        }
        let record = encode(VERSION, proposal)?;
        for key in proposal_keys(owner, one, other) {
            batch.put(key, record.clone());
        }
        proposal_changes::note(batch, owner, one);
        proposal_changes::note(batch, owner, other);
    }
    Ok(())
}

/// Adds the end of a proposal to `batch`.
pub fn withdraw(batch: &mut Batch, owner: &PrincipalId, one: &str, other: &str) {
    end(batch, owner, one, other);
    proposal_changes::note(batch, owner, one);
    proposal_changes::note(batch, owner, other);
}

fn end(batch: &mut Batch, owner: &PrincipalId, one: &str, other: &str) {
    for key in proposal_keys(owner, one, other) {
        batch.delete(key);
    }
}

/// Since when what is certain is merged for `owner` without asking; `None`: it is not.
pub async fn automatic(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Option<Timestamp>, EngineError> {
    let since = snapshot.get_with(&prefix(AUTOMATIC, owner), counter).await?;
    Ok(since.map(|at| Timestamp(u64::try_from(at).unwrap_or(0))))
}

/// Adds that what is certain is merged for `owner` without asking from `since` on, or is not.
pub fn set_automatic(batch: &mut Batch, owner: &PrincipalId, since: Option<Timestamp>) {
    principals::tie(batch, owner);
    let key = prefix(AUTOMATIC, owner);
    match since {
        Some(since) => batch.put(key, since.0.to_be_bytes().to_vec()),
        None => batch.delete(key),
    }
}

/// What the latest scan of the cards of `owner` came to; nothing if an earlier version learned it.
pub async fn learned(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Option<Stored<Learned>>, EngineError> {
    let key = prefix(LEARNED, owner);
    let outdated = snapshot.get_with(&key, is_outdated).await?.unwrap_or(false);
    if outdated { Ok(None) } else { stored::read(snapshot, LEARNED_VERSION, key).await }
}

/// Adds what a scan came to to `batch`.
pub fn set_learned(
    batch: &mut Batch,
    owner: &PrincipalId,
    learned: &Learned,
) -> Result<(), EngineError> {
    principals::tie(batch, owner);
    batch.put(prefix(LEARNED, owner), encode(LEARNED_VERSION, learned)?);
    Ok(())
}

/// Adds "no scan came to anything yet" to `batch`.
pub fn forget_learned(batch: &mut Batch, owner: &PrincipalId) {
    batch.delete(prefix(LEARNED, owner));
}

/// Adds the end of all that is said and proposed of the contact with a UID to `batch`.
pub async fn forget(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    uid: &str,
) -> Result<(), EngineError> {
    for other in of_uid(snapshot, owner, uid).await?.keys() {
        end(batch, owner, uid, other);
        proposal_changes::note(batch, owner, other);
    }
    proposal_changes::forget(batch, owner, uid);
    for (one, other) in apart(snapshot, owner).await? {
        if one == uid || other == uid {
            forget_apart(batch, owner, &one, &other);
        }
    }
    Ok(())
}

/// Adds the end of all that is kept for `owner` to `batch`.
pub async fn remove(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
) -> Result<(), EngineError> {
    let tables = [APART, PROPOSAL, LEARNED, AUTOMATIC].map(|table| prefix(table, owner));
    for prefix in tables.into_iter().chain([proposal_changes::prefix(owner)]) {
        stored::end_below(snapshot, batch, &prefix).await?;
    }
    Ok(())
}

/// Did an earlier version write it?
pub(super) fn is_outdated(value: &[u8]) -> bool {
    value.first() < Some(&LEARNED_VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::check_matching;
    use crate::store::engine::{Engine, memory::MemoryEngine};

    #[tokio::test]
    async fn two_contacts_are_one_pair_whichever_is_named_first() {
        let engine = Engine::Memory(MemoryEngine::default());
        let anna = PrincipalId::parse("anna").unwrap();
        let proposal = Proposal {
            millionths: 900_000,
            certain: false,
            reasons: vec!["same name".to_owned()],
            since: Timestamp(1),
        };
        let mut batch = Batch::new();
        for key in proposal_keys(&anna, "b", "a") {
            batch.put(key, encode(VERSION, &proposal).unwrap());
        }
        engine.commit(batch).await.unwrap();
        let snapshot = engine.snapshot().await.unwrap();
        let pair = ("a".to_owned(), "b".to_owned());
        let proposals = proposals(&snapshot, &anna).await.unwrap();
        assert_eq!(proposals.into_iter().collect::<Vec<_>>(), [(pair.clone(), proposal)]);
        let of_b = of_uid(&snapshot, &anna, "b").await.unwrap();
        assert_eq!(of_b.keys().collect::<Vec<_>>(), ["a"]);
        assert!(!are_apart(&snapshot, &anna, "a", "b").await.unwrap());
        let faults = check_matching::check(&snapshot).await.unwrap();
        assert_eq!(faults, ["duplicates are known of anna, who is no user"]);
        let mut batch = Batch::new();
        batch.put(apart_key(&anna, "b", "a"), vec![0; 8]);
        remove(&snapshot, &mut batch, &anna).await.unwrap();
        engine.commit(batch).await.unwrap();
        let snapshot = engine.snapshot().await.unwrap();
        assert!(are_apart(&snapshot, &anna, "a", "b").await.unwrap());
        assert_eq!(apart(&snapshot, &anna).await.unwrap(), [pair]);
    }
}
