//! `rolodav history`

use super::recovery::who;
use crate::app::Services;
use crate::base::Fault;
use crate::cli::outcome::{ChangeRow, Outcome, VersionRow};
use crate::contacts::difference::difference;
use crate::formats::difference::{Change, events};
use crate::store::body::{self, Slot};
use crate::store::collection::{Collection, Kind};
use crate::store::engine::Snapshot;
use crate::store::fields::{self, Field};
use crate::store::history::{self, Reason};
use crate::store::recovery::{self, Kept, Successor};

/// Most changes that are told of one version.
const CHANGES: usize = 100;

/// Most of a value that is told, in characters.
const VALUE: usize = 2000;

pub(super) async fn history(
    services: &Services,
    user: &str,
    book: &str,
    card: &str,
    diff: bool,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    let snapshot = services.store.snapshot().await?;
    let book = recovery::holding(&snapshot, &owner, book, card).await?;
    let succession = recovery::succession(&snapshot, &book, card).await?;
    let fields = if diff { fields::all(&snapshot, &owner).await? } else { Vec::new() };
    let mut rows = Vec::with_capacity(succession.len());
    for ((kept, successor), version) in succession.into_iter().zip(1..) {
        let mut row = row(version, &kept);
        if diff && let Some(after) = after(&snapshot, &book, card, successor).await? {
            let before = history::body(&snapshot, kept.place).await?.whole(&snapshot).await?;
            let mut changes = changes(book.kind, &before, &after, &fields);
            row.more_changes = changes.len().saturating_sub(CHANGES);
            changes.truncate(CHANGES);
            row.changes = Some(changes.into_iter().map(change_row).collect());
        }
        rows.push(row);
    }
    Ok(Outcome::Versions(rows))
}

fn row(version: usize, Kept { place, version: kept }: &Kept) -> VersionRow {
    VersionRow {
        version,
        written: kept.written.rfc3339(),
        until: place.at.rfc3339(),
        reason: match kept.reason {
            Reason::Deleted => "deleted".to_owned(),
            Reason::Replaced | Reason::Moved => "replaced".to_owned(),
        },
        by: who(&kept.by),
        user: kept.by.principal.clone(),
        device: Some(kept.by.device.clone()).filter(|device| !device.is_empty()),
        bytes: kept.size,
        changes: None,
        more_changes: 0,
    }
}

/// What came in the place of a version, where that is still to be had.
async fn after(
    snapshot: &Snapshot,
    book: &Collection,
    name: &str,
    successor: Successor,
) -> Result<Option<bytes::Bytes>, Fault> {
    let body = match successor {
        Successor::Kept(place) => history::body(snapshot, place).await?,
        Successor::Present => body::get(snapshot, Slot::Member(book.id, name)).await?,
        Successor::Nothing | Successor::Moved => return Ok(None),
    };
    Ok(Some(body.whole(snapshot).await?))
}

fn changes(kind: Kind, before: &[u8], after: &[u8], fields: &[Field]) -> Vec<Change> {
    match kind {
        Kind::Calendar => events(before, after),
        Kind::AddressBook => difference(before, after, &|property| {
            let field = fields.iter().find(|field| field.property == property);
            field.map(|field| field.name.clone())
        }),
    }
}

fn change_row(change: Change) -> ChangeRow {
    let what = match (&change.before, &change.after) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "changed",
    };
    let bounded = |value: String| match value.char_indices().nth(VALUE) {
        Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
        None => value,
    };
    ChangeRow {
        property: change.property,
        field: change.field,
        change: what.to_owned(),
        before: change.before.map(bounded),
        after: change.after.map(bounded),
        text: change.words,
    }
}
