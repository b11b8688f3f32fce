//! The passwords of people, hashed. Apart from the users, so that listing these reads none.
//!
//! | key | value |
//! |---|---|
//! | `15` user | [`Password`] |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot};
use super::{encode, stored};
use crate::base::{PrincipalId, Timestamp};

const VERSION: u8 = 1;
const PASSWORD: u8 = 0x15;

/// A person's password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    /// Argon2id as a PHC string, with its own parameters and salt.
    pub hash: String,
    /// When it was set.
    pub changed: Timestamp,
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Password").field("changed", &self.changed).finish_non_exhaustive()
    }
}

fn key(user: &PrincipalId) -> Vec<u8> {
    let mut key = vec![PASSWORD];
    key.extend_from_slice(user.as_str().as_bytes());
    key
}

/// The user's password; `None` when only devices can sign in.
pub async fn get(snapshot: &Snapshot, user: &PrincipalId) -> Result<Option<Password>, EngineError> {
    stored::record(snapshot, VERSION, &key(user)).await
}

/// Sets the user's password.
pub fn put(batch: &mut Batch, user: &PrincipalId, password: &Password) -> Result<(), EngineError> {
    batch.put(key(user), encode(VERSION, password)?);
    Ok(())
}

/// Removes the user's password.
pub fn remove(batch: &mut Batch, user: &PrincipalId) {
    batch.delete(key(user));
}
