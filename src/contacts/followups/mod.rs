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

use crate::store::engine::{Batch, EngineError};
use crate::store::followups::{self, FollowUp};
use crate::store::stored::Stored;

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
    /// Adds it to `batch`.
    pub fn write(&self, batch: &mut Batch) -> Result<(), EngineError> {
        followups::put(batch, self.read.as_ref(), &self.now)
    }
}
