//! `rolodav import`

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::Pieces;
use crate::app::Services;
use crate::base::{Fault, counted};
use crate::cli::input::Input;
use crate::cli::outcome::{ImportFate, ImportRow, ImportedRow, Outcome};
use crate::contacts::books;
use crate::contacts::import::{Fate, Import, Row, Terms};
use crate::formats::vcard::several::{Piece, Splitter};
use crate::store::Actor;

/// Prints a JSON line for each card.
pub(super) async fn import(
    services: &Services,
    user: &str,
    book: &str,
    mut input: Input,
    pieces: &Pieces,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find_user(user).await?;
    let book = books::find(&services.store.snapshot().await?, &owner, book).await?;
    let terms = Terms {
        book: book.id,
        actor: Actor { principal: owner.to_string(), device: "rolodav import".to_owned() },
        card_bytes: services.settings.limits.card_bytes,
        quota: services.settings.store.quota(),
    };
    let most = usize::try_from(terms.card_bytes).unwrap_or(usize::MAX);
    let (store, rules) = (Arc::clone(&services.store), Arc::clone(&services.rules));
    let mut import = Import::new(store, rules, terms);
    let mut splitter = Splitter::new(most);
    let mut sum = ImportedRow::default();
    loop {
        let piece = input.next().await.map_err(|error| {
            Fault::new(
                400,
                format!(
                    "The file cannot be read to its end ({error}). {} in; import it again for the \
                     rest.",
                    counted(sum.cards, "card is", "cards are")
                ),
            )
        })?;
        let mut cards: Vec<Piece> = Vec::new();
        let Some(piece) = piece else {
            splitter.finish(&mut |card| cards.push(card));
            take(&mut import, cards).await?;
            import.finish().await?;
            tell(&mut sum, import.told(), pieces).await?;
            return Ok(Outcome::Imported(sum));
        };
        splitter.feed(&piece, &mut |card| cards.push(card));
        take(&mut import, cards).await?;
        tell(&mut sum, import.told(), pieces).await?;
    }
}

async fn take(import: &mut Import, cards: Vec<Piece>) -> Result<(), Fault> {
    for card in cards {
        import.take(card).await?;
    }
    Ok(())
}

async fn tell(sum: &mut ImportedRow, rows: Vec<Row>, pieces: &Pieces) -> Result<(), Fault> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut ready = BytesMut::with_capacity(rows.len() * 128);
    for row in rows {
        let row = told(row);
        sum.count(&row);
        ready.extend_from_slice(&serde_json::to_vec(&row).map_err(Fault::internal)?);
        ready.extend_from_slice(b"\n");
    }
    let ready: Bytes = ready.freeze();
    pieces.send(ready).await.map_err(|_| Fault::new(499, "Nobody reads what is printed."))
}

fn told(row: Row) -> ImportRow {
    let (result, why) = match row.fate {
        Fate::Created => (ImportFate::Created, None),
        Fate::Updated => (ImportFate::Updated, None),
        Fate::Unchanged => (ImportFate::Unchanged, None),
        Fate::Refused(why) => (ImportFate::Refused, Some(why)),
    };
    let Row { line, uid, name, place, repairs, .. } = row;
    ImportRow { line, result, name, uid, card: place, repaired: repairs, why }
}
