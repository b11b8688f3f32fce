//! Ends old versions and deleted books when their time is over.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::store::{Store, purge};

/// How long after the start the first round begins; a start is no time for housework.
const FIRST: Duration = Duration::from_mins(5);

/// How often it is looked for.
const EVERY: Duration = Duration::from_hours(6);

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
