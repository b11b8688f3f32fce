//! Segments of an owner: whom they mean, in the words of a query, and how they show. Which cards
//! those are, [`members`] knows, and how far the cards were looked at, [`following`]; the copies in a segment's book are written by [`copies`].
//!
//! | key | value |
//! |---|---|
//! | `90` number | [`Segment`] |
//! | `91` owner `00` folded name | the number of the segment |
//! | `95` `r` owner `00` | a number that is another one with each change of the owner's segments, and grows |
//! | `97` `b` collection | the segment whose book it is |

pub mod check;
pub mod copies;
pub mod following;
pub mod members;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::stored::{self, Stored};
use super::{Store, counter, encode, group_cards, principals};
use crate::base::{CollectionId, PrincipalId, Timestamp};

pub(super) const VERSION: u8 = 1;
pub(super) const SEGMENT: u8 = 0x90;
pub(super) const NAME: u8 = 0x91;
pub(super) const FOLLOWING: u8 = 0x95;
pub(super) const SHOWN: u8 = 0x97;

const REVISION: &[u8] = b"r";
const BOOK: &[u8] = b"b";

/// Numbers a segment for its whole life; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SegmentId(pub u64);

/// A segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Whose it is: it means cards in books of theirs.
    pub owner: PrincipalId,
    /// Its name as people wrote it.
    pub name: String,
    /// Whom it means. Other segments are named by their numbers: `in segment #12`.
    pub query: String,
    /// Does it show as a group on devices that show groups?
    pub as_group: bool,
    /// The book it shows as.
    pub book: Option<CollectionId>,
    /// When it was made.
    pub created: Timestamp,
    /// The revision of the owner's segments with which it last changed in what it means or where
    /// its members are to be seen.
    pub revised: u64,
}

pub(super) fn key(id: SegmentId) -> Vec<u8> {
    Key::of(SEGMENT).number(id.0).done()
}

fn name_key(owner: &PrincipalId, folded: &str) -> Vec<u8> {
    Key::of(NAME).text(owner.as_str()).bytes(folded.as_bytes()).done()
}

pub(super) fn names_of(owner: &PrincipalId) -> Vec<u8> {
    Key::of(NAME).text(owner.as_str()).done()
}

fn revision_key(owner: &PrincipalId) -> Vec<u8> {
    Key::of(FOLLOWING).bytes(REVISION).text(owner.as_str()).done()
}

// === reading ===

/// The segment with this number.
pub async fn get(
    snapshot: &Snapshot,
    id: SegmentId,
) -> Result<Option<Stored<Segment>>, EngineError> {
    stored::read(snapshot, VERSION, key(id)).await
}

/// The number of `owner`'s segment of this name (folded).
pub async fn find(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    folded: &str,
) -> Result<Option<SegmentId>, EngineError> {
    let number = |value: &[u8]| SegmentId(counter(value) as u64);
    snapshot.get_with(&name_key(owner, folded), number).await
}

/// The segments of `owner`, by name.
pub async fn of_owner(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<(SegmentId, Stored<Segment>)>, EngineError> {
    let prefix = names_of(owner);
    let mut ids = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |_, value| {
            ids.push(SegmentId(counter(value) as u64));
            Step::Continue
        })
        .await?;
    let mut segments = Vec::with_capacity(ids.len());
    for id in ids {
        segments.extend(get(snapshot, id).await?.map(|segment| (id, segment)));
    }
    Ok(segments)
}

/// Has `owner` any segment?
pub async fn any(snapshot: &Snapshot, owner: &PrincipalId) -> Result<bool, EngineError> {
    let prefix = names_of(owner);
    let mut any = false;
    snapshot
        .scan(&prefix, &keys::after(&prefix), |_, _| {
            any = true;
            Step::Stop
        })
        .await?;
    Ok(any)
}

/// A number that grows with each change of `owner`'s segments; 0 where there never was any.
pub async fn revision(snapshot: &Snapshot, owner: &PrincipalId) -> Result<u64, EngineError> {
    let read = snapshot.get_with(&revision_key(owner), |v| counter(v) as u64).await?;
    Ok(read.unwrap_or(0))
}

