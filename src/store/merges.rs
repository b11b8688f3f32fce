//! Merges: which contacts became one, and all that is needed to take that back.
//!
//! | key | value |
//! |---|---|
//! | `84` owner `00` number | [`Merge`] |
//! | `85` owner `00` number index | [`Before`] |
//! | `86` owner `00` UID `00` number | the UID was in that merge: `01`, it stands; `00`, it was taken back |
//! | `87` collection name | the number of the merge that ended the card of this name |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key, number_in};
use super::stored::{self, Stored};
use super::{Actor, Store, contacts::Contact, encode, principals};
use crate::base::{CollectionId, ContactId, PrincipalId, Timestamp};

pub(super) const VERSION: u8 = 1;
pub(super) const MERGE: u8 = 0x84;
pub(super) const BEFORE: u8 = 0x85;
pub(super) const BY_UID: u8 = 0x86;
pub(super) const ENDED: u8 = 0x87;

/// In the rows of a UID: the merge stands.
const STANDS: &[u8] = &[1];
/// It was taken back.
const TAKEN_BACK: &[u8] = &[0];

/// How long a merge can be taken back, in days.
pub const KEPT_DAYS: u64 = 180;

/// Contacts that became one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// The UID that stays.
    pub into: String,
    /// The UIDs that lead to it since; those that were aliases of them, too.
    pub uids: Vec<String>,
    /// The names of all, that of the one that stays first.
    pub names: Vec<String>,
    /// The number of the one that stays.
    pub contact: ContactId,
    /// It as it was; `None`: nothing was remembered of it.
    pub was: Option<Contact>,
    /// It as the merge left it.
    pub now: Contact,
    /// The others of which something was remembered.
    pub others: Vec<(ContactId, Contact)>,
    /// The interactions that went over to it, and who had taken part in each.
    pub interactions: Vec<(u64, Vec<ContactId>)>,
    /// How many cards it changed.
    pub cards: u32,
    /// When it was taken back.
    pub undone: Option<Timestamp>,
}

/// What a card was that a merge changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// The book.
    pub collection: CollectionId,
    /// The card's name in it.
    pub name: String,
    /// Its normalised UID.
    pub uid: String,
    /// What it was; `None`: there was none.
    pub bytes: Option<Vec<u8>>,
    /// What the merge left of it, without what the server adds; `None`: nothing.
    pub after: Option<Vec<u8>>,
}

// === keys ===

fn of_owner(owner: &PrincipalId) -> Vec<u8> {
    Key::of(MERGE).text(owner.as_str()).done()
}

fn key(owner: &PrincipalId, number: u64) -> Vec<u8> {
    Key::of(MERGE).text(owner.as_str()).number(number).done()
}

fn cards(owner: &PrincipalId, number: u64) -> Vec<u8> {
    Key::of(BEFORE).text(owner.as_str()).number(number).done()
}

fn of_uid(owner: &PrincipalId, uid: &str) -> Vec<u8> {
    Key::of(BY_UID).text(owner.as_str()).text(uid).done()
}

fn uid_key(owner: &PrincipalId, uid: &str, number: u64) -> Vec<u8> {
    Key::of(BY_UID).text(owner.as_str()).text(uid).number(number).done()
}

fn ended_key(id: CollectionId, name: &str) -> Vec<u8> {
    keys::in_collection(ENDED, id, name)
}

// === reading ===

/// `owner`'s merge of this number.
pub async fn get(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    number: u64,
) -> Result<Option<Stored<Merge>>, EngineError> {
    stored::read(snapshot, VERSION, key(owner, number)).await
}

/// `owner`'s merges with their numbers, the newest first.
pub async fn list(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<(u64, Merge)>, EngineError> {
    let prefix = of_owner(owner);
    let mut all = stored::below(snapshot, VERSION, &prefix, usize::MAX, keys::first_number).await?;
    all.reverse();
    Ok(all)
}

/// What the cards were that a merge changed.
pub async fn before(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    number: u64,
) -> Result<Vec<Before>, EngineError> {
    let prefix = cards(owner, number);
    let cards = stored::below(snapshot, VERSION, &prefix, usize::MAX, |_| ()).await?;
    Ok(cards.into_iter().map(|((), before)| before).collect())
}

/// The merges of `owner` that the UID (normalised) was in, the newest first, and whether each still
/// stands.
pub async fn with_uid(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Vec<(u64, bool)>, EngineError> {
    let prefix = of_uid(owner, uid);
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            let number = key.get(prefix.len()..).and_then(number_in);
            found.extend(number.map(|number| (number, value == STANDS)));
            Step::Continue
        })
        .await?;
    found.reverse();
    Ok(found)
}

/// Was there a card of this name that a merge ended?
pub async fn ended(snapshot: &Snapshot, id: CollectionId, name: &str) -> Result<bool, EngineError> {
    snapshot.has(&ended_key(id, name)).await
}

// === writing ===

/// Adds a merge with what the cards were to `batch`; tells its number.
pub fn insert(
    store: &Store,
    batch: &mut Batch,
    owner: &PrincipalId,
    merge: &Merge,
    before: &[Before],
) -> Result<u64, EngineError> {
    let number = store.number();
    principals::tie(batch, owner);
    batch.put(key(owner, number), encode(VERSION, merge)?);
    let value = number.to_be_bytes().to_vec();
    for (card, index) in before.iter().zip(0_u64..) {
        let mut row = cards(owner, number);
        row.extend_from_slice(&index.to_be_bytes());
        batch.put(row, encode(VERSION, card)?);
        if card.after.is_none() {
            batch.put(ended_key(card.collection, &card.name), value.clone());
        }
    }
    lead(batch, owner, number, merge);
    Ok(number)
}

