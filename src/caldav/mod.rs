//! RFC 4791, RFC 7809: the properties, reports and preconditions that CalDAV plugs into `dav`.

mod companion;
mod data;
mod defaults;
mod filter;
mod freebusy;
mod object;
mod outbox;
mod properties;
mod query;
mod scheduling;
mod upkeep;
mod zones;

use crate::dav::multiget;
use crate::dav::registry::{Extension, Report};
use crate::dav::resource::On;
use crate::dav::xml::name::Name;

/// Calendars and inboxes, and what is in them.
const ANY: On = On::CALENDAR.and(On::CALENDAR_OBJECT).and(On::INBOX).and(On::MESSAGE);

/// What free-busy is asked of.
const BUSY: On = On::CALENDAR.and(On::CALENDAR_HOME);

static REPORTS: [Report; 3] = [
    Report { name: Name::caldav("calendar-multiget"), on: ANY, run: multiget::run },
    Report { name: Name::caldav("calendar-query"), on: ANY, run: query::run },
    Report { name: Name::caldav("free-busy-query"), on: BUSY, run: freebusy::run },
];

/// What CalDAV adds to WebDAV.
pub fn extension() -> Extension {
    Extension {
        properties: &properties::PROPERTIES,
        reports: &REPORTS,
        data: &data::CALENDAR_DATA,
        objects: &object::CalendarObjects,
        tokens: "calendar-access, calendar-auto-schedule, calendar-availability, calendar-no-timezone, calendar-proxy",
        upkeep: Some(&upkeep::GeneratedCalendars),
    }
}
