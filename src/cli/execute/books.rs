//! `rolodav book list|create|attention`

use super::acting_for;
use crate::app::Services;
use crate::base::{Fault, ObjectName};
use crate::cli::outcome::{AttentionRow, BookRow, Outcome};
use crate::contacts::books;
use crate::dav::path::Address;
use crate::dav::tree;
use crate::store::attention;
use crate::store::collection::{self, Found, Kind};

pub(super) async fn list(services: &Services, user: &str) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    let snapshot = services.store.snapshot().await?;
    let mut rows = Vec::new();
    for book in books::list(&snapshot, &owner).await? {
        let name = ObjectName::parse(&book.collection.name);
        let path = name.map(|name| {
            Address::Collection { kind: Kind::AddressBook, owner: owner.clone(), name }.href()
        });
        rows.push(BookRow {
            book: book.collection.name,
            display_name: book.collection.display_name,
            cards: book.cards,
            bytes: book.bytes,
            shares: book.shares,
            path: path.unwrap_or_default(),
        });
    }
    Ok(Outcome::Books(rows))
}

pub(super) async fn create(
    services: &Services,
    user: &str,
    book: &str,
    display_name: Option<String>,
) -> Result<Outcome, Fault> {
    let user = services.accounts.find_user(user).await?;
    let name = book_name(book)?;
    let actor = acting_for(&user, "rolodav book");
    let book = books::create(&services.store, &user, &name, display_name, &actor).await?;
    Ok(Outcome::Done(format!("{user} has the empty book `{}` now.", book.name)))
}

/// A name that a book can be given.
pub(super) fn book_name(name: &str) -> Result<ObjectName, Fault> {
    ObjectName::parse(name).filter(|name| !tree::is_reserved(name.as_str())).ok_or_else(|| {
        Fault::bad_request(format!(
            "`{name}` cannot be a book's name: take 1 to 255 letters, without a slash, and not \
             of the form that shared books have."
        ))
    })
}

pub(super) async fn attention(
    services: &Services,
    user: &str,
    book: Option<&str>,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    let snapshot = services.store.snapshot().await?;
    let chosen = match book {
        None => collection::list_all(&snapshot, &owner).await?,
        Some(name) => match collection::find_any(&snapshot, &owner, name).await? {
            Some(found) => vec![found],
            None => return Err(books::unknown(&owner, name)),
        },
    };
    let mut rows = Vec::new();
    for Found { collection: book, .. } in chosen {
        for (card, record) in attention::list(&snapshot, book.id).await? {
            rows.push(AttentionRow {
                book: book.name.clone(),
                card,
                at: record.at.rfc3339(),
                notes: record.notes.into_iter().map(|note| note.text).collect(),
            });
        }
    }
    Ok(Outcome::Attention(rows))
}
