//! What follows when a client writes or deletes a group card: the tag is made, renamed or ended,
//! and it is written down which cards get or lose it. That is done after the commit, some cards at
//! a time.

use std::collections::HashSet;

use super::{of_segments, text};
use crate::base::{CollectionId, Fault, PrincipalId};
use crate::formats::vcard::category_key;
use crate::store::body::{self, Slot};
use crate::store::collection::{self, Kind, Role};
use crate::store::engine::{Batch, Snapshot};
use crate::store::history::Reason;
use crate::store::member::{self, Flags, Member};
use crate::store::segments::SegmentId;
use crate::store::tags::{self, Action, Mark, Tag, TagId, Work};
use crate::store::write::{NewMember, Planning, Refusal, Target};
use crate::store::{Store, group_cards, tag_awaited, tag_index};

/// What a write of a group card comes to.
#[derive(Debug, Default)]
pub struct Writing {
    /// What is stored instead of what was sent.
    pub instead: Option<NewMember>,
    /// The actions that are to be worked off.
    pub actions: Vec<u64>,
}

/// Adds what follows from the write that is planned to its batch, if it is that of a group card.
///
/// # Errors
/// 409 if a card is to become a group, or a group a card: clients keep them apart.
pub async fn plan(store: &Store, planning: Planning<'_>) -> Result<Writing, Fault> {
    let Planning { snapshot, batch, target, old, new } = planning;
    let is_group = |flags: Flags| flags.has(Flags::GROUP);
    let was = old.is_some_and(|old| is_group(old.flags));
    let is = new.is_some_and(|new| is_group(new.flags));
    if target.collection.role != Role::Plain || !(was || is) {
        return Ok(Writing::default());
    }
    let (id, name) = (target.collection.id, target.name);
    if let Some(segment) =
        group_cards::group::<SegmentId>(snapshot, id, name).await?.filter(|_| was)
    {
        let instead = of_segments::put_back(snapshot, batch, (id, name), segment, new).await?;
        return Ok(Writing { instead, actions: Vec::new() });
    }
    if old.is_some() && new.is_some() && was != is {
        return Err(Fault::conflict(
            "A card does not become a group, nor a group a card; store it under another name.",
        ));
    }
    let mut change = Change {
        store,
        snapshot,
        batch,
        owner: &target.collection.owner,
        book: target.collection.id,
        name: target.name,
        actor: target.actor,
        writing: Writing::default(),
    };
    let before = match old {
        Some(_) => change.stored().await?,
        None => Vec::new(),
    };
    match new {
        Some(new) => change.put(old, &before, new).await?,
        None => change.deleted(&before).await?,
    }
    Ok(change.writing)
}

struct Change<'a> {
    store: &'a Store,
    snapshot: &'a Snapshot,
    batch: &'a mut Batch,
    owner: &'a PrincipalId,
    book: CollectionId,
    name: &'a str,
    actor: &'a crate::store::Actor,
    writing: Writing,
}

