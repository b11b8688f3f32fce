//! Rows about users, devices, groups and shares.

use serde::{Deserialize, Serialize};

use crate::base::Groups;

/// A user or group that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// The id in paths.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What to do next.
    pub next: String,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRow {
    /// The id in paths.
    pub id: String,
    /// What they sign in with.
    pub name: String,
    /// Their mail address, which they can sign in with too.
    pub mail: Option<String>,
    /// The name others see.
    pub display_name: String,
    /// May they administer accounts?
    pub admin: bool,
    /// Are they kept from signing in?
    pub disabled: bool,
    /// Do they have a password of their own?
    pub password: bool,
    /// Devices that can sign in.
    pub devices: usize,
    /// When they were added (RFC 3339).
    pub created: String,
}

/// A new device with its app password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPasswordRow {
    /// The device's number.
    pub device: u64,
    /// What the owner calls it.
    pub label: String,
    /// What to sign in with.
    pub user_name: String,
    /// The app password.
    pub password: String,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRow {
    /// Its number.
    pub device: u64,
    /// What the owner calls it.
    pub label: String,
    /// When it was added (RFC 3339).
    pub created: String,
    /// When it was last seen (RFC 3339); may lag ten minutes.
    pub last_use: Option<String>,
    /// From which address.
    pub address: Option<String>,
    /// What it called itself.
    pub user_agent: Option<String>,
    /// When its access ended (RFC 3339).
    pub revoked: Option<String>,
    /// Does it refuse every write?
    pub read_only: bool,
    /// How tags are shown.
    pub groups: Groups,
    /// Is it shown in the notes of cards what was with the contact?
    pub history: bool,
    /// The books shown (`OWNER/BOOK`); empty means all.
    pub books: Vec<String>,
    /// The book listed first.
    pub default_book: Option<String>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRow {
    /// The id in paths.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The name others see.
    pub display_name: String,
    /// The ids of its direct members.
    pub members: Vec<String>,
}

/// A share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareRow {
    /// Whose book.
    pub owner: String,
    /// The book.
    pub book: String,
    /// With whom.
    pub with: String,
    /// `read` or `read-write`.
    pub access: String,
    /// Do they see what was with the contacts?
    pub history: bool,
}
