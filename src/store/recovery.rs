//! Brings back what was overwritten or deleted: cards and events from their history, books and
//! calendars from the trash.

use std::collections::HashSet;

use bytes::Bytes;

use super::audit::{Deed, Verb};
use super::body::{Body, NewBody};
use super::collection::{self, Collection, Role};
use super::engine::{Batch, CommitError, Snapshot, Step};
use super::history::{self, Place, Reason, Version};
use super::member::{self, Flags};
use super::spans::Span;
use super::write::{Alongside, NewMember, Refusal, Target, Told, Written};
use super::{Actor, Store};
use crate::base::{Fault, ObjectName, PrincipalId, Timestamp};

/// What a user can get back from the trash.
#[derive(Debug, Default)]
pub struct Trash {
    /// Deleted books and calendars with the number of their members, last deleted first.
    pub collections: Vec<(Collection, u64)>,
    /// Deleted members of those that are still there, last deleted first.
    pub members: Vec<DeletedMember>,
}

/// A card or event that was deleted and has not come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedMember {
    /// The book or calendar.
    pub collection: String,
    /// The member's name in it.
    pub name: String,
    /// When it was deleted.
    pub deleted: Timestamp,
    /// By whom.
    pub by: Actor,
}

/// A version of a member that can be brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where it lies, which tells when it was replaced or deleted.
    pub place: Place,
    /// The version.
    pub version: Version,
}

/// A user's trash. What the server fills itself is not in it: it can be made again.
pub async fn trash(snapshot: &Snapshot, owner: &PrincipalId) -> Result<Trash, Fault> {
    let mut trash = Trash::default();
    for found in collection::trashed(snapshot, owner).await? {
        if found.collection.role.is_owners() {
            let members = collection::count(snapshot, found.collection.id).await?.unsigned_abs();
            trash.collections.push((found.collection, members));
        }
    }
    trash.collections.reverse();
    for found in collection::list_all(snapshot, owner).await? {
        if found.collection.role == Role::Plain {
            deleted_members(snapshot, &found.collection, &mut trash.members).await?;
        }
    }
    trash.members.sort_by_key(|member| std::cmp::Reverse(member.deleted));
    Ok(trash)
}

async fn deleted_members(
    snapshot: &Snapshot,
    collection: &Collection,
    into: &mut Vec<DeletedMember>,
) -> Result<(), Fault> {
    let mut last = Vec::new();
    history::scan(snapshot, collection.id, |place, version| {
        if version.reason == Reason::Deleted {
            last.push((place.at, version));
        }
        Step::Continue
    })
    .await?;
    let mut seen = HashSet::new();
    for (deleted, Version { name, by, .. }) in last.into_iter().rev() {
        let is_new = seen.insert(name.clone());
        if is_new && member::get(snapshot, collection.id, &name).await?.is_none() {
            let collection = collection.name.clone();
            into.push(DeletedMember { collection, name, deleted, by });
        }
    }
    Ok(())
}

/// The book or calendar called `collection` that has, or had, a member `name`; a book before a
/// calendar.
pub async fn holding(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    collection: &str,
    name: &str,
) -> Result<Collection, Fault> {
    let mut first = None;
    for kind in collection::Kind::ALL {
        let Some(found) = collection::find(snapshot, owner, kind, collection).await? else {
            continue;
        };
        let id = found.collection.id;
        if member::get(snapshot, id, name).await?.is_some()
            || !history::of_member(snapshot, id, name).await?.is_empty()
        {
            return Ok(found.collection);
        }
        first.get_or_insert(found.collection);
    }
    first.ok_or_else(|| {
        Fault::new(
            404,
            format!(
                "{owner} has no book or calendar `{collection}`. `rolodav book list {owner}` and \
                 `rolodav calendar list {owner}` show them."
            ),
        )
    })
}

/// The versions of a member that can be brought back, the latest first: number 1 is the first.
pub async fn versions(
    snapshot: &Snapshot,
    book: &Collection,
    name: &str,
) -> Result<Vec<Kept>, Fault> {
    let kept = history::of_member(snapshot, book.id, name).await?;
    let kept = kept.into_iter().rev().filter(|(_, version)| version.has_body());
    Ok(kept.map(|(place, version)| Kept { place, version }).collect())
}

/// What came in the place of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Successor {
    /// Another version that is in the history, too.
    Kept(Place),
    /// The present one.
    Present,
    /// None: it was deleted.
    Nothing,
    /// One that moved away, and took its body along.
    Moved,
}

