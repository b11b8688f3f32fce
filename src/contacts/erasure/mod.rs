//! Erases a person: all that there is of them, wherever it lies, so that a tombstone without a
//! word about them is all that is left. One commit begins it; from then on nobody brings them
//! back. The rest follows in small commits, each of which can be done twice, so that whoever
//! comes after a stop begins the step again that was under way.

/// Commits what the block adds to the batch from what the snapshot has, again if somebody came
/// between.
macro_rules! commit {
    ($work:expr, |$snapshot:ident, $batch:ident| $plan:block) => {{
        let mut attempts = 0;
        loop {
            let snapshot = $work.store.snapshot().await?;
            let mut batch = $crate::store::engine::Batch::new();
            let planned: Result<(), $crate::base::Fault> = async {
                let ($snapshot, $batch) = (&snapshot, &mut batch);
                $plan
            }
            .await;
            planned?;
            attempts += 1;
            if $work.settled(batch).await? {
                break Ok::<(), $crate::base::Fault>(());
            }
            if attempts == $crate::contacts::erasure::ATTEMPTS {
                break Err($crate::base::Fault::busy(1));
            }
        }
    }};
}

mod cards;
mod derived;
mod events;
mod kept;
pub mod mentions;
mod others;
mod returning;
mod timeline;
mod trace;

use std::sync::Arc;

pub use returning::{Returning, returning};
pub use trace::{Trace, collections, is_theirs, trace};

use super::weaving::Rules;
use crate::base::{Fault, PrincipalId};
use crate::contacts::naming::one_line;
use crate::contacts::tags;
use crate::store::audit::{Deed, Subject, Verb};
use crate::store::engine::{Batch, CommitError};
use crate::store::erasures::{self, Erasure};
use crate::store::stored::Stored;
use crate::store::{Actor, Store, tombstones};
use mentions::Mentions;

/// How often it is tried again after somebody else's commit came between.
const ATTEMPTS: usize = 64;

/// Steps of an erasure, in their order.
const STEPS: [Step; 6] =
    [Step::Cards, Step::Records, Step::Timeline, Step::Others, Step::Derived, Step::Audit];

#[derive(Debug, Clone, Copy)]
enum Step {
    /// Their cards, and all that is kept of these.
    Cards,
    /// What is remembered of them, but for the timeline.
    Records,
    /// What happened with them.
    Timeline,
    /// Where others' cards, entries and events name them.
    Others,
    /// What the server makes of all this.
    Derived,
    /// Their names in the audit.
    Audit,
}

/// Somebody who erases a user's contacts.
#[derive(Debug, Clone, Copy)]
pub struct Eraser<'a> {
    /// Where they are.
    pub store: &'a Arc<Store>,
    /// What is set for the memory of contacts.
    pub rules: &'a Arc<Rules>,
    /// Whose contacts they are.
    pub owner: &'a PrincipalId,
    /// Who erases them.
    pub actor: &'a Actor,
}

/// Somebody who was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// The number of the tombstone.
    pub tombstone: u64,
    /// What there was.
    pub trace: Trace,
}

