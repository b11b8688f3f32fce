//! `rolodav export`: cards and calendars, printed piece by piece.

use bytes::{Bytes, BytesMut};

use super::Pieces;
use super::print::send;
use crate::app::Services;
use crate::base::{Fault, PrincipalId};
use crate::calendars::merged::Merged;
use crate::calendars::{generated, list};
use crate::cli::command::{CardFormat, ExportCards};
use crate::cli::outcome::Outcome;
use crate::contacts::export::{Cards, Format, Full, Wanted};
use crate::contacts::layer::without_history;
use crate::contacts::{books, interactions_calendar};
use crate::store::collection::{self, Collection, Kind, Role};
use crate::store::engine::Snapshot;
use crate::store::{grants, memberships};

/// Small pieces go together: each costs a wakeup and a line.
const PIECE: usize = 64 << 10;

pub(super) async fn export(
    services: &Services,
    user: &str,
    name: Option<&str>,
    calendars: bool,
    cards: ExportCards,
    pieces: &Pieces,
) -> Result<Outcome, Fault> {
    let owner = services.accounts.find(user).await?;
    let mut out = Out { pieces, ready: BytesMut::with_capacity(PIECE) };
    if calendars {
        for calendar in list::list(&services.store, &owner).await? {
            export_calendar(services, calendar.collection, &mut out).await?;
        }
        out.end().await?;
        return Ok(Outcome::Printed);
    }
    let snapshot = services.store.snapshot().await?;
    if let Some(name) = name
        && collection::find(&snapshot, &owner, Kind::AddressBook, name).await?.is_none()
        && let Some(found) = collection::find(&snapshot, &owner, Kind::Calendar, name).await?
    {
        if cards != ExportCards::default() {
            let message = format!("`{name}` is a calendar, which is printed as iCalendar.");
            return Err(Fault::bad_request(message));
        }
        export_calendar(services, found.collection, &mut out).await?;
        out.end().await?;
        return Ok(Outcome::Printed);
    }
    let (books, withheld) = match name.and_then(|name| name.split_once('/')) {
        Some((of, book)) => {
            let (book, withheld) = shared(services, &snapshot, &owner, (of, book)).await?;
            (vec![book], withheld)
        }
        None => (books::chosen(&snapshot, &owner, name).await?, false),
    };
    let history = !(cards.without_history || withheld);
    match cards.format {
        Some(format) => {
            let format = match format {
                CardFormat::Vcard => Format::Vcard,
                CardFormat::Jscontact => Format::Jscontact,
            };
            let wanted = Wanted { format, history };
            let mut whole = Full::of(&snapshot, &services.rules, &books, wanted);
            while let Some(piece) = whole.next().await? {
                out.put(&piece).await?;
            }
        }
        None => {
            for book in &books {
                let mut cards = Cards::of(&snapshot, book);
                while let Some(card) = cards.next().await? {
                    if history {
                        out.put(&card).await?;
                    } else {
                        out.put(&without_history(&card)).await?;
                    }
                }
            }
        }
    }
    out.end().await?;
    Ok(Outcome::Printed)
}

/// A book of somebody that is shared with `user`, and whether its history is kept from them.
async fn shared(
    services: &Services,
    snapshot: &Snapshot,
    user: &PrincipalId,
    (of, book): (&str, &str),
) -> Result<(Collection, bool), Fault> {
    let owner = services.accounts.find(of).await?;
    let found = collection::find(snapshot, &owner, Kind::AddressBook, book).await?;
    let missing = || {
        let message = format!(
            "There is no book `{book}` of {owner} that {user} can see. `rolodav book shares \
             {owner}` lists with whom {owner} shares."
        );
        Fault::new(404, message)
    };
    let book = found.ok_or_else(missing)?.collection;
    if owner == *user {
        return Ok((book, false));
    }
    let groups = memberships::all_groups(snapshot, user).await?;
    let grant = grants::access(snapshot, book.id, user, &groups).await?.ok_or_else(missing)?;
    Ok((book, grant.without_history))
}

/// One calendar as one iCalendar object; several follow each other in a stream (RFC 5545 §3.4).
async fn export_calendar(
    services: &Services,
    calendar: Collection,
    out: &mut Out<'_>,
) -> Result<(), Fault> {
    match calendar.role {
        Role::Birthdays => generated::freshen(&services.store, calendar.id).await?,
        Role::Interactions => {
            interactions_calendar::freshen(&services.store, &calendar.owner).await?;
        }
        Role::Plain | Role::Inbox | Role::Subscribed | Role::Segment => {}
    }
    let mut merged = Merged::of(services.store.snapshot().await?, calendar);
    while let Some(piece) = merged.next().await? {
        out.put(&piece).await?;
    }
    Ok(())
}

/// What is printed, gathered into pieces.
struct Out<'a> {
    pieces: &'a Pieces,
    ready: BytesMut,
}

impl Out<'_> {
    async fn put(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.ready.extend_from_slice(bytes);
        if self.ready.len() < PIECE {
            return Ok(());
        }
        send(self.pieces, self.ready.split().freeze()).await
    }

    async fn end(self) -> Result<(), Fault> {
        let rest: Bytes = self.ready.freeze();
        send(self.pieces, rest).await
    }
}
