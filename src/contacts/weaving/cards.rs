//! Weaves the cards of a contact anew, wherever its owner keeps them.

use bytes::Bytes;

use super::edited::Place;
use super::memory::{Recorded, is_contact};
use super::{Rules, shown};
use crate::base::{ETag, Fault};
use crate::contacts::followups::cadence;
use crate::contacts::layer::{Layer, Unwoven, unweave, weave};
use crate::contacts::{card, local_time};
use crate::formats::vcard::set_categories;
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Collection, Kind, Role};
use crate::store::contacts::{self, Contact};
use crate::store::engine::{Batch, Snapshot};
use crate::store::interactions::Interaction;
use crate::store::member::{self, Found};
use crate::store::served::{self, Served};
use crate::store::write::{NewMember, Refusal, Target, Told};
use crate::store::{Actor, Store};

/// A contact as it will be, and who makes it so.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The record, its revision already raised.
    pub contact: &'a Contact,
    /// Its interactions, the newest first.
    pub latest: &'a [Interaction],
    /// Who changes it.
    pub actor: &'a Actor,
    /// What is set.
    pub rules: &'a Rules,
}

/// Adds the weaving of all cards of the contact to `batch`, except one that is written otherwise;
/// tells how many cards change. The batch must demand the contact's record as it was read: that
/// is what keeps two changes from weaving past each other.
pub async fn weave_all(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    change: Change<'_>,
    except: Option<Place<'_>>,
) -> Result<usize, Fault> {
    let owner = &change.contact.owner;
    let zone = local_time::zone_of(snapshot, owner).await?;
    let Change { contact, latest, rules, .. } = change;
    let layer = shown::whole(store, snapshot, contact, latest, &zone, rules).await?;
    let mut changed = 0;
    for found in collection::list(snapshot, owner, Kind::AddressBook).await? {
        let book = &found.collection;
        if book.role != Role::Plain {
            continue;
        }
        for uid in uids(change.contact) {
            let Some(name) = member::holder(snapshot, book.id, uid).await? else { continue };
            if except.is_some_and(|place| place.book == book.id && place.name == name) {
                continue;
            }
            let Some(found) = member::find(snapshot, book.id, &name).await? else { continue };
            changed += usize::from(
                weave_one(store, snapshot, batch, change, &layer, (book, &name), &found).await?,
            );
        }
    }
    Ok(changed)
}

/// Adds to `batch` the new weaving of the cards of others who took part in what `recorded` changed.
pub async fn weave_others(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    recorded: &Recorded,
    change: Change<'_>,
    except: Option<Place<'_>>,
) -> Result<(), Fault> {
    for id in &recorded.others {
        let Some(read) = contacts::get(snapshot, *id).await? else { continue };
        let mut contact = read.record.clone();
        contact.revision += 1;
        let latest = recorded.latest_of_other(snapshot, *id, change.rules).await?;
        let last = latest.iter().filter(|one| is_contact(&one.kind)).map(|one| one.at).max();
        contact.last_contact = last;
        for line in &recorded.retired {
            contact.retire(*line);
        }
        let (by_stage, mut pending) = (&change.rules.cadence, Vec::new());
        let (was, now) = (Some(&read.record), &mut contact);
        cadence::settle(store, snapshot, batch, by_stage, was, now, &mut pending).await?;
        for pending in &pending {
            pending.write(store, batch, change.actor)?;
        }
        contacts::update(batch, *id, &read.witness, &contact)?;
        let change = Change { contact: &contact, latest: &latest, ..change };
        weave_all(store, snapshot, batch, change, except).await?;
    }
    Ok(())
}

fn uids(contact: &Contact) -> impl Iterator<Item = &str> {
    std::iter::once(&contact.uid).chain(&contact.aliases).map(String::as_str)
}

async fn weave_one(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    change: Change<'_>,
    layer: &Layer,
    (book, name): (&Collection, &str),
    found: &Found,
) -> Result<bool, Fault> {
    let stored = body::get(snapshot, Slot::Member(book.id, name)).await?.whole(snapshot).await?;
    let old = unweave(&stored);
    let woven = woven(&old.base, layer, change.rules)?;
    if woven.etag == found.member.etag {
        found.witness.require(batch);
        return Ok(false);
    }
    note(
        store,
        snapshot,
        batch,
        Place { book: book.id, name },
        Some((&found.member, &old)),
        &woven,
    )
    .await?;
    let target = Target { collection: book, rights: &[], name, actor: change.actor };
    let (told, new) = (Told::Nothing, &woven.member);
    let planned = store.plan_put_as(told, snapshot, batch, &target, new, Some(found), None).await;
    planned.map_err(changed_meanwhile)?;
    Ok(true)
}