/// The versions of a member as [`versions`] tells them, each with what came in its place.
pub async fn succession(
    snapshot: &Snapshot,
    book: &Collection,
    name: &str,
) -> Result<Vec<(Kept, Successor)>, Fault> {
    let mut next = match member::get(snapshot, book.id, name).await? {
        Some(_) => Successor::Present,
        None => Successor::Nothing,
    };
    let mut versions = Vec::new();
    for (place, version) in history::of_member(snapshot, book.id, name).await?.into_iter().rev() {
        let successor = match version.reason {
            Reason::Deleted => Successor::Nothing,
            Reason::Replaced | Reason::Moved => next,
        };
        next = if version.has_body() { Successor::Kept(place) } else { Successor::Moved };
        if version.has_body() {
            versions.push((Kept { place, version }, successor));
        }
    }
    Ok(versions)
}

/// Version `number` of a member, as [`versions`] counts.
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

/// The bytes of version `number` of a member.
pub async fn show(
    snapshot: &Snapshot,
    book: &Collection,
    name: &str,
    number: usize,
) -> Result<Bytes, Fault> {
    let (_, body) = version(snapshot, book, name, number).await?;
    Ok(body.whole(snapshot).await?)
}

/// Makes version `number` of a member the present one again; what is present goes to the history.
/// `spans` tells which time the bytes take; `alongside` has its part in the commit.
pub async fn restore_member(
    store: &Store,
    book: &Collection,
    name: &str,
    number: usize,
    actor: &Actor,
    spans: impl Fn(&[u8]) -> Vec<Span>,
    alongside: Option<&dyn Alongside>,
) -> Result<Written, Fault> {
    if book.role != Role::Plain {
        let message = format!("`{}` is kept by the server.", book.name);
        return Err(Fault::forbidden(message));
    }
    let snapshot = store.snapshot().await?;
    let (version, body) = version(&snapshot, book, name, number).await?;
    let blobs = blobs(&body);
    let bytes = body.whole(&snapshot).await?;
    let new = NewMember {
        spans: spans(&bytes),
        body: NewBody { bytes, blobs },
        etag: version.etag,
        // What was repaired when it came is part of it now; the original is not brought back.
        flags: Flags(version.flags).with(Flags::REPAIRED, false),
        uid: version.uid,
        notes: Vec::new(),
        original: None,
    };
    let target = Target { collection: book, rights: &[], name, actor };
    let told = Told::Restored;
    let put = store.put_member_as(told, &target, &new, None, alongside, |_| Ok(()));
    put.await.map_err(|refusal| match refusal {
        Refusal::Fault(fault) => fault,
        Refusal::UidTaken(holder) => Fault::conflict(format!(
            "The same contact or event is there as `{holder}` now; delete or restore that one."
        )),
        Refusal::UidChanged => Fault::conflict(format!(
            "`{name}` is another one now. Delete it first; it can be restored the same way."
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

/// Brings the book or calendar that was last deleted under `name` back, under `new_name` if that
/// is given.
pub async fn restore_collection(
    store: &Store,
    owner: &PrincipalId,
    name: &str,
    new_name: Option<&ObjectName>,
    actor: &Actor,
) -> Result<Collection, Fault> {
    let snapshot = store.snapshot().await?;
    let trashed = collection::trashed(&snapshot, owner).await?;
    let mut last_first = trashed.into_iter().rev().filter(|f| f.collection.role.is_owners());
    let Some(found) = last_first.find(|found| found.collection.name == name) else {
        let message = format!(
            "There is no deleted book or calendar `{name}` of {owner}. `rolodav book trash {owner}` shows \
             what can be restored."
        );
        return Err(Fault::new(404, message));
    };
    let target = new_name.map_or(name, ObjectName::as_str);
    let taken = || {
        Fault::conflict(format!(
            "{owner} has another `{target}` now. Restore the deleted one under another name with \
             --as NAME."
        ))
    };
    let kind = found.collection.kind;
    if collection::find(&snapshot, owner, kind, target).await?.is_some() {
        return Err(taken());
    }
    let mut batch = Batch::new();
    collection::restore(&snapshot, &mut batch, &found, target, None).await?;
    let deed = Deed::of_collection(Verb::Restored, &found.collection);
    let was = format!("from {name}");
    let detail = if target == name { "" } else { &was };
    Deed { place: target, detail, ..deed }.note(store, &mut batch, actor)?;
    match store.commit(batch).await {
        Ok(_) => {
            let snapshot = store.snapshot().await?;
            let back = collection::get(&snapshot, found.collection.id).await?;
            Ok(back.ok_or_else(Fault::not_found)?.collection)
        }
        Err(CommitError::Refused(_)) => Err(taken()),
        Err(CommitError::Failed(error)) => Err(error.into()),
    }
}
