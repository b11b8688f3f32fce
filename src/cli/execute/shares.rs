//! `rolodav book share|unshare|shares`, and the same of calendars

use crate::accounts::{Accounts, Named, ShareEntry, Terms};
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
    terms: Terms,
) -> Result<Outcome, Fault> {
    let share = accounts.share(user, book, with, terms).await?;
    let may = match terms.access {
        Access::Read => "read",
        Access::ReadWrite => "read and change",
    };
    let less = if terms.without_history { ", without its history" } else { "" };
    let ShareEntry { with, owner, book, .. } = share;
    Ok(Outcome::Done(format!("{with} can {may} {owner}/{book} now{less}.")))
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
        history: !entry.without_history,
    }
}
