//! RFC 4791, RFC 7809: the properties, reports and preconditions that CalDAV plugs into `dav`.

mod data;
mod object;
mod properties;
mod upkeep;
mod zones;

use crate::dav::multiget;
use crate::dav::registry::{Extension, Report};
use crate::dav::resource::On;
use crate::dav::xml::name::Name;

static REPORTS: [Report; 1] = [Report {
    name: Name::caldav("calendar-multiget"),
    on: On::CALENDAR.and(On::CALENDAR_OBJECT).and(On::INBOX).and(On::MESSAGE),
    run: multiget::run,
}];

/// What CalDAV adds to WebDAV.
pub fn extension() -> Extension {
    Extension {
        properties: &properties::PROPERTIES,
        reports: &REPORTS,
        data: &data::CALENDAR_DATA,
        objects: &object::CalendarObjects,
        tokens: "calendar-access, calendar-no-timezone",
        upkeep: Some(&upkeep::GeneratedCalendars),
    }
}
