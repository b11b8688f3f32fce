//! Cards filed under keys that similar cards have in common, so that a card is compared with those
//! few only; how often values come up; and the cards that are still to be compared. Of each
//! address book, brought up to date by whoever asks.
//!
//! | key | value |
//! |---|---|
//! | `83` `s` collection | [`followed::State`](super::followed::State) |
//! | `83` `k` collection key name fact card | nothing: the card is filed under the key |
//! | `83` `c` collection card | [`Card`] |
//! | `83` `f` collection value | how many cards have the value, by its fingerprint |
//! | `83` `n` collection | how many cards there are |
//! | `83` `q` collection member | the UID of a card that changed and is still to be compared |
//!
//! Most cards have a dozen keys, so the rows of these are kept short: a card is [`CardId`] in them, and
//! a value that is a key, too, is not counted apart.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::stored;
use super::{counter, encode};
use crate::base::CollectionId;

const VERSION: u8 = 2;
pub(super) const TABLE: u8 = 0x83;

/// The parts of the index, by their letters.
pub(super) const PARTS: [u8; 6] = *b"skcfnq";

/// What the index calls a card of a book: the beginning of the SHA-256 of the member's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardId([u8; 8]);

/// What the index has of a card.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Card {
    /// The member's name.
    pub name: String,
    /// Its UID (normalised).
    pub uid: String,
    /// The keys it is filed under, each once.
    pub keys: Vec<u64>,
    /// What parts the cards of a key that too many have: first by the first, then by the second.
    pub refinement: [u16; 2],
    /// The fingerprints of its values that are no keys, each once.
    pub values: Vec<u64>,
    /// What is compared of it, as whoever compares it writes it down.
    pub profile: Vec<u8>,
}

impl CardId {
    /// That of member `name`.
    pub fn of(name: &str) -> Self {
        let digest = Sha256::digest(name.as_bytes());
        Self(digest.first_chunk().copied().unwrap_or_default())
    }
}

fn part(letter: u8, id: CollectionId) -> Key {
    Key::of(TABLE).bytes(&[letter]).number(id.0)
}

/// Prefix of a part of the index of a collection.
pub(super) fn prefix(letter: u8, id: CollectionId) -> Vec<u8> {
    part(letter, id).done()
}

/// Where it is written how far the index follows a book.
pub fn state_key(id: CollectionId) -> Vec<u8> {
    prefix(b's', id)
}

fn card_key(id: CollectionId, card: CardId) -> Vec<u8> {
    part(b'c', id).bytes(&card.0).done()
}

/// The row that says that a card of this refinement is filed under `key`.
fn filed_key(id: CollectionId, key: u64, refinement: [u16; 2], card: CardId) -> Vec<u8> {
    let [first, second] = refinement.map(u16::to_be_bytes);
    part(b'k', id).number(key).bytes(&first).bytes(&second).bytes(&card.0).done()
}

/// What the index has of a card.
pub async fn card(
    snapshot: &Snapshot,
    id: CollectionId,
    card: CardId,
) -> Result<Option<Card>, EngineError> {
    stored::record(snapshot, VERSION, &card_key(id, card)).await
}

/// What the index has of member `name`.
pub async fn of_member(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Option<Card>, EngineError> {
    let found = card(snapshot, id, CardId::of(name)).await?;
    Ok(found.filter(|card| card.name == name))
}

/// Adds "the index has `now` of a member instead of `before`" to `batch`.
pub fn replace<'a>(
    batch: &mut Batch,
    id: CollectionId,
    before: Option<&'a Card>,
    now: Option<&'a Card>,
) -> Result<(), EngineError> {
    if before == now {
        return Ok(());
    }
    // Where the refinement is another one, all rows are.
    let alike = before.zip(now).is_some_and(|(was, now)| was.refinement == now.refinement);
    let keys = |card: Option<&'a Card>| card.map_or(&[][..], |card| &card.keys);
    let values = |card: Option<&'a Card>| card.map_or(&[][..], |card| &card.values);
    if let Some(was) = before {
        let card = CardId::of(&was.name);
        for key in keys(before).iter().filter(|key| !alike || !keys(now).contains(key)) {
            batch.delete(filed_key(id, *key, was.refinement, card));
        }
        if now.is_none() {
            batch.delete(card_key(id, card));
        }
    }
    if let Some(now) = now {
        let card = CardId::of(&now.name);
        for key in keys(Some(now)).iter().filter(|key| !alike || !keys(before).contains(key)) {
            batch.put(filed_key(id, *key, now.refinement, card), Vec::new());
        }
        batch.put(card_key(id, card), encode(VERSION, now)?);
    }
    for (from, to, delta) in [(before, now, -1), (now, before, 1)] {
        for value in values(from).iter().filter(|value| !values(to).contains(value)) {
            batch.add(part(b'f', id).number(*value).done(), delta);
        }
        if from.is_some() && to.is_none() {
            batch.add(prefix(b'n', id), delta);
        }
    }
    Ok(())
}

