//! What a user chose for themselves.
//!
//! | key | value |
//! |---|---|
//! | `1d` id | [`Preferences`] |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot};
use super::stored::{self, Stored};
use super::{Witness, decode, keys};
use crate::base::PrincipalId;

const VERSION: u8 = 3;

/// The format of stores that knew of alarms only.
const ALARMS_ONLY: u8 = 1;

/// The format of those that knew of zones, too.
const ALARMS_AND_ZONE: u8 = 2;
const PREFERENCES: u8 = 0x1d;

/// What a user chose; the default is what holds until they do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Preferences {
    /// When to be reminded of birthdays and anniversaries; never, if empty.
    pub birthday_alarms: Vec<DayAlarm>,
    /// The time zone they live in (IANA), which dates that they type are meant in.
    pub zone: Option<String>,
    /// Are events that ended not to be logged?
    pub no_meetings: bool,
    /// The days of contacts of which follow-ups come; each once.
    pub reminders: Vec<Reminder>,
}

/// A day of contacts of which a follow-up comes every year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// Which day.
    pub of: DayOf,
    /// So many days before.
    pub days_before: u16,
}

/// A day that cards have. New ones go to the end: records hold their place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DayOf {
    /// The birthday.
    Birthday,
    /// The day in a field of the user's own, which is known by its property.
    Field(String),
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
    let record = match value.first() {
        Some(&ALARMS_ONLY) => {
            let birthday_alarms = decode(ALARMS_ONLY, &value)?;
            Preferences { birthday_alarms, ..Preferences::default() }
        }
        Some(&ALARMS_AND_ZONE) => {
            let (birthday_alarms, zone) = decode(ALARMS_AND_ZONE, &value)?;
            Preferences { birthday_alarms, zone, ..Preferences::default() }
        }
        _ => decode(VERSION, &value)?,
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
    stored::advance(batch, VERSION, key(user), read, now)
}

/// Forgets what `user` chose.
pub fn remove(batch: &mut Batch, user: &PrincipalId) {
    batch.delete(key(user));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::encode;
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
        let zone = Some("Europe/Rome".to_owned());
        let ben = PrincipalId::parse("ben").unwrap();
        let mut batch = Batch::new();
        batch.put(key(&anna), encode(ALARMS_ONLY, &alarms).unwrap());
        batch.put(key(&ben), encode(ALARMS_AND_ZONE, &(&alarms, &zone)).unwrap());
        store.commit(batch).await.unwrap();

        let snapshot = store.snapshot().await.unwrap();
        let read = get(&snapshot, &anna).await.unwrap().unwrap();
        let known = Preferences { birthday_alarms: alarms, ..Preferences::default() };
        assert_eq!(read.record, known);
        let of_ben = get(&snapshot, &ben).await.unwrap().unwrap().record;
        assert_eq!(of_ben, Preferences { zone, ..known });
        let now = Preferences {
            zone: Some("Europe/Paris".into()),
            no_meetings: true,
            reminders: vec![Reminder { of: DayOf::Birthday, days_before: 7 }],
            ..read.record.clone()
        };
        let mut batch = Batch::new();
        replace(&mut batch, &anna, Some(&read), &now).unwrap();
        store.commit(batch).await.unwrap();
        let snapshot = store.snapshot().await.unwrap();
        assert_eq!(get(&snapshot, &anna).await.unwrap().unwrap().record, now);
    }
}
