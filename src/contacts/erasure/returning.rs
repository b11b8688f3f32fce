//! Whether a card that comes is of somebody who was erased.

use super::trace::{FromCard, known_by};
use crate::base::{Fault, PrincipalId};
use crate::formats::vcard::Card;
use crate::store::attention::Note;
use crate::store::engine::Snapshot;
use crate::store::tombstones;

/// Of whom a card is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returning {
    /// Somebody who was erased, by its UID.
    Erased,
    /// Somebody who has the name and an address or number of one who was erased.
    Alike,
    /// Nobody whose tombstone is there.
    Nobody,
}

impl Returning {
    /// Why a card of a file is not taken, if it is not.
    pub const fn kept_out(self) -> Option<&'static str> {
        match self {
            Self::Erased => {
                Some("This contact was erased for good. `rolodav person allow` lets it come back.")
            }
            Self::Alike => Some(
                "Somebody with this name and one of these addresses or numbers was erased for \
                 good. `rolodav person allow` lets them come back.",
            ),
            Self::Nobody => None,
        }
    }

    /// What is told of a card that was taken nevertheless.
    pub fn note() -> Note {
        Note {
            code: "erased-before".to_owned(),
            text: "Somebody with this name and one of these addresses or numbers was erased; the \
                   card was taken as that of somebody who gave them anew."
                .to_owned(),
        }
    }
}

/// Of whom `card` with this UID (normalised) is.
pub async fn returning(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
    card: &[u8],
) -> Result<Returning, Fault> {
    if tombstones::hasher(snapshot, owner).await?.is_none() {
        return Ok(Returning::Nobody);
    }
    if tombstones::of_uid(snapshot, owner, uid).await?.is_some() {
        return Ok(Returning::Erased);
    }
    let FromCard { names, mails, phones } = FromCard::of(&Card::parse(card));
    let known = known_by(&names, &mails, &phones);
    let alike = tombstones::of_values(snapshot, owner, &known).await?.is_some();
    Ok(if alike { Returning::Alike } else { Returning::Nobody })
}
