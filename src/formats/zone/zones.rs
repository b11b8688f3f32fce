//! The zones that the values of one object are in.

use std::sync::Arc;

use jiff::civil::DateTime;

use super::Zone;
use crate::formats::ical::{Component, When};

/// The zones of one iCalendar object, and the one that stands in for dates, for floating times
/// and for zones that nothing is known about.
#[derive(Debug, Clone)]
pub struct Zones {
    default: Zone,
    described: Vec<(Arc<str>, Zone)>,
}

impl Zones {
    /// The zones of `calendar`, a VCALENDAR. A name of the IANA database or of Windows counts for
    /// more than a VTIMEZONE with that name: those in objects are often old or wrong.
    pub fn of(calendar: &Component<'_>, default: Zone) -> Self {
        let mut described = Vec::new();
        for vtimezone in calendar.children_named("VTIMEZONE") {
            let Some(tzid) = vtimezone.text("TZID") else { continue };
            if Zone::named(&tzid).is_none()
                && !described.iter().any(|(known, _): &(Arc<str>, Zone)| **known == *tzid)
                && let Some(zone) = Zone::described(vtimezone)
            {
                described.push((Arc::from(&*tzid), zone));
            }
        }
        Self { default, described }
    }

    /// The zone of a TZID.
    pub fn named(&self, tzid: &str) -> Zone {
        let described = || self.described.iter().find(|(known, _)| **known == *tzid.trim());
        Zone::named(tzid)
            .or_else(|| described().map(|(_, zone)| zone.clone()))
            .unwrap_or_else(|| self.default.clone())
    }

    /// Whether the instant of `when` is known, whatever stands in for an unknown zone.
    pub fn knows(&self, when: &When) -> bool {
        match when {
            When::Date(_) | When::Floating(_) => false,
            When::Utc(_) => true,
            When::Zoned(_, tzid) => {
                self.described.iter().any(|(known, _)| **known == *tzid.trim())
                    || Zone::named(tzid).is_some()
            }
        }
    }

    /// The zone that `when` is in.
    pub fn zone_of(&self, when: &When) -> Zone {
        match when {
            When::Date(_) | When::Floating(_) => self.default.clone(),
            When::Zoned(_, tzid) => self.named(tzid),
            When::Utc(_) => Zone::UTC,
        }
    }

    /// The instant of `when`, in Unix seconds; of a date its first moment.
    pub fn instant(&self, when: &When) -> i64 {
        self.zone_of(when).instant(when.civil())
    }

    /// `when` as civil time in `zone`; dates and floating times are so in every zone.
    pub fn civil_in(&self, zone: &Zone, when: &When) -> DateTime {
        match when {
            When::Date(_) | When::Floating(_) => when.civil(),
            When::Zoned(..) | When::Utc(_) => zone.civil(self.instant(when)),
        }
    }
}
