//! One card by itself, the way of a PUT.

use std::sync::Arc;

use super::{Fate, Import, Incoming, Row};
use crate::base::Fault;
use crate::contacts::layer::unweave;
use crate::contacts::weaving::upload::Upload;
use crate::contacts::{groups, merge, tags};
use crate::store::body::{self, Slot};
use crate::store::engine::{Batch, CommitError, Snapshot};
use crate::store::member::Flags;
use crate::store::write::{Alongside, NewMember, Planning, Refusal, Target};

/// How often a card is tried again after somebody else's commit came between.
const ATTEMPTS: usize = 64;

/// What one attempt came to.
enum Attempt {
    Done(String, Fate),
    /// It may work now.
    Again,
}

impl Import {
    pub(super) async fn single(&self, card: Incoming) -> Result<Row, Fault> {
        for _ in 0..ATTEMPTS {
            match self.attempt(&card).await {
                Ok(Attempt::Done(place, fate)) => return Ok(card.row.with(&place, fate)),
                Ok(Attempt::Again) => {}
                Err(Refusal::Fault(fault)) if fault.status >= 500 => return Err(fault),
                Err(refusal) => return Ok(card.row.with("", Fate::Refused(why(refusal)))),
            }
        }
        let why = "It was changed by somebody else again and again; import the file once more.";
        Ok(card.row.with("", Fate::Refused(why.to_owned())))
    }

    async fn attempt(&self, card: &Incoming) -> Result<Attempt, Refusal> {
        let (store, new) = (&self.store, &card.new);
        let snapshot = store.snapshot().await?;
        let book = self.book(&snapshot).await?;
        let (name, found) = self.place(&snapshot, &new.uid).await?;
        let old = found.as_ref().map(|found| &found.member);
        if let Some(old) = old
            && (card.made_uid || old.etag == new.etag)
        {
            return Ok(Attempt::Done(name, Fate::Unchanged));
        }
        if self.was_merged(&snapshot, new).await? {
            return Ok(Attempt::Done(name, Fate::Unchanged));
        }
        let rights = [book.witness.clone()];
        let collection = &book.collection;
        let target = Target { collection, rights: &rights, name: &name, actor: &self.terms.actor };
        let is_group =
            new.flags.has(Flags::GROUP) || old.is_some_and(|old| old.flags.has(Flags::GROUP));
        if is_group && old.is_some() {
            let slot = Slot::Member(collection.id, &name);
            let stored = body::get(&snapshot, slot).await?.whole(&snapshot).await?;
            if groups::say_the_same(&stored, &new.body.bytes) {
                return Ok(Attempt::Done(name, Fate::Unchanged));
            }
        }
        let tagged = match old {
            Some(_) if !is_group => self.with_its_tags(&snapshot, &name, new).await?,
            _ => None,
        };
        let new = tagged.as_ref().unwrap_or(new);
        let mut batch = Batch::new();
        let planning = Planning {
            snapshot: &snapshot,
            batch: &mut batch,
            target: &target,
            old,
            new: Some(new),
        };
        let (instead, begun) = if is_group {
            let writing = groups::plan(store, planning).await?;
            (writing.instead, writing.actions)
        } else {
            (self.with_memory(planning).await?, Vec::new())
        };
        let new = instead.as_ref().unwrap_or(new);
        if old.is_some_and(|old| old.etag == new.etag) {
            return Ok(Attempt::Done(name, Fate::Unchanged));
        }
        let (found, quota) = (found.as_ref(), self.terms.quota);
        let planned = store.plan_put(&snapshot, &mut batch, &target, new, found, quota);
        let (_, quota_step) = planned.await?;
        match store.commit(batch).await {
            Ok(_) => {
                drop(snapshot);
                for number in begun {
                    tags::work_off(store, number).await?;
                }
                let fate = if old.is_some() { Fate::Updated } else { Fate::Created };
                Ok(Attempt::Done(name, fate))
            }
            Err(CommitError::Refused(step)) if Some(step) == quota_step => Err(Refusal::Quota),
            Err(CommitError::Refused(_)) => Ok(Attempt::Again),
            Err(CommitError::Failed(error)) => Err(error.into()),
        }
    }

    /// Is it what was merged into what is there?
    async fn was_merged(&self, snapshot: &Snapshot, new: &NewMember) -> Result<bool, Fault> {
        let owner = &self.book(snapshot).await?.collection.owner;
        let merged = merge::version_merged(snapshot, owner, &new.uid).await?;
        Ok(merged.is_some_and(|merged| merged.base == unweave(&new.body.bytes).base))
    }

    /// What is remembered, brought together with the card.
    async fn with_memory(&self, planning: Planning<'_>) -> Result<Option<NewMember>, Fault> {
        let (store, rules) = (Arc::clone(&self.store), Arc::clone(&self.rules));
        Upload::imported(store, rules).plan(planning).await
    }
}

fn why(refusal: Refusal) -> String {
    match refusal {
        Refusal::Fault(fault) => fault.message.into_owned(),
        Refusal::UidTaken(name) => format!("`{name}` has the same UID."),
        Refusal::UidChanged => "Another card has its name.".to_owned(),
        Refusal::Quota => "There is no space left for this user.".to_owned(),
    }
}
