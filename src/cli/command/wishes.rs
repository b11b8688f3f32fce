//! What users can have the server do by itself, or not.

use serde::{Deserialize, Serialize};

/// What to show or set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum WishCommand {
    /// Whether meetings are logged from events that ended.
    Meetings {
        /// Are they to be? `None` only shows it.
        on: Option<bool>,
    },
    /// When follow-ups come of days that cards have.
    Remind {
        /// Of a field; `None`: of birthdays.
        field: Option<String>,
        /// When.
        lead: Lead,
    },
}

/// How long before a day a follow-up comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lead {
    /// Only show it.
    Show,
    /// Never.
    Off,
    /// As long as is typed: `7d`, `2w`.
    Before(String),
}
