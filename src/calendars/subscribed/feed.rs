//! A published calendar taken apart: one object for each identity, with its changed instances and
//! the time zones it uses.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use sha2::{Digest, Sha256};

use super::clean::{self, Cleaning};
use crate::formats::ical::component::{Bounds, Component, Excess, parse};
use crate::formats::ical::repair::readable;
use crate::store::collection::Components;

/// The parts that are taken: what takes somebody's time without them takes nobody's here.
const TAKEN: [&str; 3] = ["VEVENT", "VTODO", "VJOURNAL"];

/// Lines of one entry, on the average of a whole calendar.
const LINES_OF_ONE: usize = 500;

/// The beginning of every object. It names no version, so that a new one changes no object.
const HEAD: &[u8] = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//rolodav//subscription//EN\r\n";

/// A published calendar.
#[derive(Debug, Default)]
pub struct Feed {
    /// What it calls itself.
    pub name: Option<String>,
    /// Its colour, `#RRGGBB`.
    pub color: Option<String>,
    /// The name of the zone of its times without one.
    pub zone: Option<String>,
    /// The kinds of what is in it.
    pub kinds: Components,
    /// The objects by their identity.
    pub objects: BTreeMap<String, Vec<u8>>,
    /// Entries that are in none of them, for another one has the same identity.
    pub left_out: u64,
}

/// Why a text is no published calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoFeed {
    /// It is something else.
    Other,
    /// It is a web page.
    Page,
    /// Its end is missing.
    CutOff,
    /// There is more in it than so many entries, or than they can have.
    TooMuch(usize),
}

/// Takes `bytes` apart, at most `most` entries.
pub fn take_apart(bytes: &[u8], most: usize, cleaning: Cleaning) -> Result<Feed, NoFeed> {
    let (text, _) = readable(bytes);
    // An entry has changed instances, alarms, and zones are shared.
    let parts = most.saturating_mul(4).saturating_add(1000);
    let bounds = Bounds::new(most.saturating_mul(LINES_OF_ONE), parts);
    let document = parse(&text, bounds).map_err(|_: Excess| NoFeed::TooMuch(most))?;
    let calendars: Vec<_> = document.roots.iter().filter(|root| root.is("VCALENDAR")).collect();
    let Some(first) = calendars.first() else { return Err(other(&text)) };
    if document.unclosed > 0 {
        return Err(NoFeed::CutOff);
    }
    let named = |name| first.text(name).map(Cow::into_owned);
    let mut feed = Feed {
        name: named("X-WR-CALNAME").or_else(|| named("NAME")),
        color: named("X-APPLE-CALENDAR-COLOR").filter(|color| is_color(color)),
        zone: named("X-WR-TIMEZONE"),
        ..Feed::default()
    };
    let mut groups: BTreeMap<String, Vec<&Component<'_>>> = BTreeMap::new();
    let mut zones: HashMap<String, &Component<'_>> = HashMap::new();
    let mut entries = 0;
    for part in calendars.iter().flat_map(|calendar| &calendar.children) {
        if part.is("VTIMEZONE") {
            if let Some(id) = part.text("TZID") {
                zones.entry(id.into_owned()).or_insert(part);
            }
        } else if TAKEN.iter().any(|name| part.is(name)) {
            entries += 1;
            if entries > most {
                return Err(NoFeed::TooMuch(most));
            }
            feed.kinds = feed.kinds.and(Components::named(&part.name).unwrap_or_default());
            let uid = part.uid().map_or_else(|| identity(part), Cow::into_owned);
            groups.entry(uid).or_default().push(part);
        }
    }
    for (uid, entries) in groups {
        let (kept, left_out) = one_of_each(entries);
        feed.left_out += left_out;
        feed.objects.insert(uid.clone(), object(&uid, &kept, &zones, cleaning));
    }
    Ok(feed)
}

/// An identity for an entry without one: the same as long as it says the same.
fn identity(entry: &Component<'_>) -> String {
    let mut digest = Sha256::new();
    for line in entry.properties.iter().filter(|line| !line.is("DTSTAMP")) {
        digest.update(line.unfolded());
        digest.update(b"\n");
    }
    super::take_in::hex(&digest.finalize())
}

/// Of entries with one identity those of one kind, and of those that stand for the same instance
/// the one that was changed most often, else the last; and how many others there are.
fn one_of_each<'d, 'a>(entries: Vec<&'d Component<'a>>) -> (Vec<&'d Component<'a>>, u64) {
    let all = entries.len();
    let kind = entries.first().map(|entry| entry.name.clone()).unwrap_or_default();
    let mut kept: BTreeMap<Vec<u8>, &Component<'_>> = BTreeMap::new();
    for entry in entries.into_iter().filter(|entry| entry.name == kind) {
        let instance = entry.property("RECURRENCE-ID");
        // The series itself comes first.
        let instance = instance.map(|line| line.value().trim_ascii().to_vec()).unwrap_or_default();
        match kept.get(&instance) {
            Some(known) if sequence(known) > sequence(entry) => {}
            _ => drop(kept.insert(instance, entry)),
        }
    }
    let left_out = (all - kept.len()) as u64;
    (kept.into_values().collect(), left_out)
}

fn sequence(entry: &Component<'_>) -> u64 {
    entry.text("SEQUENCE").and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn object(
    uid: &str,
    entries: &[&Component<'_>],
    zones: &HashMap<String, &Component<'_>>,
    cleaning: Cleaning,
) -> Vec<u8> {
    let mut out = HEAD.to_vec();
    let used: BTreeSet<String> = entries
        .iter()
        .flat_map(|entry| &entry.properties)
        .filter_map(|line| line.param("TZID").map(|id| id.trim().to_owned()))
        .collect();
    for zone in used.iter().filter_map(|id| zones.get(id)) {
        clean::zone(zone, &mut out);
    }
    for entry in entries {
        cleaning.entry(entry, uid, &mut out);
    }
    out.extend_from_slice(b"END:VCALENDAR\r\n");
    out
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| {
        matches!(digits.len(), 6 | 8) && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

fn other(text: &[u8]) -> NoFeed {
    let text = text.trim_ascii_start();
    if text.starts_with(b"<") { NoFeed::Page } else { NoFeed::Other }
}

impl fmt::Display for NoFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other => f.write_str("What is at this address is no calendar (iCalendar)."),
            Self::Page => f.write_str(
                "What is at this address is a web page, no calendar. Look on that page for the \
                 address of the calendar itself; it often ends in .ics.",
            ),
            Self::CutOff => f.write_str("The calendar has no end; it was cut off on its way."),
            Self::TooMuch(most) => write!(
                f,
                "The calendar has more than {most} entries. More are allowed by the setting \
                 `subscriptions.entries`."
            ),
        }
    }
}

impl std::error::Error for NoFeed {}
