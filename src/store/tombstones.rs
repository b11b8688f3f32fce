//! Tombstones: that somebody was erased, without anything that tells who it was. Their UIDs,
//! addresses and numbers are kept as keyed hashes, so that what comes back is known again, and
//! nothing can be read out of them without this store's secret.
//!
//! | key | value |
//! |---|---|
//! | `a0` `s` | the secret of the hashes, made with the first tombstone |
//! | `a0` `t` owner `00` number | [`Tombstone`] |
//! | `a0` `u` owner `00` hash of a UID | the number of the tombstone |
//! | `a0` `v` owner `00` hash of an address or number | the number of the tombstone |

use getrandom::fill;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::engine::{Batch, EngineError, Snapshot};
use super::keys::{self, Key, number_in};
use super::pages::Pages;
use super::stored::{self, Stored};
use super::{Actor, Store, decode, encode, principals};
use crate::base::{Fault, PrincipalId, Timestamp};

const VERSION: u8 = 1;
const TOMBSTONE: u8 = 0xa0;
const UIDS: &[u8] = b"u";
const VALUES: &[u8] = b"v";

/// Faults that are found at most.
const MOST: usize = 100;

/// What a hash looks like.
pub type Hash = [u8; 32];

/// Somebody who was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// The hashes of the UIDs.
    pub uids: Vec<Hash>,
    /// The hashes of addresses and numbers.
    pub values: Vec<Hash>,
}

/// What the hashes of one owner are made with; those of two owners have nothing in common.
#[derive(Debug, Clone)]
pub struct Hasher {
    key: [u8; 64],
    owner: PrincipalId,
}

fn secret_key() -> Vec<u8> {
    Key::of(TOMBSTONE).bytes(b"s").done()
}

fn key(owner: &PrincipalId, number: u64) -> Vec<u8> {
    Key::of(TOMBSTONE).bytes(b"t").text(owner.as_str()).number(number).done()
}

fn hash_key(part: &[u8], owner: &PrincipalId, hash: &Hash) -> Vec<u8> {
    Key::of(TOMBSTONE).bytes(part).text(owner.as_str()).bytes(hash).done()
}

// === impl Hasher ===

impl Hasher {
    fn new(secret: &[u8], owner: &PrincipalId) -> Self {
        let mut key = [0; 64];
        for (to, from) in key.iter_mut().zip(secret) {
            *to = *from;
        }
        Self { key, owner: owner.clone() }
    }

    /// The hash of a normalised UID.
    pub fn uid(&self, uid: &str) -> Hash {
        self.hash(UIDS, uid)
    }

    /// The hash of a mail address or a phone number, in the form in which they compare.
    pub fn value(&self, value: &str) -> Hash {
        self.hash(VALUES, value)
    }

    /// HMAC-SHA-256 (RFC 2104).
    fn hash(&self, part: &[u8], text: &str) -> Hash {
        let padded = |pad: u8| Sha256::new_with_prefix(self.key.map(|byte| byte ^ pad));
        let mut inner = padded(0x36);
        inner.update(part);
        inner.update(self.owner.as_str());
        inner.update([0]);
        inner.update(text);
        let mut outer = padded(0x5c);
        outer.update(inner.finalize());
        outer.finalize().into()
    }
}

