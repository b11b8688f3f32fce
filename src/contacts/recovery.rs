//! Brings back what was overwritten or deleted: cards from their history, books from the trash.

use std::collections::HashSet;

use bytes::Bytes;

use super::books;
use crate::base::{Fault, ObjectName, PrincipalId, Timestamp};
use crate::store::body::{Body, NewBody};
use crate::store::collection::{self, Collection, Kind};
use crate::store::engine::{Batch, CommitError, Snapshot, Step};
use crate::store::history::{self, Place, Reason, Version};
use crate::store::member::{self, Flags};
use crate::store::write::{NewMember, Refusal, Target, Written};
use crate::store::{Actor, Store};

/// What a user can get back from the trash.
#[derive(Debug, Default)]
pub struct Trash {
    /// Deleted books with the number of their cards, last deleted first.
    pub books: Vec<(Collection, u64)>,
    /// Deleted cards of books that are still there, last deleted first.
    pub cards: Vec<DeletedCard>,
}

/// A card that was deleted and has not come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedCard {
    /// The book.
    pub book: String,
    /// The card's name in the book.
    pub name: String,
    /// When it was deleted.
    pub deleted: Timestamp,
    /// By whom.
    pub by: Actor,
}

/// A version of a card that can be brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where it lies, which tells when it was replaced or deleted.
    pub place: Place,
    /// The version.
    pub version: Version,
}

/// A user's trash.
pub async fn trash(snapshot: &Snapshot, owner: &PrincipalId) -> Result<Trash, Fault> {
    let mut trash = Trash::default();
    for found in collection::trashed(snapshot, owner).await? {
        let cards = collection::count(snapshot, found.collection.id).await?.unsigned_abs();
        trash.books.push((found.collection, cards));
    }
    trash.books.reverse();
    for found in collection::list(snapshot, owner, Kind::AddressBook).await? {
        deleted_cards(snapshot, &found.collection, &mut trash.cards).await?;
    }
    trash.cards.sort_by_key(|card| std::cmp::Reverse(card.deleted));
    Ok(trash)
}

async fn deleted_cards(
    snapshot: &Snapshot,
    book: &Collection,
    into: &mut Vec<DeletedCard>,
) -> Result<(), Fault> {
    let mut last = Vec::new();
    history::scan(snapshot, book.id, |place, version| {
        if version.reason == Reason::Deleted {
            last.push((place.at, version));
        }
        Step::Continue
    })
    .await?;
    let mut seen = HashSet::new();
    for (deleted, Version { name, by, .. }) in last.into_iter().rev() {
        if seen.insert(name.clone()) && member::get(snapshot, book.id, &name).await?.is_none() {
            into.push(DeletedCard { book: book.name.clone(), name, deleted, by });
        }
    }
    Ok(())
}

/// The versions of a card that can be brought back, the latest first: number 1 is the first.
pub async fn versions(
    snapshot: &Snapshot,
    book: &Collection,
    name: &str,
) -> Result<Vec<Kept>, Fault> {
    let kept = history::of_member(snapshot, book.id, name).await?;
    let kept = kept.into_iter().rev().filter(|(_, version)| version.has_body());
    Ok(kept.map(|(place, version)| Kept { place, version }).collect())
}

/// Version `number` of a card, as [`versions`] counts.
async fn version(
    snapshot: &Snapshot,
    book: &Collection,
    name: &str,
    number: usize,
) -> Result<(Version, Body), Fault> {
    let missing = || {
        Fault::new(
            404,
            format!(
                "There is no version {number} of `{}/{name}`. `rolodav history {} {}/{name}` \
                 shows the versions, `rolodav book trash {}` what was deleted.",
                book.name, book.owner, book.name, book.owner
            ),
        )
    };
    let kept = versions(snapshot, book, name).await?;
    let place = number.checked_sub(1).ok_or_else(missing)?;
    let kept = kept.into_iter().nth(place).ok_or_else(missing)?;
    let body = history::body(snapshot, kept.place).await?;
    Ok((kept.version, body))
}

/// The bytes of version `number` of a card.
pub async fn show(
    snapshot: &Snapshot,
    book: &Collection,
    name: &str,
    number: usize,
) -> Result<Bytes, Fault> {
    let (_, body) = version(snapshot, book, name, number).await?;
    Ok(body.whole(snapshot).await?)
}

/// Makes version `number` of a card the present one again; what is present goes to the history.
pub async fn restore_card(
    store: &Store,
    book: &Collection,
    name: &str,
    number: usize,
    actor: &Actor,
) -> Result<Written, Fault> {
    let snapshot = store.snapshot().await?;
    let (version, body) = version(&snapshot, book, name, number).await?;
    let new = NewMember {
        body: NewBody { bytes: body.whole(&snapshot).await?, blobs: blobs(&body) },
        etag: version.etag,
        // What was repaired when it came is part of it now; the original is not brought back.
        flags: Flags(version.flags).with(Flags::REPAIRED, false),
        uid: version.uid,
        notes: Vec::new(),
        original: None,
        spans: Vec::new(),
    };
    let target = Target { collection: book, rights: &[], name, actor };
    store.put_member(&target, &new, None, None, |_| Ok(())).await.map_err(|refusal| match refusal {
        Refusal::Fault(fault) => fault,
        Refusal::UidTaken(holder) => Fault::conflict(format!(
            "The same contact is in the book as `{holder}` now; delete or restore that one."
        )),
        Refusal::UidChanged => Fault::conflict(format!(
            "`{name}` is another contact now. Delete it first; it can be restored the same way."
        )),
        Refusal::Quota => Fault::new(507, "The user's space is used up."),
    })
}

/// Where in the whole bytes the parts lie that are stored by their hash.
fn blobs(body: &Body) -> Vec<std::ops::Range<usize>> {
    let mut before = 0;
    body.cuts
        .iter()
        .map(|cut| {
            let start = cut.at as usize + before;
            before += cut.len as usize;
            start..start + cut.len as usize
        })
        .collect()
}

/// Brings the book that was last deleted under `name` back, under `new_name` if that is given.
pub async fn restore_book(
    store: &Store,
    owner: &PrincipalId,
    name: &str,
    new_name: Option<&ObjectName>,
) -> Result<Collection, Fault> {
    let snapshot = store.snapshot().await?;
    let trashed = collection::trashed(&snapshot, owner).await?;
    let Some(found) = trashed.into_iter().rev().find(|found| found.collection.name == name) else {
        let message = format!(
            "There is no deleted book `{name}` of {owner}. `rolodav book trash {owner}` shows \
             what can be restored."
        );
        return Err(Fault::new(404, message));
    };
    let target = new_name.map_or(name, ObjectName::as_str);
    let taken = || {
        Fault::conflict(format!(
            "{owner} has a book `{target}` now. Restore the deleted one under another name with \
             --as NAME."
        ))
    };
    if collection::find(&snapshot, owner, Kind::AddressBook, target).await?.is_some() {
        return Err(taken());
    }
    let mut batch = Batch::new();
    collection::restore(&snapshot, &mut batch, &found, target, None).await?;
    match store.commit(batch).await {
        Ok(_) => books::find(&store.snapshot().await?, owner, target).await,
        Err(CommitError::Refused(_)) => Err(taken()),
        Err(CommitError::Failed(error)) => Err(error.into()),
    }
}
