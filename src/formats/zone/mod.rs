//! Time zones: from the name in a TZID, or the VTIMEZONE that comes with it, to instants and
//! back (RFC 5545 §3.3.5, §3.6.5), and a VTIMEZONE for a zone of the IANA database (RFC 7809).
//!
//! The database is part of the program: the same answers everywhere, and no file is read.

mod embedded;
mod names;
mod windows;
mod write;
mod zones;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use self::embedded::Transitions;
use super::gregorian::{date_time, seconds};
use super::ical::Component;

pub use write::vtimezone;
pub use zones::Zones;

/// A time zone.
#[derive(Debug, Clone)]
pub struct Zone(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Utc,
    /// A zone of the IANA database.
    Iana(TimeZone),
    /// The zone of a VTIMEZONE that is known by no other name.
    Own(Arc<Transitions>),
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Kind::Utc);

    /// The zone that a TZID names: an IANA name, one with a maker's prefix
    /// (`/mozilla.org/20050126_1/Europe/Berlin`), or a name of Windows.
    pub fn named(tzid: &str) -> Option<Self> {
        names::resolve(tzid).map(|zone| Self(Kind::Iana(zone)))
    }

    /// The zone that a VTIMEZONE describes; nothing if it has no part that can be read. What is
    /// wrong in it is passed over. Its rules are followed up to the year 2100.
    pub fn described(vtimezone: &Component<'_>) -> Option<Self> {
        Transitions::read(vtimezone).map(|transitions| Self(Kind::Own(Arc::new(transitions))))
    }

    /// The name in the IANA database.
    pub fn iana_name(&self) -> Option<&str> {
        match &self.0 {
            Kind::Utc => Some("UTC"),
            Kind::Iana(zone) => zone.iana_name(),
            Kind::Own(_) => None,
        }
    }

    /// The instant, in Unix seconds, at which clocks show `civil`. A time that they skip counts
    /// with the offset before the gap, one that they show twice is the first (RFC 5545 §3.3.5).
    pub fn instant(&self, civil: DateTime) -> i64 {
        match &self.0 {
            Kind::Utc => seconds(civil),
            Kind::Iana(zone) => match zone.to_ambiguous_timestamp(civil).compatible() {
                Ok(instant) => instant.as_second(),
                Err(_) => seconds(civil),
            },
            Kind::Own(transitions) => transitions.instant(seconds(civil)),
        }
    }

    /// What clocks show at `instant`, in Unix seconds.
    pub fn civil(&self, instant: i64) -> DateTime {
        match &self.0 {
            Kind::Utc => date_time(instant),
            Kind::Iana(zone) => match Timestamp::from_second(instant) {
                Ok(instant) => zone.to_datetime(instant),
                Err(_) => date_time(instant),
            },
            Kind::Own(transitions) => date_time(transitions.civil(instant)),
        }
    }
}

#[cfg(test)]
mod tests;
