//! `rolodav book share|unshare|shares`, and the same of calendars

use crate::accounts::{Accounts, Named, ShareEntry};
use crate::base::Fault;
use crate::cli::outcome::{Outcome, ShareRow};
use crate::store::collection::Kind;
use crate::store::grants::Access;

/// What is shared; as `book` has it, a book goes before a calendar of the same name.
pub(super) fn named(name: &str, calendar: bool) -> Named<'_> {
    Named { name, kind: calendar.then_some(Kind::Calendar) }
}

pub(super) async fn share(
    accounts: &Accounts,
    user: &str,
    book: Named<'_>,
    with: &str,
    access: Access,
) -> Result<Outcome, Fault> {
    let share = accounts.share(user, book, with, access).await?;
    let may = match access {
        Access::Read => "read",
        Access::ReadWrite => "read and change",
    };
    Ok(Outcome::Done(format!("{} can {may} {}/{} now.", share.with, share.owner, share.book)))
}

pub(super) async fn unshare(
    accounts: &Accounts,
    user: &str,
    book: Named<'_>,
    with: &str,
) -> Result<Outcome, Fault> {
    accounts.unshare(user, book, with).await?;
    Ok(Outcome::Done(format!("{with} no longer has access to {}.", book.name)))
}

pub(super) async fn list(
    accounts: &Accounts,
    user: &str,
    book: Option<&str>,
) -> Result<Outcome, Fault> {
    let rows = accounts.shares(user, book).await?.into_iter().map(row);
    Ok(Outcome::Shares(rows.collect()))
}

fn row(entry: ShareEntry) -> ShareRow {
    ShareRow {
        owner: entry.owner.to_string(),
        book: entry.book,
        with: entry.with.to_string(),
        access: match entry.access {
            Access::Read => "read".to_owned(),
            Access::ReadWrite => "read-write".to_owned(),
        },
    }
}
