//! `rolodav history … --show`, `rolodav conflicts … --show`: what is printed piece by piece.

use bytes::Bytes;

use super::Pieces;
use super::conflicts;
use crate::app::Services;
use crate::base::Fault;
use crate::cli::outcome::Outcome;
use crate::store::recovery;

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

pub(super) async fn send(pieces: &Pieces, piece: Bytes) -> Result<(), Fault> {
    if piece.is_empty() {
        return Ok(());
    }
    pieces.send(piece).await.map_err(|_| Fault::new(499, "Nobody reads what is printed."))
}
