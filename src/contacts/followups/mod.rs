//! Follow-ups: what is to be done about a contact, as tasks in its owner's list. Ticked off on any
//! phone they are done, and stand in the timeline. A contact with a cadence gets the next one when
//! it was not contacted for that long.

pub mod cadence;
pub mod days;
pub mod raise;
mod task;
pub mod ticked;
pub mod upcoming;
pub mod verbs;

use crate::store::audit::{Deed, Subject, Verb};
use crate::store::engine::{Batch, EngineError};
use crate::store::followups::{self, FollowUp, State};
use crate::store::stored::Stored;
use crate::store::{Actor, Store};

#[cfg(test)]
mod tests;

/// A follow-up that the commit being planned makes or changes.
#[derive(Debug, Clone)]
pub struct Pending {
    /// As it was read; `None`: it is new.
    pub read: Option<Stored<FollowUp>>,
    /// As it is to be.
    pub now: FollowUp,
}

impl Pending {
    /// Adds it to `batch`. It is `by` who made or changed it.
    pub fn write(&self, store: &Store, batch: &mut Batch, by: &Actor) -> Result<(), EngineError> {
        let (was, now) = (self.read.as_ref().map(|read| &read.record), &self.now);
        followups::put(batch, self.read.as_ref(), now)?;
        if was == Some(now) {
            return Ok(());
        }
        let (verb, detail) = match (was, now.state) {
            (None, _) => (Verb::Added, ""),
            (Some(was), state) if was.state == state => (Verb::Changed, ""),
            (_, State::Open) => (Verb::Changed, "open again"),
            (_, State::Done) => (Verb::Changed, "done"),
            (_, State::Dropped) => (Verb::Changed, "dropped"),
        };
        let deed = Deed::of(Subject::FollowUp, verb, now.owner.as_str());
        Deed { name: &now.uid, uid: &now.contact, detail, ..deed }.note(store, batch, by)
    }
}
