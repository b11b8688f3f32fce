//! What groups of users are asked for.

use serde::{Deserialize, Serialize};

/// What to do with groups of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case")]
pub enum GroupCommand {
    /// Add a group.
    Add {
        /// What it is called.
        name: String,
        /// The name others see.
        display_name: Option<String>,
    },
    /// Remove a group.
    Remove {
        /// The group.
        group: String,
    },
    /// Show or change who is in a group.
    Members {
        /// The group.
        group: String,
        /// Users and groups to put in.
        add: Vec<String>,
        /// Users and groups to take out.
        remove: Vec<String>,
    },
    /// List the groups.
    List,
}
