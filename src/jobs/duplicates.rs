//! Holds cards that came or changed against the others, some time after they did, and merges those that
//! are certain to be of one person, for whoever wishes that.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::base::Fault;
use crate::contacts::duplicates::newcomers;
use crate::contacts::merge::automatic;
use crate::contacts::normal::Region;
use crate::contacts::weaving::Rules;
use crate::store::{Store, principals};

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(20);

/// Cards of one user that one look takes up, so that nobody waits long for the others.
const MOST: usize = 2000;

/// Merges of one user that one look does.
const MOST_MERGES: usize = 200;

/// Runs until `stop` says so.
pub async fn run(
    store: Arc<Store>,
    rules: Arc<Rules>,
    region: Option<Region>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        // It comes later than the cards, so that those who sync do not wait for it.
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        tokio::select! {
            _ = stop.changed() => return,
            // Stopped half-way, it goes on with the next start.
            done = look(&store, &rules, region) => if let Err(fault) = done {
                tracing::warn!(fault = %fault.logged(), "duplicates: will be tried again");
            }
        }
    }
}

async fn look(store: &Arc<Store>, rules: &Arc<Rules>, region: Option<Region>) -> Result<(), Fault> {
    let listed = principals::all(&store.snapshot().await?).await?;
    for (owner, _) in listed {
        let compared = newcomers::catch_up(store, &owner, region, MOST).await?;
        if compared > 0 {
            tracing::debug!(%owner, compared, "duplicates: cards were compared");
        }
        let merged = automatic::merge_certain(store, rules, &owner, MOST_MERGES).await?;
        if merged > 0 {
            tracing::info!(%owner, merged, "duplicates: certain ones were merged");
        }
    }
    Ok(())
}
