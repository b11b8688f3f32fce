//! What is wrong with cards, how complete they are, and when each is to be looked at again: an index of
//! each address book, brought up to date by whoever asks. It has no text of the cards.
//!
//! | key | value |
//! |---|---|
//! | `98` `s` collection | [`followed::State`](super::followed::State) |
//! | `98` `c` collection name | [`Card`] |
//! | `98` `k` collection kind name | nothing: the card has a finding of the kind; `ff` is any |
//! | `98` `n` collection what | a counter: cards with findings of a kind, or of any, `fe` cards, `fd` the sum of their scores |
//! | `98` `w` collection time name | nothing: then the card is to be looked at again |
//! | `98` `q` collection name | the kinds that the card's tags tell of, while these are others |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::stored::{self, Stored};
use super::{counter, encode};
use crate::base::{CollectionId, Timestamp};

const VERSION: u8 = 1;
const TABLE: u8 = 0x98;

/// The parts of the index, by their letters.
pub(super) const PARTS: [u8; 6] = *b"scknwq";

const ANY: u8 = 0xff;
const CARDS: u8 = 0xfe;
const SCORES: u8 = 0xfd;

/// What the index depends on beside the cards; another one has everything written anew.
pub type Form = (u32, u32, u32, Vec<u64>);

/// What the index has of a card.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Card {
    /// Its UID (normalised).
    pub uid: String,
    /// A fingerprint of what a person said in it.
    pub said: u64,
    /// When a person changed that last.
    pub edited: Timestamp,
    /// The kinds of its findings, a bit each.
    pub kinds: u32,
    /// How complete it is: 0 to 100.
    pub score: u8,
    /// When it is to be looked at again although nothing changed.
    pub wake: Option<Timestamp>,
}

/// How the cards of a book are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// How many there are.
    pub cards: u64,
    /// How many have findings.
    pub attention: u64,
    /// The sum of their scores.
    pub scores: u64,
    /// How many have findings of each kind, by its bit.
    pub kinds: Vec<u64>,
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

fn card_key(id: CollectionId, name: &str) -> Vec<u8> {
    part(b'c', id).bytes(name.as_bytes()).done()
}

fn kind_key(id: CollectionId, kind: u8, name: &str) -> Vec<u8> {
    part(b'k', id).bytes(&[kind]).bytes(name.as_bytes()).done()
}

fn wake_key(id: CollectionId, at: Timestamp, name: &str) -> Vec<u8> {
    part(b'w', id).number(at.0).bytes(name.as_bytes()).done()
}

fn tags_key(id: CollectionId, name: &str) -> Vec<u8> {
    part(b'q', id).bytes(name.as_bytes()).done()
}

/// The kinds of which `kinds` has the bit, and "any" if there is one.
fn filed(kinds: u32) -> impl Iterator<Item = u8> {
    let each = (0..32).filter(move |bit| kinds & (1 << bit) != 0);
    each.chain((kinds != 0).then_some(ANY))
}

// === reading ===

/// What the index has of a member.
pub async fn card(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Option<Stored<Card>>, EngineError> {
    stored::read(snapshot, VERSION, card_key(id, name)).await
}

/// The members that had one of these UIDs when the index last looked.
pub async fn with_uids(
    snapshot: &Snapshot,
    id: CollectionId,
    uids: &[String],
) -> Result<Vec<String>, EngineError> {
    let prefix = prefix(b'c', id);
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            let card = super::decode::<Card>(VERSION, value);
            if card.is_ok_and(|card| uids.contains(&card.uid)) {
                found.push(text(key, prefix.len()));
            }
            Step::Continue
        })
        .await?;
    Ok(found)
}

/// How the cards of a book are.
pub async fn counts(snapshot: &Snapshot, id: CollectionId) -> Result<Counts, EngineError> {
    let prefix = prefix(b'n', id);
    let mut found = Counts { kinds: vec![0; 32], ..Counts::default() };
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            let count = u64::try_from(counter(value)).unwrap_or(0);
            match key.get(prefix.len()) {
                Some(&ANY) => found.attention = count,
                Some(&CARDS) => found.cards = count,
                Some(&SCORES) => found.scores = count,
                Some(kind) => {
                    if let Some(slot) = found.kinds.get_mut(usize::from(*kind)) {
                        *slot = count;
                    }
                }
                None => {}
            }
            Step::Continue
        })
        .await?;
    Ok(found)
}

