//! Cards that come to be uploaded after a merge ended them: by a phone that was away, or out of an
//! old backup. What they say reaches the one that stands for them.

use super::survivor::{Source, union};
use crate::base::{ETag, Fault, PrincipalId, Timestamp};
use crate::contacts::books;
use crate::contacts::layer::{Unwoven, unweave};
use crate::formats::edit::Edits;
use crate::formats::vcard::Card;
use crate::store::body::{self, Slot};
use crate::store::collection::Collection;
use crate::store::contacts;
use crate::store::engine::Snapshot;
use crate::store::merges::{self, Before};
use crate::store::{history, member};

/// The card in `book` that a card with `uid` (normalised) is meant for which comes to be stored
/// there: that of the contact which the UID leads to, if it is not the contact's own UID and no
/// card has it.
pub async fn meant(
    snapshot: &Snapshot,
    book: &Collection,
    uid: &str,
) -> Result<Option<String>, Fault> {
    let Some((_, read)) = contacts::find(snapshot, &book.owner, uid).await? else {
        return Ok(None);
    };
    let contact = read.record;
    if contact.uid == uid || member::holder(snapshot, book.id, uid).await?.is_some() {
        return Ok(None);
    }
    for known in std::iter::once(&contact.uid).chain(&contact.aliases) {
        if let Some(name) = member::holder(snapshot, book.id, known).await? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// The version of a card that a merge ended which somebody edited who sent `base` and named
/// `tags`. If it is not known it is taken to be what was sent: then nothing is a change.
pub async fn version_before(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
    base: &[u8],
    tags: &[ETag],
) -> Result<Option<Unwoven>, Fault> {
    let cards = ended(snapshot, owner, uid).await?;
    let mut names = Vec::new();
    for card in &cards {
        let Some(bytes) = &card.bytes else { continue };
        let known = unweave(bytes);
        if known.base == base || tags.contains(&ETag::of(bytes)) {
            return Ok(Some(known));
        }
        names.push((card.collection, &card.name));
    }
    let live = books::numbers(snapshot, owner).await?;
    for (collection, name) in names.into_iter().filter(|(id, _)| live.contains(id)) {
        for tag in tags {
            let since = Timestamp(0);
            let kept = history::replaced_since(snapshot, collection, name, *tag, since).await?;
            if let Some(place) = kept {
                let body = body::get(snapshot, Slot::Kept(place)).await?;
                return Ok(Some(unweave(&body.whole(snapshot).await?)));
            }
        }
    }
    Ok(None)
}

/// What the card with this UID (normalised) was when it was merged last.
pub async fn version_merged(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Option<Unwoven>, Fault> {
    let bytes = ended(snapshot, owner, uid).await?.into_iter().find_map(|card| card.bytes);
    Ok(bytes.map(|bytes| unweave(&bytes)))
}

/// What the cards with this UID were before the merge that ended them.
async fn ended(snapshot: &Snapshot, owner: &PrincipalId, uid: &str) -> Result<Vec<Before>, Fault> {
    let Some(last) = merges::of_uid(snapshot, owner, uid).await? else { return Ok(Vec::new()) };
    let mut cards = merges::before(snapshot, owner, last).await?;
    cards.retain(|card| card.uid == uid);
    if !cards.is_empty() {
        return Ok(cards);
    }
    // It led to one of those already that became one: an earlier merge ended the card.
    for (number, merge) in merges::list(snapshot, owner).await? {
        if number < last && merge.undone.is_none() && merge.uids.iter().any(|known| known == uid) {
            let mut earlier = merges::before(snapshot, owner, number).await?;
            earlier.retain(|card| card.uid == uid);
            if !earlier.is_empty() {
                return Ok(earlier);
            }
        }
    }
    Ok(cards)
}

/// `card` with what `other`, of which nobody knows how old it is, has beside it.
pub fn both(card: &[u8], other: &[u8]) -> Vec<u8> {
    let (newer, older) = (Timestamp(1), Timestamp(0));
    let stays = Source { card, edited: newer, created: older };
    let comes = Source { card: other, edited: older, created: newer };
    union(&stays, &comes)
}

/// `card` with the UID of `other`.
pub fn with_uid_of(other: &[u8], card: &[u8]) -> Vec<u8> {
    let (there, here) = (Card::parse(other), Card::parse(card));
    let (Some(uid), Some(line)) = (there.first("UID"), here.first("UID")) else {
        return card.to_vec();
    };
    let mut edits = Edits::new(card);
    edits.replace(line.span(), &uid.unfolded());
    edits.apply()
}
