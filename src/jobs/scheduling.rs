//! Tells what is still to be told: deliveries that a stop of the server cut off, and mail.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::mailer::{Mailer, Unsent};
use crate::base::{Fault, Limits, Timestamp};
use crate::calendars::scheduling::address::Address;
use crate::calendars::scheduling::deliver::Deliveries;
use crate::calendars::scheduling::imip::letter;
use crate::calendars::scheduling::{places, status};
use crate::store::engine::Batch;
use crate::store::outgoing::{self, Outgoing, Task};
use crate::store::stored::Stored;
use crate::store::{Store, principals};

/// How often it is looked for: so long mail waits.
const EVERY: Duration = Duration::from_secs(5);

/// What is younger than this, the request that wrote it is still about to tell.
const FRESH_MILLIS: u64 = 30_000;

/// The wait after the first attempt in vain, in milliseconds; each further one is twice as long.
const FIRST_WAIT: u64 = 60_000;

/// The longest wait.
const LONGEST_WAIT: u64 = 4 * 3_600_000;

/// Messages stay in inboxes for so many days.
const INBOX_DAYS: u64 = 30;

/// After so long it is given up.
const GIVE_UP: u64 = 3 * 86_400_000;

/// What the job works with.
#[derive(Debug)]
pub struct Telling {
    /// The records.
    pub store: Arc<Store>,
    /// The bounds.
    pub limits: Limits,
    /// What sends mail, if there is a relay.
    pub mailer: Option<Mailer>,
    /// Most bytes that a user may store.
    pub quota: Option<u64>,
}

impl Telling {
    /// Runs until `stop` says so.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        if let Err(fault) = places::complete(&self.store).await {
            tracing::warn!(fault = %fault.logged(), "scheduling: an inbox could not be made");
        }
        let mut first = true;
        let mut cleared = Timestamp(0);
        loop {
            if cleared < self.store.now().minus_days(1) {
                cleared = self.store.now();
                self.clear().await;
            }
            // What is there at the start was cut off by a stop.
            if let Err(fault) = self.round(first).await {
                tracing::warn!(fault = %fault.logged(), "scheduling: will be tried again");
            }
            first = false;
            tokio::select! {
                _ = stop.changed() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    async fn clear(&self) {
        let before = self.store.now().minus_days(INBOX_DAYS);
        match places::clear_inboxes(&self.store, before).await {
            Ok(0) => {}
            Ok(messages) => tracing::info!(messages, "scheduling: old messages left the inboxes"),
            Err(fault) => {
                tracing::warn!(fault = %fault.logged(), "scheduling: old messages stay in the inboxes");
            }
        }
    }

    async fn round(&self, first: bool) -> Result<(), Fault> {
        let (store, limits) = (&*self.store, &self.limits);
        let (mail, quota) = (self.mailer.is_some(), self.quota);
        let deliveries = Deliveries { store, limits, mail, quota };
        // While the relay does not answer, one mail a round finds that out.
        let mut relay_answers = true;
        let listed = outgoing::numbers(&store.snapshot().await?).await?;
        for number in listed {
            let found = outgoing::get(&store.snapshot().await?, number).await?;
            let Some(found) = found else { continue };
            let (now, record) = (self.store.now(), &found.record);
            if let Task::Mail { to, message } = &record.task {
                if record.due <= now && relay_answers {
                    relay_answers = self.mail(deliveries, number, &found, to, message).await?;
                }
            } else if (first || record.made.plus_millis(FRESH_MILLIS) <= now)
                && let Err(fault) = deliveries.tell(number).await
            {
                // One that cannot be told does not hold up the others.
                tracing::warn!(fault = %fault.logged(), "scheduling: will be tried again");
            }
        }
        Ok(())
    }

    /// Sends one mail, or notes when to try again; whether the relay had an answer.
    async fn mail(
        &self,
        deliveries: Deliveries<'_>,
        number: u64,
        found: &Stored<Outgoing>,
        to: &str,
        message: &[u8],
    ) -> Result<bool, Fault> {
        let outgoing = &found.record;
        let outcome = match &self.mailer {
            Some(mailer) => self.send(mailer, outgoing, to, message).await?,
            None => Err(Unsent::Later("there is no relay".to_owned())),
        };
        let (status, why) = match outcome {
            Ok(()) => (Some(status::SENT), String::new()),
            Err(Unsent::Refused(why)) => (Some(status::FAILED), why),
            Err(Unsent::Later(why)) => {
                let over = outgoing.made.plus_millis(GIVE_UP) <= self.store.now();
                (over.then_some(status::FAILED), why)
            }
        };
        let mut batch = Batch::new();
        let Some(status) = status else {
            let wait = FIRST_WAIT.saturating_mul(1 << outgoing.attempts.min(16)).min(LONGEST_WAIT);
            let due = self.store.now().plus_millis(wait);
            let later = Outgoing { due, attempts: outgoing.attempts + 1, ..outgoing.clone() };
            tracing::info!(
                number,
                why,
                attempts = later.attempts,
                "scheduling: a mail has to wait"
            );
            outgoing::update(&mut batch, number, &found.witness, &later)?;
            self.store.commit(batch).await?;
            return Ok(false);
        };
        if status == status::FAILED {
            tracing::warn!(number, why, "scheduling: a mail was not taken");
        }
        let is_reply = letter(message, "").is_some_and(|letter| letter.method == "REPLY");
        let role = if is_reply { "ORGANIZER" } else { "ATTENDEE" };
        deliveries.note(outgoing, role, &Address::Mail(to.to_owned()), status).await?;
        let snapshot = self.store.snapshot().await?;
        outgoing::remove(&snapshot, &mut batch, number).await?;
        self.store.commit(batch).await?;
        Ok(true)
    }

    async fn send(
        &self,
        mailer: &Mailer,
        outgoing: &Outgoing,
        to: &str,
        message: &[u8],
    ) -> Result<Result<(), Unsent>, Fault> {
        let snapshot = self.store.snapshot().await?;
        let Some(user) = principals::get(&snapshot, &outgoing.owner).await? else {
            return Ok(Err(Unsent::Refused("the sender is gone".to_owned())));
        };
        let (name, mail) = (&user.record.display_name, user.record.mail.as_deref());
        let Some(letter) = letter(message, name) else {
            return Ok(Err(Unsent::Refused("the message cannot be read".to_owned())));
        };
        Ok(mailer.send(&letter, message, name, mail, to).await)
    }
}

#[cfg(test)]
mod tests;
