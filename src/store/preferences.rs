//! What a user chose for themselves.
//!
//! | key | value |
//! |---|---|
//! | `1d` id | [`Preferences`] |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot};
use super::stored::Stored;
use super::{Witness, decode, encode, keys};
use crate::base::PrincipalId;

const VERSION: u8 = 2;

/// The format of stores that knew of alarms only.
const ALARMS_ONLY: u8 = 1;
const PREFERENCES: u8 = 0x1d;

/// What a user chose; the default is what holds until they do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Preferences {
    /// When to be reminded of birthdays and anniversaries; never, if empty.
    pub birthday_alarms: Vec<DayAlarm>,
    /// The time zone they live in (IANA), which dates that they type are meant in.
    pub zone: Option<String>,
}

/// A time to be reminded of something that takes a whole day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DayAlarm {
    /// Days before; 0 is the day itself.
    pub days_before: u16,
    /// Minutes after midnight.
    pub minute: u16,
}

fn key(user: &PrincipalId) -> Vec<u8> {
    keys::Key::of(PREFERENCES).bytes(user.as_str().as_bytes()).done()
}

/// What `user` chose; `None` if they never did.
pub async fn get(
    snapshot: &Snapshot,
    user: &PrincipalId,
) -> Result<Option<Stored<Preferences>>, EngineError> {
    let Some(value) = snapshot.get(&key(user)).await? else { return Ok(None) };
    let record = if value.first() == Some(&ALARMS_ONLY) {
        let birthday_alarms = decode(ALARMS_ONLY, &value)?;
        Preferences { birthday_alarms, zone: None }
    } else {
        decode(VERSION, &value)?
    };
    Ok(Some(Stored { record, witness: Witness::new(key(user), Some(value)) }))
}

/// Adds the change from what was `read` to `now` to `batch`.
pub fn replace(
    batch: &mut Batch,
    user: &PrincipalId,
    read: Option<&Stored<Preferences>>,
    now: &Preferences,
) -> Result<(), EngineError> {
    match read {
        Some(stored) => stored.witness.require(batch),
        None => drop(batch.expect_same(key(user), None)),
    }
    batch.put(key(user), encode(VERSION, now)?);
    Ok(())
}

/// Forgets what `user` chose.
pub fn remove(batch: &mut Batch, user: &PrincipalId) {
    batch.delete(key(user));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::SystemClock;
    use crate::store::Store;
    use crate::store::engine::Engine;
    use crate::store::engine::memory::MemoryEngine;

    #[tokio::test]
    async fn what_an_older_rolodav_wrote_is_read_and_the_next_change_writes_it_anew() {
        let store = Store::open(Engine::Memory(MemoryEngine::default()), Arc::new(SystemClock));
        let store = store.await.unwrap();
        let anna = PrincipalId::parse("anna").unwrap();
        let alarms = vec![DayAlarm { days_before: 7, minute: 540 }];
        let mut batch = Batch::new();
        batch.put(key(&anna), encode(ALARMS_ONLY, &alarms).unwrap());
        store.commit(batch).await.unwrap();

        let snapshot = store.snapshot().await.unwrap();
        let read = get(&snapshot, &anna).await.unwrap().unwrap();
        assert_eq!(read.record, Preferences { birthday_alarms: alarms, zone: None });
        let now = Preferences { zone: Some("Europe/Paris".into()), ..read.record.clone() };
        let mut batch = Batch::new();
        replace(&mut batch, &anna, Some(&read), &now).unwrap();
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        assert_eq!(get(&snapshot, &anna).await.unwrap().unwrap().record, now);
    }
}
