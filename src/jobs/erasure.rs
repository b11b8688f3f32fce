//! Erases to the end whom a command began to erase and a stop of the server kept from that.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::contacts::erasure;
use crate::contacts::weaving::Rules;
use crate::store::Store;

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(10);

/// Runs until `stop` says so.
pub async fn run(store: Arc<Store>, rules: Arc<Rules>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            // Stopped half-way, it goes on with the next start.
            done = erasure::work_off_all(&store, &rules) => if let Err(fault) = done {
                tracing::warn!(fault = %fault.logged(), "an erasure will be tried again");
            }
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
