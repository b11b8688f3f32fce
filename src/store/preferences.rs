//! What a user chose for themselves.
//!
//! | key | value |
//! |---|---|
//! | `1d` id | [`Preferences`] |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot};
use super::stored::{self, Stored};
use super::{encode, keys};
use crate::base::PrincipalId;

const VERSION: u8 = 1;
const PREFERENCES: u8 = 0x1d;

/// What a user chose; the default is what holds until they do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Preferences {
    /// When to be reminded of birthdays and anniversaries; never, if empty.
    pub birthday_alarms: Vec<DayAlarm>,
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
    stored::read(snapshot, VERSION, key(user)).await
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
