//! `rolodav export`, `rolodav history … --show`: what is printed piece by piece.

use bytes::{Bytes, BytesMut};

use super::Pieces;
use super::conflicts;
use crate::app::Services;
use crate::base::Fault;
use crate::calendars::merged::Merged;
use crate::calendars::{generated, list};
use crate::cli::outcome::Outcome;
use crate::contacts::export::Cards;
use crate::contacts::{books, interactions_calendar};
use crate::store::collection::{self, Collection, Kind, Role};
use crate::store::recovery;

/// Small cards go together: a piece costs a wakeup and a line.
const PIECE: usize = 64 << 10;

pub(super) async fn export(
    services: &Services,
    user: &str,
    name: Option<&str>,
    calendars: bool,
    pieces: &Pieces,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    if calendars {
        for calendar in list::list(&services.store, &owner).await? {
            export_calendar(services, calendar.collection, pieces).await?;
        }
        return Ok(Outcome::Printed);
    }
    let snapshot = services.store.snapshot().await?;
    if let Some(name) = name
        && collection::find(&snapshot, &owner, Kind::AddressBook, name).await?.is_none()
        && let Some(found) = collection::find(&snapshot, &owner, Kind::Calendar, name).await?
    {
        export_calendar(services, found.collection, pieces).await?;
        return Ok(Outcome::Printed);
    }
    let books = books::chosen(&snapshot, &owner, name).await?;
    let mut ready = BytesMut::with_capacity(PIECE);
    for book in &books {
        let mut cards = Cards::of(&snapshot, book);
        while let Some(card) = cards.next().await? {
            ready.extend_from_slice(&card);
            if ready.len() >= PIECE {
                send(pieces, ready.split().freeze()).await?;
            }
        }
    }
    send(pieces, ready.freeze()).await?;
    Ok(Outcome::Printed)
}

/// One calendar as one iCalendar object; several follow each other in a stream (RFC 5545 §3.4).
async fn export_calendar(
    services: &Services,
    calendar: Collection,
    pieces: &Pieces,
) -> Result<(), Fault> {
    match calendar.role {
        Role::Birthdays => generated::freshen(&services.store, calendar.id).await?,
        Role::Interactions => {
            interactions_calendar::freshen(&services.store, &calendar.owner).await?;
        }
        Role::Plain | Role::Inbox | Role::Subscribed => {}
    }
    let mut merged = Merged::of(services.store.snapshot().await?, calendar);
    let mut ready = BytesMut::with_capacity(PIECE);
    while let Some(piece) = merged.next().await? {
        ready.extend_from_slice(&piece);
        if ready.len() >= PIECE {
            send(pieces, ready.split().freeze()).await?;
        }
    }
    send(pieces, ready.freeze()).await
}

pub(super) async fn version(
    services: &Services,
    user: &str,
    book: &str,
    card: &str,
    number: usize,
    pieces: &Pieces,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    let snapshot = services.store.snapshot().await?;
    let book = recovery::holding(&snapshot, &owner, book, card).await?;
    send(pieces, recovery::show(&snapshot, &book, card, number).await?).await?;
    Ok(Outcome::Printed)
}

pub(super) async fn conflict(
    services: &Services,
    user: &str,
    number: u64,
    pieces: &Pieces,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    let snapshot = services.store.snapshot().await?;
    let (collection, _) = conflicts::find(&snapshot, &owner, number).await?;
    let body = crate::store::conflicts::body(&snapshot, collection.id, number).await?;
    send(pieces, body.whole(&snapshot).await?).await?;
    Ok(Outcome::Printed)
}

async fn send(pieces: &Pieces, piece: Bytes) -> Result<(), Fault> {
    if piece.is_empty() {
        return Ok(());
    }
    pieces.send(piece).await.map_err(|_| Fault::new(499, "Nobody reads what is printed."))
}
