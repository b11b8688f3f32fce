//! The words of interactions: which contacts they lead to. They are kept in the commit that logs,
//! changes or ends an interaction.
//!
//! | key | value |
//! |---|---|
//! | `8e` `w` contact word | how many interactions with the contact have the word |
//! | `8e` `i` number | nothing: the words of this interaction are counted |

use bytes::Bytes;

use super::{Class, HISTORY, Scope, Words, count, posting};
use crate::base::ContactId;
use crate::store::Store;
use crate::store::engine::{Batch, EngineError, Snapshot, Step};
use crate::store::interactions::{self, Interaction};
use crate::store::keys::{self, Key};
use crate::store::stored::Stored;

/// Where the words of a contact's interactions begin that begin with `start`.
pub(in crate::store) fn of_contact(contact: ContactId, start: &str) -> Vec<u8> {
    Key::of(HISTORY).bytes(b"w").number(contact.0).bytes(start.as_bytes()).done()
}

pub(in crate::store) fn counted_key(number: u64) -> Vec<u8> {
    Key::of(HISTORY).bytes(b"i").number(number).done()
}

/// Adds to `batch` that an interaction is there.
pub(in crate::store) fn came(
    store: &Store,
    batch: &mut Batch,
    number: u64,
    interaction: &Interaction,
) {
    let Some(reading) = store.reading else { return };
    tally(batch, interaction, &(reading.interaction)(interaction), 1);
    batch.put(counted_key(number), Bytes::new());
}

/// Adds to `batch` that an interaction is another one now, or none.
pub(in crate::store) async fn changed(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    number: u64,
    was: &Interaction,
    now: Option<&Interaction>,
) -> Result<(), EngineError> {
    let Some(reading) = store.reading else { return Ok(()) };
    let key = counted_key(number);
    let counted = snapshot.get(&key).await?;
    batch.expect_same(key.clone(), counted.as_ref());
    let (old, new) = ((reading.interaction)(was), now.map(reading.interaction));
    if let (Some(_), Some(now), Some(new)) = (&counted, now, &new)
        && old == *new
        && was.participants == now.participants
    {
        return Ok(());
    }
    if counted.is_some() {
        tally(batch, was, &old, -1);
        batch.delete(key.clone());
    }
    if let (Some(now), Some(new)) = (now, &new) {
        tally(batch, now, new, 1);
        batch.put(key, Bytes::new());
    }
    Ok(())
}

fn tally(batch: &mut Batch, interaction: &Interaction, words: &Words, delta: i64) {
    let scope = Scope::history(&interaction.owner);
    for word in words.iter() {
        for contact in &interaction.participants {
            let row = posting(&scope, Class::HISTORY, &word.text, contact.0);
            batch.count(of_contact(*contact, &word.text), delta, vec![row]);
            count(batch, &scope, &word.text, delta);
        }
    }
}

/// Counts the words of an interaction that was logged before there was an index; `false` if that
/// was done meanwhile, or if the interaction is another one.
pub async fn catch_up(
    store: &Store,
    snapshot: &Snapshot,
    batch: &mut Batch,
    number: u64,
) -> Result<bool, EngineError> {
    let found: Option<Stored<Interaction>> = interactions::get(snapshot, number).await?;
    let key = counted_key(number);
    let Some(found) = found else { return Ok(false) };
    if snapshot.get_with(&key, |_| ()).await?.is_some() {
        return Ok(false);
    }
    found.witness.require(batch);
    batch.expect_same(key, None);
    came(store, batch, number, &found.record);
    Ok(true)
}

/// Hands the words of a contact's interactions that begin with `start` to `visit`, ascending,
/// until it stops.
pub async fn words(
    snapshot: &Snapshot,
    contact: ContactId,
    start: &str,
    mut visit: impl FnMut(&str) -> Step + Send,
) -> Result<(), EngineError> {
    let all = of_contact(contact, "");
    let from = of_contact(contact, start);
    snapshot
        .scan(&from, &keys::after(&from), |key, _| {
            let word = key.get(all.len()..).and_then(|word| std::str::from_utf8(word).ok());
            word.map_or(Step::Continue, &mut visit)
        })
        .await
}
