//! Rows about mail that is captured.

use serde::{Deserialize, Serialize};

/// A secret address for mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureAddressRow {
    /// The address.
    pub address: String,
}

/// Somebody on no card whose mail waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderRow {
    /// The address.
    pub mail: String,
    /// The name they give themselves.
    pub name: String,
    /// How many mails came.
    pub mails: u64,
    /// When the first one came (RFC 3339).
    pub first: String,
    /// When the latest one came (RFC 3339).
    pub last: String,
    /// What that was about.
    pub subject: String,
    /// Is there one for whose sender no mail server vouches?
    pub doubtful: bool,
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRow {
    /// For a program.
    pub delivery: Delivery,
    /// For a person.
    pub message: String,
}

/// What became of a mail, for whoever handed it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// It is ours now.
    Taken,
    /// Nobody has the address.
    Unknown,
    /// It cannot be read, and never will.
    Unreadable,
    /// It is to be tried again.
    Later,
}

impl Delivery {
    /// The exit status that says so (sysexits.h).
    pub const fn status(self) -> u8 {
        match self {
            Self::Taken => 0,
            Self::Unreadable => 65,
            Self::Unknown => 67,
            Self::Later => 75,
        }
    }
}
