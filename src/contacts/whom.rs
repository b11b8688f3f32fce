//! Whom somebody means at the command line: a card by its place, its UID or a mail address.

use crate::base::{CollectionId, Fault, PrincipalId};
use crate::formats::find::named;
use crate::formats::vcard::normalize_uid;
use crate::store::collection::{self, Kind};
use crate::store::engine::{Snapshot, Step};
use crate::store::{body, member};

/// The cards that `who` means, by book and normalised UID: `BOOK/NAME`, a UID, or a mail address.
///
/// # Errors
/// 404 if there is none.
pub async fn find(
    snapshot: &Snapshot,
    owner: &PrincipalId,
    who: &str,
) -> Result<Vec<(CollectionId, String)>, Fault> {
    let books = collection::list(snapshot, owner, Kind::AddressBook).await?;
    if let Some((book, name)) = who.split_once('/')
        && let Some(book) = books.iter().find(|found| found.collection.name == book)
    {
        for name in [name.to_owned(), format!("{name}.vcf")] {
            if let Some(card) = member::get(snapshot, book.collection.id, &name).await? {
                return Ok(vec![(book.collection.id, card.uid)]);
            }
        }
    }
    let uid = normalize_uid(who);
    let mut found = Vec::new();
    for book in &books {
        if member::holder(snapshot, book.collection.id, &uid).await?.is_some() {
            found.push((book.collection.id, uid.clone()));
        }
    }
    if found.is_empty() && who.contains('@') {
        for book in &books {
            for name in with_mail(snapshot, book.collection.id, who).await? {
                let card = member::get(snapshot, book.collection.id, &name).await?;
                found.extend(card.map(|card| (book.collection.id, card.uid)));
            }
        }
    }
    if found.is_empty() {
        let message = format!(
            "{owner} has no card `{who}`. Name a card as BOOK/NAME, by its UID or by a mail address."
        );
        return Err(Fault::new(404, message));
    }
    Ok(found)
}

async fn with_mail(
    snapshot: &Snapshot,
    book: CollectionId,
    mail: &str,
) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    body::scan_texts(snapshot, book, None, |name, text, _| {
        if named(text, "EMAIL").any(|line| line.text().trim().eq_ignore_ascii_case(mail.trim())) {
            names.push(name.to_owned());
        }
        Step::Continue
    })
    .await?;
    Ok(names)
}