impl Eraser<'_> {
    /// What there is of the contact with this UID (normalised), and would go.
    pub async fn preview(&self, uid: &str) -> Result<Trace, Fault> {
        let snapshot = self.store.snapshot().await?;
        found(trace(&snapshot, self.owner, uid).await?, self.owner, uid)
    }

    /// Erases the contact with this UID (normalised). What was begun and stopped half-way is
    /// finished first, be it of the same contact.
    pub async fn erase(&self, uid: &str) -> Result<Erased, Fault> {
        let resumed = self.resume().await?;
        let (number, erased) = match self.begin(uid).await {
            Err(fault) if fault.status == 404 => {
                let snapshot = self.store.snapshot().await?;
                let found = tombstones::of_uid(&snapshot, self.owner, uid).await?;
                let tombstone = found.filter(|found| resumed.contains(found)).ok_or(fault)?;
                return Ok(Erased { tombstone, trace: Trace::default() });
            }
            begun => begun?,
        };
        work_off(self.store, self.rules, number).await?;
        Ok(erased)
    }

    /// Works off what was begun for the owner; the tombstones.
    async fn resume(&self) -> Result<Vec<u64>, Fault> {
        let mut resumed = Vec::new();
        let listed = erasures::numbers(&self.store.snapshot().await?).await?;
        for number in listed {
            let read = erasures::get(&self.store.snapshot().await?, number).await?;
            if let Some(read) = read
                && read.record.owner == *self.owner
            {
                work_off(self.store, self.rules, number).await?;
                resumed.push(read.record.tombstone);
            }
        }
        Ok(resumed)
    }

    /// Begins to erase the contact with this UID (normalised): nobody brings it back from here on,
    /// and [`work_off`] does the rest. The number of what is to be worked off.
    pub async fn begin(&self, uid: &str) -> Result<(u64, Erased), Fault> {
        let Self { store, owner, actor, .. } = *self;
        for _ in 0..ATTEMPTS {
            let snapshot = store.snapshot().await?;
            let trace = found(trace(&snapshot, owner, uid).await?, owner, uid)?;
            let mut batch = Batch::new();
            let known = (&trace.uids[..], &trace.known_by[..]);
            let tombstone =
                tombstones::insert(store, &snapshot, &mut batch, owner, actor, known).await?;
            let erasure = Erasure {
                owner: owner.clone(),
                actor: actor.clone(),
                at: store.now(),
                tombstone,
                uids: trace.uids.clone(),
                contacts: trace.contacts.clone(),
                names: trace.names.clone(),
                mails: trace.mails.clone(),
                phones: trace.phones.clone(),
                done: 0,
            };
            let number = erasures::begin(store, &mut batch, &erasure)?;
            let detail = format!("tombstone {tombstone}");
            let deed = Deed::of(Subject::Contact, Verb::Erased, owner.as_str());
            Deed { contact: trace.contacts.first().copied(), detail: &detail, ..deed }
                .note(store, &mut batch, actor)?;
            if committed(store, batch).await? {
                return Ok((number, Erased { tombstone, trace }));
            }
        }
        Err(Fault::busy(1))
    }

    /// Lets whoever was erased under this tombstone come back.
    pub async fn allow(&self, tombstone: u64) -> Result<(), Fault> {
        let Self { store, owner, actor, .. } = *self;
        for _ in 0..ATTEMPTS {
            let snapshot = store.snapshot().await?;
            let read = tombstones::get(&snapshot, owner, tombstone).await?.ok_or_else(|| {
                let message = format!(
                    "{owner} has no tombstone {tombstone}. `rolodav person erased {owner}` lists them."
                );
                Fault::new(404, message)
            })?;
            let mut batch = Batch::new();
            tombstones::lift(&snapshot, &mut batch, owner, tombstone, &read).await?;
            let detail = format!("tombstone {tombstone}");
            let deed = Deed::of(Subject::Contact, Verb::Allowed, owner.as_str());
            Deed { detail: &detail, ..deed }.note(store, &mut batch, actor)?;
            if committed(store, batch).await? {
                return Ok(());
            }
        }
        Err(Fault::busy(1))
    }
}

fn found(trace: Trace, owner: &PrincipalId, uid: &str) -> Result<Trace, Fault> {
    if trace.is_empty() {
        return Err(Fault::new(
            404,
            format!("There is nothing of `{}` among {owner}'s contacts.", one_line(uid)),
        ));
    }
    Ok(trace)
}

/// `false`: somebody else came between.
async fn committed(store: &Store, batch: Batch) -> Result<bool, Fault> {
    match store.commit(batch).await {
        Ok(_) => Ok(true),
        Err(CommitError::Refused(_)) => Ok(false),
        Err(CommitError::Failed(error)) => Err(error.into()),
    }
}

/// Works off all that was begun, by whomever.
pub async fn work_off_all(store: &Arc<Store>, rules: &Arc<Rules>) -> Result<(), Fault> {
    let listed = erasures::numbers(&store.snapshot().await?).await?;
    for number in listed {
        work_off(store, rules, number).await?;
    }
    Ok(())
}

