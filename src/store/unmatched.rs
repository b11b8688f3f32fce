//! Mail of people who are on no card: it waits until its owner says who they are.
//!
//! | key | value |
//! |---|---|
//! | `65` owner `00` mail | [`Sender`] |
//! | `66` owner `00` mail | the UID of the contact that the address is said to be of |

use serde::{Deserialize, Serialize};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::stored::{self, Stored};
use super::{check_owned, decode, principals};
use crate::base::{PrincipalId, Timestamp};

const VERSION: u8 = 1;
const SENDER: u8 = 0x65;
const ASSIGNED: u8 = 0x66;

/// Somebody who is on no card.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sender {
    /// The name they give themselves, or nothing.
    pub name: String,
    /// Mails that came, also those that are not kept any more.
    pub count: u64,
    /// When the first one came.
    pub first: Timestamp,
    /// When the latest one came.
    pub last: Timestamp,
    /// What can still be logged, the latest last.
    pub waiting: Vec<Waiting>,
}

/// A mail that is not logged yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The UID that it has once it is logged.
    pub uid: String,
    /// When it was written.
    pub at: Timestamp,
    /// The owner wrote it.
    pub sent: bool,
    /// What is to be remembered.
    pub text: String,
    /// Where the mail itself may be found.
    pub link: Option<String>,
    /// No mail server vouches for who wrote it.
    pub doubtful: bool,
}

fn key(table: u8, owner: &PrincipalId, mail: &str) -> Vec<u8> {
    Key::of(table).text(owner.as_str()).bytes(mail.as_bytes()).done()
}

/// What waits from an address.
pub async fn get(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    mail: &str,
) -> Result<Option<Stored<Sender>>, EngineError> {
    stored::read(snapshot, VERSION, key(SENDER, owner, mail)).await
}

/// All that waits for a user, by address.
pub async fn of_owner(
    snapshot: &Snapshot,
    owner: &PrincipalId,
) -> Result<Vec<(String, Sender)>, EngineError> {
    let prefix = key(SENDER, owner, "");
    stored::below(snapshot, VERSION, &prefix, usize::MAX, keys::text_in).await
}

/// Adds "this waits from the address, no longer what was `read`" to `batch`.
pub fn set(
    batch: &mut Batch,
    owner: &PrincipalId,
    mail: &str,
    read: Option<&Stored<Sender>>,
    now: &Sender,
) -> Result<(), EngineError> {
    principals::tie(batch, owner);
    stored::advance(batch, VERSION, key(SENDER, owner, mail), read, now)
}

/// Adds "nothing waits from the address any more" to `batch`.
pub fn dismiss(batch: &mut Batch, owner: &PrincipalId, mail: &str) {
    batch.delete(key(SENDER, owner, mail));
}

/// The UID of the contact that an address is said to be of.
pub async fn assigned(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    mail: &str,
) -> Result<Option<String>, EngineError> {
    let uid = |uid: &[u8]| String::from_utf8_lossy(uid).into_owned();
    snapshot.get_with(&key(ASSIGNED, owner, mail), uid).await
}

/// Adds "the address is of the contact with this UID" to `batch`.
pub fn assign(batch: &mut Batch, owner: &PrincipalId, mail: &str, uid: &str) {
    principals::tie(batch, owner);
    batch.put(key(ASSIGNED, owner, mail), uid.as_bytes().to_vec());
}

/// The addresses that are said to be of the contact with this UID.
pub async fn assigned_to(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Vec<String>, EngineError> {
    let prefix = key(ASSIGNED, owner, "");
    let mut mails = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, value| {
            if value == uid.as_bytes() {
                let mail = key.get(prefix.len()..).unwrap_or_default();
                mails.push(String::from_utf8_lossy(mail).into_owned());
            }
            Step::Continue
        })
        .await?;
    Ok(mails)
}

/// Adds "nothing is said of the address any more" to `batch`.
pub fn unassign(batch: &mut Batch, owner: &PrincipalId, mail: &str) {
    batch.delete(key(ASSIGNED, owner, mail));
}

/// Adds the end of all this to `batch`.
pub async fn remove(
    snapshot: &Snapshot,
    batch: &mut Batch,
    owner: &PrincipalId,
) -> Result<(), EngineError> {
    for table in [SENDER, ASSIGNED] {
        let prefix = key(table, owner, "");
        stored::end_below(snapshot, batch, &prefix).await?;
    }
    Ok(())
}

/// What is wrong, one sentence each.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let reads = |_: &[u8], row: &[u8]| decode::<Sender>(VERSION, row).is_ok();
    let mut faults = check_owned::check(snapshot, &[&[SENDER]], "waiting mail", reads).await?;
    let reads = |mail: &[u8], _: &[u8]| !mail.is_empty();
    let what = "an assigned sender";
    faults.extend(check_owned::check(snapshot, &[&[ASSIGNED]], what, reads).await?);
    Ok(faults)
}
