//! Brings what was there before the search index into it, once after the start.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::contacts::search::build;
use crate::store::Store;

/// How long it waits, so that those who sync when the server comes up do not wait for it.
const AFTER: Duration = Duration::from_secs(2);

/// How long it waits when it failed.
const AGAIN: Duration = Duration::from_mins(5);

/// Runs until all is in the index, or `stop` says so.
pub async fn run(store: Arc<Store>, mut stop: watch::Receiver<bool>) {
    let mut wait = AFTER;
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(wait) => {}
        }
        tokio::select! {
            // Stopped half-way, it goes on with the next start.
            _ = stop.changed() => return,
            built = build::all(&store) => match built {
                Ok(0) => return,
                Ok(built) => {
                    tracing::info!(built, "search: books and timelines were taken into the index");
                    return;
                }
                Err(fault) => {
                    tracing::warn!(fault = %fault.logged(), "search: will be tried again");
                    wait = AGAIN;
                }
            }
        }
    }
}
