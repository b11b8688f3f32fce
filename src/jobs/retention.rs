//! Ends old versions, deleted books and entries of the audit when their time is over.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::store::{Actor, Store, audit, purge};

/// How long after the start the first round begins; a start is no time for housework.
const FIRST: Duration = Duration::from_mins(5);

/// How often it is looked for.
const EVERY: Duration = Duration::from_hours(6);

/// How often the audit is looked at.
const DAILY: Duration = Duration::from_hours(24);

/// Runs until `stop` says so.
pub async fn run(store: Arc<Store>, history_days: u64, mut stop: watch::Receiver<bool>) {
    let mut wait = FIRST;
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(wait) => {}
        }
        wait = EVERY;
        match purge::before(&store, store.now().minus_days(history_days)).await {
            Ok((0, 0)) => {}
            Ok((versions, collections)) => {
                tracing::info!(versions, collections, "retention: old data was ended");
            }
            Err(error) => {
                tracing::warn!(%error, "retention: not all old data could be ended");
            }
        }
    }
}

/// Removes entries of the audit that are older than `days`, daily, until `stop` says so.
pub async fn of_the_audit(store: Arc<Store>, days: u64, mut stop: watch::Receiver<bool>) {
    let actor = Actor { principal: "rolodav".to_owned(), device: "retention".to_owned() };
    let mut wait = FIRST;
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(wait) => {}
        }
        wait = DAILY;
        match audit::remove_before(&store, store.now().minus_days(days), &actor).await {
            Ok(0) => {}
            Ok(entries) => tracing::info!(entries, "retention: old entries left the audit"),
            Err(error) => {
                tracing::warn!(%error, "retention: old entries of the audit stay for now");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::ManualClock;
    use crate::base::{Clock, Timestamp};
    use crate::store::audit::{Deed, Subject, Verb, began};
    use crate::store::engine::memory::MemoryEngine;
    use crate::store::engine::{Batch, Engine};

    const DAY: u64 = 86_400_000;

    #[tokio::test(start_paused = true)]
    async fn the_audit_is_looked_at_every_day() {
        let clock = Arc::new(ManualClock::at(Timestamp(0)));
        let turned: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let store = Store::open(Engine::Memory(MemoryEngine::default()), turned).await.unwrap();
        let store = Arc::new(store);
        let by = Actor { principal: "anna".to_owned(), device: "phone".to_owned() };
        for _ in 0..9 {
            let mut batch = Batch::new();
            Deed::of(Subject::Card, Verb::Added, "anna").note(&store, &mut batch, &by).unwrap();
            store.commit(batch).await.unwrap();
            clock.advance_millis(DAY);
        }
        let removed = async || {
            let began = began(&store.snapshot().await.unwrap()).await.unwrap();
            began.map_or(0, |began| began.removed)
        };
        let (stop, stopped) = watch::channel(false);
        let job = tokio::spawn(of_the_audit(Arc::clone(&store), 5, stopped));
        tokio::time::sleep(FIRST * 2).await;
        assert_eq!(removed().await, 4, "after the start");
        clock.advance_millis(DAY);
        tokio::time::sleep(DAILY / 2).await;
        assert_eq!(removed().await, 4, "not all the time");
        tokio::time::sleep(DAILY).await;
        assert_eq!(removed().await, 5, "a day later");
        stop.send(true).unwrap();
        job.await.unwrap();
    }
}
