//! Whom a merge is about: the contacts that are named, with their records and all their cards.

use bytes::Bytes;

use crate::base::{ContactId, Fault, PrincipalId, Timestamp};
use crate::contacts::layer::{Unwoven, unweave};
use crate::contacts::naming::one_line;
use crate::formats::vcard::Card;
use crate::store::body::{self, Slot};
use crate::store::collection::Found as Book;
use crate::store::contacts::{self, Contact};
use crate::store::engine::Snapshot;
use crate::store::member::{self, Flags, Found};
use crate::store::served;
use crate::store::stored::Stored;

/// Somebody who takes part in a merge.
#[derive(Debug)]
pub(super) struct Party {
    /// The UID that they are known by.
    pub uid: String,
    /// All UIDs that lead to them, that one first.
    pub uids: Vec<String>,
    /// The name on the first of their cards.
    pub name: String,
    /// What is remembered of them.
    pub contact: Option<(ContactId, Stored<Contact>)>,
    /// Their cards, those in the oldest book first.
    pub cards: Vec<Placed>,
}

/// A card where it lies.
#[derive(Debug)]
pub(super) struct Placed {
    /// Which of the books.
    pub book: usize,
    /// Its name there.
    pub name: String,
    /// Its row.
    pub found: Found,
    /// Its bytes.
    pub bytes: Bytes,
    /// The bytes without what the server adds.
    pub unwoven: Unwoven,
    /// When a person edited it last.
    pub edited: Timestamp,
}

/// The contact of `owner` that `uid` (normalised) leads to.
pub(super) async fn party(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    books: &[Book],
    uid: &str,
) -> Result<Party, Fault> {
    let contact = contacts::find(snapshot, owner, uid).await?;
    let uids: Vec<String> = match &contact {
        Some((_, read)) => {
            let record = &read.record;
            std::iter::once(&record.uid).chain(&record.aliases).cloned().collect()
        }
        None => vec![uid.to_owned()],
    };
    let mut cards = Vec::new();
    for (index, book) in books.iter().enumerate() {
        for uid in &uids {
            let id = book.collection.id;
            let Some(name) = member::holder(snapshot, id, uid).await? else { continue };
            let Some(found) = member::find(snapshot, id, &name).await? else { continue };
            if found.member.flags.has(Flags::GROUP) {
                let message =
                    format!("`{}/{name}` is a group, not a person.", book.collection.name);
                return Err(Fault::bad_request(message));
            }
            let stored = body::get(snapshot, Slot::Member(id, &name)).await?;
            let bytes = stored.whole(snapshot).await?;
            let unwoven = unweave(&bytes);
            let edited = edited(&unwoven.base).unwrap_or(found.member.modified);
            cards.push(Placed { book: index, name, found, bytes, unwoven, edited });
        }
    }
    let Some(first) = cards.first() else {
        return Err(Fault::new(404, format!("{owner} has no card with the UID `{uid}`.")));
    };
    let name = Card::parse(&first.unwoven.base).full_name().unwrap_or_default();
    let uid = uids.first().cloned().unwrap_or_default();
    Ok(Party { uid, uids, name: one_line(&name), contact, cards })
}

impl Party {
    /// When the first of the cards came.
    pub(super) fn since(&self) -> Timestamp {
        self.cards.iter().map(|card| card.found.member.created).min().unwrap_or_default()
    }
}

/// The highest revision that any of the cards was served with.
pub(super) async fn served_last(
    snapshot: &Snapshot,
    books: &[Book],
    winner: &Party,
    losers: &[Party],
) -> Result<u64, Fault> {
    let mut last = 0;
    for card in std::iter::once(winner).chain(losers).flat_map(|party| &party.cards) {
        let Some(book) = books.get(card.book) else { continue };
        let versions = served::of_member(snapshot, book.collection.id, &card.name).await?;
        last = versions.iter().map(|version| version.revision).max().unwrap_or(0).max(last);
    }
    Ok(last)
}

/// When the card says that it was written.
pub fn edited(card: &[u8]) -> Option<Timestamp> {
    let rev = Card::parse(card).text("REV")?.trim().to_owned();
    let parsed: jiff::Timestamp = rev.parse().ok().or_else(|| {
        let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", rev.trim_end_matches('Z'));
        jiff::tz::TimeZone::UTC.to_timestamp(civil.ok()?).ok()
    })?;
    u64::try_from(parsed.as_millisecond()).ok().map(Timestamp)
}