/// Adds to `batch` that the UIDs of a merge lead to it, and whether it stands.
pub(super) fn lead(batch: &mut Batch, owner: &PrincipalId, number: u64, merge: &Merge) {
    let now = if merge.undone.is_none() { STANDS } else { TAKEN_BACK };
    for uid in std::iter::once(&merge.into).chain(&merge.uids) {
        batch.put(uid_key(owner, uid, number), now.to_vec());
    }
}

/// Adds to `batch` that a merge, which still is as it was read, is `now`, of the same UIDs.
pub fn update(
    batch: &mut Batch,
    owner: &PrincipalId,
    number: u64,
    read: &Stored<Merge>,
    now: &Merge,
) -> Result<(), EngineError> {
    stored::advance(batch, VERSION, key(owner, number), Some(read), now)
}

/// Adds to `batch` that a merge was taken back, which still is as it was read.
pub fn undone(
    batch: &mut Batch,
    owner: &PrincipalId,
    number: u64,
    read: &Stored<Merge>,
    before: &[Before],
    at: Timestamp,
) -> Result<(), EngineError> {
    read.witness.require(batch);
    let merge = Merge { undone: Some(at), ..read.record.clone() };
    batch.put(key(owner, number), encode(VERSION, &merge)?);
    lead(batch, owner, number, &merge);
    for card in before {
        batch.delete(ended_key(card.collection, &card.name));
    }
    Ok(())
}

/// Ends what is kept of a merge of `owner`.
pub async fn forget(
    store: &Store,
    owner: &PrincipalId,
    number: u64,
    merge: &Merge,
) -> Result<(), EngineError> {
    let snapshot = store.snapshot().await?;
    let mut batch = Batch::new();
    end(&snapshot, &mut batch, owner, number, merge).await?;
    for card in before(&snapshot, owner, number).await? {
        let ended = ended_key(card.collection, &card.name);
        if snapshot.get_with(&ended, number_in).await?.flatten() == Some(number) {
            batch.delete(ended);
        }
    }
    let ended = store.commit(batch).await;
    ended.map_err(|error| EngineError::caused("a merge cannot be forgotten now", error))?;
    Ok(())
}

/// Adds to `batch` that what is kept of a merge of `owner` has other cards and names, where `card`
/// and `name` make others of them.
pub async fn reword(
    snapshot: &Snapshot,
    batch: &mut Batch,
    (owner, number): (&PrincipalId, u64),
    card: impl Fn(&[u8]) -> Option<Vec<u8>>,
    name: impl Fn(&str) -> Option<String>,
) -> Result<(), EngineError> {
    let Some(read) = get(snapshot, owner, number).await? else { return Ok(()) };
    let mut merge = read.record.clone();
    let known = [&mut merge.now].into_iter().chain(&mut merge.was);
    let contacts = known.chain(merge.others.iter_mut().map(|(_, contact)| contact));
    for text in merge.names.iter_mut().chain(contacts.map(|contact| &mut contact.name)) {
        if let Some(now) = name(text) {
            *text = now;
        }
    }
    if merge != read.record {
        stored::advance(batch, VERSION, key(owner, number), Some(&read), &merge)?;
    }
    for (before, index) in before(snapshot, owner, number).await?.into_iter().zip(0_u64..) {
        let mut now = before.clone();
        for bytes in [&mut now.bytes, &mut now.after].into_iter().flatten() {
            if let Some(other) = card(bytes) {
                *bytes = other;
            }
        }
        if now != before {
            let mut row = cards(owner, number);
            row.extend_from_slice(&index.to_be_bytes());
            batch.put(row, encode(VERSION, &now)?);
        }
    }
    Ok(())
}

async fn end(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    number: u64,
    merge: &Merge,
) -> Result<(), EngineError> {
    batch.delete(key(owner, number));
    let prefix = cards(owner, number);
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            batch.delete(key.to_vec());
            Step::Continue
        })
        .await?;
    for uid in std::iter::once(&merge.into).chain(&merge.uids) {
        batch.delete(uid_key(owner, uid, number));
    }
    Ok(())
}

/// Ends what is kept of `owner`'s merges before `before`. That UIDs lead elsewhere stays.
pub(super) async fn purge(
    store: &Store,
    owner: &PrincipalId,
    before: Timestamp,
) -> Result<(), EngineError> {
    let listed = list(&store.snapshot().await?, owner).await?;
    for (number, merge) in listed {
        if merge.at >= before {
            continue;
        }
        let snapshot = store.snapshot().await?;
        let mut batch = Batch::new();
        end(&snapshot, &mut batch, owner, number, &merge).await?;
        let ended = store.commit(batch).await;
        ended.map_err(|error| EngineError::caused("an old merge cannot be ended now", error))?;
    }
    Ok(())
}

/// What all that is kept of `owner`'s merges begins with.
pub(super) fn prefixes(owner: &PrincipalId) -> [Vec<u8>; 3] {
    [MERGE, BEFORE, BY_UID].map(|table| Key::of(table).text(owner.as_str()).done())
}

/// What all that is kept of cards that merges ended begins with, in one collection.
pub(super) fn ended_in(id: CollectionId) -> Vec<u8> {
    keys::of_collection(ENDED, id)
}
