//! Notes when a device was last seen: at most every ten minutes a device, and never while its
//! request waits.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::{DeviceId, Timestamp};
use crate::store::Store;
use crate::store::devices::{self, LastUse};
use crate::store::engine::{Batch, CommitError};

const EVERY_MILLIS: u64 = 10 * 60 * 1000;
const LONGEST_USER_AGENT: usize = 200;

/// When each device was last noted.
#[derive(Debug)]
pub struct LastUses {
    store: Arc<Store>,
    noted: Mutex<HashMap<DeviceId, Timestamp>>,
}

impl LastUses {
    /// Writes to `store`.
    pub fn new(store: Arc<Store>) -> Self {
        Self { store, noted: Mutex::default() }
    }

    /// The device was seen; written in the background when it is time.
    pub fn note(&self, device: DeviceId, address: IpAddr, user_agent: &str) {
        let now = self.store.now();
        {
            let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            let last = noted.entry(device).or_default();
            if now.0.saturating_sub(last.0) < EVERY_MILLIS {
                return;
            }
            *last = now;
        }
        let user_agent =
            user_agent.chars().filter(|c| !c.is_control()).take(LONGEST_USER_AGENT).collect();
        let seen = LastUse { at: now, address, user_agent };
        let store = Arc::clone(&self.store);
        tokio::spawn(async move {
            let mut batch = Batch::new();
            let written = match devices::put_last_use(&mut batch, device, &seen) {
                Ok(()) => store.commit(batch).await,
                Err(error) => Err(error.into()),
            };
            match written {
                // Refused: the device was removed meanwhile.
                Ok(_) | Err(CommitError::Refused(_)) => {}
                Err(CommitError::Failed(error)) => {
                    tracing::warn!(device = device.0, %error, "a device's last use was not noted");
                }
            }
        });
    }
}
