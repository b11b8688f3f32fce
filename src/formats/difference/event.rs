//! Events, tasks and journal entries compared (RFC 5545).

use std::collections::HashMap;

use super::fact::{Fact, parameters};
use super::pairing::{Plurality, differing};
use super::{Change, words};
use crate::formats::ical::component::{Bounds, Component, parse};
use crate::formats::line::Line;
use crate::formats::text;

/// What changed from `before` to `after`, both an object of a calendar: what it says of itself,
/// its reminders, and which of its instances are others and how. When and by which program it
/// was written does not count, nor how its time zones are described.
pub fn events(before: &[u8], after: &[u8]) -> Vec<Change> {
    let (mut before, mut after) = (parts(before), parts(after));
    // What is in one version only is told as a whole.
    let (mut gone, mut here) = (Vec::new(), Vec::new());
    before.retain(|part, facts| {
        let stays = after.contains_key(part);
        gone.extend((!stays).then(|| instance(part, facts)));
        stays
    });
    after.retain(|part, facts| {
        let stays = before.contains_key(part);
        here.extend((!stays).then(|| instance(part, facts)));
        stays
    });
    let all = |parts: HashMap<String, Vec<Fact>>, more| {
        parts.into_values().flatten().chain::<Vec<Fact>>(more).collect()
    };
    let pairs = differing(all(before, gone), all(after, here), plurality);
    let told = pairs.into_iter().filter_map(|pair| {
        let property = pair.after.as_ref().or(pair.before.as_ref())?.property.clone();
        words::told(pair, name(&property).unwrap_or(&property))
    });
    told.collect()
}

const INSTANCE: &str = "RECURRENCE-ID";

const SILENT: [&str; 9] = [
    "DTSTAMP",
    "LAST-MODIFIED",
    "CREATED",
    "SEQUENCE",
    "PRODID",
    "UID",
    INSTANCE,
    "X-MOZ-GENERATION",
    "X-MOZ-LASTACK",
];

/// Of alarms.
const SILENT_IN_ALARMS: [&str; 5] =
    ["UID", "X-WR-ALARMUID", "ACKNOWLEDGED", "X-MOZ-LASTACK", "X-APPLE-DEFAULT-ALARM"];

const SILENT_PARAMETERS: [&str; 5] =
    ["VALUE", "SCHEDULE-STATUS", "SCHEDULE-AGENT", "TZID", "X-LIC-ERRORTYPE"];

const NAMES: [(&str, &str); 21] = [
    ("SUMMARY", "Title"),
    ("DTSTART", "Begin"),
    ("DTEND", "End"),
    ("DURATION", "Duration"),
    ("DUE", "Due"),
    ("COMPLETED", "Completed"),
    ("PERCENT-COMPLETE", "Percent complete"),
    ("STATUS", "Status"),
    ("PRIORITY", "Priority"),
    ("LOCATION", "Place"),
    ("DESCRIPTION", "Description"),
    ("URL", "Web page"),
    ("CATEGORIES", "Tag"),
    ("RRULE", "Repeats"),
    ("RDATE", "Also on"),
    ("EXDATE", "Not on"),
    ("ORGANIZER", "Organizer"),
    ("ATTENDEE", "Attendee"),
    ("ATTACH", "Attachment"),
    ("VALARM", "Reminder"),
    (INSTANCE, "Changed instance"),
];

fn name(property: &str) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == property).map(|(_, name)| *name)
}

fn plurality(property: &str) -> Plurality {
    match property {
        "CATEGORIES" | "RDATE" | "EXDATE" | INSTANCE => Plurality::Set,
        "ATTENDEE" | "ATTACH" => Plurality::Several,
        _ => Plurality::Single,
    }
}

/// The facts of the series or single event under an empty name, those of each changed instance
/// under when it would have been.
fn parts(bytes: &[u8]) -> HashMap<String, Vec<Fact>> {
    let mut parts: HashMap<String, Vec<Fact>> = HashMap::new();
    let Ok(document) = parse(bytes, Bounds::STORED) else { return parts };
    for component in document.calendar().into_iter().flat_map(|calendar| &calendar.children) {
        if component.is("VTIMEZONE") {
            continue;
        }
        let instance = component.property(INSTANCE).map(|line| format!("On {}", time(line)));
        let part = instance.unwrap_or_default();
        let facts = facts(component).into_iter().map(|fact| fact.of(&part)).collect::<Vec<_>>();
        parts.entry(part).or_default().extend(facts);
    }
    parts
}

