//! Group cards of segments: made and kept up to date as those of tags are. Nobody writes to them:
//! who is in a segment, its query says.

use super::text;
use crate::base::{CollectionId, Fault};
use crate::contacts::{card, segments as following};
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Found};
use crate::store::engine::{Batch, CommitError, Snapshot};
use crate::store::member::{self, Flags, MADE_NAMES};
use crate::store::segments::members::{self, Place};
use crate::store::segments::{self, Segment, SegmentId};
use crate::store::tags::uuid_of;
use crate::store::write::NewMember;
use crate::store::{Store, group_cards};

/// How often it is tried again after somebody else came first.
const ATTEMPTS: usize = 256;

/// Rows that are held at a time.
const PAGE: usize = 4096;

/// A segment may have every card of a book.
const LINES: usize = usize::MAX;

/// Is there anything to do for [`freshen`]?
pub(super) async fn are_stale(
    store: &Store,
    snapshot: &Snapshot,
    book: &collection::Collection,
) -> Result<bool, Fault> {
    Ok(!group_cards::changed::<SegmentId>(snapshot, book.id, 1).await?.is_empty()
        || following::is_behind(store, &book.owner).await?)
}

/// Brings the group cards of segments in `book` up to date.
pub(super) async fn freshen(store: &Store, book: &collection::Collection) -> Result<(), Fault> {
    following::follow(store, &book.owner).await?;
    let changed =
        group_cards::changed::<SegmentId>(&store.snapshot().await?, book.id, usize::MAX).await?;
    for id in &changed {
        one(store, book.id, *id).await?;
    }
    if changed.is_empty() {
        return Ok(());
    }
    // What was written just now is nothing new to whoever looks next.
    following::follow(store, &book.owner).await
}

async fn one(store: &Store, book: CollectionId, id: SegmentId) -> Result<(), Fault> {
    for _ in 0..ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let Some(found) = collection::get(&snapshot, book).await? else { return Ok(()) };
        let mut batch = Batch::new();
        found.witness.require(&mut batch);
        group_cards::settle_change(&snapshot, &mut batch, book, id).await?;
        plan(store, &snapshot, &mut batch, &found, id).await?;
        match store.commit(batch).await {
            Ok(_) => return Ok(()),
            Err(CommitError::Refused(_)) => {
                if !group_cards::is_changed(&store.snapshot().await?, book, id).await? {
                    return Ok(());
                }
            }
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Fault::busy(1))
}

async fn plan(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    book: &Found,
    id: SegmentId,
) -> Result<(), Fault> {
    let book = &book.collection;
    let linked = group_cards::name(snapshot, book.id, id).await?;
    let segment = segments::get(snapshot, id).await?;
    let Some(segment) = segment.filter(|segment| segment.record.as_group) else {
        if let Some(name) = &linked {
            group_cards::unlink(batch, book.id, name, id);
            if let Some(old) = member::find(snapshot, book.id, name).await? {
                old.witness.require(batch);
                store.plan_ungenerated(snapshot, batch, book, name, &old.member).await?;
            }
        }
        return Ok(());
    };
    segment.witness.require(batch);
    let uids = members_in(snapshot, id, book.id).await?;
    let uid = uid_of(&segment.record, id, book.id);
    let name = linked.unwrap_or_else(|| format!("{MADE_NAMES}{uid}.vcf"));
    let old = member::find(snapshot, book.id, &name).await?;
    if old.is_none() && uids.is_empty() {
        return Ok(());
    }
    let called = &segment.record.name;
    let bytes = match &old {
        None => text::update(&text::new(&uid, called), called, &uids),
        Some(old) => {
            old.witness.require(batch);
            let stored = body::get(snapshot, Slot::Member(book.id, &name)).await?;
            let stored = stored.whole(snapshot).await?;
            let now = text::update(&stored, called, &uids);
            if now == stored {
                return Ok(());
            }
            now
        }
    };
    let mut new = card::accept(bytes.into(), LINES, false)?;
    new.flags = new.flags.with(Flags::MADE, true);
    group_cards::link(batch, book.id, &name, id);
    let old = old.as_ref().map(|old| &old.member);
    Ok(store.plan_generated(snapshot, batch, book, &name, old, &new).await?)
}

fn uid_of(segment: &Segment, id: SegmentId, book: CollectionId) -> String {
    let urn = uuid_of(&format!("group card of segment {} {} {}", segment.owner, id.0, book.0));
    urn.trim_start_matches("urn:uuid:").to_owned()
}

/// The UIDs, as they are written, of the cards of a book that are in the segment.
async fn members_in(
    snapshot: &Snapshot,
    id: SegmentId,
    book: CollectionId,
) -> Result<Vec<String>, Fault> {
    let (mut uids, mut last) = (Vec::new(), None::<Place>);
    loop {
        let page = members::page(snapshot, id, last.as_ref(), PAGE).await?;
        let here = page.iter().filter(|place| place.book == book);
        uids.extend(here.map(|place| place.written.clone()));
        match page.into_iter().next_back() {
            Some(place) => last = Some(place),
            None => return Ok(uids),
        }
    }
}

/// What is stored instead of `new`, which a client writes over the group card of a segment: the
/// card as it is. Where nothing is to be stored, it will be made anew.
pub(super) async fn put_back(
    snapshot: &Snapshot,
    batch: &mut Batch,
    (book, name): (CollectionId, &str),
    id: SegmentId,
    new: Option<&NewMember>,
) -> Result<Option<NewMember>, Fault> {
    group_cards::note_change(batch, book, id);
    if new.is_none() {
        return Ok(None);
    }
    let stored = body::get(snapshot, Slot::Member(book, name)).await?;
    let mut same = card::accept(stored.whole(snapshot).await?, LINES, false)?;
    same.flags = same.flags.with(Flags::MADE, true);
    Ok(Some(same))
}
