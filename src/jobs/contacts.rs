//! What becomes of contacts as time passes: follow-ups come when they are due, people enter and
//! leave segments, and meetings stand in the timelines when they have ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::base::Fault;
use crate::contacts::consent;
use crate::contacts::followups::{days, upcoming};
use crate::contacts::meetings::Meetings;
use crate::contacts::segments;
use crate::contacts::weaving::Rules;
use crate::store::Store;

/// How often it is looked for.
const EVERY: Duration = Duration::from_mins(1);

/// How many of these looks are for follow-ups only: calendars are gone through less often.
const ROUNDS: u32 = 5;

/// What the job works with.
#[derive(Debug)]
pub struct Passing {
    /// The records.
    pub store: Arc<Store>,
    /// What is set.
    pub rules: Arc<Rules>,
    /// Events with more attendees are no meetings; `None`: no events are.
    pub most_attendees: Option<usize>,
    /// The address people use for this server, if it is known.
    pub origin: String,
}

impl Passing {
    /// Runs until `stop` says so.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        if let Err(fault) = upcoming::follow_settings(&self.store, &self.rules).await {
            tell("the times of contacts could not be computed", &fault);
        }
        let mut round = 0_u32;
        loop {
            match upcoming::raise_due(&self.store, &self.rules).await {
                Ok(0) => {}
                Ok(raised) => tracing::info!(raised, "follow-ups: some came"),
                Err(fault) => tell("follow-ups will be tried again", &fault),
            }
            match days::raise_all(&self.store, &self.rules).await {
                Ok(0) => {}
                Ok(raised) => tracing::info!(raised, "days of contacts: follow-ups came"),
                Err(fault) => tell("days of contacts will be looked at again", &fault),
            }
            if let Err(fault) = segments::follow_all(&self.store).await {
                tell("segments will be brought up to date later", &fault);
            }
            match consent::turn_due(&self.store, &self.rules).await {
                Ok(0) => {}
                Ok(turned) => tracing::debug!(turned, "answers of contacts came or ended"),
                Err(fault) => tell("answers of contacts will be looked at again", &fault),
            }
            if round.is_multiple_of(ROUNDS) {
                self.log_meetings().await;
            }
            round = round.wrapping_add(1);
            tokio::select! {
                _ = stop.changed() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    async fn log_meetings(&self) {
        let Some(most_attendees) = self.most_attendees else { return };
        let (store, rules, origin) = (&*self.store, &*self.rules, &*self.origin);
        match (Meetings { store, rules, most_attendees, origin }).log_all().await {
            Ok(0) => {}
            Ok(logged) => tracing::info!(logged, "meetings: some were logged"),
            Err(fault) => tell("meetings will be tried again", &fault),
        }
    }
}

fn tell(what: &str, fault: &Fault) {
    tracing::warn!(fault = %fault.logged(), "{what}");
}
