//! Secret addresses for mail: whoever knows one has mails logged in the timelines of its owner's
//! contacts.
//!
//! | key | value |
//! |---|---|
//! | `63` hash of the secret | the owner |
//! | `64` owner | [`Capture`] |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::stored::{self, Stored};
use super::{check_owned, decode, encode, principals};
use crate::base::{PrincipalId, Timestamp};

const VERSION: u8 = 1;
const BY_HASH: u8 = 0x63;
const OF_OWNER: u8 = 0x64;

/// SHA-256 of a secret. A fast hash will do: 160 random bits cannot be guessed.
pub type Hash = [u8; 32];

/// How a user's mail is captured.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Capture {
    /// The secret of the address; none while there is no address.
    pub hash: Option<Hash>,
    /// When the address was made.
    pub made: Timestamp,
    /// Addresses that the user writes from, beside those of the account, in the form in which they
    /// compare.
    pub own: Vec<String>,
}

fn hash_key(hash: &Hash) -> Vec<u8> {
    Key::of(BY_HASH).bytes(hash).done()
}

fn owner_key(owner: &PrincipalId) -> Vec<u8> {
    Key::of(OF_OWNER).bytes(owner.as_str().as_bytes()).done()
}

/// How a user's mail is captured; `None` where nothing was ever said.
pub async fn get(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Option<Stored<Capture>>, EngineError> {
    stored::read(snapshot, VERSION, owner_key(owner)).await
}

/// Whose secret has this hash.
pub async fn owner(snapshot: &Snapshot, hash: &Hash) -> Result<Option<PrincipalId>, EngineError> {
    let found = snapshot
        .get_with(&hash_key(hash), |id| std::str::from_utf8(id).ok().and_then(PrincipalId::parse))
        .await?;
    Ok(found.flatten())
}

/// Adds "it is captured like `now`, no longer as it was `read`" to `batch`.
pub fn set(
    batch: &mut Batch,
    owner: &PrincipalId,
    read: Option<&Stored<Capture>>,
    now: &Capture,
) -> Result<(), EngineError> {
    principals::tie(batch, owner);
    stored::require(batch, &owner_key(owner), read);
    if let Some(old) = read.and_then(|stored| stored.record.hash) {
        batch.delete(hash_key(&old));
    }
    if let Some(hash) = &now.hash {
        batch.put(hash_key(hash), owner.as_str().as_bytes().to_vec());
    }
    batch.put(owner_key(owner), encode(VERSION, now)?);
    Ok(())
}

/// Adds the end of all this to `batch`.
pub async fn remove(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
) -> Result<(), EngineError> {
    if let Some(found) = get(snapshot, owner).await? {
        if let Some(hash) = &found.record.hash {
            batch.delete(hash_key(hash));
        }
        batch.delete(owner_key(owner));
    }
    Ok(())
}

/// What is wrong, one sentence each.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let mut rows: Vec<(Hash, String)> = Vec::new();
    snapshot
        .scan(&[BY_HASH], &keys::after(&[BY_HASH]), |key, owner| {
            let hash = key.last_chunk::<32>().copied().unwrap_or_default();
            rows.push((hash, String::from_utf8_lossy(owner).into_owned()));
            Step::Continue
        })
        .await?;
    let mut faults = Vec::new();
    for (hash, owner) in rows {
        let Some(id) = PrincipalId::parse(&owner) else {
            faults.push(format!("an address for mail is of `{owner}`, which is no user"));
            continue;
        };
        let known = get(snapshot, &id).await?.is_some_and(|it| it.record.hash == Some(hash));
        if !known {
            faults.push(format!("an address for mail of {id} is not theirs"));
        }
    }
    let reads = |_: &[u8], row: &[u8]| decode::<Capture>(VERSION, row).is_ok();
    let what = "the mail capture";
    faults.extend(check_owned::check(snapshot, &[&[OF_OWNER]], what, reads).await?);
    Ok(faults)
}
