//! Change logs: which member changed as the n-th. Numbers are taken inside the commit, so log
//! order is commit order and a sync never skips a change. Rows are kept for good.

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::{counter, keys};
use crate::base::CollectionId;

/// The number of the collection's last change; 0 before the first.
pub async fn head(snapshot: &Snapshot, id: CollectionId) -> Result<u64, EngineError> {
    Ok(snapshot.get_with(&keys::changes(id), |v| counter(v) as u64).await?.unwrap_or(0))
}

/// Adds "member `name` changed, came or went" to `batch`.
pub fn append(batch: &mut Batch, id: CollectionId, name: &str) {
    batch.append(keys::changes(id), name.as_bytes().to_vec());
}

/// Hands the changes after number `after` to `visit`, in order, until it stops.
pub async fn scan(
    snapshot: &Snapshot,
    id: CollectionId,
    after: u64,
    mut visit: impl FnMut(u64, &str) -> Step + Send,
) -> Result<(), EngineError> {
    let from = keys::change(id, after.saturating_add(1));
    let to = keys::after(&keys::changes(id));
    snapshot
        .scan(&from, &to, |key, name| {
            let sequence = keys::last_number(key).unwrap_or(0);
            visit(sequence, std::str::from_utf8(name).unwrap_or_default())
        })
        .await
}
