//! The instances of an event that ended within a stretch of time, and who attended them.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::calendars::instances::{Instance, Series};
use crate::calendars::scheduling::address::Address;
use crate::contacts::layer::clean;
use crate::formats::ical::component::{self, Bounds};
use crate::formats::ical::value::When;
use crate::formats::line::Line;
use crate::formats::recur::Budget;
use crate::formats::zone::{Zone, Zones};

/// What looking at one object may cost.
const BUDGET: Budget = Budget::new(100_000, 2_000);

/// Longest title that is kept, in bytes.
const LONGEST: usize = 2000;

/// An instance of an event that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Stable for the instance, whatever becomes of the event.
    pub uid: String,
    /// When it began, in Unix seconds.
    pub start: i64,
    /// When it ended.
    pub end: i64,
    /// Is it of whole days?
    pub all_day: bool,
    /// What it was about.
    pub title: String,
    /// An address that it names, such as that of a conference.
    pub url: Option<String>,
    /// Who attended or organized, and did not decline; with their mail addresses.
    pub people: Vec<Address>,
    /// Who declined.
    pub declined: Vec<Address>,
    /// How many were invited.
    pub invited: usize,
}

/// Could `event` have attendees? A look at the bytes.
pub fn has_attendees(event: &[u8]) -> bool {
    memchr::memmem::find(event, b"ATTENDEE").is_some()
        || memchr::memmem::find(event, b"attendee").is_some()
}

/// The meetings of the event in `bytes` that ended after the Unix second `from` and not after
/// `until`; days and floating times are meant in `zone`. Of one whose instances are too many to be
/// known, those that are.
pub fn ended(bytes: &[u8], zone: &Zone, from: i64, until: i64) -> Vec<Meeting> {
    let Ok(document) = component::parse(bytes, Bounds::STORED) else { return Vec::new() };
    let Some(calendar) = document.calendar() else { return Vec::new() };
    let zones = Zones::of(calendar, zone.clone());
    let mut budget = BUDGET;
    let mut found = Vec::new();
    for series in Series::of(calendar, &zones) {
        let mut walk = series.walk(from, until.saturating_add(1));
        while let Ok(Some(instance)) = walk.next(&mut budget) {
            if budget.result().is_err() {
                break;
            }
            found.extend(meeting(&instance, &zones, from, until));
        }
    }
    found
}

fn meeting(instance: &Instance<'_, '_>, zones: &Zones, from: i64, until: i64) -> Option<Meeting> {
    let event = instance.component;
    let start = instance.times.start?;
    let end = instance.times.end.or(instance.times.day_end).unwrap_or(start).max(start);
    let all_day = instance.start.as_ref().is_some_and(When::is_date);
    let is_noise = all_day && event.says("TRANSP", "TRANSPARENT");
    if !event.is("VEVENT")
        || event.says("STATUS", "CANCELLED")
        || is_noise
        || end <= from
        || end > until
    {
        return None;
    }
    let (mut people, mut declined) = (Vec::new(), Vec::new());
    for attendee in event.all("ATTENDEE").filter(|line| is_person(line)) {
        let no = attendee.param("PARTSTAT").is_some_and(|p| p.eq_ignore_ascii_case("DECLINED"));
        if no { &mut declined } else { &mut people }.push(address(attendee));
    }
    let invited = people.len() + declined.len();
    if invited == 0 {
        return None;
    }
    if let Some(organizer) = event.property("ORGANIZER").map(address)
        && !people.contains(&organizer)
        && !declined.contains(&organizer)
    {
        people.push(organizer);
    }
    let mut title = clean(&event.text("SUMMARY").unwrap_or_default());
    title.truncate(title.floor_char_boundary(LONGEST));
    let url = event.property("URL").map(|line| line.text().trim().to_owned());
    let which = instance.recurrence_id.as_ref().map(|id| zones.instant(id));
    let uid = uid(&event.uid().unwrap_or_default(), which);
    Some(Meeting { uid, start, end, all_day, title, url, people, declined, invited })
}

/// Rooms and things do not meet anybody.
fn is_person(line: &Line<'_>) -> bool {
    let kind = line.param("CUTYPE").unwrap_or_default();
    !["ROOM", "RESOURCE"].iter().any(|thing| kind.eq_ignore_ascii_case(thing))
}

/// The mail address, where one is told; Apple has it beside an address of another form.
fn address(line: &Line<'_>) -> Address {
    let address = Address::parse(&line.text());
    match (&address, line.param("EMAIL")) {
        (Address::Mail(_), _) | (_, None) => address,
        (_, Some(mail)) => Address::parse(&mail),
    }
}

/// What stands for one instance of an event.
fn uid(event: &str, which: Option<i64>) -> String {
    let which = which.map(|at| at.to_string()).unwrap_or_default();
    let mut uid = String::from("meeting-");
    for byte in Sha256::digest(format!("{event}\n{which}")).iter().take(16) {
        // Writing to a String does not fail.
        let _ = write!(uid, "{byte:02x}");
    }
    uid
}
