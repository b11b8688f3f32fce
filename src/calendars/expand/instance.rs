//! One instance written as a component of its own: its times in UTC, no rule, no zone.

use crate::calendars::instances::Instance;
use crate::formats::fold::fold_into;
use crate::formats::ical::value::{When, tzid_on};
use crate::formats::line::Line;
use crate::formats::property::Property;
use crate::formats::zone::{Zone, Zones};

/// What says which instances there are, and has no place in one of them.
const RULES: [&str; 4] = ["RRULE", "RDATE", "EXDATE", "EXRULE"];

/// Appends `instance`, whose component stands in `bytes`, to `out`. Lines without a time in a zone
/// stay as they are.
pub(super) fn append(
    out: &mut Vec<u8>,
    bytes: &[u8],
    instance: &Instance<'_, '_>,
    recurs: bool,
    zones: &Zones,
) {
    let component = instance.component;
    let copy = |out: &mut Vec<u8>, span| out.extend_from_slice(bytes.get(span).unwrap_or_default());
    copy(out, component.span.start..component.inner.start);
    let line_end = line_end_of(bytes.get(component.span.start..component.inner.start));
    let mut id = instance.recurrence_id.as_ref().filter(|_| recurs);
    for line in &component.properties {
        if RULES.iter().any(|rule| line.is(rule)) {
            continue;
        }
        let moved = if line.is("DTSTART") {
            instance.start.as_ref()
        } else if line.is("DTEND") || line.is("DUE") {
            instance.end.as_ref()
        } else if line.is("RECURRENCE-ID") {
            id.take()
        } else {
            None
        };
        match moved {
            Some(when) => write(out, line, when, zones, line_end),
            None if is_zoned(line) => match When::of(line) {
                Some(when) => write(out, line, &when, zones, line_end),
                None => copy(out, line.span()),
            },
            None => copy(out, line.span()),
        }
    }
    if let Some(id) = id {
        let mut property = Property::new("RECURRENCE-ID", in_utc(id, zones).to_string());
        if id.is_date() {
            property.set("VALUE", "DATE");
        }
        fold_into(out, &property.write(), line_end);
    }
    component.children.iter().for_each(|child| copy(out, child.span.clone()));
    copy(out, component.inner.end..component.span.end);
}

/// Writes `line` with the value `when`; its other parameters stay.
fn write(out: &mut Vec<u8>, line: &Line<'_>, when: &When, zones: &Zones, line_end: &[u8]) {
    let Some(mut property) = Property::read(line) else { return };
    property.take("TZID");
    property.take("RANGE");
    property.value = in_utc(when, zones).to_string();
    fold_into(out, &property.write(), line_end);
}

fn in_utc(when: &When, zones: &Zones) -> When {
    match when {
        When::Zoned(..) => When::Utc(Zone::UTC.civil(zones.instant(when))),
        other => other.clone(),
    }
}

fn is_zoned(line: &Line<'_>) -> bool {
    tzid_on(line).is_some()
}

/// How lines end that are written beside `begin`, a `BEGIN` line.
fn line_end_of(begin: Option<&[u8]>) -> &'static [u8] {
    match begin {
        Some(line) if !line.ends_with(b"\r\n") && line.ends_with(b"\n") => b"\n",
        Some(line) if line.ends_with(b"\r") => b"\r",
        _ => b"\r\n",
    }
}
