//! `rolodav book trash`, `rolodav restore`, `rolodav history`, `rolodav conflicts`

use super::books::book_name;
use super::{Pieces, conflicts, history, print};
use crate::app::Services;
use crate::base::{Fault, Timestamp};
use crate::calendars::spans;
use crate::cli::command::RecoveryCommand;
use crate::cli::outcome::{Outcome, TrashRow};
use crate::contacts::recovered;
use crate::store::Actor;
use crate::store::collection::Kind;
use crate::store::recovery;

pub(super) async fn recovery(
    services: &Services,
    user: &str,
    what: RecoveryCommand,
    pieces: &Pieces,
) -> Result<Outcome, Fault> {
    match what {
        RecoveryCommand::Trash => trash(services, user).await,
        RecoveryCommand::Book { book, new_name } => {
            restore_book(services, user, &book, new_name.as_deref()).await
        }
        RecoveryCommand::Card { book, card, version } => {
            restore_card(services, user, &book, &card, version).await
        }
        RecoveryCommand::History { book, card, diff } => {
            history::history(services, user, &book, &card, diff).await
        }
        RecoveryCommand::Show { book, card, version } => {
            print::version(services, user, &book, &card, version, pieces).await
        }
        RecoveryCommand::Conflicts => conflicts::list(services, user).await,
        RecoveryCommand::Conflict { number } => {
            print::conflict(services, user, number, pieces).await
        }
        RecoveryCommand::Forget { number } => conflicts::remove(services, user, number).await,
    }
}

async fn trash(services: &Services, user: &str) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    let trash = recovery::trash(&services.store.snapshot().await?, &owner).await?;
    let books = trash.collections.into_iter().map(|(book, cards)| TrashRow {
        what: book.name,
        cards: Some(cards),
        deleted: book.deleted.map(Timestamp::rfc3339).unwrap_or_default(),
        by: None,
    });
    let cards = trash.members.into_iter().map(|card| TrashRow {
        what: format!("{}/{}", card.collection, card.name),
        cards: None,
        deleted: card.deleted.rfc3339(),
        by: Some(who(&card.by)),
    });
    Ok(Outcome::Trash(books.chain(cards).collect()))
}

async fn restore_card(
    services: &Services,
    user: &str,
    book: &str,
    card: &str,
    version: usize,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    let store = &services.store;
    let book = recovery::holding(&store.snapshot().await?, &owner, book, card).await?;
    let actor = Actor { principal: owner.to_string(), device: "rolodav restore".to_owned() };
    let now = store.now();
    match book.kind {
        Kind::AddressBook => {
            recovered::restore(store, &services.rules, &book, (card, version), &actor).await?;
        }
        Kind::Calendar => {
            let time = |bytes: &[u8]| spans::of_stored(bytes, now);
            recovery::restore_member(store, &book, card, version, &actor, time, None).await?;
        }
    }
    Ok(Outcome::Done(format!(
        "`{}/{card}` is back as it was in version {version}. What it replaced is in its history.",
        book.name
    )))
}

async fn restore_book(
    services: &Services,
    user: &str,
    book: &str,
    new_name: Option<&str>,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    let new_name = new_name.map(book_name).transpose()?;
    let actor = Actor { principal: owner.to_string(), device: "rolodav restore".to_owned() };
    let (store, new_name) = (&services.store, new_name.as_ref());
    let restored = recovery::restore_collection(store, &owner, book, new_name, &actor).await?;
    let what = match restored.kind {
        Kind::AddressBook => "book",
        Kind::Calendar => "calendar",
    };
    Ok(Outcome::Done(format!("The {what} `{}` of {owner} is back.", restored.name)))
}

pub(super) fn who(actor: &Actor) -> String {
    if actor.device.is_empty() {
        actor.principal.clone()
    } else {
        format!("{} ({})", actor.principal, actor.device)
    }
}
