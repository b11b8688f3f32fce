//! The zone of a calendar, which times without one are in, and time zones by reference: objects
//! with or without the descriptions of zones that everybody knows (RFC 7809).

use std::collections::BTreeSet;

use crate::formats::edit::Edits;
use crate::formats::ical::component::{self, Bounds, Component};
use crate::formats::ical::value::tzid_on;
use crate::formats::zone::{Zone, vtimezone};
use crate::store::collection::Collection;

/// The name of the zone that `text` holds: a `VCALENDAR` with one `VTIMEZONE` (RFC 4791 §5.2.2).
pub fn read(text: &str) -> Option<String> {
    zone_in(text).map(|(id, _)| id)
}

/// A `VCALENDAR` with the zone of that name, if it is known.
pub fn write(id: &str) -> Option<String> {
    let zone = vtimezone(id)?;
    Some(format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//rolodav//rolodav//EN\r\n{zone}END:VCALENDAR\r\n"
    ))
}

/// The zone that `text`, a `VCALENDAR` with one `VTIMEZONE`, describes.
pub fn described(text: &str) -> Option<Zone> {
    zone_in(text).map(|(_, zone)| zone)
}

/// The zone of dates and floating times on `calendar`: its own, else UTC (RFC 4791 §7.3).
pub fn of(calendar: &Collection) -> Zone {
    let record = &calendar.calendar;
    record
        .timezone_id
        .as_deref()
        .and_then(Zone::named)
        .or_else(|| record.timezone.as_deref().and_then(described))
        .unwrap_or(Zone::UTC)
}

fn zone_in(text: &str) -> Option<(String, Zone)> {
    let document = component::parse(text.as_bytes(), Bounds::new(10_000, 1_000)).ok()?;
    let mut zones = document.calendar()?.children_named("VTIMEZONE");
    let described = zones.next().filter(|_| zones.next().is_none())?;
    let id = described.text("TZID")?.into_owned();
    let zone = Zone::named(&id).or_else(|| Zone::described(described))?;
    Some((id, zone))
}

/// The object without the descriptions of zones whose names everybody knows; `None` if it has
/// none of these.
pub fn without(object: &[u8]) -> Option<Vec<u8>> {
    let document = component::parse(object, Bounds::STORED).ok()?;
    let mut edits = Edits::new(object);
    for zone in document.calendar()?.children_named("VTIMEZONE") {
        if zone.text("TZID").is_some_and(|id| Zone::named(&id).is_some()) {
            edits.remove(zone.span.clone());
        }
    }
    (!edits.is_empty()).then(|| edits.apply())
}

/// The object with a description of each known zone that its times are in; `None` if they are
/// all there.
pub fn with(object: &[u8]) -> Option<Vec<u8>> {
    let document = component::parse(object, Bounds::STORED).ok()?;
    let calendar = document.calendar()?;
    let mut named = BTreeSet::new();
    let mut components: Vec<&Component<'_>> = calendar.children.iter().collect();
    while let Some(component) = components.pop() {
        named.extend(component.properties.iter().filter_map(tzid_on));
        components.extend(&component.children);
    }
    for zone in calendar.children_named("VTIMEZONE") {
        if let Some(id) = zone.text("TZID") {
            named.remove(&*id);
        }
    }
    let missing: String = named.iter().filter_map(|id| vtimezone(id)).collect();
    let before = calendar.children.iter().find(|child| !child.is("VTIMEZONE"))?.span.start;
    if missing.is_empty() {
        return None;
    }
    let (head, rest) = object.split_at_checked(before)?;
    Some([head, missing.as_bytes(), rest].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = "BEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=Europe/Berlin:20260301T100000\r\n\
                         END:VEVENT\r\nEND:VCALENDAR\r\n";

    #[test]
    fn zones_come_and_go_and_the_rest_stays() {
        let bare = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-A:b\r\n{EVENT}");
        let full = String::from_utf8(with(bare.as_bytes()).unwrap()).unwrap();
        assert!(full.contains("BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n"), "{full}");
        assert_eq!(with(full.as_bytes()), None, "twice");
        assert_eq!(without(full.as_bytes()).unwrap(), bare.as_bytes());
        assert_eq!(without(bare.as_bytes()), None);
    }

    #[test]
    fn a_zone_of_ones_own_stays() {
        let own = format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:My zone\r\nBEGIN:STANDARD\r\n\
             DTSTART:19700101T000000\r\nTZOFFSETFROM:+0517\r\nTZOFFSETTO:+0517\r\nEND:STANDARD\r\n\
             END:VTIMEZONE\r\n{}",
            EVENT.replace("Europe/Berlin", "My zone")
        );
        assert_eq!((without(own.as_bytes()), with(own.as_bytes())), (None, None));
        assert_eq!(read(&own).as_deref(), Some("My zone"));
    }

    #[test]
    fn a_known_zone_is_written_so_that_it_is_read_again() {
        for id in ["Europe/Berlin", "America/New_York", "Asia/Kolkata"] {
            assert_eq!(read(&write(id).unwrap()).as_deref(), Some(id));
        }
        assert_eq!(write("Nowhere/At_all"), None);
        for text in ["", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "no calendar"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
