//! Secret addresses: whoever knows one reads a collection without signing in, until it is ended.
//!
//! | key | value |
//! |---|---|
//! | `1e` hash of the secret | [`Feed`] |
//! | `1f` owner `00` number | the hash; lists what is open |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::{decode, encode, stored};
use crate::base::{CollectionId, PrincipalId, Timestamp};

const VERSION: u8 = 1;
const FEED: u8 = 0x1e;
const OF_OWNER: u8 = 0x1f;

/// SHA-256 of a secret. A fast hash will do: 192 random bits cannot be guessed.
pub type Hash = [u8; 32];

/// One secret address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// What it shows.
    pub collection: CollectionId,
    /// Whose that is.
    pub owner: PrincipalId,
    /// Tells it from the owner's others.
    pub number: u32,
    /// What the owner calls it.
    pub label: String,
    /// Since when it is open.
    pub created: Timestamp,
}

fn feed_key(hash: &Hash) -> Vec<u8> {
    Key::of(FEED).bytes(hash).done()
}

fn owner_key(owner: &PrincipalId, number: u32) -> Vec<u8> {
    Key::of(OF_OWNER).text(owner.as_str()).bytes(&number.to_be_bytes()).done()
}

/// What the secret with this hash opens.
pub async fn get(snapshot: &Snapshot, hash: &Hash) -> Result<Option<Feed>, EngineError> {
    stored::record(snapshot, VERSION, &feed_key(hash)).await
}

/// The secret addresses of a user, oldest first, with their hashes.
pub async fn of_owner(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<(Hash, Feed)>, EngineError> {
    let prefix = Key::of(OF_OWNER).text(owner.as_str()).done();
    let mut hashes: Vec<Hash> = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |_, hash| {
            hashes.extend(hash.first_chunk());
            Step::Continue
        })
        .await?;
    let mut feeds = Vec::with_capacity(hashes.len());
    for hash in hashes {
        feeds.extend(get(snapshot, &hash).await?.map(|feed| (hash, feed)));
    }
    Ok(feeds)
}

/// Every secret address, and whether its owner's list leads to it.
pub(super) async fn all(snapshot: &Snapshot) -> Result<Vec<(Feed, bool)>, EngineError> {
    let mut found: Vec<(Vec<u8>, Result<Feed, EngineError>)> = Vec::new();
    snapshot
        .scan(&[FEED], &keys::after(&[FEED]), |key, value| {
            found.push((key.to_vec(), decode(VERSION, value)));
            Step::Continue
        })
        .await?;
    let mut all = Vec::with_capacity(found.len());
    for (key, feed) in found {
        let feed = feed?;
        let listed = snapshot.get(&owner_key(&feed.owner, feed.number)).await?;
        let is_listed = listed.is_some_and(|hash| key.ends_with(&hash));
        all.push((feed, is_listed));
    }
    Ok(all)
}

/// Opens a secret address; its number must be free.
pub fn open(batch: &mut Batch, hash: &Hash, feed: &Feed) -> Result<(), EngineError> {
    let of_owner = owner_key(&feed.owner, feed.number);
    batch.expect_same(of_owner.clone(), None);
    batch.put(of_owner, hash.to_vec());
    batch.put(feed_key(hash), encode(VERSION, feed)?);
    Ok(())
}

/// Ends a secret address.
pub fn close(batch: &mut Batch, hash: &Hash, feed: &Feed) {
    batch.delete(owner_key(&feed.owner, feed.number));
    batch.delete(feed_key(hash));
}