/// The cards filed under `key`, at most `most`: if there are more, those whose refinement is the
/// same as far as that is needed.
pub async fn filed(
    snapshot: &Snapshot,
    id: CollectionId,
    key: u64,
    refinement: [u16; 2],
    most: usize,
) -> Result<Vec<CardId>, EngineError> {
    let [first, second] = refinement.map(u16::to_be_bytes);
    let all = part(b'k', id).number(key).done();
    let named = [&all[..], &first].concat();
    let alike = [&named[..], &second].concat();
    let mut found = Vec::new();
    for prefix in [all.clone(), named, alike] {
        found.clear();
        snapshot
            .scan(&prefix, &keys::after(&prefix), |key, _| {
                found.extend(key.last_chunk().copied().map(CardId));
                if found.len() <= most { Step::Continue } else { Step::Stop }
            })
            .await?;
        if found.len() <= most {
            break;
        }
    }
    found.truncate(most);
    Ok(found)
}

/// How many cards of a book are filed under `key`, counted up to `most`.
pub async fn filed_count(
    snapshot: &Snapshot,
    id: CollectionId,
    key: u64,
    most: u32,
) -> Result<u32, EngineError> {
    let prefix = part(b'k', id).number(key).done();
    Ok(stored::count_below(snapshot, &prefix, most as usize).await? as u32)
}

/// How many cards of a book have the value, which is no key, with this fingerprint.
pub async fn times(snapshot: &Snapshot, id: CollectionId, value: u64) -> Result<u64, EngineError> {
    number(snapshot, &part(b'f', id).number(value).done()).await
}

/// How many cards of a book are in the index.
pub async fn cards(snapshot: &Snapshot, id: CollectionId) -> Result<u64, EngineError> {
    number(snapshot, &prefix(b'n', id)).await
}

