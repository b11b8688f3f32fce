//! What devices are asked for, and what one is to see.

use serde::{Deserialize, Serialize};

use crate::base::Groups;

/// What to do with a user's devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case")]
pub enum DeviceCommand {
    /// Add a device and make its app password.
    Add {
        /// What the owner calls it.
        label: String,
        /// What it sees.
        view: DeviceView,
    },
    /// List the devices.
    List,
    /// End a device's access.
    Revoke {
        /// The device's number.
        device: u64,
    },
    /// Change what a device sees.
    Profile {
        /// The device's number.
        device: u64,
        /// What it is to see.
        view: DeviceView,
    },
}

/// What a device is to see.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeviceView {
    /// The books shown; none named means all.
    pub books: Vec<String>,
    /// The book listed first.
    pub default_book: Option<String>,
    /// Refuse every write?
    pub read_only: bool,
    /// How tags are shown.
    #[serde(default)]
    pub groups: Groups,
    /// Leave the history out of the notes?
    #[serde(default)]
    pub plain_notes: bool,
}
