//! The zone of a calendar: the one that times without a zone are in.

use crate::formats::ical::component::{self, Bounds};

/// The name of the zone that `text` holds: a `VCALENDAR` with one `VTIMEZONE` (RFC 4791 §5.2.2).
pub fn read(text: &str) -> Option<String> {
    let document = component::parse(text.as_bytes(), Bounds::new(10_000, 1_000)).ok()?;
    let mut zones = document.calendar()?.children_named("VTIMEZONE");
    let zone = zones.next().filter(|_| zones.next().is_none())?;
    zone.text("TZID").map(std::borrow::Cow::into_owned)
}

/// A `VCALENDAR` with the zone of that name, if it is known.
pub fn write(_id: &str) -> Option<String> {
    None
}