/// Works off the erasure of this number; one that is finished is none.
pub async fn work_off(store: &Arc<Store>, rules: &Arc<Rules>, number: u64) -> Result<(), Fault> {
    for _ in 0..ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let Some(read) = erasures::get(&snapshot, number).await? else { return Ok(()) };
        drop(snapshot);
        let Some(step) = STEPS.get(usize::from(read.record.done)).copied() else {
            return finish(store, number, &read).await;
        };
        let erasure = &read.record;
        let mentions = Mentions::of(&erasure.names, &erasure.mails, &erasure.phones);
        let work = Work { store, rules, erasure, mentions: &mentions };
        match step {
            Step::Cards => work.cards().await?,
            Step::Records => work.records().await?,
            Step::Timeline => work.timeline().await?,
            Step::Others => work.others().await?,
            Step::Derived => work.derived().await?,
            Step::Audit => work.audit().await?,
        }
        let again = matches!(step, Step::Derived) && work.is_anything_left().await?;
        let done = if again { 0 } else { erasure.done + 1 };
        let mut batch = Batch::new();
        erasures::update(&mut batch, number, &read, &Erasure { done, ..erasure.clone() })?;
        // Somebody else may work at it, too; what is there then is looked at anew.
        committed(store, batch).await?;
    }
    Err(Fault::busy(1))
}

/// Takes out of the record of the erasure who it is about, then out of the journal what is left
/// there, then ends the record.
async fn finish(store: &Store, number: u64, read: &Stored<Erasure>) -> Result<(), Fault> {
    if !read.record.uids.is_empty() {
        let mut batch = Batch::new();
        let blank = Erasure {
            uids: Vec::new(),
            contacts: Vec::new(),
            names: Vec::new(),
            mails: Vec::new(),
            phones: Vec::new(),
            ..read.record.clone()
        };
        erasures::update(&mut batch, number, read, &blank)?;
        if !committed(store, batch).await? {
            return Ok(());
        }
    }
    store.engine().scrub().await?;
    let snapshot = store.snapshot().await?;
    let Some(read) = erasures::get(&snapshot, number).await? else { return Ok(()) };
    let mut batch = Batch::new();
    erasures::finish(&mut batch, number, &read);
    committed(store, batch).await?;
    Ok(())
}

/// One erasure at work.
struct Work<'a> {
    store: &'a Arc<Store>,
    rules: &'a Arc<Rules>,
    erasure: &'a Erasure,
    mentions: &'a Mentions,
}

impl Work<'_> {
    fn is_theirs(&self, uid: &str) -> bool {
        self.erasure.uids.iter().any(|one| one == uid)
    }

    /// `false`: somebody came between, and it is to be planned anew.
    async fn settled(&self, batch: Batch) -> Result<bool, Fault> {
        Ok(batch.ops().is_empty() || committed(self.store, batch).await?)
    }

    /// Their names go out of the entries of the audit that are about them or name them.
    async fn audit(&self) -> Result<(), Fault> {
        let Self { store, erasure, mentions, .. } = self;
        crate::store::audit::take_names(store, |record| {
            let (entry, names) = (&record.entry, &record.names);
            // What tells of the erasure itself names nobody.
            let itself = matches!(entry.verb, Verb::Erased | Verb::Allowed);
            !itself
                && entry.owner == erasure.owner.as_str()
                && (entry.contact.is_some_and(|id| erasure.contacts.contains(&id))
                    || self.is_theirs(&names.uid)
                    || mentions.are_in(&names.name)
                    || mentions.are_in(&names.detail))
        })
        .await?;
        Ok(())
    }

    /// Did anything come to be known of them while they were erased?
    async fn is_anything_left(&self) -> Result<bool, Fault> {
        let snapshot = self.store.snapshot().await?;
        for uid in &self.erasure.uids {
            if !trace(&snapshot, &self.erasure.owner, uid).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Tags that are being put on their cards, or taken off, are so first.
    async fn without_pending_tags(&self) -> Result<(), Fault> {
        tags::work_off_of(self.store, &self.erasure.owner).await
    }
}
