//! Mail addresses and the cards they are on: an index of each address book, which somebody brings
//! up to date when it is asked.
//!
//! | key | value |
//! |---|---|
//! | `60` collection | [`followed::State`](super::followed::State) |
//! | `61` collection mail `00` name | the UID of the member |
//! | `62` collection name | [`Card`] |

use serde::{Deserialize, Serialize};

use super::encode;
use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key};
use super::stored::{self, Stored};
use crate::base::CollectionId;

const VERSION: u8 = 1;
pub(super) const STATE: u8 = 0x60;
pub(super) const BY_MAIL: u8 = 0x61;
pub(super) const BY_NAME: u8 = 0x62;

/// What the index depends on beside the cards; another one has everything written anew.
pub type Form = u8;

/// What the index has of a card.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Card {
    /// Its UID.
    pub uid: String,
    /// The addresses on it, each once, in the form in which they compare.
    pub mails: Vec<String>,
}

/// Where it is written how far the index follows a book.
pub fn state_key(id: CollectionId) -> Vec<u8> {
    keys::of_collection(STATE, id)
}

fn name_key(id: CollectionId, name: &str) -> Vec<u8> {
    keys::in_collection(BY_NAME, id, name)
}

fn mail_prefix(id: CollectionId, mail: &str) -> Vec<u8> {
    Key::of(BY_MAIL).number(id.0).text(mail).done()
}

/// What the index has of a member.
pub async fn of_member(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Option<Card>, EngineError> {
    let found = stored::read(snapshot, VERSION, name_key(id, name)).await?;
    Ok(found.map(|found: Stored<Card>| found.record))
}

/// Adds "member `name` has `now` instead of `before`" to `batch`.
pub fn replace(
    batch: &mut Batch,
    id: CollectionId,
    name: &str,
    before: Option<&Card>,
    now: Option<&Card>,
) -> Result<(), EngineError> {
    if before == now {
        return Ok(());
    }
    let key = |mail: &str| [mail_prefix(id, mail), name.as_bytes().to_vec()].concat();
    for mail in before.into_iter().flat_map(|card| &card.mails) {
        batch.delete(key(mail));
    }
    let Some(card) = now else {
        batch.delete(name_key(id, name));
        return Ok(());
    };
    for mail in &card.mails {
        batch.put(key(mail), card.uid.as_bytes().to_vec());
    }
    batch.put(name_key(id, name), encode(VERSION, card)?);
    Ok(())
}

/// Up to `most` members of a book that have this address, by name, with their UIDs.
pub async fn holders(
    snapshot: &Snapshot,
    id: CollectionId,
    mail: &str,
    most: usize,
) -> Result<Vec<(String, String)>, EngineError> {
    let prefix = mail_prefix(id, mail);
    let mut found = Vec::new();
    snapshot
        .scan(&prefix, &keys::after(&prefix), |key, uid| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            found.push((text(key.get(prefix.len()..).unwrap_or_default()), text(uid)));
            if found.len() < most { Step::Continue } else { Step::Stop }
        })
        .await?;
    Ok(found)
}

/// What is wrong with the index, one sentence each: both sides of it must say the same.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
    let mut faults = Vec::new();
    let (mut listed, mut counted) = (0_u64, 0_u64);
    snapshot
        .scan(&[BY_MAIL], &keys::after(&[BY_MAIL]), |_, _| {
            listed += 1;
            Step::Continue
        })
        .await?;
    let mut unreadable = 0_u64;
    snapshot
        .scan(&[BY_NAME], &keys::after(&[BY_NAME]), |_, value| {
            match super::decode::<Card>(VERSION, value) {
                Ok(card) => counted += card.mails.len() as u64,
                Err(_) => unreadable += 1,
            }
            Step::Continue
        })
        .await?;
    if unreadable > 0 {
        faults.push(format!("the mail addresses of {unreadable} cards cannot be read"));
    }
    if listed != counted {
        faults.push(format!("cards have {counted} mail addresses, the index has {listed}"));
    }
    Ok(faults)
}
