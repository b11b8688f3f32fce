//! The change of one card's categories, as an ordinary write.

use crate::base::{CollectionId, Fault, PrincipalId};
use crate::contacts::card;
use crate::contacts::layer::{unweave, with_revision};
use crate::contacts::weaving::cards::base_tag;
use crate::formats::vcard::{categories, category_key, set_categories};
use crate::store::body::{self, NewBody, Slot};
use crate::store::collection::Found;
use crate::store::engine::{Batch, Snapshot};
use crate::store::member::{self, Member};
use crate::store::served::{self, Served};
use crate::store::write::{NewMember, Refusal, Target};
use crate::store::{Actor, Store, attention, contacts};

/// Cards have been taken in already, so no bound is left to hold them to.
const LINES: usize = usize::MAX;

/// What becomes of the categories of a card.
#[derive(Debug, Clone, Copy)]
pub(super) enum Retag<'a> {
    /// Those called one of `old` (folded) become `new`, or go.
    Replace { old: &'a [String], new: Option<&'a str> },
    /// This one is added.
    Add(&'a str),
    /// Those called so (folded) go.
    Remove(&'a [String]),
}

impl Retag<'_> {
    fn apply(self, listed: Vec<String>) -> Vec<String> {
        let is_one_of = |names: &[String], name: &str| names.contains(&category_key(name));
        match self {
            Self::Replace { old, new } => listed
                .into_iter()
                .filter_map(|name| match new {
                    _ if !is_one_of(old, &name) => Some(name),
                    Some(new) => Some(new.to_owned()),
                    None => None,
                })
                .collect(),
            Self::Add(new) => {
                let mut listed = listed;
                if !listed.iter().any(|name| category_key(name) == category_key(new)) {
                    listed.push(new.to_owned());
                }
                listed
            }
            Self::Remove(names) => {
                listed.into_iter().filter(|name| !is_one_of(names, name)).collect()
            }
        }
    }
}

/// Adds the change of member `name` of `book` to `batch`; `false` if it has to change nothing, or
/// is gone.
pub(super) async fn plan(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    (book, name): (&Found, &str),
    actor: &Actor,
    retag: Retag<'_>,
) -> Result<bool, Fault> {
    let id = book.collection.id;
    let Some(found) = member::find(snapshot, id, name).await? else { return Ok(false) };
    let stored = body::get(snapshot, Slot::Member(id, name)).await?.whole(snapshot).await?;
    let edited = set_categories(&stored, &retag.apply(categories(&stored)));
    if *edited == stored[..] {
        return Ok(false);
    }
    let owner = &book.collection.owner;
    let edited = revised(snapshot, batch, owner, &found.member, edited.into_owned()).await?;
    let mut new = card::accept(edited.into(), LINES, false)?;
    new.uid.clone_from(&found.member.uid);
    keep_flaws(snapshot, (id, name), &mut new).await?;
    let rights = [book.witness.clone()];
    let target = Target { collection: &book.collection, rights: &rights, name, actor };
    let planned = store.plan_put(snapshot, batch, &target, &new, Some(&found), None).await;
    match planned {
        Ok((member, _)) => {
            // Who edits one of these versions is to be merged with the other, not refused.
            let old = &found.member;
            if served::by_etag(snapshot, id, name, old.etag).await?.is_none() {
                note(store, snapshot, batch, (id, name), old, &stored).await?;
            }
            note(store, snapshot, batch, (id, name), &member, &new.body.bytes).await?;
            Ok(true)
        }
        Err(Refusal::Fault(fault)) => Err(fault),
        Err(Refusal::UidTaken(_) | Refusal::UidChanged | Refusal::Quota) => Err(Fault::busy(1)),
    }
}

/// What was repaired on the card that `new` replaces is still to be looked at.
pub(in crate::contacts) async fn keep_flaws(
    snapshot: &Snapshot,
    (id, name): (CollectionId, &str),
    new: &mut NewMember,
) -> Result<(), Fault> {
    if let Some(flawed) = attention::get(snapshot, id, name).await? {
        new.notes = flawed.notes;
        if flawed.original {
            let original = body::get(snapshot, Slot::Original(id, name)).await?;
            let bytes = original.whole(snapshot).await?;
            new.original = Some(NewBody { bytes, blobs: Vec::new() });
            new.flags = new.flags.with(member::Flags::REPAIRED, true);
        }
    }
    Ok(())
}

/// `edited` under a revision of its own, if it has a layer. Who sends no tag along is known by the
/// revision to have edited a version with or without the change: two versions must not share one.
async fn revised(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
    member: &Member,
    edited: Vec<u8>,
) -> Result<Vec<u8>, Fault> {
    if unweave(&edited).seen.revision.is_none() {
        return Ok(edited);
    }
    let Some((id, read)) = contacts::find(snapshot, owner, &member.uid).await? else {
        return Ok(edited);
    };
    let mut contact = read.record.clone();
    contact.revision += 1;
    contacts::update(batch, id, &read.witness, &contact)?;
    Ok(with_revision(&edited, contact.revision).into_owned())
}

/// Remembers that a version is served.
async fn note(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    (id, name): (CollectionId, &str),
    member: &Member,
    bytes: &[u8],
) -> Result<(), Fault> {
    let parts = unweave(bytes);
    let row = Served {
        revision: parts.seen.revision.unwrap_or(0),
        etag: member.etag,
        base: base_tag(&parts.base),
        written: member.modified,
    };
    Ok(served::note(store, snapshot, batch, id, name, &row).await?)
}
