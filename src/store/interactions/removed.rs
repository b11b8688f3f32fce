//! What is known of interactions that were removed: their UIDs, for as long as what is deleted is
//! kept.

use super::{INDEX, Interaction, uid_key};
use crate::base::{PrincipalId, Timestamp};
use crate::store::Store;
use crate::store::engine::{Batch, EngineError, Step};
use crate::store::keys::Key;

/// Where the rows of `owner`'s removed interactions begin.
pub(in crate::store) fn removed_of(owner: &PrincipalId) -> Vec<u8> {
    Key::of(INDEX).bytes(b"r").text(owner.as_str()).done()
}

/// Adds to `batch` that `interaction` was removed at `now`.
pub(super) fn note(batch: &mut Batch, interaction: &Interaction, number: u64, now: Timestamp) {
    let row = [removed_of(&interaction.owner), now.0.to_be_bytes().to_vec()].concat();
    let uid = interaction.uid.as_bytes().to_vec();
    batch.put([&row[..], &number.to_be_bytes()].concat(), uid);
}

/// Ends what is known of up to `most` interactions of `owner` that were removed before `before`;
/// tells of how many.
pub async fn purge(
    store: &Store,
    owner: &PrincipalId,
    before: Timestamp,
    most: usize,
) -> Result<usize, EngineError> {
    let snapshot = store.snapshot().await?;
    let prefix = removed_of(owner);
    let to = [&prefix[..], &before.0.to_be_bytes()].concat();
    let mut due = Vec::new();
    snapshot
        .scan(&prefix, &to, |key, uid| {
            due.push((key.to_vec(), uid_key(owner, &String::from_utf8_lossy(uid))));
            if due.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    if due.is_empty() {
        return Ok(0);
    }
    let mut batch = Batch::new();
    for (row, uid) in &due {
        batch.delete(row.clone());
        batch.delete(uid.clone());
    }
    match store.commit(batch).await {
        Ok(_) => Ok(due.len()),
        Err(error) => Err(EngineError::caused("removed interactions cannot be ended now", error)),
    }
}
