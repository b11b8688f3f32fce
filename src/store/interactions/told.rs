//! What was told of a contact at some time, or in some words.

use std::ops::Range;

use super::{Interaction, get, listed, of_contact, position_in, window};
use crate::base::{ContactId, Timestamp};
use crate::store::engine::{EngineError, Snapshot, Step};
use crate::store::keys;

/// The `most` latest interactions with a contact that were in `times`, the newest first.
pub async fn within(
    snapshot: &Snapshot,
    contact: ContactId,
    times: Range<Timestamp>,
    most: usize,
) -> Result<Vec<Interaction>, EngineError> {
    let listed = listed(snapshot, &of_contact(contact), &times, None, most).await?;
    Ok(listed.into_iter().map(|(_, interaction)| interaction).collect())
}

/// An interaction with the contact in `times` that has this content.
pub async fn same_content(
    snapshot: &Snapshot,
    contact: ContactId,
    content: u64,
    times: Range<Timestamp>,
) -> Result<Option<u64>, EngineError> {
    Ok(numbers(snapshot, contact, content, times, 1).await?.into_iter().next())
}

/// The `most` latest interactions with the contact in `times` that have this content, the newest first.
pub async fn with_content(
    snapshot: &Snapshot,
    contact: ContactId,
    content: u64,
    times: Range<Timestamp>,
    most: usize,
) -> Result<Vec<Interaction>, EngineError> {
    let mut found = Vec::new();
    for number in numbers(snapshot, contact, content, times, most).await? {
        found.extend(get(snapshot, number).await?.map(|read| read.record));
    }
    Ok(found)
}

async fn numbers(
    snapshot: &Snapshot,
    contact: ContactId,
    content: u64,
    times: Range<Timestamp>,
    most: usize,
) -> Result<Vec<u64>, EngineError> {
    let mut found = Vec::new();
    let Some((from, to)) = window(&of_contact(contact), &times, None) else { return Ok(found) };
    snapshot
        .scan(&from, &to, |key, value| {
            if keys::number_in(value) == Some(content) {
                found.extend(position_in(key).map(|position| position.number));
            }
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}
