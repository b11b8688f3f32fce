//! Which cards are in which segments, and until when that holds while they stay as they are. The
//! index is told of a card whenever a book's change log is followed; how far it got is changed in
//! the same commit, so that nothing is taken in twice.
//!
//! | key | value |
//! |---|---|
//! | `92` segment UID `00` book name | the UID as it is written, where that is another: the card is in the segment |
//! | `93` book name | [`Entry`], of a card that is in a segment or can come into one with time |
//! | `94` book moment name | nothing: then the card is to be looked at again |

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{SegmentId, VERSION};
use crate::base::{CollectionId, Timestamp};
use crate::store::engine::{Batch, EngineError, Snapshot, Step};
use crate::store::keys::{self, Key};
use crate::store::{encode, group_cards, stored};

pub(in crate::store) const BY_UID: u8 = 0x92;
pub(in crate::store) const ENTRY: u8 = 0x93;
pub(in crate::store) const DUE: u8 = 0x94;

/// The segments of one card.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Entry {
    /// The card's normalised UID.
    pub uid: String,
    /// Its UID as it is written, without `urn:uuid:`, where that is another: programs that compare
    /// it letter by letter are told it like that.
    pub written: Option<String>,
    /// The segments it is in, ascending, each once.
    pub segments: Vec<SegmentId>,
    /// When that may change though the card stays as it is.
    pub until: Option<Timestamp>,
}

/// A card that is in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The card's normalised UID.
    pub uid: String,
    /// Its UID as it is written, without `urn:uuid:`.
    pub written: String,
    /// Its book.
    pub book: CollectionId,
    /// Its name in it.
    pub name: String,
}

pub(in crate::store) fn of_segment(id: SegmentId) -> Vec<u8> {
    Key::of(BY_UID).number(id.0).done()
}

fn of_uid(id: SegmentId, uid: &str) -> Vec<u8> {
    Key::of(BY_UID).number(id.0).text(uid).done()
}

pub(super) fn place_key(id: SegmentId, uid: &str, book: CollectionId, name: &str) -> Vec<u8> {
    Key::of(BY_UID).number(id.0).text(uid).number(book.0).bytes(name.as_bytes()).done()
}

pub(super) fn key_of(id: SegmentId, place: &Place) -> Vec<u8> {
    place_key(id, &place.uid, place.book, &place.name)
}

fn entry_key(book: CollectionId, name: &str) -> Vec<u8> {
    keys::in_collection(ENTRY, book, name)
}

pub(super) fn due_key(book: CollectionId, at: Timestamp, name: &str) -> Vec<u8> {
    Key::of(DUE).number(book.0).number(at.0).bytes(name.as_bytes()).done()
}

// === what is known of cards ===

/// What is known of card `name`.
pub async fn entry(
    snapshot: &Snapshot,
    book: CollectionId,
    name: &str,
) -> Result<Option<Entry>, EngineError> {
    stored::record(snapshot, VERSION, &entry_key(book, name)).await
}

/// Adds the change of what is known of card `name` from `was` to `now` to `batch`.
pub fn set(
    batch: &mut Batch,
    book: CollectionId,
    name: &str,
    was: Option<&Entry>,
    now: Option<&Entry>,
) -> Result<(), EngineError> {
    if was == now {
        return Ok(());
    }
    let key = |entry: &Entry, id| place_key(id, &entry.uid, book, name);
    let is_in = |entry: Option<&Entry>, other: &Entry, id: SegmentId| {
        let same = |entry: &&Entry| entry.uid == other.uid && entry.written == other.written;
        entry.filter(same).is_some_and(|entry| entry.segments.contains(&id))
    };
    if let Some(was) = was {
        for id in was.segments.iter().filter(|id| !is_in(now, was, **id)) {
            batch.delete(key(was, *id));
            group_cards::note_change(batch, book, *id);
        }
        if let Some(until) = was.until.filter(|until| now.and_then(|n| n.until) != Some(*until)) {
            batch.delete(due_key(book, until, name));
        }
    }
    if let Some(now) = now {
        for id in now.segments.iter().filter(|id| !is_in(was, now, **id)) {
            let written = now.written.clone().unwrap_or_default();
            batch.put(key(now, *id), written.into_bytes());
            group_cards::note_change(batch, book, *id);
        }
        if let Some(until) = now.until.filter(|until| was.and_then(|w| w.until) != Some(*until)) {
            batch.put(due_key(book, until, name), Bytes::new());
        }
        batch.put(entry_key(book, name), encode(VERSION, now)?);
    } else {
        batch.delete(entry_key(book, name));
    }
    Ok(())
}

