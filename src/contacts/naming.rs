//! What a contact is called, and which of its cards says so.

use crate::base::{CollectionId, Fault, PrincipalId};
use crate::contacts::books;
use crate::formats::vcard::Card;
use crate::store::body::{self, Slot};
use crate::store::contacts::Contact;
use crate::store::engine::Snapshot;
use crate::store::member;

/// Longest name in a title, in characters.
const LONGEST: usize = 200;

/// The name of a contact on one line: that of its record, else that on its card, else its UID.
pub async fn name_of(snapshot: &Snapshot, contact: &Contact) -> Result<String, Fault> {
    if !contact.name.trim().is_empty() {
        return Ok(one_line(&contact.name));
    }
    for uid in std::iter::once(&contact.uid).chain(&contact.aliases) {
        let Some((book, name)) = card_of(snapshot, &contact.owner, uid).await? else { continue };
        let card = body::get(snapshot, Slot::Member(book, &name)).await?;
        if let Some(name) = Card::parse(&card.text).full_name().map(|name| one_line(&name))
            && !name.is_empty()
        {
            return Ok(name);
        }
    }
    Ok(one_line(&contact.uid))
}

/// The book and the name in it of the card with this UID, in the oldest of the owner's books that
/// has it.
pub async fn card_of(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Option<(CollectionId, String)>, Fault> {
    for id in books::numbers(snapshot, owner).await? {
        if let Some(name) = member::holder(snapshot, id, uid).await? {
            return Ok(Some((id, name)));
        }
    }
    Ok(None)
}

/// `text` on one line, without control characters, of bounded length.
pub fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(LONGEST).collect()
}
