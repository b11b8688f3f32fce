//! Rows about calendars, their addresses and who acts in them.

use serde::{Deserialize, Serialize};

/// A calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarRow {
    /// Its name in addresses.
    pub calendar: String,
    /// The name shown.
    pub display_name: Option<String>,
    /// The components it takes.
    pub holds: Vec<String>,
    /// What is on it.
    pub entries: u64,
    /// Bytes of that.
    pub bytes: u64,
    /// With how many users and groups it is shared.
    pub shares: usize,
    /// Does the server fill it?
    pub kept_by_server: bool,
    /// Where it comes from, if it is subscribed to.
    pub source: Option<SourceRow>,
    /// The path of its address.
    pub path: String,
}

/// Where a subscribed calendar comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRow {
    /// The address, which may be a secret.
    pub url: String,
    /// How often it is looked at, in seconds.
    pub every_seconds: u32,
    /// When it was last known to be as it is published (RFC 3339).
    pub fetched: Option<String>,
    /// When it is looked at again (RFC 3339).
    pub next: String,
    /// Why that failed the last time.
    pub error: Option<String>,
    /// Entries that were left out, for they cannot be read.
    pub left_out: u64,
}

/// Somebody who may act for a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegateRow {
    /// The id of the user or group.
    pub delegate: String,
    /// `read` or `read-write`.
    pub access: String,
}

/// A secret address that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedRow {
    /// Its number.
    pub number: u32,
    /// The address; without scheme and host where the server does not know its own.
    pub url: String,
}

/// A secret address, without the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedRow {
    /// Its number.
    pub number: u32,
    /// The calendar it shows; none while that is deleted.
    pub calendar: Option<String>,
    /// What it is for.
    pub label: String,
    /// Since when it is open (RFC 3339).
    pub created: String,
}

/// What a user chose for the calendar of birthdays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BirthdaysRow {
    /// `DAYS@HH:MM`: so many days before, at this time.
    pub alarms: Vec<String>,
}
