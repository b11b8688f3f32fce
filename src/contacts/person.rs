//! Finding a contact for somebody who types: by address of the card, UID, mail address or name.

use super::{addresses, naming};
use crate::base::{Fault, PrincipalId};
use crate::contacts::books;
use crate::formats::collation::Collation;
use crate::formats::find::named;
use crate::formats::mail;
use crate::formats::text;
use crate::formats::vcard::{Card, normalize_uid};
use crate::store::Store;
use crate::store::body;
use crate::store::collection::Collection;
use crate::store::contacts;
use crate::store::engine::{Snapshot, Step};
use crate::store::member::{self, Flags};

/// Candidates that are named when several people fit.
const NAMED: usize = 10;

/// Cards that are looked through at a time.
const PAGE: usize = 1000;

/// Somebody with a card, or of whom something is remembered.
#[derive(Debug, Clone)]
pub struct Person {
    /// The normalised UID of the cards.
    pub uid: String,
    /// The name on the first of the cards.
    pub name: String,
    /// Where the cards lie.
    pub cards: Vec<Place>,
}

/// Where a card lies.
#[derive(Debug, Clone)]
pub struct Place {
    /// The book.
    pub book: Collection,
    /// The card's name in it.
    pub name: String,
    /// The card's normalised UID, which may be an alias.
    pub uid: String,
}

/// A card that fits what was typed.
struct Candidate {
    uid: String,
    name: String,
    place: String,
    /// Is it all of the name?
    whole: bool,
}

/// Whom `who` means among the contacts of `owner`: `BOOK/CARD`, a UID, a mail address, or a part
/// of a name, the whole of which goes first. A fault lists the candidates if several people fit.
pub async fn find(store: &Store, owner: &PrincipalId, who: &str) -> Result<Person, Fault> {
    let who = who.trim();
    if who.is_empty() {
        return Err(Fault::bad_request("Say whose contact it is: a part of the name will do."));
    }
    if who.contains('@') {
        addresses::freshen(store, owner).await?;
    }
    let snapshot = &store.snapshot().await?;
    let books = books::chosen(snapshot, owner, None).await?;
    if let Some(uid) = by_place(snapshot, &books, who).await? {
        return of_uid(snapshot, owner, &books, &uid).await;
    }
    let uid = normalize_uid(who);
    if let Some(flags) = held(snapshot, &books, &uid).await? {
        if flags.has(Flags::GROUP) {
            return Err(group(who));
        }
        return of_uid(snapshot, owner, &books, &uid).await;
    }
    if contacts::id_of(snapshot, owner, &uid).await?.is_some() {
        return of_uid(snapshot, owner, &books, &uid).await;
    }
    let mut candidates = by_mail(snapshot, owner, &books, who).await?;
    if candidates.is_empty() {
        candidates = matching(snapshot, &books, who).await?;
    }
    if candidates.iter().any(|candidate| candidate.whole) {
        candidates.retain(|candidate| candidate.whole);
    }
    let Some(first) = candidates.first() else {
        let who = naming::one_line(who);
        return Err(Fault::new(404, format!("{owner} has no contact `{who}`.")));
    };
    if candidates.iter().all(|candidate| candidate.uid == first.uid) {
        return of_uid(snapshot, owner, &books, &first.uid).await;
    }
    Err(several(who, &candidates))
}

/// The contact of `owner` with this UID (normalised).
pub async fn by_uid(snapshot: &Snapshot, owner: &PrincipalId, uid: &str) -> Result<Person, Fault> {
    of_uid(snapshot, owner, &books::chosen(snapshot, owner, None).await?, uid).await
}

fn several(who: &str, candidates: &[Candidate]) -> Fault {
    let named = candidates.iter().take(NAMED);
    let mut list: Vec<String> =
        named.map(|found| format!("{} ({})", naming::one_line(&found.name), found.place)).collect();
    if candidates.len() > NAMED {
        list.push(format!("{} more", candidates.len() - NAMED));
    }
    let who = naming::one_line(who);
    Fault::conflict(format!(
        "`{who}` fits several contacts; take more of the name, or what is in brackets: {}.",
        list.join(", ")
    ))
}