/// Up to `most` cards of `book` after `after` that are to be looked at again by `now`, by the
/// moment of that, and the row of each.
pub async fn due(
    snapshot: &Snapshot,
    book: CollectionId,
    now: Timestamp,
    after: Option<&[u8]>,
    most: usize,
) -> Result<Vec<(Vec<u8>, String)>, EngineError> {
    let prefix = keys::of_collection(DUE, book);
    let from = after.map_or_else(|| prefix.clone(), |row| [row, &[0]].concat());
    let to = Key::of(DUE).number(book.0).number(now.0.saturating_add(1)).done();
    let mut found = Vec::new();
    if from >= to {
        return Ok(found);
    }
    snapshot
        .scan(&from, &to, |key, _| {
            let name = key.get(prefix.len() + 8..).unwrap_or_default();
            found.push((key.to_vec(), String::from_utf8_lossy(name).into_owned()));
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}

// === members ===

/// Up to `most` cards in the segment after the place `after`, by their UIDs.
pub async fn page(
    snapshot: &Snapshot,
    id: SegmentId,
    after: Option<&Place>,
    most: usize,
) -> Result<Vec<Place>, EngineError> {
    let prefix = of_segment(id);
    let from =
        after.map_or_else(|| prefix.clone(), |place| [&key_of(id, place)[..], &[0]].concat());
    let mut found = Vec::new();
    snapshot
        .scan(&from, &keys::after(&prefix), |key, written| {
            found.extend(place_in(key.get(prefix.len()..).unwrap_or_default(), written));
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}

/// The cards with this UID (normalised) that are in the segment, that of the oldest book first.
pub async fn places_of(
    snapshot: &Snapshot,
    id: SegmentId,
    uid: &str,
) -> Result<Vec<Place>, EngineError> {
    let prefix = of_uid(id, uid);
    let start = prefix.len() - uid.len() - 1;
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, written| {
            found.extend(place_in(key.get(start..).unwrap_or_default(), written));
            Step::Continue
        })
        .await?;
    Ok(found)
}

pub(super) fn place_in(row: &[u8], written: &[u8]) -> Option<Place> {
    let end = row.iter().position(|byte| *byte == 0)?;
    let (uid, rest) = (row.get(..end)?, row.get(end + 1..)?);
    let (book, name) = rest.split_first_chunk::<8>()?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let book = CollectionId(u64::from_be_bytes(*book));
    let written = text(if written.is_empty() { uid } else { written });
    Some(Place { uid: text(uid), written, book, name: text(name) })
}

/// How many people are in the segment: cards of one UID are one.
pub async fn count(snapshot: &Snapshot, id: SegmentId) -> Result<u64, EngineError> {
    let prefix = of_segment(id);
    let (mut count, mut last) = (0, Vec::new());
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, _| {
            let row = key.get(prefix.len()..).unwrap_or_default();
            let uid = row.split(|byte| *byte == 0).next().unwrap_or_default();
            if count == 0 || uid != last.as_slice() {
                count += 1;
                last.clear();
                last.extend_from_slice(uid);
            }
            Step::Continue
        })
        .await?;
    Ok(count)
}

/// Up to `most` cards of `book` of which something is known.
pub async fn entries(
    snapshot: &Snapshot,
    book: CollectionId,
    most: usize,
) -> Result<Vec<(String, Entry)>, EngineError> {
    let prefix = keys::of_collection(ENTRY, book);
    stored::below(snapshot, VERSION, &prefix, most, keys::text_in).await
}
