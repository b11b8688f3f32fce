//! What can be asked about mail that is captured.

use serde::{Deserialize, Serialize};

/// What is to be done with how mail is captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaptureCommand {
    /// Make the secret address.
    Address {
        /// In place of the one that there is.
        renew: bool,
    },
    /// End the secret address.
    Revoke,
    /// Show or change the addresses that the user writes from.
    Own {
        /// Addresses to add.
        add: Vec<String>,
        /// Addresses to take out.
        remove: Vec<String>,
    },
    /// List who is on no card.
    Senders,
    /// Say whose an address is.
    Assign {
        /// The address.
        sender: String,
        /// The card.
        who: String,
    },
    /// Forget what waits from an address.
    Dismiss {
        /// The address.
        sender: String,
    },
}

/// An address that nobody is to know; never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretAddress(pub String);

impl std::fmt::Debug for SecretAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretAddress")
    }
}

/// The beginning of a mail, in base 64; never printed.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Message(pub String);

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message of {} bytes", self.0.len())
    }
}
