//! What a device is to see.

use serde::{Deserialize, Serialize};

use crate::base::Groups;

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