fn facts(component: &Component<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    for line in &component.properties {
        let property = String::from_utf8_lossy(line.name()).to_ascii_uppercase();
        if SILENT.contains(&property.as_str()) {
            continue;
        }
        let qualifiers = parameters(line, &SILENT_PARAMETERS);
        facts.extend(values(&property, line).into_iter().map(|f| f.with(qualifiers.clone())));
    }
    facts.extend(component.children_named("VALARM").map(alarm));
    facts
}

fn values(property: &str, line: &Line<'_>) -> Vec<Fact> {
    match property {
        "DTSTART" | "DTEND" | "DUE" | "COMPLETED" => vec![Fact::text(property, &time(line))],
        "EXDATE" | "RDATE" => {
            let zone = zone(line);
            let value = line.value();
            let times = text::split(&value, b',').map(text::unescape);
            times.map(|one| Fact::text(property, &format!("{}{zone}", readable(&one)))).collect()
        }
        "CATEGORIES" => {
            let value = line.value();
            let items = text::split(&value, b',').map(text::unescape);
            items.filter(|item| !item.trim().is_empty()).map(|i| Fact::text(property, &i)).collect()
        }
        "RRULE" => {
            let rule = line.text().to_ascii_uppercase();
            let mut parts: Vec<&str> = rule.split(';').filter(|part| !part.is_empty()).collect();
            // FREQ first, as everybody writes it.
            parts.sort_by_key(|part| (!part.starts_with("FREQ"), *part));
            vec![Fact::text(property, &parts.join(";"))]
        }
        "ATTENDEE" | "ORGANIZER" => {
            let address = line.text();
            let bare = address.trim().split_at_checked(7);
            let bare = bare.filter(|(start, _)| start.eq_ignore_ascii_case("mailto:"));
            vec![Fact::text(property, bare.map_or(&*address, |(_, rest)| rest))]
        }
        _ => vec![Fact::text(property, &line.text())],
    }
}

fn alarm(alarm: &Component<'_>) -> Fact {
    let told = |line: &&Line<'_>| !SILENT_IN_ALARMS.iter().any(|name| line.is(name));
    let mut all: Vec<String> = alarm
        .properties
        .iter()
        .filter(told)
        .map(|line| {
            let name = String::from_utf8_lossy(line.name()).to_ascii_uppercase();
            let qualifiers = parameters(line, &SILENT_PARAMETERS).join(" ");
            format!("{name} {qualifiers}:{}", line.text().trim())
        })
        .collect();
    all.sort_unstable();
    let mut fact = Fact::text("VALARM", &alarm.text("TRIGGER").unwrap_or_default());
    fact.meaning = all.join("\u{1f}");
    fact
}

/// A part that is in one version only, as a fact of the whole.
fn instance(part: &str, facts: &[Fact]) -> Fact {
    let when = part.strip_prefix("On ").unwrap_or("the series");
    let title = facts.iter().find(|fact| fact.property == "SUMMARY").map(|fact| &fact.meaning);
    let title = title.map_or_else(String::new, |title| format!(" {title}"));
    Fact::text(INSTANCE, &format!("{when}{title}"))
}

/// The time on `line`, with its zone, as people write it.
fn time(line: &Line<'_>) -> String {
    format!("{}{}", readable(&line.text()), zone(line))
}

fn zone(line: &Line<'_>) -> String {
    line.param("TZID").map_or_else(String::new, |zone| format!(" {zone}"))
}

/// `20261121T140000Z` as `2026-11-21 14:00 UTC`.
fn readable(value: &str) -> String {
    let value = value.trim();
    let (date, time) = value.split_once('T').unwrap_or((value, ""));
    let digits =
        |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    let (clock, zone) = match time.strip_suffix('Z') {
        Some(clock) => (clock, " UTC"),
        None => (time, ""),
    };
    if !digits(date, 8) || !(digits(clock, 6) || time.is_empty()) {
        return value.to_owned();
    }
    let piece = |text: &str, from: usize, to: usize| text.get(from..to).unwrap_or("").to_owned();
    let day = format!("{}-{}-{}", piece(date, 0, 4), piece(date, 4, 6), piece(date, 6, 8));
    if time.is_empty() {
        return day;
    }
    let seconds = match piece(clock, 4, 6).as_str() {
        "00" => String::new(),
        seconds => format!(":{seconds}"),
    };
    format!("{day} {}:{}{seconds}{zone}", piece(clock, 0, 2), piece(clock, 2, 4))
}
