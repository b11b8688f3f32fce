//! What calendars are asked for.

use serde::{Deserialize, Serialize};

/// What a calendar is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CalendarHolds {
    /// Events.
    Events,
    /// Tasks.
    Tasks,
    /// Journal entries.
    Journal,
}

/// A time of day, so many days before another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayTime {
    /// Days before.
    pub days: u16,
    /// Minutes after midnight.
    pub minute: u16,
}
