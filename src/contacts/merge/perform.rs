//! The merge itself: one card, one record and one timeline out of several.

use std::collections::{BTreeMap, HashSet};

use super::gather::{self, Party, Placed};
use super::record::{repointed as repointed_people, united};
use super::references::{self, Leading};
use super::survivor::{Source, Survivor, survivor};
use super::{MOST, Merged, Merger};
use crate::base::{ContactId, Fault};
use crate::contacts::books;
use crate::contacts::followups::cadence;
use crate::contacts::local_time;
use crate::contacts::weaving::cards::{self, Change};
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::body::{self, Slot};
use crate::store::collection::Found as Book;
use crate::store::contacts::{self, Contact, MERGE_AHEAD};
use crate::store::engine::{Batch, Snapshot};
use crate::store::followups::times::{self, Wake};
use crate::store::history::Reason;
use crate::store::interactions::{self, Interaction, Position};
use crate::store::merges::{self, Before, Merge};
use crate::store::write::{Refusal, Target};
use crate::store::{Actor, fields, matching};

/// Interactions that are read at a time.
const PAGE: usize = 500;

/// Interactions that are read beyond those that cards show.
const SPARE: usize = 20;

/// All that a merge changes, while it is planned.
struct Plan<'a> {
    merger: &'a Merger<'a>,
    snapshot: &'a Snapshot,
    batch: Batch,
    books: Vec<Book>,
    before: Vec<Before>,
    merged: Merged,
}

impl Merger<'_> {
    /// What a merge comes to, and the commit that does it.
    pub(super) async fn plan(
        &self,
        snapshot: &Snapshot,
        uids: &[String],
        into: Option<&str>,
    ) -> Result<(Merged, Batch), Fault> {
        let books = books::filled(snapshot, self.owner).await?;
        let (winner, losers) = self.parties(snapshot, &books, uids, into).await?;
        let mut plan = Plan {
            merger: self,
            snapshot,
            batch: Batch::new(),
            books,
            before: Vec::new(),
            merged: Merged {
                number: None,
                into: winner.uid.clone(),
                uids: losers.iter().flat_map(|loser| loser.uids.clone()).collect(),
                names: std::iter::once(&winner).chain(&losers).map(|p| p.name.clone()).collect(),
                card: Vec::new(),
                choices: Vec::new(),
                kept: Vec::new(),
                ended: Vec::new(),
                led: Vec::new(),
                interactions: 0,
            },
        };
        let id = match &winner.contact {
            Some((id, _)) => *id,
            None => ContactId(self.store.number()),
        };
        let (moved, latest) = plan.interactions(id, &winner, &losers).await?;
        let contact = plan.record(id, &winner, &losers).await?;
        let change =
            Change { contact: &contact, latest: &latest, actor: self.actor, rules: self.rules };
        plan.cards(change, &winner, &losers).await?;
        plan.led(&winner, &losers).await?;
        plan.finish(id, contact, &winner, &losers, moved)
    }

    /// The one that stays, and the others.
    async fn parties(
        &self,
        snapshot: &Snapshot,
        books: &[Book],
        uids: &[String],
        into: Option<&str>,
    ) -> Result<(Party, Vec<Party>), Fault> {
        let mut parties: Vec<Party> = Vec::new();
        for uid in uids.iter().map(String::as_str).chain(into) {
            if !parties.iter().any(|known| known.uids.iter().any(|one| one == uid)) {
                parties.push(gather::party(snapshot, self.owner, books, uid).await?);
            }
        }
        if parties.len() < 2 {
            return Err(Fault::bad_request("Name at least two contacts that are not one yet."));
        }
        if parties.len() > MOST {
            let message = format!("At most {MOST} contacts become one at once.");
            return Err(Fault::bad_request(message));
        }
        let stays = match into {
            Some(into) => parties.iter().position(|one| one.uids.iter().any(|uid| uid == into)),
            // What most devices have had for the longest time.
            None => (0..parties.len()).min_by_key(|at| parties.get(*at).map(Party::since)),
        };
        let winner = parties.remove(stays.unwrap_or(0));
        Ok((winner, parties))
    }
}

