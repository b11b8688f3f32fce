//! Holds cards that came or changed against the others, some time after they did.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::base::Fault;
use crate::contacts::duplicates::newcomers;
use crate::contacts::normal::Region;
use crate::store::{Store, principals};

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(20);

/// Cards of one user that one look takes up, so that nobody waits long for the others.
const MOST: usize = 2000;

/// Runs until `stop` says so.
pub async fn run(store: Arc<Store>, region: Option<Region>, mut stop: watch::Receiver<bool>) {
    loop {
        // It comes later than the cards, so that those who sync do not wait for it.
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        tokio::select! {
            _ = stop.changed() => return,
            // Stopped half-way, it goes on with the next start.
            done = look(&store, region) => if let Err(fault) = done {
                tracing::warn!(%fault, cause = ?fault.cause, "duplicates: will be tried again");
            }
        }
    }
}

async fn look(store: &Store, region: Option<Region>) -> Result<(), Fault> {
    for (owner, _) in principals::all(&store.snapshot().await?).await? {
        let compared = newcomers::catch_up(store, &owner, region, MOST).await?;
        if compared > 0 {
            tracing::debug!(%owner, compared, "duplicates: cards were compared");
        }
    }
    Ok(())
}