/// What the hashes of `owner` are made with; `None` while nobody was ever erased.
pub async fn hasher(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Option<Hasher>, EngineError> {
    snapshot.get_with(&secret_key(), |secret| Hasher::new(secret, owner)).await
}

// === reading ===

/// `owner`'s tombstone of this number.
pub async fn get(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    number: u64,
) -> Result<Option<Stored<Tombstone>>, EngineError> {
    stored::read(snapshot, VERSION, key(owner, number)).await
}

/// `owner`'s tombstones with their numbers, the oldest first.
pub async fn list(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<(u64, Tombstone)>, EngineError> {
    let prefix = Key::of(TOMBSTONE).bytes(b"t").text(owner.as_str()).done();
    stored::below(snapshot, VERSION, &prefix, usize::MAX, keys::first_number).await
}

/// The tombstone of whoever had this UID (normalised).
pub async fn of_uid(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Option<u64>, EngineError> {
    let Some(hasher) = hasher(snapshot, owner).await? else { return Ok(None) };
    let key = hash_key(UIDS, owner, &hasher.uid(uid));
    Ok(snapshot.get_with(&key, number_in).await?.flatten())
}

/// The tombstone of whoever had one of these addresses or numbers.
pub async fn of_values(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    values: &[String],
) -> Result<Option<u64>, EngineError> {
    let Some(hasher) = hasher(snapshot, owner).await? else { return Ok(None) };
    for value in values {
        let key = hash_key(VALUES, owner, &hasher.value(value));
        if let Some(number) = snapshot.get_with(&key, number_in).await?.flatten() {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// Refuses a card of somebody who was erased, by its UID (normalised), and adds to `batch`, which
/// stores it, the demand that this is still so.
pub async fn require_none(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    uid: &str,
) -> Result<(), Fault> {
    if expect_none(snapshot, batch, owner, uid).await? { Ok(()) } else { Err(refusal()) }
}

/// Is nobody with this UID (normalised) erased? Then `batch` demands that this is still so.
pub async fn expect_none(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    uid: &str,
) -> Result<bool, EngineError> {
    let Some(hasher) = hasher(snapshot, owner).await? else {
        batch.expect_same(secret_key(), None);
        return Ok(true);
    };
    let key = hash_key(UIDS, owner, &hasher.uid(uid));
    if snapshot.has(&key).await? {
        return Ok(false);
    }
    batch.expect_same(key, None);
    Ok(true)
}

/// What whoever brings somebody back is told.
pub fn refusal() -> Fault {
    Fault::forbidden(
        "This contact was erased for good and is not taken again. Whoever runs the server can \
         allow it with `rolodav person allow`; somebody else needs a card of their own.",
    )
}

// === writing ===

/// Adds a tombstone to `batch`; tells its number.
pub async fn insert(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    by: &Actor,
    (uids, values): (&[String], &[String]),
) -> Result<u64, EngineError> {
    principals::tie(batch, owner);
    let hasher = if let Some(known) = hasher(snapshot, owner).await? {
        known
    } else {
        let mut secret = [0; 32];
        fill(&mut secret).map_err(|e| EngineError::caused("the system has no random bytes", e))?;
        batch.expect_same(secret_key(), None);
        batch.put(secret_key(), secret.to_vec());
        Hasher::new(&secret, owner)
    };
    let number = store.number();
    let tombstone = Tombstone {
        at: store.now(),
        by: by.clone(),
        uids: uids.iter().map(|uid| hasher.uid(uid)).collect(),
        values: values.iter().map(|value| hasher.value(value)).collect(),
    };
    for (part, hashes) in [(UIDS, &tombstone.uids), (VALUES, &tombstone.values)] {
        for hash in hashes {
            batch.put(hash_key(part, owner, hash), number.to_be_bytes().to_vec());
        }
    }
    batch.put(key(owner, number), encode(VERSION, &tombstone)?);
    Ok(number)
}

/// Adds the end of a tombstone that still is as it was read to `batch`: they may come back.
pub async fn lift(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    number: u64,
    read: &Stored<Tombstone>,
) -> Result<(), EngineError> {
    read.witness.require(batch);
    batch.delete(key(owner, number));
    for (part, hashes) in [(UIDS, &read.record.uids), (VALUES, &read.record.values)] {
        for hash in hashes {
            let key = hash_key(part, owner, hash);
            // Another one may have been erased with the same address since.
            if snapshot.get_with(&key, number_in).await?.flatten() == Some(number) {
                batch.delete(key);
            }
        }
    }
    Ok(())
}

/// What all tombstones of `owner` begin with.
pub(super) fn prefixes(owner: &PrincipalId) -> [Vec<u8>; 3] {
    [b"t", UIDS, VALUES].map(|part| Key::of(TOMBSTONE).bytes(part).text(owner.as_str()).done())
}

/// What is wrong, one sentence each: tombstones that nothing leads to, and the other way round.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let (mut faults, mut led, mut leading) = (Vec::new(), 0_u64, 0_u64);
    let mut pages = Pages::of(snapshot, &[TOMBSTONE]);
    while let Some(rows) = pages.next().await? {
        for (key, value) in rows {
            match key.get(1) {
                Some(b't') => {}
                Some(b'u') => {
                    leading += 1;
                    continue;
                }
                _ => continue,
            }
            let owner = owner_in(&key);
            match decode::<Tombstone>(VERSION, &value) {
                Ok(row) => led += row.uids.len() as u64,
                Err(_) => faults.push(format!("a tombstone of {owner} cannot be read")),
            }
            let there = match PrincipalId::parse(&owner) {
                Some(id) => principals::get(snapshot, &id).await?.is_some(),
                None => false,
            };
            if !there {
                faults.push(format!("a tombstone belongs to {owner}, who is no user"));
            }
        }
        faults.truncate(MOST);
    }
    // One that was erased again after it was allowed back has its UIDs under the later number.
    if faults.is_empty() && leading > led {
        faults.push(format!("{leading} UIDs lead to tombstones, which have {led}"));
    }
    Ok(faults)
}

fn owner_in(key: &[u8]) -> String {
    let owner = key.get(2..).and_then(|rest| rest.split(|byte| *byte == 0).next());
    String::from_utf8_lossy(owner.unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::with_user;

    #[test]
    fn the_hash_is_the_one_of_the_standard() {
        // RFC 4231, test case 2, but for what is put before the text here.
        let anna = PrincipalId::parse("anna").unwrap();
        let one = Hasher::new(b"Jefe", &anna);
        let two = Hasher::new(b"Jefe", &PrincipalId::parse("bert").unwrap());
        let three = Hasher::new(b"Jeff", &anna);
        let hash = one.uid("u");
        assert_eq!(hash, one.uid("u"));
        for other in [one.uid("v"), one.value("u"), two.uid("u"), three.uid("u")] {
            assert_ne!(hash, other);
        }
    }

    #[tokio::test]
    async fn whoever_was_erased_is_known_again_until_that_is_lifted() {
        let (store, anna) = with_user("anna").await;
        let snapshot = store.snapshot().await.unwrap();
        let mut early = Batch::new();
        require_none(&snapshot, &mut early, &anna, "u1").await.unwrap();
        let mut batch = Batch::new();
        let by = Actor::operator("test");
        let (uids, values) = (["u1".to_owned(), "u2".to_owned()], ["a@b".to_owned()]);
        let number =
            insert(&store, &snapshot, &mut batch, &anna, &by, (&uids, &values)).await.unwrap();
        store.commit(batch).await.unwrap();
        assert!(store.commit(early).await.is_err(), "a card came while it was erased");

        let snapshot = store.snapshot().await.unwrap();
        for uid in ["u1", "u2"] {
            assert_eq!(of_uid(&snapshot, &anna, uid).await.unwrap(), Some(number));
            assert!(require_none(&snapshot, &mut Batch::new(), &anna, uid).await.is_err());
        }
        require_none(&snapshot, &mut Batch::new(), &anna, "u3").await.unwrap();
        assert_eq!(of_values(&snapshot, &anna, &values).await.unwrap(), Some(number));
        assert_eq!(list(&snapshot, &anna).await.unwrap().len(), 1);
        assert_eq!(check(&snapshot).await.unwrap(), [""; 0]);
        let read = get(&snapshot, &anna, number).await.unwrap().unwrap();
        let mut batch = Batch::new();
        lift(&snapshot, &mut batch, &anna, number, &read).await.unwrap();
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        assert_eq!(of_uid(&snapshot, &anna, "u1").await.unwrap(), None);
        assert_eq!(of_values(&snapshot, &anna, &values).await.unwrap(), None);
        assert_eq!(check(&snapshot).await.unwrap(), [""; 0]);
    }
}