impl Change<'_> {
    async fn stored(&self) -> Result<Vec<u8>, Fault> {
        let stored = body::get(self.snapshot, Slot::Member(self.book, self.name)).await?;
        Ok(stored.whole(self.snapshot).await?.to_vec())
    }

    fn begin(&mut self, work: Work, name: &str, becomes: Option<&str>) -> Result<(), Fault> {
        let (owner, actor) = (self.owner.clone(), self.actor.clone());
        let action = Action { owner, actor, at: self.store.now(), work };
        self.writing.actions.push(tags::begin(self.store, self.batch, &action, name, becomes)?);
        Ok(())
    }

    fn mark(&mut self, tag: TagId, name: &str, uids: Vec<(String, bool)>) -> Result<(), Fault> {
        let collection = self.book;
        let marks: Vec<Mark> =
            uids.into_iter().map(|(uid, add)| Mark { collection, uid, add }).collect();
        if marks.is_empty() {
            return Ok(());
        }
        self.begin(Work::Mark { tag, marks }, name, None)
    }

    async fn put(
        &mut self,
        old: Option<&Member>,
        before: &[u8],
        new: &NewMember,
    ) -> Result<(), Fault> {
        if let Some(old) = old.filter(|old| old.flags.has(Flags::MADE)) {
            let flags = new.flags.with(Flags::MADE, old.flags.has(Flags::MADE));
            self.writing.instead = Some(NewMember { flags, ..new.clone() });
        }
        let bytes = &new.body.bytes;
        let Some(called) = text::name(bytes).map(|name| name.trim().to_owned()) else {
            return Ok(());
        };
        if category_key(&called).is_empty() {
            return Ok(());
        }
        let linked = group_cards::group::<TagId>(self.snapshot, self.book, self.name).await?;
        let known = match linked {
            Some(tag) => tags::get(self.snapshot, tag).await?.map(|read| (tag, read)),
            None => None,
        };
        let tag = match known {
            Some((tag, read)) => {
                if text::name(before).is_none_or(|name| name.trim() != called) {
                    self.rename(tag, &read, &called).await?;
                }
                tag
            }
            None => self.tag_of_new_card(&called).await?,
        };
        let (was, is) = (text::members(before), text::members(bytes));
        let (had, has): (HashSet<&String>, HashSet<&String>) =
            (was.iter().collect(), is.iter().collect());
        let mut marks: Vec<(String, bool)> = Vec::new();
        marks.extend(is.iter().filter(|uid| !had.contains(uid)).map(|uid| (uid.clone(), true)));
        marks.extend(was.iter().filter(|uid| !has.contains(uid)).map(|uid| (uid.clone(), false)));
        // A group that comes anew shows those that have the tag already, too.
        group_cards::note_change(self.batch, self.book, tag);
        self.mark(tag, &called, marks)
    }

    /// The tag that a group card of this name is of; the card that was that tag's goes, since each
    /// tag is one group. Its members have the tag, so that they are in the one that came, too.
    async fn tag_of_new_card(&mut self, called: &str) -> Result<TagId, Fault> {
        let folded = category_key(called);
        let Some(tag) = tags::find(self.snapshot, self.owner, &folded).await? else {
            let (owner, by) = (self.owner, self.actor);
            let tag = tags::insert(self.store, self.batch, owner, &folded, called, None, by)?;
            group_cards::link(self.batch, self.book, self.name, tag);
            return Ok(tag);
        };
        if let Some(other) = group_cards::name(self.snapshot, self.book, tag).await? {
            let found = member::find(self.snapshot, self.book, &other).await?;
            if let Some(found) = found.filter(|_| other != self.name) {
                found.witness.require(self.batch);
                group_cards::unlink(self.batch, self.book, &other, tag);
                self.end(&other, &found).await?;
            }
        }
        group_cards::link(self.batch, self.book, self.name, tag);
        Ok(tag)
    }

    /// Ends another group card. What a client made can be restored.
    async fn end(&mut self, name: &str, found: &member::Found) -> Result<(), Fault> {
        let book = collection::get(self.snapshot, self.book).await?;
        let Some(book) = book.map(|book| book.collection) else { return Ok(()) };
        let (store, snapshot, old) = (self.store, self.snapshot, &found.member);
        if old.flags.has(Flags::MADE) {
            store.plan_ungenerated(snapshot, self.batch, &book, name, old).await?;
            return Ok(());
        }
        let target = Target { collection: &book, rights: &[], name, actor: self.actor };
        let planned = store.plan_delete(snapshot, self.batch, &target, found, Reason::Deleted);
        match planned.await {
            Ok(()) => Ok(()),
            Err(Refusal::Fault(fault)) => Err(fault),
            Err(_) => Err(Fault::busy(1)),
        }
    }

    /// The group was given another name. One that another tag has stays that tag's: the card gets
    /// its old name back.
    async fn rename(
        &mut self,
        tag: TagId,
        read: &crate::store::stored::Stored<Tag>,
        called: &str,
    ) -> Result<(), Fault> {
        let folded = category_key(called);
        let there = tags::find(self.snapshot, self.owner, &folded).await?;
        if there.is_some_and(|other| other != tag) || read.record.name == called {
            return Ok(());
        }
        let all = tags::of_owner(self.snapshot, self.owner).await?;
        let old = all.into_iter().filter(|(_, id)| *id == tag).map(|(name, _)| name).collect();
        tags::expect_named(self.batch, self.owner, &folded, there);
        tags::call(self.batch, self.owner, &folded, tag);
        let now = Tag { name: called.to_owned(), ..read.record.clone() };
        tags::update(self.batch, tag, read, &now)?;
        // The group is called so in every book.
        for book in collection::list(self.snapshot, self.owner, Kind::AddressBook).await? {
            group_cards::note_change(self.batch, book.collection.id, tag);
        }
        let work = Work::Replace { tag, old, into: Some(tag) };
        self.begin(work, &read.record.name, Some(called))
    }

    /// The tag goes from the cards of this book, and ends if no other book has it.
    async fn deleted(&mut self, before: &[u8]) -> Result<(), Fault> {
        let Some(tag) = group_cards::group::<TagId>(self.snapshot, self.book, self.name).await?
        else {
            return Ok(());
        };
        group_cards::unlink(self.batch, self.book, self.name, tag);
        let Some(read) = tags::get(self.snapshot, tag).await? else { return Ok(()) };
        let name = &read.record.name;
        let here = tag_index::bearers_in(self.snapshot, tag, self.book).await?;
        if tag_index::count(self.snapshot, tag).await? > here.len() as u64 {
            let mut uids: HashSet<String> = text::members(before).into_iter().collect();
            uids.extend(here.iter().map(|one| crate::formats::vcard::normalize_uid(&one.uid)));
            return self.mark(tag, name, uids.into_iter().map(|uid| (uid, false)).collect());
        }
        let all = tags::of_owner(self.snapshot, self.owner).await?;
        let old = all.into_iter().filter(|(_, id)| *id == tag).map(|(name, _)| name).collect();
        for uid in text::members(before) {
            tag_awaited::wait_no_more(self.batch, self.book, &uid, tag);
        }
        self.begin(Work::Replace { tag, old, into: None }, name, None)
    }
}