async fn of_uid(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    books: &[Collection],
    uid: &str,
) -> Result<Person, Fault> {
    let contact = contacts::find(snapshot, owner, uid).await?.map(|(_, found)| found.record);
    let (uids, name) = match contact {
        Some(contact) => {
            let uids = std::iter::once(contact.uid).chain(contact.aliases);
            (uids.collect(), contact.name)
        }
        None => (vec![uid.to_owned()], String::new()),
    };
    let mut cards = Vec::new();
    for book in books {
        for uid in &uids {
            if let Some(name) = member::holder(snapshot, book.id, uid).await? {
                cards.push(Place { book: book.clone(), name, uid: uid.clone() });
            }
        }
    }
    let uid = uids.into_iter().next().unwrap_or_default();
    let mut person = Person { uid, name, cards };
    if let Some(place) = person.cards.first() {
        let slot = body::Slot::Member(place.book.id, &place.name);
        let card = body::get(snapshot, slot).await?.text;
        person.name = Card::parse(&card).full_name().unwrap_or_default();
    }
    Ok(person)
}

/// What is known of the card with this UID, if there is one.
async fn held(
    snapshot: &Snapshot,
    books: &[Collection],
    uid: &str,
) -> Result<Option<Flags>, Fault> {
    for book in books {
        if let Some(name) = member::holder(snapshot, book.id, uid).await? {
            return Ok(member::get(snapshot, book.id, &name).await?.map(|found| found.flags));
        }
    }
    Ok(None)
}

fn group(who: &str) -> Fault {
    Fault::bad_request(format!("`{}` is a group, not a person.", naming::one_line(who)))
}

/// The UID of the card at `BOOK/CARD`, with or without the ending.
async fn by_place(
    snapshot: &Snapshot,
    books: &[Collection],
    who: &str,
) -> Result<Option<String>, Fault> {
    let Some((book, card)) = who.split_once('/') else { return Ok(None) };
    let Some(book) = books.iter().find(|found| found.name == book) else { return Ok(None) };
    for name in [card.to_owned(), format!("{card}.vcf")] {
        if let Some(found) = member::get(snapshot, book.id, &name).await? {
            if found.flags.has(Flags::GROUP) {
                return Err(group(who));
            }
            return Ok(Some(found.uid));
        }
    }
    Ok(None)
}

/// The cards with this mail address, one for each person.
async fn by_mail(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    books: &[Collection],
    who: &str,
) -> Result<Vec<Candidate>, Fault> {
    let Some(address) = mail::address(who) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for holder in addresses::holders(snapshot, owner, &address).await? {
        let Some(book) = books.iter().find(|book| book.id == holder.collection) else { continue };
        let slot = body::Slot::Member(book.id, &holder.name);
        let card = body::get(snapshot, slot).await?.text;
        let name = Card::parse(&card).full_name().unwrap_or_default();
        let place = format!("{}/{}", book.name, holder.name);
        found.push(Candidate { uid: holder.uid, name, place, whole: true });
    }
    Ok(found)
}

/// The cards whose name fits, one for each person; all books are read for it.
async fn matching(
    snapshot: &Snapshot,
    books: &[Collection],
    who: &str,
) -> Result<Vec<Candidate>, Fault> {
    let wanted = fold(who);
    let words: Vec<&str> = wanted.split_whitespace().collect();
    let mut found: Vec<Candidate> = Vec::new();
    for book in books {
        let mut after: Option<String> = None;
        loop {
            let (mut read, mut last, mut fits) = (0, None, Vec::new());
            body::scan_texts(snapshot, book.id, after.as_deref(), |name, text, _| {
                if let Some((full_name, whole)) = fit(text, &wanted, &words) {
                    fits.push((name.to_owned(), full_name, whole));
                }
                read += 1;
                last = Some(name.to_owned());
                if read < PAGE { Step::Continue } else { Step::Stop }
            })
            .await?;
            for (name, full_name, whole) in fits {
                let Some(member) = member::get(snapshot, book.id, &name).await? else { continue };
                if let Some(known) = found.iter_mut().find(|known| known.uid == member.uid) {
                    known.whole |= whole;
                } else if !member.flags.has(Flags::GROUP) {
                    let place = format!("{}/{name}", book.name);
                    found.push(Candidate { uid: member.uid, name: full_name, place, whole });
                }
            }
            match last {
                Some(name) => after = Some(name),
                None => break,
            }
        }
    }
    Ok(found)
}

/// The name on a card that fits, and whether what was typed is all of it.
fn fit(card: &[u8], wanted: &str, words: &[&str]) -> Option<(String, bool)> {
    let name = named(card, "FN").next();
    let name = name.map_or_else(String::new, |line| text::unescape(&line.value()).into_owned());
    let folded = fold(&name);
    words.iter().all(|word| folded.contains(word)).then(|| (name, folded == wanted))
}

fn fold(text: &str) -> String {
    Collation::UnicodeCasemap.key(text.trim()).into_owned()
}
