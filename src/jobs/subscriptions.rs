//! Refreshes subscribed calendars when they are due.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::base::{CollectionId, Fault, Limits};
use crate::calendars::subscribed::{Refreshed, Refreshing};
use crate::fetch::Fetcher;
use crate::store::{Store, collection, principals, subscriptions};

/// How often it is looked for what is due.
const EVERY: Duration = Duration::from_secs(15);

/// What the job works with.
#[derive(Debug, Clone)]
pub struct Subscriptions {
    /// The records.
    pub store: Arc<Store>,
    /// What fetches.
    pub fetcher: Arc<Fetcher>,
    /// The bounds of entries.
    pub limits: Limits,
    /// Most entries of one calendar.
    pub entries: usize,
    /// Most bytes of one user.
    pub quota: Option<u64>,
    /// Calendars that are fetched at the same time.
    pub at_once: usize,
}

impl Subscriptions {
    /// Runs until `stop` says so; what is being fetched then is let go, and comes again later.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                _ = stop.changed() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            let round = self.round();
            tokio::select! {
                _ = stop.changed() => return,
                done = round => {
                    if let Err(fault) = done {
                        tracing::warn!(fault = %fault.logged(), "subscriptions: will be tried again");
                    }
                }
            }
        }
    }

    /// Refreshes what is due, a few at a time; returns how many that were.
    async fn round(&self) -> Result<usize, Fault> {
        let mut underway: JoinSet<()> = JoinSet::new();
        let mut refreshed = 0;
        let due = subscriptions::due(&self.store.snapshot().await?, self.store.now()).await?;
        for id in due {
            if !self.is_wanted(id).await? {
                continue;
            }
            if underway.len() >= self.at_once {
                underway.join_next().await;
            }
            refreshed += 1;
            let own = self.clone();
            underway.spawn(async move { own.one(id).await });
        }
        while underway.join_next().await.is_some() {}
        Ok(refreshed)
    }

    /// Is the calendar there, and may its owner look at it?
    async fn is_wanted(&self, id: CollectionId) -> Result<bool, Fault> {
        let snapshot = self.store.snapshot().await?;
        let Some(found) = collection::get(&snapshot, id).await? else { return Ok(false) };
        let owner = principals::get(&snapshot, &found.collection.owner).await?;
        Ok(found.collection.deleted.is_none() && owner.is_some_and(|owner| !owner.record.disabled))
    }

    async fn one(&self, id: CollectionId) {
        let refreshing = Refreshing {
            store: &self.store,
            fetcher: &self.fetcher,
            limits: &self.limits,
            entries: self.entries,
            quota: self.quota,
        };
        match refreshing.refresh(id).await {
            Ok(Refreshed::Same) => tracing::debug!(calendar = id.0, "subscriptions: unchanged"),
            Ok(Refreshed::Taken(left_out)) => {
                tracing::info!(calendar = id.0, left_out, "subscriptions: taken in");
            }
            Err(fault) => {
                tracing::info!(calendar = id.0, fault = %fault.logged(), "subscriptions: not refreshed");
            }
        }
    }
}

#[cfg(test)]
mod tests;
