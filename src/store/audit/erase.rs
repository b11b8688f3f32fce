//! Names are taken out of entries; what is sealed of them stays, and the chain holds.

use super::{LOG, PAGE, Record, began, head, key, read, record};
use crate::store::Store;
use crate::store::engine::{Batch, CommitError, EngineError, Step, chain};
use crate::store::keys;

/// Takes the names out of the entries that `wanted` takes, a page in each commit; tells of how
/// many. What is done twice does no harm.
pub async fn take_names(
    store: &Store,
    mut wanted: impl FnMut(&Record) -> bool + Send,
) -> Result<u64, EngineError> {
    let snapshot = store.snapshot().await?;
    let last = head(&snapshot).await?;
    let removed = began(&snapshot).await?.map_or(0, |began| began.removed);
    drop(snapshot);
    let (mut taken, mut next) = (0, removed + 1);
    while next <= last {
        let snapshot = store.snapshot().await?;
        let end = next.saturating_add(PAGE);
        let mut batch = Batch::new();
        snapshot
            .scan(&key(next), &key(end).min(keys::after(&[LOG])), |key, row| {
                if record(key, row).is_some_and(|record| wanted(&record))
                    && let Some(sealed) = sealed(row)
                    && sealed.len() < row.len()
                {
                    batch.put(key.to_vec(), sealed.to_vec());
                    taken += 1;
                }
                Step::Continue
            })
            .await?;
        next = end;
        if !batch.ops().is_empty() {
            store.commit(batch).await.map_err(|error| match error {
                CommitError::Failed(error) => error,
                error @ CommitError::Refused(_) => {
                    EngineError::caused("names cannot be taken out of the audit now", error)
                }
            })?;
        }
    }
    Ok(taken)
}

/// A row without the names.
fn sealed(row: &[u8]) -> Option<&[u8]> {
    let (_, loose) = read(chain::parts(row)?.1)?;
    row.get(..row.len() - loose.len())
}
