//! What a write of a task means for the follow-up that it is: done, opened again, put off, dropped.
//! It is remembered in the commit that stores the task.

use std::sync::Arc;

use super::{Pending, cadence, task};
use crate::base::{Fault, Timestamp};
use crate::calendars::scheduling::places;
use crate::contacts::local_time;
use crate::contacts::naming;
use crate::contacts::weaving::Rules;
use crate::contacts::weaving::cards::{self, Change};
use crate::contacts::weaving::memory::{self, Memory};
use crate::formats::zone::Zone;
use crate::store::Store;
use crate::store::engine::Snapshot;
use crate::store::followups::{self, FollowUp, Origin, State};
use crate::store::interactions::{Interaction, Precision, Source};
use crate::store::member::Flags;
use crate::store::write::{Alongside, Planned, Planning, Target};

/// The kind of what is logged when a contact was to be kept in touch with or congratulated, and was.
pub const CONTACT: &str = "contact";

const DAY: u64 = 86_400_000;

/// Words that a task begins with which is an interaction of a certain kind.
const WORDS: [(&str, &[&str]); 4] = [
    ("call", &["call", "phone", "ring"]),
    ("meeting", &["meet", "meeting", "lunch", "coffee", "visit"]),
    ("mail", &["mail", "email", "e-mail"]),
    ("message", &["message", "msg", "text", "sms"]),
];

/// Follow-ups beside the write of a task.
#[derive(Debug, Clone)]
pub struct Ticking {
    /// The records.
    pub store: Arc<Store>,
    /// What is set.
    pub rules: Arc<Rules>,
}

impl Alongside for Ticking {
    fn plan<'a>(&'a self, planning: Planning<'a>) -> Planned<'a> {
        Box::pin(async move {
            self.follow(planning).await?;
            Ok(None)
        })
    }
}

impl Ticking {
    /// Adds what a write means to its batch; nothing, if it is of no follow-up.
    pub async fn follow(&self, planning: Planning<'_>) -> Result<(), Fault> {
        let Planning { snapshot, batch, target, old, new } = planning;
        let row = new.map(|new| (new.flags, &new.uid)).or(old.map(|old| (old.flags, &old.uid)));
        let Some((flags, uid)) = row else { return Ok(()) };
        if !flags.has(Flags::TODO) || flags.has(Flags::JOURNAL) {
            return Ok(());
        }
        let owner = &target.collection.owner;
        let Some(read) = followups::find(snapshot, owner, uid).await? else { return Ok(()) };
        let zone = local_time::zone_of(snapshot, owner).await?;
        let mut memory =
            Memory::open(&self.store, snapshot, owner, &read.record.contact, &self.rules).await?;
        let name = naming::name_of(snapshot, &memory.contact).await?;
        let mut now = read.record.clone();
        let done = match new {
            None if is_elsewhere(snapshot, target, uid).await? => return Ok(()),
            None => {
                if now.state == State::Open {
                    now.state = State::Dropped;
                }
                None
            }
            Some(new) => {
                let Some(task) = task::read(&new.body.bytes, &zone) else { return Ok(()) };
                now.text = task::text_of(&task.summary, &now, &name);
                now.due = task.due;
                now.state = match (task.done, task.cancelled) {
                    (Some(_), _) => State::Done,
                    (None, true) => State::Dropped,
                    (None, false) => State::Open,
                };
                task.done
            }
        };
        self.log(snapshot, target, &read.record, &mut now, done, &mut memory, &zone).await?;
        if now == read.record {
            return Ok(());
        }
        if now.origin == Origin::Cadence && now.state == State::Dropped {
            // Not at once again: whoever deletes it does not want it now.
            let days = cadence::days(&memory.contact, &self.rules.cadence).unwrap_or_default();
            let until = self.store.now().plus_millis(u64::from(days).saturating_mul(DAY));
            memory.contact.snoozed_until = Some(until);
        }
        let pending = Pending { read: Some(read), now };
        if memory.id().is_none() {
            // Nothing is remembered of the contact any more.
            return Ok(pending.write(&self.store, batch, target.actor)?);
        }
        memory.follow_ups.push(pending);
        let recorded = memory.record(&self.store, snapshot, batch, target.actor).await?;
        let rules = &*self.rules;
        let (contact, latest, actor) = (&recorded.contact, &recorded.latest, target.actor);
        let change = Change { contact, latest, actor, rules };
        cards::weave_all(&self.store, snapshot, batch, change, None).await?;
        cards::weave_others(&self.store, snapshot, batch, &recorded, change, None).await
    }

    /// Logs that it was done, or takes that back.
    #[allow(clippy::too_many_arguments)]
    async fn log(
        &self,
        snapshot: &Snapshot,
        target: &Target<'_>,
        before: &FollowUp,
        now: &mut FollowUp,
        done: Option<Timestamp>,
        memory: &mut Memory,
        zone: &Zone,
    ) -> Result<(), Fault> {
        if before.state != State::Done && now.state == State::Done {
            let present = self.store.now();
            // A clock that is fast does not bring about what has not happened yet.
            let at = done.filter(|at| at.0 > 0).unwrap_or(present).min(present);
            let kind = self.kind_of(now);
            let (actor, text) = (target.actor, now.text.clone());
            let at = (at, Precision::Minute);
            let mut told = memory::told(&now.owner, &kind, at, text, actor, present);
            now.rounds += 1;
            told.uid = format!("{}-{}", now.uid, now.rounds);
            told.source = Source::Todo;
            now.logged = Some(told.uid.clone());
            memory.log(told);
        } else if before.state == State::Done && now.state != State::Done {
            // Deleting a task that is done is tidying up; only opening it again takes it back.
            if let Some(logged) = now.logged.take().filter(|_| now.state == State::Open) {
                memory.change(snapshot, &logged, zone, |_: &Interaction| None).await?;
            }
        }
        Ok(())
    }

    /// What kind of interaction it is that a follow-up was done.
    fn kind_of(&self, followup: &FollowUp) -> String {
        if matches!(followup.origin, Origin::Cadence | Origin::Day) {
            return CONTACT.to_owned();
        }
        let text = followup.text.to_lowercase();
        let first = text.split(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | '.')).next();
        let first = first.unwrap_or_default();
        let own = self.rules.kinds.iter().find(|kind| kind.to_lowercase() == first).cloned();
        let known = || WORDS.iter().find(|(_, words)| words.contains(&first));
        own.or_else(|| known().map(|(kind, _)| (*kind).to_owned()))
            .unwrap_or_else(|| "note".to_owned())
    }
}

/// Is the task on another list of its owner? Programs move tasks by storing them anew.
async fn is_elsewhere(snapshot: &Snapshot, target: &Target<'_>, uid: &str) -> Result<bool, Fault> {
    let here = Some((target.collection.id, target.name));
    Ok(places::holder(snapshot, &target.collection.owner, uid, here).await?.is_some())
}
