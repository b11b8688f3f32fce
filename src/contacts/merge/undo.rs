//! A merge taken back: every card, UID, name and timeline as it was, with what was edited since.

mod elsewhere;
mod timelines;

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;

use super::perform::refused;
use super::record::{apart, is_empty};
use super::{Merger, Undone};
use crate::base::{CollectionId, ContactId, Fault};
use crate::contacts::books;
use crate::contacts::followups::cadence;
use crate::contacts::layer::{fingerprint, merge as merge_edits, rendering, unweave};
use crate::contacts::local_time;
use crate::contacts::weaving::cards::{self, Change};
use crate::contacts::weaving::memory::is_contact;
use crate::contacts::weaving::shown;
use crate::formats::zone::Zone;
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::body::{self, Slot};
use crate::store::collection::Found as Book;
use crate::store::contacts::{self, Contact};
use crate::store::engine::{Batch, Snapshot};
use crate::store::followups::times::{self, Wake};
use crate::store::history::Reason;
use crate::store::interactions::Interaction;
use crate::store::matching;
use crate::store::member::{self, Found};
use crate::store::merges::{self, Before, Merge};
use crate::store::write::{Target, Told};

/// A contact as it is to be again.
struct Again {
    contact: Contact,
    latest: Vec<Interaction>,
}

struct Plan<'a> {
    merger: &'a Merger<'a>,
    snapshot: &'a Snapshot,
    batch: Batch,
    number: u64,
    merge: &'a Merge,
    books: Vec<Book>,
    undone: Undone,
    /// The newest interactions that the one that stayed had of the others.
    given_back: Vec<Interaction>,
    /// Cards that are written or gone.
    done: HashSet<(CollectionId, String)>,
}

impl Merger<'_> {
    /// What taking back a merge comes to, and the commit that does it.
    pub(super) async fn plan_undo(
        &self,
        snapshot: &Snapshot,
        number: u64,
    ) -> Result<(Undone, Batch), Fault> {
        let owner = self.owner;
        let read = merges::get(snapshot, owner, number).await?.ok_or_else(|| {
            let message = format!(
                "{owner} has no merge {number} that can be taken back. `rolodav merges {owner}` \
                 lists them."
            );
            Fault::new(404, message)
        })?;
        let merge = &read.record;
        if merge.undone.is_some() {
            return Err(Fault::conflict(format!("Merge {number} was taken back already.")));
        }
        let (id, now) = self.standing(snapshot, merge).await?;
        let before = merges::before(snapshot, owner, number).await?;
        let books = books::filled(snapshot, owner).await?;
        let uids: Vec<String> = std::iter::once(&merge.into).chain(&merge.uids).cloned().collect();
        let undone = Undone { uids, back: Vec::new(), restored: Vec::new(), left: Vec::new() };
        let (batch, given_back) = (Batch::new(), Vec::new());
        let done = HashSet::new();
        let mut plan =
            Plan { merger: self, snapshot, batch, number, merge, books, undone, given_back, done };
        let timelines = plan.interactions(id).await?;
        let zone = local_time::zone_of(snapshot, owner).await?;
        let mut people = plan.records(id, &now, timelines, &zone)?;
        plan.parted_since(&before, &mut people).await?;
        for card in &before {
            plan.card(card, &people).await?;
        }
        plan.elsewhere(&people).await?;
        plan.settle(&now, &people);
        merges::undone(&mut plan.batch, owner, number, &read, &before, self.store.now())?;
        plan.apart();
        let detail = format!("merge {number} taken back: {}", merge.names.join(" + "));
        let name = merge.names.first().map(String::as_str).unwrap_or_default();
        let deed = Deed {
            contact: Some(id),
            name,
            uid: &merge.into,
            detail: &detail,
            ..Deed::of(Subject::Contact, Verb::Restored, owner.as_str())
        };
        deed.note(self.store, &mut plan.batch, self.actor)?;
        Ok((plan.undone, plan.batch))
    }

    /// The record of the one that stayed, if it still stands for itself.
    async fn standing(
        &self,
        snapshot: &Snapshot,
        merge: &Merge,
    ) -> Result<(ContactId, crate::store::stored::Stored<Contact>), Fault> {
        let found = contacts::find(snapshot, self.owner, &merge.into).await?;
        let changed = || {
            Fault::conflict(
                "The contact that stayed was merged into another one since; take that back first.",
            )
        };
        let (id, now) = found.ok_or_else(changed)?;
        if id != merge.contact || now.record.uid != merge.into {
            return Err(changed());
        }
        Ok((id, now))
    }
}