/// Up to `most` members with findings, of the kind with this bit if one is named, by name, after `after`.
pub async fn with_findings(
    snapshot: &Snapshot,
    id: CollectionId,
    kind: Option<u8>,
    after: Option<&str>,
    most: usize,
) -> Result<Vec<String>, EngineError> {
    let prefix = kind_key(id, kind.unwrap_or(ANY), "");
    names(snapshot, &keys::next_after(&prefix, after), &prefix, prefix.len(), most).await
}

/// Up to `most` members that are to be looked at again by `now`, the longest due first.
pub async fn due(
    snapshot: &Snapshot,
    id: CollectionId,
    now: Timestamp,
    most: usize,
) -> Result<Vec<String>, EngineError> {
    let prefix = prefix(b'w', id);
    let to = part(b'w', id).number(now.0.saturating_add(1)).done();
    let mut found = Vec::new();
    if most == 0 {
        return Ok(found);
    }
    snapshot
        .scan(&prefix, &to, |key, _| {
            found.push(text(key, prefix.len() + 8));
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}

/// Up to `most` members whose tags are to follow their findings, with the kinds that the tags tell of.
pub async fn to_tag(
    snapshot: &Snapshot,
    id: CollectionId,
    most: usize,
) -> Result<Vec<(String, u32)>, EngineError> {
    let prefix = prefix(b'q', id);
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            let kinds = value.first_chunk::<4>().map_or(0, |kinds| u32::from_be_bytes(*kinds));
            found.push((text(key, prefix.len()), kinds));
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}

/// The kinds that the tags of a member tell of, if they are others than those of its findings.
pub async fn tagged(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Option<u32>, EngineError> {
    let read =
        |value: &[u8]| value.first_chunk::<4>().map_or(0, |kinds| u32::from_be_bytes(*kinds));
    snapshot.get_with(&tags_key(id, name), read).await
}

async fn names(
    snapshot: &Snapshot,
    from: &[u8],
    prefix: &[u8],
    skip: usize,
    most: usize,
) -> Result<Vec<String>, EngineError> {
    let mut found = Vec::new();
    if most == 0 {
        return Ok(found);
    }
    snapshot
        .scan(from, &keys::after(prefix), |key, _| {
            found.push(text(key, skip));
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}

fn text(key: &[u8], from: usize) -> String {
    String::from_utf8_lossy(key.get(from..).unwrap_or_default()).into_owned()
}

// === writing ===

/// Adds "the index has `now` of member `name` instead of what was `read`" to `batch`, which demands that
/// nobody else wrote it meanwhile.
pub fn replace(
    batch: &mut Batch,
    id: CollectionId,
    name: &str,
    read: Option<&Stored<Card>>,
    now: Option<&Card>,
) -> Result<(), EngineError> {
    let before = read.map(|read| &read.record);
    if before == now {
        return Ok(());
    }
    stored::require(batch, &card_key(id, name), read);
    let kinds = |card: Option<&Card>| card.map_or(0, |card| card.kinds);
    let (old, new) = (kinds(before), kinds(now));
    for kind in filed(old).filter(|kind| !filed(new).any(|other| other == *kind)) {
        batch.delete(kind_key(id, kind, name));
        batch.add(part(b'n', id).bytes(&[kind]).done(), -1);
    }
    for kind in filed(new).filter(|kind| !filed(old).any(|other| other == *kind)) {
        batch.put(kind_key(id, kind, name), Vec::new());
        batch.add(part(b'n', id).bytes(&[kind]).done(), 1);
    }
    let score = |card: Option<&Card>| card.map_or(0, |card| i64::from(card.score));
    if score(before) != score(now) {
        batch.add(part(b'n', id).bytes(&[SCORES]).done(), score(now) - score(before));
    }
    let cards = i64::from(now.is_some()) - i64::from(before.is_some());
    if cards != 0 {
        batch.add(part(b'n', id).bytes(&[CARDS]).done(), cards);
    }
    let wake = |card: Option<&Card>| card.and_then(|card| card.wake);
    if wake(before) != wake(now) {
        if let Some(at) = wake(before) {
            batch.delete(wake_key(id, at, name));
        }
        if let Some(at) = wake(now) {
            batch.put(wake_key(id, at, name), Vec::new());
        }
    }
    if let Some(card) = now {
        batch.put(card_key(id, name), encode(VERSION, card)?);
    } else {
        batch.delete(card_key(id, name));
        batch.delete(tags_key(id, name));
    }
    Ok(())
}

/// Adds to `batch` that the tags of a member tell of these `kinds`, and are to follow its findings; with
/// `None`, that they do.
pub fn set_tagged(batch: &mut Batch, id: CollectionId, name: &str, kinds: Option<u32>) {
    match kinds {
        Some(kinds) => batch.put(tags_key(id, name), kinds.to_be_bytes().to_vec()),
        None => batch.delete(tags_key(id, name)),
    }
}

/// What is wrong, one sentence each: all sides of the index must say the same.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let (mut listed, mut waking, mut counted) = (0_i64, 0_i64, 0_i64);
    let (mut kinds, mut wakes, mut sums, mut unreadable) = (0_i64, 0_i64, 0_i64, 0_u64);
    snapshot
        .scan(&[TABLE], &keys::after(&[TABLE]), |key, value| {
            match key.get(1) {
                Some(b'k') => listed += 1,
                Some(b'w') => waking += 1,
                Some(b'n') => counted += counter(value),
                Some(b'c') => match super::decode::<Card>(VERSION, value) {
                    Ok(card) => {
                        let here = filed(card.kinds).count() as i64;
                        kinds += here;
                        sums += here + 1 + i64::from(card.score);
                        wakes += i64::from(card.wake.is_some());
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
        faults.push(format!("what is known of the quality of {unreadable} cards cannot be read"));
    } else if (listed, waking, counted) != (kinds, wakes, sums) {
        faults.push(format!(
            "the index of quality lists {listed} findings and {waking} times and counts {counted}, \
             its cards have {kinds}, {wakes} and {sums}"
        ));
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::with_user;

    #[tokio::test]
    async fn all_sides_say_the_same() {
        let (store, _) = with_user("anna").await;
        let id = CollectionId(1);
        let card = |kinds, score, wake: Option<u64>| Card {
            uid: "u".to_owned(),
            kinds,
            score,
            wake: wake.map(Timestamp),
            ..Card::default()
        };
        let states = [
            ("a", Some(card(0b101, 30, Some(5)))),
            ("b", Some(card(0, 70, None))),
            ("a", Some(card(0b100, 35, Some(7)))),
            ("c", Some(card(0b100, 0, Some(6)))),
            ("b", None),
            ("a", Some(card(0b100, 35, Some(9)))),
        ];
        for (name, now) in states {
            let snapshot = store.snapshot().await.unwrap();
            let read = super::card(&snapshot, id, name).await.unwrap();
            let mut batch = Batch::new();
            replace(&mut batch, id, name, read.as_ref(), now.as_ref()).unwrap();
            store.commit(batch).await.unwrap();
            let faults = check(&store.snapshot().await.unwrap()).await.unwrap();
            assert_eq!(faults, [""; 0], "{name} {now:?}");
        }
        let snapshot = store.snapshot().await.unwrap();
        let counts = counts(&snapshot, id).await.unwrap();
        assert_eq!((counts.cards, counts.attention, counts.scores), (2, 2, 35));
        assert_eq!((counts.kinds[0], counts.kinds[2]), (0, 2));
        assert_eq!(with_findings(&snapshot, id, Some(2), None, 9).await.unwrap(), ["a", "c"]);
        assert_eq!(with_findings(&snapshot, id, None, Some("a"), 9).await.unwrap(), ["c"]);
        assert_eq!(due(&snapshot, id, Timestamp(8), 9).await.unwrap(), ["c"]);
        assert_eq!(due(&snapshot, id, Timestamp(9), 1).await.unwrap(), ["c"]);

        let read = super::card(&snapshot, id, "a").await.unwrap();
        let (mut one, mut other) = (Batch::new(), Batch::new());
        replace(&mut one, id, "a", read.as_ref(), None).unwrap();
        replace(&mut other, id, "a", read.as_ref(), None).unwrap();
        store.commit(one).await.unwrap();
        store.commit(other).await.unwrap_err();
    }
}
