//! Tells others what is outgoing: brings attendees' copies and organizers' objects to the present
//! state, and puts messages into inboxes. What is told is the state that the other side has now,
//! not the one that was written down, so neither order nor repetition matters.

mod attendees;
mod organizers;
mod writing;

use crate::base::{Fault, Limits, PrincipalId};
use crate::store::engine::Batch;
use crate::store::outgoing::{self, Task};
use crate::store::{Actor, Store};

/// What deliveries work with.
#[derive(Debug, Clone, Copy)]
pub struct Deliveries<'a> {
    /// The records.
    pub store: &'a Store,
    /// The bounds.
    pub limits: &'a Limits,
    /// Can mail be sent?
    pub mail: bool,
    /// Most bytes that a user may store. What is delivered may go beyond it, up to as much again.
    pub quota: Option<u64>,
}

/// What one recipient's part led to.
enum Told {
    /// They have it.
    Yes,
    /// It cannot be told to them: the status for the object.
    No(&'static str),
}

impl Deliveries<'_> {
    /// Tells what is written down under `number`, and what follows from it. A fault leaves the rest
    /// where it is, for another time.
    pub async fn tell(&self, number: u64) -> Result<(), Fault> {
        let mut next = vec![number];
        while let Some(number) = next.pop() {
            let snapshot = self.store.snapshot().await?;
            let Some(found) = outgoing::get(&snapshot, number).await? else { continue };
            match &found.record.task {
                Task::Changed { old, new } => {
                    self.invite(number, &found.record, old.as_deref(), new.as_deref()).await?;
                }
                Task::Answered { message, organizer } => {
                    next.extend(self.answer(number, &found.record, message, organizer).await?);
                }
                Task::Refresh { except } => self.refresh(number, &found.record, except).await?,
                // Mail is sent by a job of its own.
                Task::Mail { .. } => continue,
            }
            let snapshot = self.store.snapshot().await?;
            let mut batch = Batch::new();
            outgoing::remove(&snapshot, &mut batch, number).await?;
            self.store.commit(batch).await?;
        }
        Ok(())
    }
}

/// Whose doing a delivery is, for the history.
fn actor(sender: &PrincipalId) -> Actor {
    Actor { principal: sender.as_str().to_owned(), device: "scheduling".to_owned() }
}
