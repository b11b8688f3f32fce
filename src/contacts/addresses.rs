//! Which contact has a mail address: the index of a user's own books, brought up to date when
//! somebody asks. What that costs follows what changed since the last time; a PUT does not know
//! of it.

use super::books;
use super::following::{self, Done, Index, Round};
use crate::base::{CollectionId, Fault, PrincipalId};
use crate::formats::mail;
use crate::formats::vcard::{Card, Kind};
use crate::store::engine::Snapshot;
use crate::store::{Store, addresses, member, unmatched};

/// Most addresses of one card that are found.
const MOST_OF_A_CARD: usize = 50;

/// Most cards with one address that are looked at in one book.
const MOST_HOLDERS: usize = 20;

/// The form of what is written; another one has everything written anew.
const FORM: u8 = 1;

/// A card that has an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The book.
    pub collection: CollectionId,
    /// Its name in the book.
    pub name: String,
    /// Its UID.
    pub uid: String,
}

/// The addresses on a card, each once, in the form in which they compare; none of a group.
pub fn on_card(text: &[u8]) -> Vec<String> {
    let card = Card::parse(text);
    if card.kind() == Kind::Group {
        return Vec::new();
    }
    let mut mails = Vec::new();
    for mail in card.all("EMAIL").filter_map(|line| mail::address(&line.text())) {
        if mails.len() < MOST_OF_A_CARD && !mails.contains(&mail) {
            mails.push(mail);
        }
    }
    mails
}

/// The cards of a user's own books that have this address, each UID once, those of the oldest
/// book first, and the one that its owner said it is of. [`freshen`] first.
pub async fn holders(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    mail: &str,
) -> Result<Vec<Holder>, Fault> {
    let Some(mail) = mail::address(mail) else { return Ok(Vec::new()) };
    let mut found: Vec<Holder> = Vec::new();
    for id in books::numbers(snapshot, owner).await? {
        for (name, uid) in addresses::holders(snapshot, id, &mail, MOST_HOLDERS).await? {
            if !found.iter().any(|seen| seen.uid == uid) {
                found.push(Holder { collection: id, name, uid });
            }
        }
    }
    if let Some(uid) = unmatched::assigned(snapshot, owner, &mail).await?
        && !found.iter().any(|seen| seen.uid == uid)
    {
        found.extend(card(snapshot, owner, &uid).await?);
    }
    Ok(found)
}

/// The card of a user's own books that has this UID.
pub async fn card(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    uid: &str,
) -> Result<Option<Holder>, Fault> {
    for id in books::numbers(snapshot, owner).await? {
        if let Some(name) = member::holder(snapshot, id, uid).await? {
            return Ok(Some(Holder { collection: id, name, uid: uid.to_owned() }));
        }
    }
    Ok(None)
}

/// Takes in what changed in a user's own books since the last time.
pub async fn freshen(store: &Store, owner: &PrincipalId) -> Result<(), Fault> {
    let listed = books::numbers(&store.snapshot().await?, owner).await?;
    for id in listed {
        following::follow(store, &mut Addresses, id).await?;
    }
    Ok(())
}

/// The index of mail addresses.
struct Addresses;

impl Index for Addresses {
    type Facts = Vec<String>;
    type Form = addresses::Form;

    fn form(&self) -> u8 {
        FORM
    }

    fn state_key(&self, book: CollectionId) -> Vec<u8> {
        addresses::state_key(book)
    }

    fn read(&self, text: &[u8]) -> Option<Vec<String>> {
        Some(on_card(text)).filter(|mails| !mails.is_empty())
    }

    async fn file(
        &mut self,
        round: &mut Round<'_>,
        card: following::Card<'_>,
        mails: Option<Vec<String>>,
    ) -> Done {
        let before = addresses::of_member(round.snapshot, round.book, card.name).await?;
        let now = card.member.zip(mails);
        let now = now.map(|(member, mails)| addresses::Card { uid: member.uid.clone(), mails });
        addresses::replace(round.batch, round.book, card.name, before.as_ref(), now.as_ref())?;
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
