//! One instance written as a component of its own: its times in UTC, no rule, no zone.

use std::ops::Range;

use crate::calendars::instances::Instance;
use crate::formats::fold::fold_into;
use crate::formats::ical::component::Component;
use crate::formats::ical::value::{When, tzid_on};
use crate::formats::line::Line;
use crate::formats::property::Property;
use crate::formats::zone::{Zone, Zones};

/// What says which instances there are, and has no place in one of them.
const RULES: [&str; 4] = ["RRULE", "RDATE", "EXDATE", "EXRULE"];

/// Writes the instances of one object. What is the same in all instances of a component is worked
/// out once, so that a long list of exceptions is not gone through for each.
#[derive(Debug)]
pub(super) struct Writer<'c, 'a> {
    bytes: &'a [u8],
    zones: &'c Zones,
    template: Option<Template<'c, 'a>>,
}

#[derive(Debug)]
struct Template<'c, 'a> {
    component: &'c Component<'a>,
    line_end: &'static [u8],
    parts: Vec<Part<'c, 'a>>,
}

/// A piece of an instance.
#[derive(Debug)]
enum Part<'c, 'a> {
    /// These bytes of the object.
    Stored(Range<usize>),
    /// These ones: a time of the component's own, in UTC.
    Written(Vec<u8>),
    /// The line with the instance's beginning.
    Start(&'c Line<'a>),
    /// The line with the instance's end.
    End(&'c Line<'a>),
    /// The line that says which instance it is.
    Id(&'c Line<'a>),
    /// The end of the properties.
    NoId,
}

impl<'c, 'a> Writer<'c, 'a> {
    /// For instances of an object in `bytes`.
    pub(super) fn new(bytes: &'a [u8], zones: &'c Zones) -> Self {
        Self { bytes, zones, template: None }
    }

    /// Appends `instance` to `out`. Lines without a time in a zone stay as they are.
    pub(super) fn append(&mut self, out: &mut Vec<u8>, instance: &Instance<'c, 'a>, recurs: bool) {
        let known = self.template.take();
        let same = known.filter(|one| std::ptr::eq(one.component, instance.component));
        let template =
            same.unwrap_or_else(|| Template::of(self.bytes, instance.component, self.zones));
        let mut id = instance.recurrence_id.as_ref().filter(|_| recurs);
        for part in &template.parts {
            let (line, moved) = match part {
                Part::Stored(span) => {
                    out.extend_from_slice(self.bytes.get(span.clone()).unwrap_or_default());
                    continue;
                }
                Part::Written(bytes) => {
                    out.extend_from_slice(bytes);
                    continue;
                }
                Part::NoId => {
                    if let Some(id) = id {
                        write_id(out, id, self.zones, template.line_end);
                    }
                    continue;
                }
                Part::Start(line) => (line, instance.start.as_ref()),
                Part::End(line) => (line, instance.end.as_ref()),
                Part::Id(line) => (line, id.take()),
            };
            let own = When::of(line).filter(|_| is_zoned(line));
            match moved.or(own.as_ref()) {
                Some(when) => write(out, line, when, self.zones, template.line_end),
                None => out.extend_from_slice(self.bytes.get(line.span()).unwrap_or_default()),
            }
        }
        self.template = Some(template);
    }
}

impl<'c, 'a> Template<'c, 'a> {
    fn of(bytes: &[u8], component: &'c Component<'a>, zones: &Zones) -> Self {
        let begin = component.span.start..component.inner.start;
        let line_end = line_end_of(bytes.get(begin.clone()));
        let mut parts = vec![Part::Stored(begin)];
        for line in &component.properties {
            if RULES.iter().any(|rule| line.is(rule)) {
                continue;
            }
            parts.push(if line.is("DTSTART") {
                Part::Start(line)
            } else if line.is("DTEND") || line.is("DUE") {
                Part::End(line)
            } else if line.is("RECURRENCE-ID") {
                Part::Id(line)
            } else if is_zoned(line)
                && let Some(when) = When::of(line)
            {
                let mut written = Vec::new();
                write(&mut written, line, &when, zones, line_end);
                Part::Written(written)
            } else {
                Part::Stored(line.span())
            });
        }
        parts.push(Part::NoId);
        parts.extend(component.children.iter().map(|child| Part::Stored(child.span.clone())));
        parts.push(Part::Stored(component.inner.end..component.span.end));
        Self { component, line_end, parts }
    }
}

fn write_id(out: &mut Vec<u8>, id: &When, zones: &Zones, line_end: &[u8]) {
    let mut property = Property::new("RECURRENCE-ID", in_utc(id, zones).to_string());
    if id.is_date() {
        property.set("VALUE", "DATE");
    }
    fold_into(out, &property.write(), line_end);
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
