//! Makes the group cards of a book, and keeps them up to date: one commit for each, on condition
//! that nothing else was to be changed about it meanwhile. One that is as it should be is not
//! written.

use std::collections::HashSet;

use super::{of_segments, text};
use crate::base::{CollectionId, Fault};
use crate::contacts::{card, tags};
use crate::formats::vcard::normalize_uid;
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Collection, Found, Kind, Role};
use crate::store::engine::{Batch, CommitError, Snapshot};
use crate::store::member::{self, Flags, MADE_NAMES};
use crate::store::tags::{Tag, TagId, Work, actions, get, uuid_of};
use crate::store::write::{Refusal, Target, Told};
use crate::store::{Actor, Store, group_cards, tag_awaited, tag_index};

/// How often it is tried again after somebody else came first.
const ATTEMPTS: usize = 256;

/// Group cards have no bound of their own: a tag may be on every card.
const LINES: usize = usize::MAX;

/// Is there anything to do for [`freshen`]?
pub async fn are_stale(store: &Store, id: CollectionId) -> Result<bool, Fault> {
    let snapshot = store.snapshot().await?;
    let Some(book) = with_groups(&snapshot, id).await? else { return Ok(false) };
    let changed = !group_cards::changed::<TagId>(&snapshot, id, 1).await?.is_empty();
    Ok(changed
        || of_segments::are_stale(store, &snapshot, &book).await?
        || tags::is_behind(&snapshot, &book.owner).await?
        || tags::is_at_work(&snapshot, &book.owner).await?)
}

/// Brings the group cards of the book `id` up to date. Cards that came after the group that names
/// them get its tag now. In a large book that was never looked at this takes long; it can be
/// given up at any point, and goes on there.
pub async fn freshen(store: &Store, id: CollectionId) -> Result<(), Fault> {
    let Some(book) = with_groups(&store.snapshot().await?, id).await? else { return Ok(()) };
    tags::follow(store, &book.owner).await?;
    if tags::is_at_work(&store.snapshot().await?, &book.owner).await? {
        tags::work_off_of(store, &book.owner).await?;
        tags::follow(store, &book.owner).await?;
    }
    let changed = group_cards::changed::<TagId>(&store.snapshot().await?, id, usize::MAX).await?;
    for tag in changed {
        one(store, id, tag).await?;
    }
    of_segments::freshen(store, &book).await?;
    // What was written just now is nothing new to whoever looks next.
    tags::follow(store, &book.owner).await
}

/// The book, if it is one that can have groups.
async fn with_groups(snapshot: &Snapshot, id: CollectionId) -> Result<Option<Collection>, Fault> {
    let book = collection::get(snapshot, id).await?.map(|found| found.collection);
    Ok(book.filter(|book| {
        book.deleted.is_none() && book.kind == Kind::AddressBook && book.role == Role::Plain
    }))
}

async fn one(store: &Store, id: CollectionId, tag: TagId) -> Result<(), Fault> {
    for _ in 0..ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let Some(book) = collection::get(&snapshot, id).await? else { return Ok(()) };
        // What is half done would be shown as if somebody had taken the others out.
        if is_pending(&snapshot, tag).await? {
            return Ok(());
        }
        let mut batch = Batch::new();
        book.witness.require(&mut batch);
        group_cards::settle_change(&snapshot, &mut batch, id, tag).await?;
        let round = Round { store, snapshot: &snapshot, book: &book, tag };
        round.plan(&mut batch).await?;
        match store.commit(batch).await {
            Ok(_) => return Ok(()),
            Err(CommitError::Refused(_)) => {
                if !group_cards::is_changed(&store.snapshot().await?, id, tag).await? {
                    return Ok(());
                }
            }
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Fault::busy(1))
}

async fn is_pending(snapshot: &Snapshot, tag: TagId) -> Result<bool, Fault> {
    let pending = actions(snapshot).await?;
    Ok(pending.iter().any(|(_, action)| match &action.record.work {
        Work::Replace { tag: one, into, .. } => *one == tag || *into == Some(tag),
        Work::Mark { tag: one, .. } => *one == tag,
    }))
}

struct Round<'a> {
    store: &'a Store,
    snapshot: &'a Snapshot,
    book: &'a Found,
    tag: TagId,
}