/// Adds to `batch` that a card of the contact, which is there like `found` or is to come, has this
/// base, with what is remembered of the contact. Where it tells the same as `as_it_was`, which has
/// this base, the card is that, byte for byte.
#[allow(clippy::too_many_arguments)]
pub async fn put_base(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    change: Change<'_>,
    (book, name): (&Collection, &str),
    found: Option<(&Found, &Unwoven)>,
    base: &[u8],
    as_it_was: Option<&[u8]>,
) -> Result<(), Fault> {
    let zone = local_time::zone_of(snapshot, &change.contact.owner).await?;
    let Change { contact, latest, rules, .. } = change;
    let layer = shown::whole(store, snapshot, contact, latest, &zone, rules).await?;
    let mut woven = woven(base, &layer, change.rules)?;
    if let Some(bytes) = as_it_was
        && unweave(bytes).tells_the_same(&unweave(&woven.member.body.bytes))
    {
        let member = accept(Bytes::copy_from_slice(bytes), change.rules)?;
        woven = Woven { etag: member.etag, member, ..woven };
    }
    if let Some((found, _)) = found
        && found.member.etag == woven.etag
    {
        found.witness.require(batch);
        return Ok(());
    }
    let before = found.map(|(found, version)| (&found.member, version));
    note(store, snapshot, batch, Place { book: book.id, name }, before, &woven).await?;
    let target = Target { collection: book, rights: &[], name, actor: change.actor };
    let (told, new, found) = (Told::Nothing, &woven.member, found.map(|(found, _)| found));
    let planned = store.plan_put_as(told, snapshot, batch, &target, new, found, None).await;
    planned.map(drop).map_err(changed_meanwhile)
}

/// Adds to `batch` that the card `found` is `bytes`, in which only single lines of its base were
/// changed by the server; tells the base.
#[allow(clippy::too_many_arguments)]
pub async fn put_edited(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    actor: &Actor,
    (book, name): (&Collection, &str),
    found: &Found,
    bytes: Vec<u8>,
) -> Result<Vec<u8>, Fault> {
    let unwoven = unweave(&bytes);
    let new = card::accept(Bytes::from(bytes), usize::MAX, false)?;
    if let Some(revision) = unwoven.seen.revision {
        let (etag, base) = (new.etag, base_tag(&unwoven.base));
        let row = Served { revision, etag, base, written: store.now() };
        served::note(store, snapshot, batch, book.id, name, &row).await?;
    }
    let target = Target { collection: book, rights: &[], name, actor };
    let (told, found) = (Told::Nothing, Some(found));
    let planned = store.plan_put_as(told, snapshot, batch, &target, &new, found, None).await;
    planned.map_err(changed_meanwhile)?;
    Ok(unwoven.base)
}

fn changed_meanwhile(refusal: Refusal) -> Fault {
    match refusal {
        Refusal::Fault(fault) => fault,
        _ => Fault::conflict("The card was changed at this moment; try again."),
    }
}

/// A card with its layer, ready to be stored.
pub(super) struct Woven {
    pub member: NewMember,
    pub etag: ETag,
    base: ETag,
    revision: u64,
}

/// `base` with `layer`.
pub(super) fn woven(base: &[u8], layer: &Layer, rules: &Rules) -> Result<Woven, Fault> {
    let member = accept(Bytes::from(weave(base, layer, rules.bounds)), rules)?;
    let revision = layer.revision;
    Ok(Woven { etag: member.etag, member, base: base_tag(base), revision })
}

/// What tells whether clients changed a base. Its categories are left out: the server changes them,
/// too, when a group or a tag does, and those of two versions can always be brought together.
pub fn base_tag(base: &[u8]) -> ETag {
    ETag::of(&set_categories(base, &[]))
}

/// A woven card, ready to be stored. What the server adds does not count towards the lines that a
/// client may send.
pub fn accept(woven: Bytes, rules: &Rules) -> Result<NewMember, Fault> {
    let lines = rules.card_lines.saturating_add(rules.bounds.entries * 8 + 256);
    card::accept(woven, lines, false)
}

/// Adds to `batch`, which stores it, that `woven` is served; if it is the first version that is
/// woven, also which one was before it.
pub(super) async fn note(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    place: Place<'_>,
    old: Option<(&member::Member, &Unwoven)>,
    woven: &Woven,
) -> Result<(), Fault> {
    if let Some((old, version)) = old
        && version.seen.revision.is_none()
    {
        let row = Served {
            revision: 0,
            etag: old.etag,
            base: base_tag(&version.base),
            written: old.modified,
        };
        served::note(store, snapshot, batch, place.book, place.name, &row).await?;
    }
    let row = Served {
        revision: woven.revision,
        etag: woven.etag,
        base: woven.base,
        written: store.now(),
    };
    Ok(served::note(store, snapshot, batch, place.book, place.name, &row).await?)
}
