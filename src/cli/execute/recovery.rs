//! `rolodav book trash`, `rolodav history`, `rolodav restore`

use super::books::book_name;
use crate::app::Services;
use crate::base::{Fault, Timestamp};
use crate::cli::outcome::{Outcome, TrashRow, VersionRow};
use crate::contacts::{books, recovery};
use crate::store::Actor;
use crate::store::history::Reason;

pub(super) async fn trash(services: &Services, user: &str) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    let trash = recovery::trash(&services.store.snapshot().await?, &owner).await?;
    let books = trash.books.into_iter().map(|(book, cards)| TrashRow {
        what: book.name,
        cards: Some(cards),
        deleted: book.deleted.map(Timestamp::rfc3339).unwrap_or_default(),
        by: None,
    });
    let cards = trash.cards.into_iter().map(|card| TrashRow {
        what: format!("{}/{}", card.book, card.name),
        cards: None,
        deleted: card.deleted.rfc3339(),
        by: Some(who(&card.by)),
    });
    Ok(Outcome::Trash(books.chain(cards).collect()))
}

pub(super) async fn history(
    services: &Services,
    user: &str,
    book: &str,
    card: &str,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    let snapshot = services.store.snapshot().await?;
    let book = books::find(&snapshot, &owner, book).await?;
    let kept = recovery::versions(&snapshot, &book, card).await?;
    let rows = kept.into_iter().zip(1..).map(|(kept, version)| VersionRow {
        version,
        written: kept.version.written.rfc3339(),
        until: kept.place.at.rfc3339(),
        reason: match kept.version.reason {
            Reason::Deleted => "deleted".to_owned(),
            Reason::Replaced | Reason::Moved => "replaced".to_owned(),
        },
        by: who(&kept.version.by),
        bytes: kept.version.size,
    });
    Ok(Outcome::Versions(rows.collect()))
}

pub(super) async fn restore_card(
    services: &Services,
    user: &str,
    book: &str,
    card: &str,
    version: usize,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    let book = books::find(&services.store.snapshot().await?, &owner, book).await?;
    let actor = Actor { principal: owner.to_string(), device: "rolodav restore".to_owned() };
    recovery::restore_card(&services.store, &book, card, version, &actor).await?;
    Ok(Outcome::Done(format!(
        "`{}/{card}` is back as it was in version {version}. What it replaced is in its history.",
        book.name
    )))
}

pub(super) async fn restore_book(
    services: &Services,
    user: &str,
    book: &str,
    new_name: Option<&str>,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    let new_name = new_name.map(book_name).transpose()?;
    let restored = recovery::restore_book(&services.store, &owner, book, new_name.as_ref()).await?;
    Ok(Outcome::Done(format!("The book `{}` of {owner} is back.", restored.name)))
}

fn who(actor: &Actor) -> String {
    if actor.device.is_empty() {
        actor.principal.clone()
    } else {
        format!("{} ({})", actor.principal, actor.device)
    }
}
