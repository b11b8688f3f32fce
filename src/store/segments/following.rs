//! How far the index of members follows books, and which members of segments that ended are still to
//! be let go.
//!
//! | key | value |
//! |---|---|
//! | `95` `s` owner `00` book | [`Followed`] |
//! | `95` `l` owner `00` segment | the segment ended; its members are still to be let go |

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::members;
use super::{FOLLOWING, SegmentId, VERSION};
use crate::base::{CollectionId, PrincipalId};
use crate::store::engine::{Batch, EngineError, Snapshot, Step};
use crate::store::keys::{self, Key};
use crate::store::stored::{self, Stored};
use crate::store::{Store, decode, encode, group_cards};

const FOLLOWED: &[u8] = b"s";
const LEAVING: &[u8] = b"l";

/// Rows that one commit ends.
const STEP: usize = 512;

/// How far the index follows a book.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Followed {
    /// The book's changes up to this number are in the index.
    pub head: u64,
    /// While the book is gone through as a whole: the last member that was, or an empty text.
    pub after: Option<String>,
    /// The revision of the owner's segments that all cards were asked about; what changed later is
    /// asked while the book is gone through.
    pub revision: u64,
    /// The revision that going through leads to.
    pub target: u64,
    /// What else the answers depend on, in a form to be compared.
    pub basis: String,
}

pub(super) fn followed_of(owner: &PrincipalId) -> Vec<u8> {
    Key::of(FOLLOWING).bytes(FOLLOWED).text(owner.as_str()).done()
}

fn followed_key(owner: &PrincipalId, book: CollectionId) -> Vec<u8> {
    Key::of(FOLLOWING).bytes(FOLLOWED).text(owner.as_str()).number(book.0).done()
}

/// What all segments of `owner` begin with that ended and whose members are still to be let go.
pub(in crate::store) fn leaving_of(owner: &PrincipalId) -> Vec<u8> {
    Key::of(FOLLOWING).bytes(LEAVING).text(owner.as_str()).done()
}

fn leaving_key(owner: &PrincipalId, id: SegmentId) -> Vec<u8> {
    Key::of(FOLLOWING).bytes(LEAVING).text(owner.as_str()).number(id.0).done()
}

// === books ===

/// How far the index follows `book` of `owner`; `None` before the first time.
pub async fn followed(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    book: CollectionId,
) -> Result<Option<Stored<Followed>>, EngineError> {
    stored::read(snapshot, VERSION, followed_key(owner, book)).await
}

/// Up to which change of `book` the index took in all; `None` if that is not known.
pub(in crate::store) async fn head(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    book: CollectionId,
) -> Result<Option<u64>, EngineError> {
    let head = |value: &[u8]| decode::<Followed>(VERSION, value).ok().map(|read| read.head);
    Ok(snapshot.get_with(&followed_key(owner, book), head).await?.flatten())
}

/// The books of `owner` that are followed.
pub async fn followed_by(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<CollectionId>, EngineError> {
    let prefix = followed_of(owner);
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            found.extend(keys::last_number(key).map(CollectionId));
            Step::Continue
        })
        .await?;
    Ok(found)
}

/// Adds the step from how far it got as it was `read` to `now` to `batch`; `None` where the book is
/// followed no more.
pub fn advance(
    batch: &mut Batch,
    owner: &PrincipalId,
    book: CollectionId,
    read: Option<&Stored<Followed>>,
    now: Option<&Followed>,
) -> Result<(), EngineError> {
    let key = followed_key(owner, book);
    stored::require(batch, &key, read);
    match now {
        Some(now) if read.is_some_and(|read| read.record == *now) => {}
        Some(now) => batch.put(key, encode(VERSION, now)?),
        None => batch.delete(key),
    }
    Ok(())
}

// === the end of a segment ===

/// Adds to `batch` that the members of a segment that ends are to be let go.
pub fn leave(batch: &mut Batch, owner: &PrincipalId, id: SegmentId) {
    batch.put(leaving_key(owner, id), Bytes::new());
}

/// Did the segment end, and are its members still to be let go?
pub(super) async fn is_leaving(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    id: SegmentId,
) -> Result<bool, EngineError> {
    snapshot.has(&leaving_key(owner, id)).await
}

/// Lets go of the members of segments of `owner` that ended, some in each commit. What is known of
/// the cards themselves loses its mention of them when they are next looked at.
pub async fn let_go(store: &Store, owner: &PrincipalId) -> Result<(), EngineError> {
    let prefix = leaving_of(owner);
    let snapshot = store.snapshot().await?;
    let mut ended = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            ended.extend(keys::last_number(key).map(SegmentId));
            Step::Continue
        })
        .await?;
    drop(snapshot);
    for id in ended {
        loop {
            let snapshot = store.snapshot().await?;
            let mut batch = Batch::new();
            let places = members::page(&snapshot, id, None, STEP).await?;
            for place in &places {
                batch.delete(members::key_of(id, place));
            }
            let all = places.len() < STEP;
            if all {
                batch.delete(leaving_key(owner, id));
            }
            let done = store.commit(batch).await;
            done.map_err(|e| EngineError::caused("members of a segment cannot be let go", e))?;
            if all {
                break;
            }
        }
    }
    Ok(())
}

pub(super) fn of_collection(id: CollectionId) -> Vec<Vec<u8>> {
    vec![
        keys::of_collection(members::ENTRY, id),
        keys::of_collection(members::DUE, id),
        group_cards::changes_in::<SegmentId>(id),
    ]
}
