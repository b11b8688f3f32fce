//! Facts on the store itself: format version, epoch, starts.

use bytes::Bytes;

use super::engine::{Batch, Engine, EngineError};
use super::{counter, keys};
use crate::base::Clock;

/// The format this program writes.
const FORMAT: u64 = 1;

/// Numbers that one start may hand out before the next start's begin.
const NUMBERS_PER_START: u64 = 1 << 40;

/// What opening a store tells.
#[derive(Debug)]
pub struct Started {
    /// The store's epoch.
    pub epoch: u64,
    /// The first number to hand out.
    pub first_number: u64,
}

/// Checks the format and counts the start, so that numbers never repeat whatever the clock says.
pub async fn start(engine: &Engine, clock: &dyn Clock) -> Result<Started, EngineError> {
    let snapshot = engine.snapshot().await?;
    let read = async |name: &str| -> Result<Option<u64>, EngineError> {
        snapshot.get_with(&keys::meta(name), |v| counter(v) as u64).await
    };
    let format = read("format").await?;
    if let Some(found) = format.filter(|f| *f != FORMAT) {
        return Err(EngineError::new(format!(
            "the store has format {found}, this rolodav knows format {FORMAT}; \
             nothing was changed. Run the version that wrote it, or a newer one"
        )));
    }
    let epoch = read("epoch").await?.unwrap_or_else(|| clock.now().0.max(1));
    let starts = read("starts").await?.unwrap_or(0) + 1;
    let mut batch = Batch::new();
    for (name, value) in [("format", FORMAT), ("epoch", epoch), ("starts", starts)] {
        batch.put(keys::meta(name), Bytes::copy_from_slice(&value.to_be_bytes()));
    }
    engine
        .commit(batch)
        .await
        .map_err(|e| EngineError::caused("the start cannot be recorded", e))?;
    Ok(Started { epoch, first_number: starts * NUMBERS_PER_START })
}