/// The segment whose book `collection` is.
pub async fn of_book(
    snapshot: &Snapshot,
    collection: CollectionId,
) -> Result<Option<SegmentId>, EngineError> {
    let key = Key::of(SHOWN).bytes(BOOK).number(collection.0).done();
    snapshot.get_with(&key, |value| SegmentId(counter(value) as u64)).await
}

// === writing ===

/// Adds to `batch` the step to another revision of `owner`'s segments, which no segments ever had;
/// refused if it is not `read` any more, so that of two who change segments one begins anew.
pub fn advance(store: &Store, batch: &mut Batch, owner: &PrincipalId, read: u64) -> u64 {
    let now = store.number();
    expect_revision(batch, owner, read);
    batch.put(revision_key(owner), Bytes::copy_from_slice(&now.to_be_bytes()));
    now
}

/// Adds to `batch` the demand that no segment of `owner` changed since their revision was `read`.
pub fn expect_revision(batch: &mut Batch, owner: &PrincipalId, read: u64) {
    let value = Bytes::copy_from_slice(&read.to_be_bytes());
    batch.expect_same(revision_key(owner), (read > 0).then_some(&value));
}

/// Adds the making of a segment to `batch`; its name must be free.
pub fn insert(
    store: &Store,
    batch: &mut Batch,
    folded: &str,
    segment: &Segment,
) -> Result<SegmentId, EngineError> {
    let id = SegmentId(store.number());
    principals::tie(batch, &segment.owner);
    call(batch, &segment.owner, folded, id);
    show(batch, id, None, segment.book);
    batch.put(key(id), encode(VERSION, segment)?);
    Ok(id)
}

/// Adds the change of a segment that still is as it was `read` to `batch`. Its name stays, unless
/// [`call`] and [`call_no_more`] change it with it.
pub fn update(
    batch: &mut Batch,
    id: SegmentId,
    read: &Stored<Segment>,
    segment: &Segment,
) -> Result<(), EngineError> {
    read.witness.require(batch);
    show(batch, id, read.record.book, segment.book);
    batch.put(key(id), encode(VERSION, segment)?);
    Ok(())
}

/// Adds the end of a segment that still is as it was read to `batch`.
pub fn remove(batch: &mut Batch, id: SegmentId, folded: &str, read: &Stored<Segment>) {
    read.witness.require(batch);
    show(batch, id, read.record.book, None);
    call_no_more(batch, &read.record.owner, folded);
    following::leave(batch, &read.record.owner, id);
    batch.delete(key(id));
}

/// Adds to `batch` that a name, which must be free, leads to the segment.
pub fn call(batch: &mut Batch, owner: &PrincipalId, folded: &str, id: SegmentId) {
    let key = name_key(owner, folded);
    batch.expect_same(key.clone(), None);
    batch.put(key, Bytes::copy_from_slice(&id.0.to_be_bytes()));
}

/// Adds to `batch` that a name leads to no segment any more.
pub fn call_no_more(batch: &mut Batch, owner: &PrincipalId, folded: &str) {
    batch.delete(name_key(owner, folded));
}

fn show(batch: &mut Batch, id: SegmentId, was: Option<CollectionId>, now: Option<CollectionId>) {
    let key = |book: CollectionId| Key::of(SHOWN).bytes(BOOK).number(book.0).done();
    if let Some(book) = was.filter(|book| now != Some(*book)) {
        batch.delete(key(book));
    }
    if let Some(book) = now {
        batch.put(key(book), Bytes::copy_from_slice(&id.0.to_be_bytes()));
    }
}

pub(super) fn id_in(value: &[u8]) -> SegmentId {
    SegmentId(counter(value) as u64)
}

/// What is kept of `owner` beside what belongs to a collection or a segment, or to one that ended.
pub(super) fn prefixes(owner: &PrincipalId) -> Vec<Vec<u8>> {
    vec![revision_key(owner), following::followed_of(owner)]
}

/// What is kept of a collection.
pub(super) fn of_collection(id: CollectionId) -> Vec<Vec<u8>> {
    let mut all = vec![Key::of(SHOWN).bytes(BOOK).number(id.0).done()];
    all.extend(group_cards::cards_in::<SegmentId>(id));
    all.extend(following::of_collection(id));
    all
}
