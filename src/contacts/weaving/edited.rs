//! Which version of a card a client had before it when it wrote.

use crate::base::{CollectionId, ETag, Fault};
use crate::contacts::layer::{Unwoven, unweave};
use crate::store::body::{self, Slot};
use crate::store::engine::Snapshot;
use crate::store::history;
use crate::store::member::Member;
use crate::store::served::{self, Served};

/// The tags of `If-Match`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Was there such a header?
    pub given: bool,
    /// `*`, or the tag of anything: whatever is there.
    pub any: bool,
    /// The tags.
    pub tags: Vec<ETag>,
}

/// A member in the store.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The book.
    pub book: CollectionId,
    /// The name in it.
    pub name: &'a str,
}

/// The version that a client edited which sent `named` and whose card holds `revision`, if it is
/// not the `current` one and is still known.
pub async fn earlier(
    snapshot: &Snapshot,
    place: Place<'_>,
    current: &Member,
    named: &Named,
    revision: Option<u64>,
) -> Result<Option<Unwoven>, Fault> {
    let row = if named.given {
        if named.any || named.tags.contains(&current.etag) {
            return Ok(None);
        }
        named_version(snapshot, place, named).await?
    } else {
        match revision {
            Some(revision) => {
                served::by_revision(snapshot, place.book, place.name, revision).await?
            }
            None => None,
        }
    };
    match row.filter(|row| row.etag != current.etag) {
        Some(row) => load(snapshot, place, row).await,
        None => Ok(None),
    }
}

/// The newest remembered version among the tags.
pub async fn named_version(
    snapshot: &Snapshot,
    place: Place<'_>,
    named: &Named,
) -> Result<Option<Served>, Fault> {
    for tag in &named.tags {
        if let Some(row) = served::by_etag(snapshot, place.book, place.name, *tag).await? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

async fn load(
    snapshot: &Snapshot,
    place: Place<'_>,
    row: Served,
) -> Result<Option<Unwoven>, Fault> {
    let found =
        history::replaced_since(snapshot, place.book, place.name, row.etag, row.written).await?;
    let Some(at) = found else { return Ok(None) };
    let body = body::get(snapshot, Slot::Kept(at)).await?;
    Ok(Some(unweave(&body.whole(snapshot).await?)))
}
