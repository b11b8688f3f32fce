//! What people do with follow-ups from the command line: the same that a phone does with the task.

use std::sync::Arc;

use jiff::civil::Date;

use super::Pending;
use super::raise::{Wish, member, raise, refused};
use super::task::{self, Change as TaskChange};
use super::ticked::Ticking;
use crate::base::{Fault, PrincipalId};
use crate::calendars::scheduling::places;
use crate::contacts::layer::{Direction, take_when};
use crate::contacts::person::{self, Person};
use crate::contacts::weaving::Rules;
use crate::contacts::weaving::cards::{self, Change};
use crate::contacts::weaving::memory::Memory;
use crate::contacts::{local_time, naming};
use crate::store::engine::{Batch, Snapshot};
use crate::store::followups::{self, FollowUp, Origin, State};
use crate::store::stored::Stored;
use crate::store::write::Target;
use crate::store::{Actor, Store, contacts};

/// What the UIDs of all follow-ups begin with.
const PREFIX: &str = "followup-";

/// Letters of a UID by which people name a follow-up.
const SHORT: usize = 8;

/// Somebody who works with the follow-ups of a user.
#[derive(Debug)]
pub struct FollowUps<'a> {
    /// The records.
    pub store: &'a Arc<Store>,
    /// What is set.
    pub rules: &'a Arc<Rules>,
    /// Whose they are.
    pub owner: &'a PrincipalId,
    /// Who works with them.
    pub actor: &'a Actor,
}

/// A follow-up as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The record.
    pub followup: FollowUp,
    /// By what people name it.
    pub short: String,
    /// What the contact is called.
    pub name: String,
    /// The day it is due, where its owner lives.
    pub due: Option<Date>,
}

