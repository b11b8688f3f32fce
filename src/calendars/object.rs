//! Calendar objects on their way in (RFC 4791 §4.1, §5.3.2.1): what they are, whether this
//! calendar takes them, what must be repaired before they are served. An object is never refused
//! for its looks, and what needs no repair is kept byte for byte.

use std::borrow::Cow;

use bytes::Bytes;

use crate::base::{Condition, ETag, Fault, Limits};
use crate::calendars::spans::spans;
use crate::formats::ical::component::{Bounds, Component, Document, Excess, parse};
use crate::formats::ical::finding::Finding;
use crate::formats::ical::repair::{complete, readable};
use crate::formats::ical::value::{DateOrPeriod, When};
use crate::formats::vcard::inspect::needs_escape;
use crate::store::attention::Note;
use crate::store::body::NewBody;
use crate::store::collection::Components;
use crate::store::member::Flags;
use crate::store::spans::Span;
use crate::store::write::NewMember;

/// What a calendar takes.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The bounds of the server.
    pub limits: &'a Limits,
    /// The component kinds that this calendar takes.
    pub kinds: Components,
    /// Refuse what would need repair (`Prefer: handling=strict`, RFC 7240 §4.4).
    pub strict: bool,
    /// The Unix second of the write; the time index is finer from about there on.
    pub now: i64,
}

/// The first and the last year of the dates that are taken (`CAL:min-date-time`,
/// `CAL:max-date-time`).
pub const YEARS: (i16, i16) = (1, 9998);

/// Makes `bytes` an object to store, or says why this calendar does not take them.
///
/// # Errors
/// A 403 with the precondition of RFC 4791 §5.3.2.1 that does not hold.
pub fn accept(bytes: Bytes, rules: &Rules<'_>) -> Result<NewMember, Fault> {
    let limits = rules.limits;
    if bytes.len() as u64 > limits.event_bytes {
        let most = limits.event_bytes;
        return Err(refuse("max-resource-size", format!("The entry is larger than {most} bytes.")));
    }
    let (text, mut findings) = readable(&bytes);
    let bounds = Bounds::new(limits.event_lines, limits.event_components);
    let document = parse(&text, bounds).map_err(too_much)?;
    let object = Judged::of(&document)?;
    object.check(rules)?;
    let uid = match object.uid {
        Some(uid) => uid,
        None => Cow::Owned(uuid::Uuid::new_v4().to_string()),
    };
    let kind = object.kind;
    let completed = complete(&text, &document, &uid, &mut findings);
    if rules.strict
        && let Some(finding) = findings.first()
    {
        return Err(refuse("valid-calendar-data", finding.message()));
    }
    let spans = match &completed {
        Some(completed) => times_of(&parse(completed, Bounds::STORED).unwrap_or_default(), rules),
        None => times_of(&document, rules),
    };
    let uid = uid_key(&uid);
    let served = match (completed, text) {
        (Some(completed), _) => Some(completed),
        (None, Cow::Owned(readable)) => Some(readable),
        (None, Cow::Borrowed(part)) if part.len() != bytes.len() => Some(part.to_vec()),
        (None, Cow::Borrowed(_)) => None,
    };
    let (served, original) = match served {
        None => (bytes, None),
        Some(served) => (Bytes::from(served), Some(NewBody { bytes, blobs: Vec::new() })),
    };
    Ok(NewMember {
        etag: ETag::of(&served),
        flags: Flags::default()
            .with(Flags::ESCAPE, needs_escape(&served))
            .with(Flags::REPAIRED, original.is_some())
            .with(flag_of(kind), true),
        uid,
        notes: findings.into_iter().map(note).collect(),
        body: NewBody { bytes: served, blobs: Vec::new() },
        original,
        spans,
    })
}

/// What the time index is told.
fn times_of(document: &Document<'_>, rules: &Rules<'_>) -> Vec<Span> {
    document.calendar().map_or_else(|| vec![Span::ALWAYS], |calendar| spans(calendar, rules.now))
}

/// What a listing tells of the kind.
fn flag_of(kind: Components) -> Flags {
    match kind {
        Components::EVENT => Flags::EVENT,
        Components::TODO => Flags::TODO,
        Components::JOURNAL => Flags::JOURNAL,
        _ => Flags::default(),
    }
}

/// Does a calendar of `kinds` take an object that is in another calendar already, of which the
/// listing tells `flags`?
///
/// # Errors
/// A 403 with `CAL:supported-calendar-component`.
pub fn taken_by(flags: Flags, kinds: Components) -> Result<(), Fault> {
    let (kind, name) = if flags.has(Flags::JOURNAL) {
        (Components::JOURNAL, "VJOURNAL")
    } else if flags.has(Flags::EVENT) {
        (Components::EVENT, "VEVENT")
    } else if flags.has(Flags::TODO) {
        (Components::TODO, "VTODO")
    } else {
        (Components::FREE_BUSY.and(Components::AVAILABILITY), "VFREEBUSY")
    };
    if kinds.takes(kind) { Ok(()) } else { Err(unsupported(name)) }
}

/// An object that is one: a calendar with components of one kind and one identity.
struct Judged<'d, 'a> {
    entries: Vec<&'d Component<'a>>,
    kind: Components,
    kind_name: Cow<'a, str>,
    /// `None`: no component says it.
    uid: Option<Cow<'a, str>>,
}

