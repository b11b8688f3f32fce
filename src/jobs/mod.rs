//! What happens without a request.

mod retention;

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::store::Store;

/// The jobs that run beside the server.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<bool>,
    handles: Vec<JoinHandle<()>>,
}

/// Starts all jobs. `history_days` is how long old versions and deleted books are kept; 0 keeps
/// them for good.
pub fn start(store: &Arc<Store>, history_days: u64) -> Running {
    let (stop, stopped) = watch::channel(false);
    let mut handles = Vec::new();
    if history_days > 0 {
        handles.push(tokio::spawn(retention::run(Arc::clone(store), history_days, stopped)));
    }
    Running { stop, handles }
}

impl Running {
    /// Asks the jobs to end and waits for what they are at.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for handle in self.handles {
            // A job that panicked has been logged by the runtime; stopping goes on.
            let _ = handle.await;
        }
    }
}