async fn number(snapshot: &Snapshot, key: &[u8]) -> Result<u64, EngineError> {
    let found = snapshot.get_with(key, counter).await?;
    Ok(found.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
}

/// Adds "member `name`, which has or had this UID, is to be compared" to `batch`.
pub fn await_comparison(batch: &mut Batch, id: CollectionId, name: &str, uid: &str) {
    batch.put(part(b'q', id).bytes(name.as_bytes()).done(), uid.as_bytes().to_vec());
}

/// Adds "member `name` was compared" to `batch`.
pub fn compared(batch: &mut Batch, id: CollectionId, name: &str) {
    batch.delete(part(b'q', id).bytes(name.as_bytes()).done());
}

/// Up to `most` members that are still to be compared, with their UIDs.
pub async fn awaiting(
    snapshot: &Snapshot,
    id: CollectionId,
    most: usize,
) -> Result<Vec<(String, String)>, EngineError> {
    let prefix = prefix(b'q', id);
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, uid| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            found.push((text(key.get(prefix.len()..).unwrap_or_default()), text(uid)));
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}

/// What is wrong, one sentence each: all sides of the index must say the same.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let (mut filed, mut keys_of_cards, mut cards, mut counted) = (0_u64, 0_u64, 0_u64, 0_i64);
    let mut unreadable = 0_u64;
    snapshot
        .scan(&[TABLE], &keys::after(&[TABLE]), |key, value| {
            match key.get(1) {
                Some(b'k') => filed += 1,
                Some(b'n') => counted += counter(value),
                Some(b'c') => match super::decode::<Card>(VERSION, value) {
                    Ok(card) => {
                        cards += 1;
                        keys_of_cards += card.keys.len() as u64;
                    }
                    Err(_) => unreadable += 1,
                },
                _ => {}
            }
            Step::Continue
        })
        .await?;
    let mut faults = Vec::new();
    if unreadable > 0 {
        faults.push(format!("what is compared of {unreadable} cards cannot be read"));
    } else if filed != keys_of_cards || u64::try_from(counted).ok() != Some(cards) {
        faults.push(format!(
            "the index of duplicates has {filed} keys of {counted} cards, the cards have \
             {keys_of_cards} of {cards}"
        ));
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engine::{Engine, memory::MemoryEngine};

    /// Whatever a card becomes, the index then has exactly what it has of a card that came so.
    #[tokio::test]
    async fn a_card_that_changes_is_filed_as_one_that_came() {
        let id = CollectionId(7);
        let card = |keys: &[u64], refinement, values: &[u64]| Card {
            name: "c.vcf".to_owned(),
            uid: "u".to_owned(),
            keys: keys.to_vec(),
            refinement,
            values: values.to_vec(),
            profile: keys.iter().map(|key| *key as u8).collect(),
        };
        let states = [
            None,
            Some(card(&[1, 2, 3], [4, 5], &[6, 7])),
            Some(card(&[1, 3, 9], [4, 5], &[7, 8])),
            Some(card(&[1, 3, 9], [4, 6], &[7, 8])),
            Some(card(&[], [0, 0], &[])),
        ];
        let rows = async |engine: &Engine| {
            let mut rows = Vec::new();
            let snapshot = engine.snapshot().await.unwrap();
            let end = keys::after(&[TABLE]);
            let all = snapshot.scan(&[TABLE], &end, |key, value| {
                // A value that nobody has any more may be counted as none.
                if counter(value) != 0 || key.get(1) != Some(&b'f') {
                    rows.push((key.to_vec(), value.to_vec()));
                }
                Step::Continue
            });
            all.await.unwrap();
            rows
        };
        for (from, before) in states.iter().enumerate() {
            for (to, now) in states.iter().enumerate() {
                let [changed, fresh] = [(); 2].map(|()| Engine::Memory(MemoryEngine::default()));
                let mut batch = Batch::new();
                replace(&mut batch, id, None, before.as_ref()).unwrap();
                changed.commit(batch).await.unwrap();
                let mut batch = Batch::new();
                replace(&mut batch, id, before.as_ref(), now.as_ref()).unwrap();
                assert_eq!(batch.ops().is_empty(), from == to, "from {from} to {to}");
                changed.commit(batch).await.unwrap();
                let mut batch = Batch::new();
                batch.add(prefix(b'n', id), 0);
                replace(&mut batch, id, None, now.as_ref()).unwrap();
                fresh.commit(batch).await.unwrap();
                let (changed, fresh) = (rows(&changed).await, rows(&fresh).await);
                if from + to > 0 {
                    assert_eq!(changed, fresh, "from {from} to {to}");
                }
            }
        }
    }

    #[tokio::test]
    async fn a_key_that_too_many_have_is_parted() {
        let engine = Engine::Memory(MemoryEngine::default());
        let id = CollectionId(7);
        let card = |n: u16| Card {
            name: format!("{n}.vcf"),
            uid: format!("u{n}"),
            keys: vec![5],
            refinement: [n % 2, n % 4],
            values: vec![9],
            profile: Vec::new(),
        };
        let mut batch = Batch::new();
        for n in 0..16 {
            replace(&mut batch, id, None, Some(&card(n))).unwrap();
        }
        engine.commit(batch).await.unwrap();
        let snapshot = engine.snapshot().await.unwrap();
        for (most, wanted) in [(20, 16), (16, 16), (10, 8), (5, 4), (3, 3)] {
            let found = filed(&snapshot, id, 5, [1, 3], most).await.unwrap();
            assert_eq!(found.len(), wanted, "at most {most}: {found:?}");
        }
        assert_eq!(times(&snapshot, id, 9).await.unwrap(), 16);
        assert_eq!(filed_count(&snapshot, id, 5, 100).await.unwrap(), 16);
        assert_eq!(filed_count(&snapshot, id, 5, 10).await.unwrap(), 10);
        assert!(check(&snapshot).await.unwrap().is_empty());
        let mut batch = Batch::new();
        for n in 0..16 {
            replace(&mut batch, id, Some(&card(n)), None).unwrap();
        }
        batch.put(filed_key(id, 6, [99 % 2, 99 % 4], CardId::of("99.vcf")), Vec::new());
        engine.commit(batch).await.unwrap();
        let snapshot = engine.snapshot().await.unwrap();
        assert_eq!(cards(&snapshot, id).await.unwrap(), 0);
        assert!(filed(&snapshot, id, 5, [1, 3], 20).await.unwrap().is_empty());
        assert_eq!(check(&snapshot).await.unwrap().len(), 1);
    }
}
