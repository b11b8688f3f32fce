//! Has the retention rules of books announce which cards go, and lets those go whose notice is over.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::contacts::quality::Terms;
use crate::contacts::retention;
use crate::contacts::weaving::Rules;
use crate::store::Store;

/// How often it is looked for.
const EVERY: Duration = Duration::from_mins(5);

/// Runs until `stop` says so.
pub async fn run(
    store: Arc<Store>,
    rules: Arc<Rules>,
    terms: Terms,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            // Stopped half-way, it goes on with the next start.
            gone = retention::act_all(&store, &rules, terms) => match gone {
                Ok(0) => {}
                Ok(gone) => tracing::info!(gone, "retention: cards went by the rules of their books"),
                Err(fault) => {
                    tracing::warn!(fault = %fault.logged(), "retention: will be tried again");
                }
            }
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
