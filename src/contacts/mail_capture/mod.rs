//! Mail becomes interactions: it is handed over for a secret address of a user and stands in the
//! timelines of the contacts it concerns. Of what strangers send nothing is answered, and no mail
//! is ever sent.

mod inbox;
mod log;
mod pace;
mod secret;
mod telling;

use std::sync::Arc;

use crate::base::{Fault, PrincipalId};
use crate::config;
use crate::contacts::addresses;
use crate::contacts::weaving::Rules;
use crate::formats::mail::{self, Automatic, Unreadable};
use crate::store::engine::Snapshot;
use crate::store::{Store, capture, principals};

pub use inbox::{assign, card_meant, dismiss, waiting};
pub use secret::{Secret, address_of, make, own, revoke};

use pace::Pace;
use telling::Telling;

/// Takes mail for secret addresses.
#[derive(Debug)]
pub struct MailCapture {
    store: Arc<Store>,
    rules: Arc<Rules>,
    settings: config::MailCapture,
    pace: Pace,
}

/// Who mail to a secret address is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    owner: PrincipalId,
    secret: capture::Hash,
}

/// Whose an address is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This user's.
    Known(Recipient),
    /// Nobody's.
    Unknown,
    /// A user's who got as many mails in this hour as are taken.
    TooMany,
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It stands in the timelines of so many contacts.
    Logged(usize),
    /// It stood there before, or was removed from there.
    Known,
    /// No person wrote it to another.
    Skipped(Automatic),
    /// Its sender is on no card, or nobody vouches for them: it waits for its owner.
    Waiting,
    /// It is between the owner and nobody.
    Alone,
}

/// Why a mail was not taken.
#[derive(Debug)]
pub enum Refused {
    /// It is no mail, and never will be.
    Unreadable(Unreadable),
    /// Something failed; it may go well later.
    Failed(Fault),
}

impl MailCapture {
    /// Takes mail into `store`.
    pub fn new(store: Arc<Store>, rules: Arc<Rules>, settings: &config::MailCapture) -> Self {
        let pace = Pace::new(settings.mails_per_hour);
        Self { store, rules, settings: settings.clone(), pace }
    }

    /// Largest mail that is taken, in bytes.
    pub const fn message_bytes(&self) -> u64 {
        self.settings.message_bytes
    }

    /// Whose an address is. Each mail for a known one counts as one of the hour.
    pub async fn find(&self, address: &str) -> Result<Found, Fault> {
        let Some(secret) = secret::in_address(address) else { return Ok(Found::Unknown) };
        let snapshot = self.store.snapshot().await?;
        let Some(owner) = capture::owner(&snapshot, &secret).await? else {
            return Ok(Found::Unknown);
        };
        let user = principals::get(&snapshot, &owner).await?;
        if user.is_none_or(|user| user.record.disabled) {
            return Ok(Found::Unknown);
        }
        if !self.pace.admits(&secret, self.store.now()) {
            return Ok(Found::TooMany);
        }
        Ok(Found::Known(Recipient { owner, secret }))
    }

    /// Takes a mail, of which the first [`mail::READ_BYTES`] are enough. `from_nobody`: the
    /// envelope names no sender, as that of reports does.
    pub async fn take(
        &self,
        to: &Recipient,
        from_nobody: bool,
        bytes: &[u8],
    ) -> Result<Taken, Refused> {
        let letter = mail::read(bytes).map_err(Refused::Unreadable)?;
        let automatic = from_nobody.then_some(Automatic::Report).or(letter.automatic);
        if let Some(automatic) = automatic {
            return Ok(Taken::Skipped(automatic));
        }
        let server = &self.settings.vouching_server;
        let doubtful = !server.is_empty() && !mail::vouched(&letter, server);
        let own = {
            let snapshot = self.store.snapshot().await?;
            own_addresses(&snapshot, &to.owner).await?
        };
        let is_secret = |mail: &str| secret::in_address(mail).as_ref() == Some(&to.secret);
        let telling = Telling::of(letter, &own, is_secret, self.settings.text, self.store.now());
        Ok(self.place(&to.owner, &telling, doubtful).await?)
    }

    /// Logs what is told, or keeps it until its owner says who it is of.
    async fn place(
        &self,
        owner: &PrincipalId,
        telling: &Telling,
        doubtful: bool,
    ) -> Result<Taken, Fault> {
        let store = &self.store;
        let Some(other) = telling.others.first() else { return Ok(Taken::Alone) };
        if doubtful {
            inbox::keep(store, owner, other, telling, true).await?;
            return Ok(Taken::Waiting);
        }
        addresses::freshen(store, owner).await?;
        let snapshot = store.snapshot().await?;
        let mut holders: Vec<addresses::Holder> = Vec::new();
        let mut first_is_known = false;
        for person in &telling.others {
            for holder in addresses::holders(&snapshot, owner, &person.mail).await? {
                first_is_known |= person == other;
                if holders.len() < log::MOST_PARTICIPANTS
                    && !holders.iter().any(|seen| seen.uid == holder.uid)
                {
                    holders.push(holder);
                }
            }
        }
        // Who wrote it is told of even where somebody else it went to is known; whom the owner
        // wrote to is not, if anybody is.
        if !first_is_known && (!telling.sent || holders.is_empty()) {
            inbox::keep(store, owner, other, telling, false).await?;
        }
        if holders.is_empty() {
            return Ok(Taken::Waiting);
        }
        let entry = telling.waiting(false);
        Ok(match log::log(store, &self.rules, owner, &holders, &entry).await? {
            Some(contacts) => Taken::Logged(contacts),
            None => Taken::Known,
        })
    }
}

/// The addresses that a user writes from.
async fn own_addresses(snapshot: &Snapshot, owner: &PrincipalId) -> Result<Vec<String>, Fault> {
    let mut own = Vec::new();
    if let Some(user) = principals::get(snapshot, owner).await? {
        let names = user.record.mail.iter().chain([&user.record.name]);
        own.extend(names.filter_map(|name| mail::address(name)));
    }
    if let Some(found) = capture::get(snapshot, owner).await? {
        own.extend(found.record.own);
    }
    Ok(own)
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

impl From<crate::store::engine::EngineError> for Refused {
    fn from(error: crate::store::engine::EngineError) -> Self {
        Self::Failed(error.into())
    }
}

impl std::fmt::Display for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Logged(1) => f.write_str("Logged with one contact."),
            Self::Logged(contacts) => write!(f, "Logged with {contacts} contacts."),
            Self::Known => f.write_str("Not logged again: it is known."),
            Self::Skipped(why) => write!(f, "Not logged: {why}."),
            Self::Waiting => f.write_str(
                "Not logged yet: its sender waits to be assigned (`rolodav capture senders`).",
            ),
            Self::Alone => f.write_str("Not logged: it names nobody but its owner."),
        }
    }
}

#[cfg(test)]
mod tests;
