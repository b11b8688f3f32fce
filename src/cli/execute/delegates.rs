//! `rolodav calendar delegate|undelegate|delegates`

use crate::accounts::Accounts;
use crate::base::Fault;
use crate::cli::outcome::{DelegateRow, Outcome};
use crate::store::grants::Access;

pub(super) async fn delegate(
    accounts: &Accounts,
    user: &str,
    with: &str,
    access: Option<Access>,
) -> Result<Outcome, Fault> {
    let delegate = accounts.delegate(user, with, access).await?;
    Ok(Outcome::Done(match access {
        Some(Access::Read) => format!("{delegate} can see all calendars of {user} now."),
        Some(Access::ReadWrite) => {
            format!("{delegate} can see and change what is on all calendars of {user} now.")
        }
        None => format!("{delegate} no longer acts for {user}."),
    }))
}

pub(super) async fn list(accounts: &Accounts, user: &str) -> Result<Outcome, Fault> {
    let rows = accounts.delegates(user).await?.into_iter().map(|(delegate, access)| DelegateRow {
        delegate: delegate.to_string(),
        access: match access {
            Access::Read => "read".to_owned(),
            Access::ReadWrite => "read-write".to_owned(),
        },
    });
    Ok(Outcome::Delegates(rows.collect()))
}