impl<'d, 'a> Judged<'d, 'a> {
    fn of(document: &'d Document<'a>) -> Result<Self, Fault> {
        let mut calendars = document.roots.iter().filter(|root| root.is("VCALENDAR"));
        let Some(calendar) = calendars.next() else {
            return Err(refuse("valid-calendar-data", "This is not a calendar entry (iCalendar)."));
        };
        if !calendar.is_closed() {
            return Err(refuse(
                "valid-calendar-data",
                "The entry has no end; it was cut off on its way. Send it again.",
            ));
        }
        if calendars.next().is_some() {
            return Err(not_an_object(
                "There are several calendars in one file here; each entry needs a file of its own.",
            ));
        }
        if calendar.property("METHOD").is_some() {
            return Err(not_an_object(
                "This is an invitation message (it has a METHOD), not a calendar entry; \
                 to bring in a file of messages, use the import.",
            ));
        }
        let entries: Vec<_> =
            calendar.children.iter().filter(|child| kind_of(child).is_some()).collect();
        let Some((first, kind)) = entries.first().and_then(|e| Some((e, kind_of(e)?))) else {
            return Err(match calendar.children.iter().find(|child| !child.is("VTIMEZONE")) {
                Some(other) => unsupported(&other.name),
                None => not_an_object("There is no event, task or journal entry in this file."),
            });
        };
        if let Some(other) = entries.iter().find(|entry| entry.name != first.name) {
            return Err(not_an_object(format!(
                "There are entries of different kinds ({} and {}) in one file; each needs a \
                 file of its own.",
                first.name, other.name
            )));
        }
        let (uid, kind_name) = (one_uid(&entries)?, first.name.clone());
        Ok(Self { entries, kind, kind_name, uid })
    }

    fn check(&self, rules: &Rules<'_>) -> Result<(), Fault> {
        if !rules.kinds.takes(self.kind) {
            return Err(unsupported(&self.kind_name));
        }
        let mut instances = 0_usize;
        for entry in &self.entries {
            let most = rules.limits.attendees;
            if entry.all("ATTENDEE").count() > most {
                let message = format!("There are more than {most} attendees.");
                return Err(refuse("max-attendees-per-instance", message));
            }
            check_years(entry)?;
            instances += usize::from(entry.property("RECURRENCE-ID").is_some());
            instances += entry.all("RDATE").flat_map(DateOrPeriod::list).count();
            let most = rules.limits.event_instances;
            if instances > most {
                let message = format!("More than {most} single instances are written out.");
                return Err(refuse("max-instances", message));
            }
        }
        Ok(())
    }
}

fn kind_of(component: &Component<'_>) -> Option<Components> {
    Components::named(&component.name)
}

/// The identity that all `entries` share. Those without one get it, as long as there is no doubt
/// that they belong together: at most one of all is not a changed instance.
fn one_uid<'a>(entries: &[&Component<'a>]) -> Result<Option<Cow<'a, str>>, Fault> {
    let mut shared: Option<Cow<'a, str>> = None;
    let mut nameless = false;
    for entry in entries {
        match (entry.uid(), &shared) {
            (None, _) => nameless = true,
            (Some(uid), None) => shared = Some(uid),
            (Some(uid), Some(known)) if uid == *known => {}
            _ => {
                return Err(not_an_object(
                    "There are entries with different identities (UID) in one file; each needs \
                     a file of its own.",
                ));
            }
        }
    }
    let masters = entries.iter().filter(|entry| entry.property("RECURRENCE-ID").is_none()).count();
    if masters > 1 {
        return Err(not_an_object(if nameless {
            "There are several entries without identity (UID) in one file; each needs a file of \
             its own."
        } else {
            "There are several entries of the same identity (UID) in one file that are no changed \
             instances of a series; each needs an identity and a file of its own."
        }));
    }
    Ok(shared)
}

fn check_years(entry: &Component<'_>) -> Result<(), Fault> {
    let (first, last) = YEARS;
    for name in ["DTSTART", "DTEND", "DUE", "RECURRENCE-ID"] {
        let Some(when) = entry.property(name).and_then(When::of) else { continue };
        let year = when.date().year();
        if year < first {
            return Err(refuse("min-date-time", format!("{name} lies before the year {first}.")));
        }
        if year > last {
            return Err(refuse("max-date-time", format!("{name} lies after the year {last}.")));
        }
    }
    Ok(())
}

/// Longest UID that is kept as it is; nothing real is nearly as long.
const LONGEST_UID: usize = 512;

/// The form in which UIDs are compared and indexed: of bounded length.
fn uid_key(uid: &str) -> String {
    if uid.len() <= LONGEST_UID {
        return uid.to_owned();
    }
    let digest = ETag::of(uid.as_bytes());
    format!("long-uid:{}", digest.to_string().trim_matches('"'))
}

fn note(finding: Finding) -> Note {
    Note { code: finding.code().to_owned(), text: finding.message().to_owned() }
}

fn refuse(condition: &'static str, message: impl Into<Cow<'static, str>>) -> Fault {
    Fault::forbidden(message).with(Condition::caldav(condition))
}

fn not_an_object(message: impl Into<Cow<'static, str>>) -> Fault {
    refuse("valid-calendar-object-resource", message)
}

fn unsupported(kind: &str) -> Fault {
    let what = match kind {
        "VEVENT" => "events".to_owned(),
        "VTODO" => "tasks".to_owned(),
        "VJOURNAL" => "journal entries".to_owned(),
        _ => format!("entries of the kind {}", kind.chars().take(40).collect::<String>()),
    };
    refuse("supported-calendar-component", format!("This calendar does not take {what}."))
}

fn too_much(excess: Excess) -> Fault {
    let message = format!("The entry has {excess}, which is more than is taken.");
    refuse("valid-calendar-data", message)
}

#[cfg(test)]
mod tests;
