//! Who may sign in and do what: users, groups, devices, shares; the one [`authorize()`].
//!
//! [`Accounts`] changes them, one atomic batch a change; [`SignIn`] tells who somebody is;
//! [`authorize()`] decides what they may do.

pub mod app_password;
mod argon2id;
pub mod authorize;
pub mod backoff;
mod delegates;
mod devices;
mod error;
mod groups;
mod last_use;
pub mod login_name;
pub mod password;
mod preferences;
pub mod privilege;
pub mod remembered;
mod shares;
pub mod signin;
mod users;

use std::sync::Arc;

pub use app_password::AppPassword;
pub use authorize::{Action, Decision, Held, Needed, Resource, authorize};
pub use devices::{DeviceEntry, NewDevice, View};
pub use error::AccountError;
pub use groups::GroupEntry;
pub use privilege::{Privilege, privileges};
pub use shares::{Named, ShareEntry, Terms};
pub use signin::{Generation, SignIn};
pub use users::{
    BIRTHDAYS, INBOX, NewUser, UserEntry, birthday_calendar, interaction_calendar, task_list,
};

use crate::base::{Fault, PrincipalId};
use crate::config::Auth;
use crate::store::attempt::Attempts;
use crate::store::audit::Deed;
use crate::store::engine::{Batch, Snapshot};
use crate::store::principals::{self, Kind, Principal};
use crate::store::stored::Stored;
use crate::store::{Actor, Store};
use password::Hasher;

/// Changes users, groups, devices and shares.
#[derive(Debug)]
pub struct Accounts {
    store: Arc<Store>,
    generation: Arc<Generation>,
    hasher: Hasher,
    by: Actor,
}

/// Does a change end anything that was granted to somebody who is signed in?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Concerns {
    SignIn,
    Nobody,
}

impl Accounts {
    /// Over `store`; whoever runs the server is who changes something.
    pub fn new(store: Arc<Store>, settings: &Auth) -> Result<Self, Fault> {
        let (generation, by) = (Arc::default(), Actor::operator("rolodav"));
        Ok(Self { store, generation, hasher: Hasher::new(settings)?, by })
    }

    /// The same accounts, of which the audit is told that `by` changes them.
    #[must_use]
    pub fn acting(&self, by: Actor) -> Self {
        Self {
            store: Arc::clone(&self.store),
            generation: Arc::clone(&self.generation),
            hasher: self.hasher.clone(),
            by,
        }
    }

    /// Adds to `batch` that the audit is told of a change.
    fn tell(&self, batch: &mut Batch, deed: Deed<'_>) -> Result<(), AccountError> {
        Ok(deed.note(&self.store, batch, &self.by)?)
    }

    /// What checks the passwords of these accounts.
    pub fn sign_in(&self, settings: &Auth) -> Result<SignIn, Fault> {
        let (store, generation) = (Arc::clone(&self.store), Arc::clone(&self.generation));
        SignIn::new(store, generation, self.hasher.clone(), settings)
    }

    /// Who is called `name`: a login name, mail address or id, in any case.
    pub async fn find(&self, name: &str) -> Result<PrincipalId, AccountError> {
        let snapshot = self.store.snapshot().await?;
        Ok(find(&snapshot, name).await?.0)
    }

    /// The user called `name`, as [`Self::find`]; a group is refused.
    pub async fn find_user(&self, name: &str) -> Result<PrincipalId, AccountError> {
        let snapshot = self.store.snapshot().await?;
        Ok(find_user(&snapshot, name).await?.0)
    }

    /// Begins a change.
    fn change(&self, concerns: Concerns) -> Change<'_> {
        Change { accounts: self, concerns, attempts: self.store.attempts() }
    }
}

/// One change, planned on a snapshot and tried again with a fresh one while others come between:
/// `loop { begin, look and refuse or fill the batch, return if done }`.
#[derive(Debug)]
struct Change<'a> {
    accounts: &'a Accounts,
    concerns: Concerns,
    attempts: Attempts<'a>,
}

impl Change<'_> {
    /// What to plan on, and the batch to fill with what is relied on and what changes.
    async fn begin(&mut self) -> Result<(Snapshot, Batch), AccountError> {
        Ok(self.attempts.begin().await?)
    }

    /// Commits; false when something that was relied on is no longer so.
    async fn done(&mut self, batch: Batch) -> Result<bool, AccountError> {
        let done = self.attempts.done(batch).await?;
        if done && self.concerns == Concerns::SignIn {
            self.accounts.generation.advance();
        }
        Ok(done)
    }
}

/// Who is called `name`, with the record.
async fn find(
    snapshot: &Snapshot,
    name: &str,
) -> Result<(PrincipalId, Stored<Principal>), AccountError> {
    let folded = login_name::fold(name);
    let id = match principals::by_login(snapshot, &folded).await? {
        Some(id) => Some(id),
        None => PrincipalId::parse(&folded),
    };
    let Some(id) = id else { return Err(AccountError::Unknown(name.to_owned())) };
    match principals::get(snapshot, &id).await? {
        Some(found) => Ok((id, found)),
        None => Err(AccountError::Unknown(name.to_owned())),
    }
}

async fn find_user(
    snapshot: &Snapshot,
    name: &str,
) -> Result<(PrincipalId, Stored<Principal>), AccountError> {
    let found = find(snapshot, name).await?;
    if found.1.record.kind != Kind::User {
        return Err(AccountError::NotAUser(name.to_owned()));
    }
    Ok(found)
}

async fn find_group(
    snapshot: &Snapshot,
    name: &str,
) -> Result<(PrincipalId, Stored<Principal>), AccountError> {
    let found = find(snapshot, name).await?;
    if found.1.record.kind != Kind::Group {
        return Err(AccountError::NotAGroup(name.to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
