//! Which contact has a mail address: the index of a user's own books, brought up to date when
//! somebody asks. What that costs follows what changed since the last time; a PUT does not know
//! of it.

use std::collections::BTreeSet;

use crate::base::{CollectionId, Fault, PrincipalId};
use crate::formats::mail;
use crate::formats::vcard::{Card, Kind};
use crate::store::addresses::{self, State};
use crate::store::body::{self, Slot};
use crate::store::collection;
use crate::store::engine::{Batch, CommitError, Snapshot, Step};
use crate::store::{Store, change, member, unmatched};

/// Cards that one commit takes in.
const STEP: usize = 256;

/// Cards without an address that one commit goes past.
const PAGE: usize = 8192;

/// How often it is tried again after somebody else came first.
const ATTEMPTS: usize = 256;

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
    for id in books(snapshot, owner).await? {
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
    for id in books(snapshot, owner).await? {
        if let Some(name) = member::holder(snapshot, id, uid).await? {
            return Ok(Some(Holder { collection: id, name, uid: uid.to_owned() }));
        }
    }
    Ok(None)
}

/// Takes in what changed in a user's own books since the last time.
pub async fn freshen(store: &Store, owner: &PrincipalId) -> Result<(), Fault> {
    for id in books(&store.snapshot().await?, owner).await? {
        follow(store, id).await?;
    }
    Ok(())
}

/// The numbers of a user's own books, the oldest first.
async fn books(snapshot: &Snapshot, owner: &PrincipalId) -> Result<Vec<CollectionId>, Fault> {
    let mut found = collection::list(snapshot, owner, collection::Kind::AddressBook).await?;
    found.retain(|found| found.collection.role == collection::Role::Plain);
    let mut books: Vec<CollectionId> = found.iter().map(|found| found.collection.id).collect();
    books.sort();
    Ok(books)
}

async fn follow(store: &Store, id: CollectionId) -> Result<(), Fault> {
    let mut refused = 0;
    while refused < ATTEMPTS {
        let snapshot = store.snapshot().await?;
        let Some(book) = collection::get(&snapshot, id).await? else { return Ok(()) };
        let read = addresses::state(&snapshot, id).await?;
        let before = read.as_ref().map(|stored| stored.record.clone());
        let head = change::head(&snapshot, id).await?;
        let mut state = before.clone().unwrap_or(State { form: 0, head, after: None });
        if state.form != FORM {
            (state.form, state.after) = (FORM, Some(String::new()));
        }
        let mut batch = Batch::new();
        if state.after.is_some() {
            go_through(&snapshot, &mut batch, id, &mut state).await?;
        } else if state.head < head {
            catch_up(&snapshot, &mut batch, id, &mut state).await?;
        }
        if before.as_ref() == Some(&state) {
            return Ok(());
        }
        let finished = state.after.is_none() && state.head >= head;
        book.witness.require(&mut batch);
        addresses::advance(&mut batch, id, read.as_ref(), &state)?;
        match store.commit(batch).await {
            Ok(_) if finished => return Ok(()),
            Ok(_) => {}
            Err(CommitError::Refused(_)) => refused += 1,
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(Fault::busy(1))
}

/// Goes on going through a whole book.
async fn go_through(
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: CollectionId,
    state: &mut State,
) -> Result<(), Fault> {
    let (mut found, mut seen, mut last, mut stopped) = (Vec::new(), 0, None, false);
    let after = state.after.clone().filter(|name| !name.is_empty());
    body::scan_texts(snapshot, id, after.as_deref(), |name, text, _| {
        seen += 1;
        last = Some(name.to_owned());
        let mails = on_card(text);
        if !mails.is_empty() {
            found.push((name.to_owned(), mails));
        }
        stopped = found.len() >= STEP || seen >= PAGE;
        if stopped { Step::Stop } else { Step::Continue }
    })
    .await?;
    for (name, mails) in found {
        note(snapshot, batch, id, &name, mails).await?;
    }
    state.after = last.filter(|_| stopped);
    Ok(())
}

/// Takes in what the change log has beyond what was.
async fn catch_up(
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: CollectionId,
    state: &mut State,
) -> Result<(), Fault> {
    let mut names = BTreeSet::new();
    let mut head = state.head;
    change::scan(snapshot, id, state.head, |sequence, name| {
        head = sequence;
        names.insert(name.to_owned());
        if names.len() < STEP { Step::Continue } else { Step::Stop }
    })
    .await?;
    for name in names {
        let mails = match member::get(snapshot, id, &name).await? {
            Some(_) => on_card(&body::get(snapshot, Slot::Member(id, &name)).await?.text),
            None => Vec::new(),
        };
        note(snapshot, batch, id, &name, mails).await?;
    }
    state.head = head;
    Ok(())
}

/// Writes the addresses of a card, where they are not as they should be.
async fn note(
    snapshot: &Snapshot,
    batch: &mut Batch,
    id: CollectionId,
    name: &str,
    mails: Vec<String>,
) -> Result<(), Fault> {
    let before = addresses::of_member(snapshot, id, name).await?;
    let now = match member::get(snapshot, id, name).await? {
        Some(member) if !mails.is_empty() => Some(addresses::Card { uid: member.uid, mails }),
        _ => None,
    };
    addresses::replace(batch, id, name, before.as_ref(), now.as_ref())?;
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
