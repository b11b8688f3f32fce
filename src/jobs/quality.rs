//! Keeps the tags of findings current, for those who want them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::base::{Fault, PrincipalId};
use crate::contacts::quality::{Terms, index, tagging};
use crate::store::{Actor, Store, principals};

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(20);

/// Runs until `stop` says so.
pub async fn run(store: Arc<Store>, terms: Terms, mut stop: watch::Receiver<bool>) {
    loop {
        // It comes later than the cards, so that those who sync do not wait for it.
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        tokio::select! {
            _ = stop.changed() => return,
            // Stopped half-way, it goes on with the next start.
            done = look(&store, terms) => if let Err(fault) = done {
                tracing::warn!(fault = %fault.logged(), "quality: will be tried again");
            }
        }
    }
}

async fn look(store: &Store, terms: Terms) -> Result<(), Fault> {
    let listed = principals::all(&store.snapshot().await?).await?;
    for (owner, _) in listed {
        if !tagging::chosen(store, &owner).await?.is_empty() {
            index::follow(store, &owner, terms).await?;
            tagging::settle(store, &owner, &actor(&owner)).await?;
        }
    }
    Ok(())
}

/// The server, for the owner of cards.
fn actor(owner: &PrincipalId) -> Actor {
    Actor { principal: owner.to_string(), device: "quality".to_owned() }
}