impl Plan<'_> {
    /// Has the timelines of the losers go over; tells who took part before, and the newest ones of
    /// the winner as they will be.
    async fn interactions(
        &mut self,
        into: ContactId,
        winner: &Party,
        losers: &[Party],
    ) -> Result<(Vec<(u64, Vec<ContactId>)>, Vec<Interaction>), Fault> {
        let snapshot = self.snapshot;
        let from: Vec<ContactId> =
            losers.iter().filter_map(|loser| Some(loser.contact.as_ref()?.0)).collect();
        let most = self.merger.rules.bounds.entries + SPARE;
        let mut all: BTreeMap<u64, Interaction> = BTreeMap::new();
        if let Some((id, _)) = &winner.contact {
            all.extend(interactions::latest(snapshot, *id, most).await?);
        }
        let mut moved = BTreeMap::new();
        for id in &from {
            let mut before = None;
            loop {
                let page = interactions::page(snapshot, *id, before, PAGE).await?;
                before = page.last().map(|(number, one)| Position { at: one.at, number: *number });
                let is_last = page.len() < PAGE;
                for (number, one) in page {
                    moved.insert(number, one);
                }
                if is_last {
                    break;
                }
            }
        }
        let mut went = Vec::with_capacity(moved.len());
        for (number, one) in moved {
            let read = interactions::get(snapshot, number).await?.ok_or_else(Fault::not_found)?;
            let participants = repointed_people(&one.participants, &from, into);
            let now = Interaction { participants, ..one };
            interactions::replace(
                self.merger.store,
                snapshot,
                &mut self.batch,
                number,
                &read,
                &now,
            )
            .await?;
            went.push((number, read.record.participants));
            all.insert(number, now);
        }
        self.merged.interactions = went.len();
        let mut latest: Vec<Interaction> = all.into_values().rev().collect();
        latest.sort_by_key(|one| std::cmp::Reverse(one.at));
        latest.truncate(most);
        Ok((went, latest))
    }

    /// One record, to which all UIDs lead.
    async fn record(
        &mut self,
        id: ContactId,
        winner: &Party,
        losers: &[Party],
    ) -> Result<Contact, Fault> {
        let Merger { store, rules, owner, actor } = *self.merger;
        let (snapshot, batch) = (self.snapshot, &mut self.batch);
        let was = winner.contact.as_ref().map(|(_, read)| &read.record);
        let fresh =
            || Contact::new(owner.clone(), winner.uid.clone(), winner.name.clone(), store.now());
        let start = was.cloned().unwrap_or_else(fresh);
        let records: Vec<&Contact> =
            losers.iter().filter_map(|loser| Some(&loser.contact.as_ref()?.1.record)).collect();
        let mut contact = united(&start, &records, &rules.stages);
        // Cards may have been served that were of merges before, and are ahead.
        let served = gather::served_last(snapshot, &self.books, winner, losers).await?;
        contact.revision = contact.revision.max(served.saturating_add(MERGE_AHEAD));
        for loser in losers {
            contact.aliases.extend(loser.uids.iter().cloned());
            match &loser.contact {
                Some((id, read)) => {
                    contacts::remove(batch, *id, read);
                    if let Some(at) = cadence::due(&read.record, &rules.cadence) {
                        let (owner, contact) = (owner.clone(), read.record.uid.clone());
                        times::let_sleep(batch, &Wake { at, owner, contact });
                    }
                }
                None => contacts::expect_none(batch, owner, &loser.uid),
            }
        }
        let mut pending = Vec::new();
        let by_stage = &rules.cadence;
        cadence::settle(store, snapshot, batch, by_stage, was, &mut contact, &mut pending).await?;
        for one in &pending {
            one.write(store, batch, actor)?;
        }
        match &winner.contact {
            Some((_, read)) => read.witness.require(batch),
            None => contacts::expect_none(batch, owner, &winner.uid),
        }
        contacts::reinstate(batch, id, &contact)?;
        Ok(contact)
    }

    /// The cards of the one that stays, in every book that had any; the others go.
    async fn cards(
        &mut self,
        change: Change<'_>,
        winner: &Party,
        losers: &[Party],
    ) -> Result<(), Fault> {
        let Merger { store, owner, actor, .. } = *self.merger;
        let snapshot = self.snapshot;
        let zone = local_time::zone_of(snapshot, owner).await?;
        let seconds = i64::try_from(store.now().seconds()).unwrap_or_default();
        let day = zone.civil(seconds).date().to_string();
        let own = fields::all(snapshot, owner).await?;
        let own: Vec<String> = own
            .into_iter()
            .map(|field| field.property)
            .filter(|name| name.starts_with("X-") && !name.starts_with("X-AB"))
            .collect();
        let mut seen = HashSet::new();
        let theirs: Vec<Source<'_>> = losers
            .iter()
            .flat_map(|loser| &loser.cards)
            .filter(|card| seen.insert(&card.unwoven.base))
            .map(source)
            .collect();
        for card in &winner.cards {
            let Survivor { card: base, choices } = survivor(&source(card), &theirs, &own, &day);
            let Some(book) = self.books.get(card.book) else { continue };
            let there = Some((&card.found, &card.unwoven));
            let place = (&book.collection, card.name.as_str());
            cards::put_base(store, snapshot, &mut self.batch, change, place, there, &base, None)
                .await?;
            book.witness.require(&mut self.batch);
            self.before.push(Before {
                collection: book.collection.id,
                name: card.name.clone(),
                uid: card.found.member.uid.clone(),
                bytes: Some(card.bytes.to_vec()),
                after: Some(base.clone()),
            });
            self.merged.kept.push(format!("{}/{}", book.collection.name, card.name));
            if self.merged.card.is_empty() {
                (self.merged.card, self.merged.choices) = (base, choices);
            }
        }
        let mut has: HashSet<usize> = winner.cards.iter().map(|card| card.book).collect();
        for card in losers.iter().flat_map(|loser| &loser.cards) {
            let Some(book) = self.books.get(card.book) else { continue };
            let rights = [book.witness.clone()];
            let collection = &book.collection;
            let target = Target { collection, rights: &rights, name: &card.name, actor };
            let (batch, reason) = (&mut self.batch, Reason::Deleted);
            let planned = store.plan_delete(snapshot, batch, &target, &card.found, reason).await;
            planned.map_err(refused)?;
            book.witness.require(batch);
            self.before.push(Before {
                collection: collection.id,
                name: card.name.clone(),
                uid: card.found.member.uid.clone(),
                bytes: Some(card.bytes.to_vec()),
                after: None,
            });
            self.merged.ended.push(format!("{}/{}", collection.name, card.name));
            if has.insert(card.book) {
                // Whoever sees this book goes on seeing the person in it.
                let name = format!("{}.vcf", uuid::Uuid::new_v4());
                let (place, base) = ((collection, name.as_str()), &self.merged.card);
                cards::put_base(store, snapshot, batch, change, place, None, base, None).await?;
                self.merged.kept.push(format!("{}/{name}", collection.name));
                self.before.push(Before {
                    collection: collection.id,
                    name,
                    uid: winner.uid.clone(),
                    bytes: None,
                    after: Some(base.clone()),
                });
            }
        }
        Ok(())
    }

    /// Cards that led to those that go lead to the one that stays.
    async fn led(&mut self, winner: &Party, losers: &[Party]) -> Result<(), Fault> {
        let Merger { store, owner, actor, .. } = *self.merger;
        let snapshot = self.snapshot;
        let uids: Vec<&str> =
            losers.iter().flat_map(|loser| &loser.uids).map(String::as_str).collect();
        for Leading { book, name, found } in references::leading(snapshot, owner, losers).await? {
            let Some(book) = self.books.get(book) else { continue };
            if winner.uids.contains(&found.member.uid) {
                // It would lead to itself; its card is written already.
                continue;
            }
            let slot = Slot::Member(book.collection.id, &name);
            let bytes = body::get(snapshot, slot).await?.whole(snapshot).await?;
            let now = references::repointed(&bytes, &uids, &winner.uid);
            let (batch, collection) = (&mut self.batch, &book.collection);
            let place = (collection, name.as_str());
            let after = cards::put_edited(store, snapshot, batch, actor, place, &found, now);
            let after = after.await?;
            self.before.push(Before {
                collection: collection.id,
                name: name.clone(),
                uid: found.member.uid.clone(),
                bytes: Some(bytes.to_vec()),
                after: Some(after),
            });
            self.merged.led.push(format!("{}/{name}", collection.name));
        }
        Ok(())
    }

    fn finish(
        mut self,
        id: ContactId,
        now: Contact,
        winner: &Party,
        losers: &[Party],
        moved: Vec<(u64, Vec<ContactId>)>,
    ) -> Result<(Merged, Batch), Fault> {
        let Merger { store, owner, actor, .. } = *self.merger;
        let others = losers.iter().filter_map(|loser| loser.contact.as_ref());
        let merge = Merge {
            at: store.now(),
            actor: Actor::clone(actor),
            into: winner.uid.clone(),
            uids: self.merged.uids.clone(),
            names: self.merged.names.clone(),
            contact: id,
            was: winner.contact.as_ref().map(|(_, read)| read.record.clone()),
            now,
            others: others.map(|(id, read)| (*id, read.record.clone())).collect(),
            interactions: moved,
            cards: self.before.len() as u32,
            undone: None,
        };
        let uids: Vec<&String> = std::iter::once(&merge.into).chain(&merge.uids).collect();
        for (index, one) in uids.iter().enumerate() {
            for other in uids.iter().skip(index + 1) {
                // Whoever makes them one knows better than what was said of them before.
                matching::withdraw(&mut self.batch, owner, one, other);
                matching::forget_apart(&mut self.batch, owner, one, other);
            }
        }
        let number = merges::insert(store, &mut self.batch, owner, &merge, &self.before)?;
        let detail = format!("merge {number}: {}", self.merged.names.join(" + "));
        let deed = Deed {
            contact: Some(id),
            name: winner.name.as_str(),
            uid: &winner.uid,
            detail: &detail,
            ..Deed::of(Subject::Contact, Verb::Merged, owner.as_str())
        };
        deed.note(store, &mut self.batch, actor)?;
        self.merged.number = Some(number);
        Ok((self.merged, self.batch))
    }
}

fn source(card: &Placed) -> Source<'_> {
    Source { card: &card.unwoven.base, edited: card.edited, created: card.found.member.created }
}

/// What stopped the writing of a card.
pub(super) fn refused(refusal: Refusal) -> Fault {
    match refusal {
        Refusal::Fault(fault) => fault,
        _ => Fault::conflict("A card was changed at this moment; try again."),
    }
}
