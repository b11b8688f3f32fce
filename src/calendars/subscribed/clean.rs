//! What of an entry from outside is kept: what says what it is and when. What makes programs
//! fetch, run or show more than text is left out: attachments, images, HTML, alternative
//! representations, properties of single programs (X-), alarms that do more than remind.

use crate::formats::fold::fold_into;
use crate::formats::ical::component::Component;
use crate::formats::line::Line;

/// Properties of events, tasks and journal entries that are kept.
const OF_ENTRIES: [&str; 38] = [
    "CATEGORIES",
    "CLASS",
    "COLOR",
    "COMMENT",
    "COMPLETED",
    "CONFERENCE",
    "CONTACT",
    "CREATED",
    "DESCRIPTION",
    "DTEND",
    "DTSTAMP",
    "DTSTART",
    "DUE",
    "DURATION",
    "EXDATE",
    "EXRULE",
    "GEO",
    "LAST-MODIFIED",
    "LOCATION",
    "ORGANIZER",
    "ATTENDEE",
    "PERCENT-COMPLETE",
    "PRIORITY",
    "RDATE",
    "RECURRENCE-ID",
    "RELATED-TO",
    "REQUEST-STATUS",
    "RESOURCES",
    "RRULE",
    "SEQUENCE",
    "STATUS",
    "SUMMARY",
    "TRANSP",
    "UID",
    "URL",
    "X-MICROSOFT-CDO-ALLDAYEVENT",
    "X-MICROSOFT-CDO-BUSYSTATUS",
    "X-MICROSOFT-CDO-INTENDEDSTATUS",
];

/// Properties of alarms that are kept.
const OF_ALARMS: [&str; 7] =
    ["ACTION", "DESCRIPTION", "DURATION", "REPEAT", "SUMMARY", "TRIGGER", "UID"];

/// Properties of time zones and their observances that are kept.
const OF_ZONES: [&str; 10] = [
    "TZID",
    "LAST-MODIFIED",
    "X-LIC-LOCATION",
    "DTSTART",
    "TZOFFSETFROM",
    "TZOFFSETTO",
    "RRULE",
    "RDATE",
    "EXDATE",
    "TZNAME",
];

/// Properties whose value is an address that people open.
const LINKS: [&str; 2] = ["URL", "CONFERENCE"];

/// Parameters that lead elsewhere.
const LEADING: [&str; 2] = ["ALTREP", "DIR"];

/// What is written.
#[derive(Debug, Clone, Copy)]
pub struct Cleaning {
    /// Are reminders kept?
    pub alarms: bool,
}

impl Cleaning {
    /// Writes an event, task or journal entry to `out`. `uid` is the identity of one that has none.
    pub fn entry(self, entry: &Component<'_>, uid: &str, out: &mut Vec<u8>) {
        edge("BEGIN", entry, out);
        if entry.uid().is_none() {
            fold_into(out, format!("UID:{}", crate::formats::text::escape(uid)).as_bytes(), CRLF);
        }
        properties(entry, &OF_ENTRIES, out);
        for alarm in entry.children_named("VALARM").filter(|alarm| self.alarms && reminds(alarm)) {
            edge("BEGIN", alarm, out);
            properties(alarm, &OF_ALARMS, out);
            edge("END", alarm, out);
        }
        edge("END", entry, out);
    }
}

const CRLF: &[u8] = b"\r\n";

/// Writes a time zone to `out`.
pub fn zone(zone: &Component<'_>, out: &mut Vec<u8>) {
    edge("BEGIN", zone, out);
    properties(zone, &OF_ZONES, out);
    for part in zone.children.iter().filter(|part| part.is("STANDARD") || part.is("DAYLIGHT")) {
        edge("BEGIN", part, out);
        properties(part, &OF_ZONES, out);
        edge("END", part, out);
    }
    edge("END", zone, out);
}

/// Does it nothing but show something or make a sound?
fn reminds(alarm: &Component<'_>) -> bool {
    alarm.says("ACTION", "DISPLAY") || alarm.says("ACTION", "AUDIO")
}

fn edge(edge: &str, component: &Component<'_>, out: &mut Vec<u8>) {
    fold_into(out, format!("{edge}:{}", component.name).as_bytes(), CRLF);
}

fn properties(component: &Component<'_>, kept: &[&str], out: &mut Vec<u8>) {
    for line in &component.properties {
        if kept.iter().any(|name| line.is(name)) && is_harmless(line) {
            property(line, out);
        }
    }
}

fn is_harmless(line: &Line<'_>) -> bool {
    if !LINKS.iter().any(|name| line.is(name)) {
        return true;
    }
    let value = line.value();
    let scheme = value.trim_ascii().split(|byte| *byte == b':').next().unwrap_or_default();
    [&b"https"[..], b"http"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

fn property(line: &Line<'_>, out: &mut Vec<u8>) {
    if !line.params().any(|param| LEADING.iter().any(|name| param.is(name))) {
        fold_into(out, &line.unfolded(), CRLF);
        return;
    }
    let mut text = line.name().to_vec();
    for param in line.params() {
        if !LEADING.iter().any(|name| param.is(name)) {
            text.push(b';');
            text.extend_from_slice(param.name);
            text.push(b'=');
            text.extend_from_slice(param.value);
        }
    }
    text.push(b':');
    text.extend_from_slice(&line.value());
    fold_into(out, &text, CRLF);
}
