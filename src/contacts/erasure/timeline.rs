//! What is remembered of them: the record, the follow-ups, who they are not the same as, what waits
//! from their addresses, and what happened. An entry that others took part in stays with these,
//! without them.

use super::Work;
use super::trace::collections;
use crate::base::{ContactId, Fault};
use crate::contacts::local_time;
use crate::contacts::weaving::cards::{self, Change};
use crate::contacts::weaving::memory::{self, Memory};
use crate::store::collection::Kind;
use crate::store::engine::{Batch, Snapshot};
use crate::store::followups::times;
use crate::store::followups::{self, FollowUp};
use crate::store::interactions::{self, Interaction};
use crate::store::stored::Stored;
use crate::store::{
    conflicts, consents, contacts, history, matching, member, quality_choices, quality_cleanings,
    retention, unmatched,
};

/// Rows that are read at a time.
const PAGE: usize = 500;

impl Work<'_> {
    pub(super) async fn records(&self) -> Result<(), Fault> {
        let owner = &self.erasure.owner;
        let all = followups::all(&self.store.snapshot().await?, owner).await?;
        for followup in all.iter().filter(|one| self.is_theirs(&one.contact)) {
            self.followup(followup).await?;
        }
        commit!(self, |snapshot, batch| {
            for uid in &self.erasure.uids {
                matching::forget(snapshot, batch, owner, uid).await?;
                quality_choices::forget(batch, owner, uid);
                let wanted = |cleaned: &quality_cleanings::Cleaned| cleaned.uid == *uid;
                quality_cleanings::forget(snapshot, batch, owner, wanted).await?;
                retention::forget(batch, owner, uid);
                consents::forget(snapshot, batch, owner, uid).await?;
                for wake in times::wakes_of(snapshot, owner, uid).await? {
                    times::let_sleep(batch, &wake);
                }
                for mail in unmatched::assigned_to(snapshot, owner, uid).await? {
                    unmatched::unassign(batch, owner, &mail);
                    unmatched::dismiss(batch, owner, &mail);
                }
            }
            for mail in &self.erasure.mails {
                unmatched::dismiss(batch, owner, mail);
            }
            Ok(())
        })?;
        for uid in &self.erasure.uids {
            commit!(self, |snapshot, batch| {
                if let Some((id, read)) = contacts::find(snapshot, owner, uid).await? {
                    contacts::remove(batch, id, &read);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The task that a follow-up is, with every version of it, then what is known of it.
    async fn followup(&self, followup: &FollowUp) -> Result<(), Fault> {
        let listed = collections(&self.store.snapshot().await?, &self.erasure.owner).await?;
        for calendar in listed {
            if calendar.kind != Kind::Calendar {
                continue;
            }
            let (id, uid) = (calendar.id, &followup.uid);
            commit!(self, |snapshot, batch| {
                let Some(name) = member::holder(snapshot, id, uid).await? else { return Ok(()) };
                let Some(found) = member::find(snapshot, id, &name).await? else { return Ok(()) };
                Ok(self.store.plan_erase(snapshot, batch, &calendar, &name, &found).await?)
            })?;
            let mut after = None;
            loop {
                let page = history::page(&self.store.snapshot().await?, id, after, PAGE).await?;
                after = page.last().map(|(place, _)| *place);
                for (place, version) in page.iter().filter(|(_, version)| version.uid == *uid) {
                    self.end_version(*place, version).await?;
                }
                if page.len() < PAGE {
                    break;
                }
            }
            let refused = conflicts::list(&self.store.snapshot().await?, id, None).await?;
            for kept in refused {
                if kept.conflict.uid.as_ref() == Some(uid) {
                    conflicts::remove(self.store, id, &kept.name, kept.number).await?;
                }
            }
        }
        commit!(self, |_snapshot, batch| {
            followups::end(batch, followup);
            Ok(())
        })
    }

    pub(super) async fn timeline(&self) -> Result<(), Fault> {
        for id in &self.erasure.contacts {
            loop {
                let snapshot = self.store.snapshot().await?;
                // What was dealt with is theirs no more, so there is always a first page.
                let page = interactions::page(&snapshot, *id, None, PAGE).await?;
                drop(snapshot);
                if page.is_empty() {
                    break;
                }
                for (number, _) in page {
                    self.interaction(number).await?;
                }
            }
        }
        Ok(())
    }

    /// Takes them out of an entry, which goes with its last participant.
    pub(super) async fn interaction(&self, number: u64) -> Result<(), Fault> {
        commit!(self, |snapshot, batch| {
            let Some(read) = interactions::get(snapshot, number).await? else { return Ok(()) };
            let mut others = read.record.participants.clone();
            others.retain(|id| !self.erasure.contacts.contains(id));
            match others.first() {
                None => {
                    let now = self.store.now();
                    interactions::remove(self.store, snapshot, batch, number, &read, now).await?;
                    Ok(())
                }
                Some(other) => {
                    let now = self.without_them(&read.record, others.clone());
                    self.change(snapshot, batch, (number, &read), (*other, &now)).await
                }
            }
        })
    }

    fn without_them(&self, entry: &Interaction, participants: Vec<ContactId>) -> Interaction {
        let text = self.mentions.without(&entry.text).unwrap_or_else(|| entry.text.clone());
        let named = |link: &String| self.mentions.are_in(link);
        let link = entry.link.clone().filter(|link| !named(link));
        let content = memory::content(&entry.kind, &text);
        Interaction { participants, text, link, content, ..entry.clone() }
    }

    /// Has an entry be `now`, and all cards of `other` and of the rest who took part tell so.
    async fn change(
        &self,
        snapshot: &Snapshot,
        batch: &mut Batch,
        (number, read): (u64, &Stored<Interaction>),
        (other, now): (ContactId, &Interaction),
    ) -> Result<(), Fault> {
        let (owner, actor) = (&self.erasure.owner, &self.erasure.actor);
        let contact = contacts::get(snapshot, other).await?;
        let uid = contact.map(|contact| contact.record.uid).unwrap_or_default();
        let mut memory = Memory::open(self.store, snapshot, owner, &uid, self.rules).await?;
        let zone = local_time::zone_of(snapshot, owner).await?;
        if !memory.change(snapshot, &now.uid, &zone, |_| Some(now.clone())).await? {
            // There is nobody's card to tell it.
            let replaced = interactions::replace(self.store, snapshot, batch, number, read, now);
            return Ok(replaced.await?);
        }
        let recorded = memory.record(self.store, snapshot, batch, actor).await?;
        let change = Change {
            contact: &recorded.contact,
            latest: &recorded.latest,
            actor,
            rules: self.rules,
        };
        cards::weave_all(self.store, snapshot, batch, change, None).await?;
        cards::weave_others(self.store, snapshot, batch, &recorded, change, None).await
    }

    /// Takes them out of the words of an entry that they took no part in.
    pub(super) async fn reword(&self, number: u64) -> Result<(), Fault> {
        commit!(self, |snapshot, batch| {
            let Some(read) = interactions::get(snapshot, number).await? else { return Ok(()) };
            let now = self.without_them(&read.record, read.record.participants.clone());
            match now.participants.first().filter(|_| now != read.record) {
                Some(other) => self.change(snapshot, batch, (number, &read), (*other, &now)).await,
                None => Ok(()),
            }
        })
    }
}