impl FollowUps<'_> {
    /// Adds one; the same that is open already is told again.
    pub async fn add(
        &self,
        person: &Person,
        due: Option<Date>,
        text: &str,
    ) -> Result<Listed, Fault> {
        let mut attempts = self.store.attempts();
        loop {
            let (snapshot, mut batch) = attempts.begin().await?;
            let (store, owner, rules) = (&**self.store, self.owner, &**self.rules);
            let mut memory = Memory::open(store, &snapshot, owner, &person.uid, rules).await?;
            if !person.name.is_empty() {
                memory.contact.name.clone_from(&person.name);
            }
            let (text, origin) = (text.trim().to_owned(), Origin::Asked);
            let wish = Wish { due, text, origin, repetition: None, once: None };
            let wishes = vec![wish];
            let new = raise(store, &snapshot, &mut batch, &mut memory, wishes, self.actor).await?;
            let Some(uid) = new.first() else {
                return Err(Fault::conflict("There is that follow-up already."));
            };
            let recorded = memory.record(store, &snapshot, &mut batch, self.actor).await?;
            let (contact, latest) = (&recorded.contact, &recorded.latest);
            let change = Change { contact, latest, actor: self.actor, rules };
            cards::weave_all(store, &snapshot, &mut batch, change, None).await?;
            if attempts.done(batch).await? {
                return self.one(uid).await;
            }
        }
    }

    /// The follow-ups, what is due first; with `closed` also those that are done or dropped.
    pub async fn list(&self, closed: bool) -> Result<Vec<Listed>, Fault> {
        let snapshot = self.store.snapshot().await?;
        let found = if closed {
            followups::all(&snapshot, self.owner).await?
        } else {
            let open = followups::all_open(&snapshot, self.owner).await?;
            open.into_iter().map(|stored| stored.record).collect()
        };
        let mut listed = Vec::with_capacity(found.len());
        for followup in found {
            listed.push(self.listed(&snapshot, followup).await?);
        }
        listed.sort_by_key(|one| (one.followup.due.is_none(), one.followup.due));
        Ok(listed)
    }

    /// The follow-up whose UID begins like this, with or without its prefix.
    pub async fn one(&self, beginning: &str) -> Result<Listed, Fault> {
        let snapshot = self.store.snapshot().await?;
        let found = self.find(&snapshot, beginning).await?;
        self.listed(&snapshot, found.record).await
    }

    /// It is done, which stands in the timeline.
    pub async fn done(&self, beginning: &str) -> Result<Listed, Fault> {
        self.change(beginning, TaskChange::Done).await
    }

    /// It is due on another day.
    pub async fn snooze(&self, beginning: &str, due: Date) -> Result<Listed, Fault> {
        self.change(beginning, TaskChange::Due(due)).await
    }

    /// It need not be done.
    pub async fn drop(&self, beginning: &str) -> Result<Listed, Fault> {
        let snapshot = self.store.snapshot().await?;
        let found = self.find(&snapshot, beginning).await?;
        let uid = &found.record.uid;
        let place = places::holder(&snapshot, self.owner, uid, None).await?;
        if let Some((calendar, name)) = place {
            let (rights, actor) = (&[], self.actor);
            let target = Target { collection: &calendar, rights, name: &name, actor };
            let ticking = self.ticking();
            let deleted = self.store.delete_member(&target, Some(&ticking), |_| Ok(()));
            deleted.await.map_err(refused)?;
        } else {
            // The list that it was in is gone.
            let mut batch = Batch::new();
            let now = FollowUp { state: State::Dropped, ..found.record.clone() };
            let pending = Pending { read: Some(found.clone()), now };
            pending.write(self.store, &mut batch, self.actor)?;
            self.store.commit(batch).await?;
        }
        self.one(uid).await
    }

    /// The day that is typed: `tomorrow`, `fri`, `2026-12-01`, `3d`.
    pub async fn day(&self, typed: &str) -> Result<Date, Fault> {
        let snapshot = self.store.snapshot().await?;
        let zone = local_time::zone_of(&snapshot, self.owner).await?;
        let now = zone.civil(i64::try_from(self.store.now().seconds()).unwrap_or(i64::MAX));
        match take_when(typed.trim(), now, Direction::Future) {
            Some((when, rest)) if rest.trim().is_empty() => Ok(when.date),
            _ => Err(Fault::bad_request(format!(
                "`{typed}` is no day. Examples: tomorrow, fri, 3d, 2026-12-01."
            ))),
        }
    }

    /// Whom `who` means.
    pub async fn person(&self, who: &str) -> Result<Person, Fault> {
        person::find(self.store, self.owner, who).await
    }

    async fn change(&self, beginning: &str, change: TaskChange) -> Result<Listed, Fault> {
        let snapshot = self.store.snapshot().await?;
        let found = self.find(&snapshot, beginning).await?.record;
        let place = places::holder(&snapshot, self.owner, &found.uid, None).await?;
        let Some((calendar, name)) = place else {
            return Err(Fault::new(404, "The task is in none of the lists any more."));
        };
        let bytes = places::whole(&snapshot, calendar.id, &name).await?;
        let now = self.store.now();
        let changed = task::changed(&bytes, change, now)
            .ok_or_else(|| Fault::conflict("The task cannot be read any more; drop it."))?;
        let new = member(changed, now)?;
        let (rights, actor) = (&[], self.actor);
        let target = Target { collection: &calendar, rights, name: &name, actor };
        let ticking = self.ticking();
        let written = self.store.put_member(&target, &new, None, Some(&ticking), |_| Ok(()));
        written.await.map_err(refused)?;
        self.one(&found.uid).await
    }

    fn ticking(&self) -> Ticking {
        Ticking { store: Arc::clone(self.store), rules: Arc::clone(self.rules) }
    }

    async fn find(&self, snapshot: &Snapshot, beginning: &str) -> Result<Stored<FollowUp>, Fault> {
        let beginning = beginning.trim();
        let rest = beginning.strip_prefix(PREFIX).unwrap_or(beginning).to_lowercase();
        let all = followups::all(snapshot, self.owner).await?;
        let fits =
            |one: &&FollowUp| one.uid.strip_prefix(PREFIX).unwrap_or(&one.uid).starts_with(&rest);
        let mut fitting = all.iter().filter(fits).filter(|_| !rest.is_empty());
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => {
                let found = followups::find(snapshot, self.owner, &one.uid).await?;
                found.ok_or_else(Fault::not_found)
            }
            (Some(_), Some(_)) => Err(Fault::conflict(format!(
                "Several follow-ups begin with `{beginning}`; type more of it."
            ))),
            _ => Err(Fault::new(
                404,
                format!(
                    "{owner} has no follow-up `{beginning}`. `rolodav followup list {owner}` shows \
                     them.",
                    owner = self.owner
                ),
            )),
        }
    }

    async fn listed(&self, snapshot: &Snapshot, followup: FollowUp) -> Result<Listed, Fault> {
        let zone = local_time::zone_of(snapshot, self.owner).await?;
        let name = match contacts::find(snapshot, self.owner, &followup.contact).await? {
            Some((_, found)) => naming::name_of(snapshot, &found.record).await?,
            None => followup.contact.clone(),
        };
        let short = followup.uid.strip_prefix(PREFIX).unwrap_or(&followup.uid);
        let short = short.chars().take(SHORT).collect();
        let due = followup.due.map(|due| task::day_of(due, &zone));
        Ok(Listed { followup, short, name, due })
    }
}
