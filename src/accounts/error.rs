//! What can be wrong with a change of accounts, in words that tell what to do.

use std::error::Error;
use std::fmt;

use crate::base::{DeviceId, Fault};
use crate::store::engine::{CommitError, EngineError};

/// A change of accounts that was refused or failed.
#[derive(Debug)]
pub enum AccountError {
    /// A name that cannot be used.
    BadName {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The name or mail address belongs to somebody.
    NameTaken(String),
    /// No user or group is called like this.
    Unknown(String),
    /// A group where a user is needed.
    NotAUser(String),
    /// A user where a group is needed.
    NotAGroup(String),
    /// A password without a character.
    EmptyPassword,
    /// A password over [`super::password::MAX`] bytes.
    LongPassword,
    /// A device label that is empty or too long.
    BadLabel,
    /// The user has no such device.
    UnknownDevice(DeviceId),
    /// The user has no such book.
    UnknownBook {
        /// The user.
        owner: String,
        /// The book.
        book: String,
    },
    /// A book shared with its owner.
    SharedWithOwner,
    /// A share that does not exist.
    NotShared {
        /// The book.
        book: String,
        /// With whom it is not shared.
        with: String,
    },
    /// Others change the same all the time.
    Busy,
    /// Something else was wrong.
    Fault(Fault),
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadName { name, why } => {
                write!(f, "`{name}` cannot be a name: {why}.")
            }
            Self::NameTaken(name) => write!(
                f,
                "Somebody already signs in as `{name}`. Choose another name, or look with \
                 `rolodav user list`."
            ),
            Self::Unknown(name) => write!(
                f,
                "There is no user or group `{name}`. `rolodav user list` and `rolodav group list` \
                 show who there is."
            ),
            Self::NotAUser(name) => write!(f, "`{name}` is a group; name a user."),
            Self::NotAGroup(name) => write!(f, "`{name}` is a user; name a group."),
            Self::EmptyPassword => f.write_str("The password is empty; nothing was changed."),
            Self::LongPassword => {
                f.write_str("The password is longer than 1024 bytes; nothing was changed.")
            }
            Self::BadLabel => f.write_str(
                "A device needs a label of 1 to 200 characters, such as `Anna's phone`.",
            ),
            Self::UnknownDevice(id) => write!(
                f,
                "There is no device number {} of this user. `rolodav device list USER` shows them.",
                id.0
            ),
            Self::UnknownBook { owner, book } => write!(
                f,
                "`{owner}` has no book `{book}`. `rolodav book list {owner}` shows the books."
            ),
            Self::SharedWithOwner => f.write_str("The book is this user's own already."),
            Self::NotShared { book, with } => {
                write!(f, "The book `{book}` is not shared with `{with}`.")
            }
            Self::Busy => f.write_str("Somebody else changed the same just now; try again."),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl Error for AccountError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Fault(fault) => Some(fault),
            _ => None,
        }
    }
}

impl From<EngineError> for AccountError {
    fn from(error: EngineError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<CommitError> for AccountError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(_) => Self::Busy,
            CommitError::Failed(error) => error.into(),
        }
    }
}

impl From<Fault> for AccountError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<AccountError> for Fault {
    fn from(error: AccountError) -> Self {
        let status = match error {
            AccountError::Fault(fault) => return fault,
            AccountError::NameTaken(_) | AccountError::SharedWithOwner => 409,
            AccountError::Unknown(_)
            | AccountError::UnknownDevice(_)
            | AccountError::UnknownBook { .. }
            | AccountError::NotShared { .. } => 404,
            AccountError::Busy => 503,
            _ => 400,
        };
        Self::new(status, error.to_string())
    }
}
