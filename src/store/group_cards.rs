//! Which member of a book is the group card of a tag or of a segment, and which of them are to be
//! made anew.
//!
//! | key | value |
//! |---|---|
//! | `54` `g` collection tag, `97` `g` collection segment | the name of its group card in the collection |
//! | `54` `n` collection name, `97` `n` collection name | the number of the tag or segment whose group card the member is |
//! | `54` `d` collection tag, `95` `d` collection segment | how often its members in the collection changed since its group card was made |

use bytes::Bytes;

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key, table};
use super::segments::{FOLLOWING, SHOWN, SegmentId};
use super::tags::TagId;
use crate::base::CollectionId;

/// What shows as a group: a tag or a segment.
pub trait Group: Copy + Send + Sync {
    /// What the keys begin with that lead to its group cards, to it from their names, and to those
    /// that are to be made anew.
    const KEYS: [[u8; 2]; 3];

    /// The one with this number.
    fn numbered(number: u64) -> Self;

    /// Its number.
    fn number(self) -> u64;
}

impl Group for TagId {
    const KEYS: [[u8; 2]; 3] =
        [[table::TAGGING, b'g'], [table::TAGGING, b'n'], [table::TAGGING, b'd']];

    fn numbered(number: u64) -> Self {
        Self(number)
    }

    fn number(self) -> u64 {
        self.0
    }
}

impl Group for SegmentId {
    const KEYS: [[u8; 2]; 3] = [[SHOWN, b'g'], [SHOWN, b'n'], [FOLLOWING, b'd']];

    fn numbered(number: u64) -> Self {
        Self(number)
    }

    fn number(self) -> u64 {
        self.0
    }
}

fn in_book([table, part]: [u8; 2], book: CollectionId) -> Key {
    Key::of(table).bytes(&[part]).number(book.0)
}

fn of_group<G: Group>(book: CollectionId, group: G) -> Vec<u8> {
    let [card, ..] = G::KEYS;
    in_book(card, book).number(group.number()).done()
}

fn of_name<G: Group>(book: CollectionId, name: &str) -> Vec<u8> {
    let [_, of_name, _] = G::KEYS;
    in_book(of_name, book).bytes(name.as_bytes()).done()
}

/// What all notes begin with that group cards of this kind in `book` are to be made anew.
pub(super) fn changes_in<G: Group>(book: CollectionId) -> Vec<u8> {
    let [.., changed] = G::KEYS;
    in_book(changed, book).done()
}

pub(super) fn change_of<G: Group>(book: CollectionId, group: G) -> Vec<u8> {
    let [.., changed] = G::KEYS;
    in_book(changed, book).number(group.number()).done()
}

// === cards ===

/// The name of the group card of `group` in `book`.
pub async fn name<G: Group>(
    snapshot: &Snapshot,
    book: CollectionId,
    group: G,
) -> Result<Option<String>, EngineError> {
    snapshot.get_with(&of_group(book, group), keys::text_in).await
}

/// The tag or segment whose group card the member `name` is.
pub async fn group<G: Group>(
    snapshot: &Snapshot,
    book: CollectionId,
    name: &str,
) -> Result<Option<G>, EngineError> {
    let group = |value: &[u8]| G::numbered(keys::first_number(value));
    snapshot.get_with(&of_name::<G>(book, name), group).await
}

/// Adds to `batch` that member `name` is the group card of `group`.
pub fn link<G: Group>(batch: &mut Batch, book: CollectionId, name: &str, group: G) {
    batch.put(of_group(book, group), name.as_bytes().to_vec());
    let number = Bytes::copy_from_slice(&group.number().to_be_bytes());
    batch.put(of_name::<G>(book, name), number);
}

/// Adds to `batch` that member `name` is not the group card of `group` any more.
pub fn unlink<G: Group>(batch: &mut Batch, book: CollectionId, name: &str, group: G) {
    batch.delete(of_group(book, group));
    batch.delete(of_name::<G>(book, name));
}

/// What all begins with that is known of the group cards of this kind in `book`.
pub(super) fn cards_in<G: Group>(book: CollectionId) -> [Vec<u8>; 2] {
    let [card, of_name, _] = G::KEYS;
    [card, of_name].map(|part| in_book(part, book).done())
}

// === changes ===

/// Adds to `batch` that the group card of `group` in `book` is to be made anew.
pub fn note_change<G: Group>(batch: &mut Batch, book: CollectionId, group: G) {
    batch.add(change_of(book, group), 1);
}

/// Adds to `batch` that the group card of `group` in `book` is as it should be; refused if its
/// members change before that.
pub async fn settle_change<G: Group>(
    snapshot: &Snapshot,
    batch: &mut Batch,
    book: CollectionId,
    group: G,
) -> Result<(), EngineError> {
    let key = change_of(book, group);
    batch.expect_same(key.clone(), snapshot.get(&key).await?.as_ref());
    batch.delete(key);
    Ok(())
}

/// Did the members of `group` in `book` change since its group card was made?
pub async fn is_changed<G: Group>(
    snapshot: &Snapshot,
    book: CollectionId,
    group: G,
) -> Result<bool, EngineError> {
    snapshot.has(&change_of(book, group)).await
}

/// Up to `most` tags or segments whose members in `book` changed.
pub async fn changed<G: Group>(
    snapshot: &Snapshot,
    book: CollectionId,
    most: usize,
) -> Result<Vec<G>, EngineError> {
    let prefix = changes_in::<G>(book);
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            found.extend(keys::last_number(key).map(G::numbered));
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}
