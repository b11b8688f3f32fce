//! What calendars are asked for.

use serde::{Deserialize, Serialize};

use crate::store::grants::Access;

/// What to do with a user's calendars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case")]
pub enum CalendarCommand {
    /// List a user's calendars.
    List,
    /// Make an empty calendar.
    Create {
        /// Its name in addresses.
        calendar: String,
        /// The name shown.
        display_name: Option<String>,
        /// What it is for.
        holds: CalendarHolds,
    },
    /// Move a calendar to the trash.
    Remove {
        /// The calendar.
        calendar: String,
    },
    /// Make a calendar of one that is published on the web.
    Subscribe {
        /// Where it is published.
        url: String,
        /// The name shown.
        name: Option<String>,
        /// How often it is looked at, in seconds.
        every: u32,
        /// Are its alarms kept?
        alarms: bool,
    },
    /// Look at once at what a subscribed calendar comes from.
    Refresh {
        /// The calendar.
        calendar: String,
    },
    /// Let somebody act for a user in calendars, or end it.
    Delegate {
        /// Which user or group.
        with: String,
        /// What they may do; nothing ends it.
        access: Option<Access>,
    },
    /// List who may act for a user.
    Delegates,
    /// Open a secret address of a calendar.
    Publish {
        /// The calendar.
        calendar: String,
        /// What the address is for.
        label: String,
    },
    /// List the secret addresses of a user's calendars.
    Published,
    /// End a secret address.
    Unpublish {
        /// The address's number.
        number: u32,
    },
    /// Show or change when a user is reminded of birthdays.
    Birthdays {
        /// The times to be reminded at from now on.
        alarms: Option<Vec<DayTime>>,
    },
}

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
