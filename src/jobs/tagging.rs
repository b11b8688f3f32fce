//! Works off what was begun with tags and is not done yet: after a stop of the server, and what a
//! request left because it would have taken too long.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::contacts::tags;
use crate::store::Store;

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(2);

/// Runs until `stop` says so.
pub async fn run(store: Arc<Store>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            // Stopped half-way, it goes on with the next start.
            done = tags::work_off_all(&store) => if let Err(fault) = done {
                tracing::warn!(fault = %fault.logged(), "tags: will be tried again");
            }
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