impl Plan<'_> {
    /// The records as they were, by the UIDs that lead to them.
    fn records(
        &mut self,
        id: ContactId,
        now: &crate::store::stored::Stored<Contact>,
        mut timelines: BTreeMap<ContactId, Vec<Interaction>>,
        zone: &Zone,
    ) -> Result<Vec<Again>, Fault> {
        let merge = self.merge;
        let blank = Contact::new(
            now.record.owner.clone(),
            now.record.uid.clone(),
            now.record.name.clone(),
            now.record.created,
        );
        let was = merge.was.as_ref().unwrap_or(&blank);
        let latest = timelines.remove(&id).unwrap_or_default();
        let mut winner = apart(was, &merge.now, &now.record);
        if winner.last_contact == now.record.last_contact && now.record != merge.now {
            // Whether that was with this one is told by its timeline.
            let last = latest.iter().filter(|one| is_contact(&one.kind)).map(|one| one.at).max();
            winner.last_contact = last;
        }
        if winner.revision == now.record.revision {
            winner.revision += 1;
        }
        // Who has the card as it was meanwhile and edits it sends their lines along, which nobody told.
        for one in self.given_back.iter().rev() {
            winner.retire(fingerprint(&rendering(&shown::entry(one, zone).shown())));
        }
        contacts::release(&mut self.batch, &mut winner, &merge.uids);
        let mut people = Vec::new();
        now.witness.require(&mut self.batch);
        let unknown = merge.was.is_none() && is_empty(&winner) && latest.is_empty();
        if unknown && self.given_back.is_empty() {
            contacts::remove(&mut self.batch, id, now);
        } else {
            contacts::reinstate(&mut self.batch, id, &winner)?;
            people.push(Again { contact: winner, latest });
        }
        let retired = now.record.retired.iter().filter(|line| !merge.now.retired.contains(line));
        for (id, contact) in &merge.others {
            let mut contact = contact.clone();
            // Whose lines these were is not known.
            retired.clone().for_each(|line| contact.retire(*line));
            contacts::reinstate(&mut self.batch, *id, &contact)?;
            let latest = timelines.remove(id).unwrap_or_default();
            people.push(Again { contact, latest });
        }
        Ok(people)
    }

    async fn card(&mut self, before: &Before, people: &[Again]) -> Result<(), Fault> {
        let Some(at) = self.books.iter().position(|b| b.collection.id == before.collection) else {
            let what = format!("The book that `{}` was in is not there any more.", before.name);
            self.undone.left.push(what);
            return Ok(());
        };
        let there = member::find(self.snapshot, before.collection, &before.name).await?;
        match (&before.bytes, &before.after) {
            (Some(bytes), None) => self.bring_back(at, before, bytes, there, people).await,
            (Some(bytes), Some(after)) => {
                let Some(found) = there else {
                    let what = format!("`{}` was deleted since, and stays so.", before.name);
                    self.undone.left.push(what);
                    return Ok(());
                };
                self.restore(at, before, (bytes, after), &found, people).await
            }
            (None, Some(after)) => match there {
                Some(found) => self.take_out(at, before, after, &found).await,
                None => Ok(()),
            },
            (None, None) => Ok(()),
        }
    }

    /// A card that the merge ended comes back, under its name and UID.
    async fn bring_back(
        &mut self,
        at: usize,
        before: &Before,
        bytes: &[u8],
        there: Option<Found>,
        people: &[Again],
    ) -> Result<(), Fault> {
        let Some(book) = self.books.get(at) else { return Ok(()) };
        let id = before.collection;
        if member::holder(self.snapshot, id, &before.uid).await?.is_some() {
            let what = format!("A card with the UID {} is there already.", before.uid);
            self.undone.left.push(what);
            return Ok(());
        }
        let name = match there {
            None => before.name.clone(),
            // Somebody else has the name now.
            Some(_) => format!("{}.vcf", uuid::Uuid::new_v4()),
        };
        let collection = book.collection.clone();
        let place = (&collection, name.as_str());
        book.witness.require(&mut self.batch);
        self.put(place, None, &before.uid, bytes, people).await?;
        self.undone.back.push(format!("{}/{name}", self.book_name(at)));
        Ok(())
    }

    /// A card that the merge changed is what it was, with what was edited since.
    async fn restore(
        &mut self,
        at: usize,
        before: &Before,
        (bytes, after): (&[u8], &[u8]),
        found: &Found,
        people: &[Again],
    ) -> Result<(), Fault> {
        let Some(book) = self.books.get(at) else { return Ok(()) };
        let slot = Slot::Member(before.collection, &before.name);
        let stored = body::get(self.snapshot, slot).await?.whole(self.snapshot).await?;
        let now = unweave(&stored);
        let was = unweave(bytes);
        let place = (&book.collection.clone(), before.name.as_str());
        book.witness.require(&mut self.batch);
        if now.base == after {
            self.put(place, Some(found), &before.uid, bytes, people).await?;
        } else {
            let base = merge_edits(after, &was.base, &now.base).bytes;
            self.put(place, Some(found), &before.uid, &base, people).await?;
        }
        self.undone.restored.push(format!("{}/{}", self.book_name(at), before.name));
        Ok(())
    }

    /// A card that the merge made goes, unless somebody edited it.
    async fn take_out(
        &mut self,
        at: usize,
        before: &Before,
        after: &[u8],
        found: &Found,
    ) -> Result<(), Fault> {
        let Some(book) = self.books.get(at) else { return Ok(()) };
        let slot = Slot::Member(before.collection, &before.name);
        let stored = body::get(self.snapshot, slot).await?.whole(self.snapshot).await?;
        if unweave(&stored).base != after {
            let what = format!("`{}` was edited since, and stays.", before.name);
            self.undone.left.push(what);
            return Ok(());
        }
        let rights = [book.witness.clone()];
        self.done.insert((before.collection, before.name.clone()));
        let (collection, actor) = (&book.collection, self.merger.actor);
        let target = Target { collection, rights: &rights, name: &before.name, actor };
        let (store, batch) = (self.merger.store, &mut self.batch);
        let planned = store.plan_delete(self.snapshot, batch, &target, found, Reason::Deleted);
        planned.await.map_err(refused)
    }

    /// Stores a card as it was; if what is remembered of its contact shows otherwise now, with that.
    async fn put(
        &mut self,
        place: (&crate::store::collection::Collection, &str),
        found: Option<&Found>,
        uid: &str,
        bytes: &[u8],
        people: &[Again],
    ) -> Result<(), Fault> {
        let Merger { store, rules, actor, .. } = *self.merger;
        let snapshot = self.snapshot;
        let again = people.iter().find(|again| again.contact.has_uid(uid));
        self.done.insert((place.0.id, place.1.to_owned()));
        let was = unweave(bytes);
        let batch = &mut self.batch;
        if let Some(Again { contact, latest }) = again {
            let change = Change { contact, latest, actor, rules };
            let there = match found {
                Some(found) => {
                    let slot = Slot::Member(place.0.id, place.1);
                    let stored = body::get(snapshot, slot).await?.whole(snapshot).await?;
                    Some((found, unweave(&stored)))
                }
                None => None,
            };
            let there = there.as_ref().map(|(found, now)| (*found, now));
            let (base, was) = (&was.base, Some(bytes));
            return cards::put_base(store, snapshot, batch, change, place, there, base, was).await;
        }
        let new = cards::accept(Bytes::copy_from_slice(bytes), rules)?;
        let target = Target { collection: place.0, rights: &[], name: place.1, actor };
        let told = Told::Restored;
        let planned = store.plan_put_as(told, snapshot, batch, &target, &new, found, None).await;
        planned.map(drop).map_err(refused)
    }

    /// Has the contacts be thought of again when they were to be.
    fn settle(&mut self, now: &crate::store::stored::Stored<Contact>, people: &[Again]) {
        let by_stage = &self.merger.rules.cadence;
        let wake = |contact: &Contact| {
            let at = cadence::due(contact, by_stage)?;
            Some(Wake { at, owner: contact.owner.clone(), contact: contact.uid.clone() })
        };
        if let Some(wake) = wake(&now.record) {
            times::let_sleep(&mut self.batch, &wake);
        }
        for again in people {
            if let Some(wake) = wake(&again.contact) {
                times::wake(&mut self.batch, &wake);
            }
        }
    }

    /// Remembers that they are not the same.
    fn apart(&mut self) {
        let (owner, at) = (self.merger.owner, self.merger.store.now());
        let uids = &self.undone.uids;
        for (index, one) in uids.iter().enumerate() {
            for other in uids.iter().skip(index + 1) {
                matching::set_apart(&mut self.batch, owner, one, other, at);
            }
        }
    }

    fn book_name(&self, at: usize) -> &str {
        self.books.get(at).map(|book| book.collection.name.as_str()).unwrap_or_default()
    }
}