impl Round<'_> {
    async fn plan(&self, batch: &mut Batch) -> Result<(), Fault> {
        let (snapshot, id) = (self.snapshot, self.book.collection.id);
        let linked = group_cards::name(snapshot, id, self.tag).await?;
        let found = match &linked {
            Some(name) => member::find(snapshot, id, name).await?,
            None => None,
        };
        let Some(tag) = get(snapshot, self.tag).await? else {
            if let Some(name) = &linked {
                group_cards::unlink(batch, id, name, self.tag);
                if let Some(found) = &found {
                    found.witness.require(batch);
                    let book = &self.book.collection;
                    let old = &found.member;
                    self.store.plan_ungenerated(snapshot, batch, book, name, old).await?;
                }
            }
            return Ok(());
        };
        let members = self.members().await?;
        let there = linked.zip(found);
        if there.is_none() && members.is_empty() && !self.has_its_place_here().await? {
            return Ok(());
        }
        match there {
            Some((name, found)) => self.update(batch, &name, &found, &tag.record, members).await,
            None => self.make(batch, &tag.record, &members).await,
        }
    }

    /// The UIDs of the cards in the book that bear the tag, as they are written.
    async fn members(&self) -> Result<Vec<String>, Fault> {
        let id = self.book.collection.id;
        let bearers = tag_index::bearers_in(self.snapshot, self.tag, id).await?;
        Ok(bearers.into_iter().map(|bearer| bearer.uid).collect())
    }

    /// A tag that no card bears at all is shown in one book.
    async fn has_its_place_here(&self) -> Result<bool, Fault> {
        if tag_index::count(self.snapshot, self.tag).await? > 0 {
            return Ok(false);
        }
        let owner = &self.book.collection.owner;
        let books = collection::list(self.snapshot, owner, Kind::AddressBook).await?;
        let first = books.iter().map(|book| book.collection.id).min();
        Ok(first == Some(self.book.collection.id))
    }

    async fn make(&self, batch: &mut Batch, tag: &Tag, members: &[String]) -> Result<(), Fault> {
        let book = &self.book.collection;
        let urn = uuid_of(&format!("group card {} {}", tag.uid, book.id.0));
        let uid = urn.trim_start_matches("urn:uuid:");
        let name = format!("{MADE_NAMES}{uid}.vcf");
        let bytes = text::update(&text::new(uid, &tag.name), &tag.name, members);
        let mut new = card::accept(bytes.into(), LINES, false)?;
        new.flags = new.flags.with(Flags::MADE, true);
        let old = member::get(self.snapshot, book.id, &name).await?;
        group_cards::link(batch, book.id, &name, self.tag);
        let (store, old) = (self.store, old.as_ref());
        Ok(store.plan_generated(self.snapshot, batch, book, &name, old, &new).await?)
    }

    async fn update(
        &self,
        batch: &mut Batch,
        name: &str,
        found: &member::Found,
        tag: &Tag,
        mut members: Vec<String>,
    ) -> Result<(), Fault> {
        let book = &self.book.collection;
        let stored = body::get(self.snapshot, Slot::Member(book.id, name)).await?;
        let stored = stored.whole(self.snapshot).await?;
        // Those that are still to come stay in the group.
        if tag_awaited::awaits(self.snapshot, book.id).await? {
            let known: HashSet<String> = members.iter().map(|uid| normalize_uid(uid)).collect();
            for uid in text::members(&stored).into_iter().filter(|uid| !known.contains(uid)) {
                let awaited = tag_awaited::awaited(self.snapshot, book.id, &uid).await?;
                if awaited.contains(&self.tag) {
                    members.push(uid);
                }
            }
        }
        // Nor may the card, where nothing is to be written.
        found.witness.require(batch);
        let bytes = text::update(&stored, &tag.name, &members);
        if bytes == stored {
            return Ok(());
        }
        let mut new = card::accept(bytes.into(), LINES, false)?;
        new.uid.clone_from(&found.member.uid);
        if found.member.flags.has(Flags::MADE) {
            new.flags = new.flags.with(Flags::MADE, true);
            let old = Some(&found.member);
            return Ok(self
                .store
                .plan_generated(self.snapshot, batch, book, name, old, &new)
                .await?);
        }
        // What a client made is changed as by anybody: the version before stays in the history.
        let actor = Actor { principal: book.owner.to_string(), device: String::new() };
        let target = Target { collection: book, rights: &[], name, actor: &actor };
        let store = self.store;
        let (told, snapshot) = (Told::Nothing, self.snapshot);
        let found = Some(found);
        match store.plan_put_as(told, snapshot, batch, &target, &new, found, None).await {
            Ok(_) => Ok(()),
            Err(Refusal::Fault(fault)) => Err(fault),
            Err(_) => Err(Fault::busy(1)),
        }
    }
}
