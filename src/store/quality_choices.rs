//! What owners of cards said about their quality: that a card was looked at and is right, and of which
//! findings cards bear tags.
//!
//! | key | value |
//! |---|---|
//! | `99` `c` owner `00` UID | when somebody said that the cards with this UID are right |
//! | `99` `t` owner `00` | [`Tagging`] |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot};
use super::keys::Key;
use super::stored::{self, Stored};
use super::tags::TagId;
use super::{check_owned, decode, principals};
use crate::base::{PrincipalId, Timestamp};

const VERSION: u8 = 1;
const TABLE: u8 = 0x99;

/// Of which findings cards bear tags.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tagging {
    /// The bit of each kind, and the tag, which may have ended since: whoever tags cards sees to that.
    pub tags: Vec<(u8, TagId)>,
}

fn of_owner(letter: u8, owner: &PrincipalId) -> Vec<u8> {
    Key::of(TABLE).bytes(&[letter]).text(owner.as_str()).done()
}

fn confirmed_key(owner: &PrincipalId, uid: &str) -> Vec<u8> {
    [&of_owner(b'c', owner)[..], uid.as_bytes()].concat()
}

/// When somebody last said that the cards of `owner` with `uid` (normalised) are right.
pub async fn confirmed(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Option<Timestamp>, EngineError> {
    let read = |value: &[u8]| value.first_chunk::<8>().map(|at| Timestamp(u64::from_be_bytes(*at)));
    Ok(snapshot.get_with(&confirmed_key(owner, uid), read).await?.flatten())
}

/// Adds to `batch` that the cards of `owner` with `uid` are right at this moment.
pub fn confirm(batch: &mut Batch, owner: &PrincipalId, uid: &str, at: Timestamp) {
    principals::tie(batch, owner);
    batch.put(confirmed_key(owner, uid), at.0.to_be_bytes().to_vec());
}

/// Adds to `batch` that nothing is known of cards with `uid` having been right.
pub fn forget(batch: &mut Batch, owner: &PrincipalId, uid: &str) {
    batch.delete(confirmed_key(owner, uid));
}

/// Of which findings the cards of `owner` bear tags.
pub async fn tagging(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Option<Stored<Tagging>>, EngineError> {
    stored::read(snapshot, VERSION, of_owner(b't', owner)).await
}

/// Adds the step from what was `read` to `now` to `batch`.
pub fn set_tagging(
    batch: &mut Batch,
    owner: &PrincipalId,
    read: Option<&Stored<Tagging>>,
    now: &Tagging,
) -> Result<(), EngineError> {
    principals::tie(batch, owner);
    stored::advance(batch, VERSION, of_owner(b't', owner), read, now)
}

/// What all of it begins with, of one owner.
pub(super) fn prefixes(owner: &PrincipalId) -> [Vec<u8>; 2] {
    [of_owner(b'c', owner), of_owner(b't', owner)]
}

/// What is wrong, one sentence each.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let confirmed = |uid: &[u8], at: &[u8]| !uid.is_empty() && at.len() == 8;
    let what = "that a card was confirmed";
    let mut faults = check_owned::check(snapshot, &[&[TABLE, b'c']], what, confirmed).await?;
    let tagging = |_: &[u8], row: &[u8]| decode::<Tagging>(VERSION, row).is_ok();
    let what = "of which findings cards bear tags";
    faults.extend(check_owned::check(snapshot, &[&[TABLE, b't']], what, tagging).await?);
    faults.extend(check_owned::of_other_letters(snapshot, TABLE, b"ct").await?);
    Ok(faults)
}
