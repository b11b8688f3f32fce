//! What the server changes in the objects that people store: single lines of the bytes as they
//! came, so that all else stays as it was written.

use super::address::Address;
use super::draft::{Draft, when};
use super::object::{Object, address, answer, attendee, by_server, schedules, times};
use super::reply::Changes;
use super::status;
use crate::formats::edit::Edits;
use crate::formats::ical::component::{self, Bounds, Component, Document};
use crate::formats::line::Line;
use crate::formats::property::Property;

/// How an organizer's object is completed.
#[derive(Debug)]
pub struct Organizing<'a, S> {
    /// What is stored now.
    pub old: Option<&'a Object>,
    /// The organizer's addresses.
    pub mine: &'a [Address],
    /// Do the answers that are stored count for more than those that were sent? So it is where the
    /// client did not have to read them (RFC 6638 §3.2.10).
    pub stored_answers: bool,
    /// Is `SCHEDULE-FORCE-SEND` left in? It is a wish to the server that is not stored.
    pub with_wishes: bool,
    /// What becomes of the message to somebody; `None` if there is none.
    pub status: S,
}

/// The organizer's object `bytes` as it is stored: answers to a time that is no longer the time
/// are taken back, and every attendee has the state of the last message to them. `None` if that
/// changes nothing.
pub fn organized<S: Fn(&Address) -> Option<&'static str>>(
    bytes: &[u8],
    new: &Object,
    orders: &Organizing<'_, S>,
) -> Option<Vec<u8>> {
    edit_parts(bytes, new, |edits, component, part| {
        let instance = new.instance(part);
        let old = orders.old.and_then(|old| old.part(instance));
        let moved = match old {
            Some(old) => times(old) != times(part),
            None => orders.old.is_some() && is_moved(new, part),
        };
        let known = old.or_else(|| orders.old.and_then(Object::master));
        for line in component.all("ATTENDEE") {
            let Some(sent) = Property::read(line) else { continue };
            let who = address(&sent);
            if orders.mine.contains(&who) || !by_server(&sent) {
                continue;
            }
            let before = known.and_then(|part| attendee(part, std::slice::from_ref(&who)));
            let mut kept = sent.clone();
            if !orders.with_wishes {
                kept.take("SCHEDULE-FORCE-SEND");
            }
            if moved {
                if answer(&kept) != "NEEDS-ACTION" {
                    kept.set("PARTSTAT", "NEEDS-ACTION");
                    kept.set("RSVP", "TRUE");
                }
            } else if let Some(before) = before.filter(|_| orders.stored_answers && old.is_some())
                && answer(before) != answer(&kept)
            {
                kept.set("PARTSTAT", &answer(before));
            }
            let last = || before.and_then(|before| before.param("SCHEDULE-STATUS"));
            match (orders.status)(&who).map(str::to_owned).or_else(last) {
                Some(status) => kept.set("SCHEDULE-STATUS", &status),
                None => drop(kept.take("SCHEDULE-STATUS")),
            }
            replace(edits, line, &sent, &kept);
        }
        if let Some(old) = old.filter(|old| moved && part.sequence() <= old.sequence()) {
            let next = format!("SEQUENCE:{}", old.sequence() + 1);
            match component.property("SEQUENCE") {
                Some(line) => edits.replace(line.span(), next.as_bytes()),
                None => edits.insert(component.inner.start, next.as_bytes()),
            }
        }
    })
}

/// Does this instance, which has just become a component of its own, take place at another time
/// than the series says?
fn is_moved(object: &Object, part: &Draft) -> bool {
    let moment = |name| part.property(name).and_then(when).map(|at| object.moment(&at));
    moment("DTSTART") != moment("RECURRENCE-ID")
}

/// An attendee's object `bytes` as it is stored: what others answered is what the organizer says,
/// and the organizer has the state of the message to them. `None` if that changes nothing.
pub fn attended(
    bytes: &[u8],
    new: &Object,
    old: Option<&Object>,
    mine: &[Address],
    status: Option<&'static str>,
) -> Option<Vec<u8>> {
    edit_parts(bytes, new, |edits, component, part| {
        let known = old.and_then(|old| old.part(new.instance(part)).or_else(|| old.master()));
        for line in &component.properties {
            let Some(sent) = Property::read(line) else { continue };
            let mut kept = sent.clone();
            if line.is("ORGANIZER") {
                kept.take("SCHEDULE-FORCE-SEND");
                if let Some(status) = status {
                    kept.set("SCHEDULE-STATUS", status);
                }
            } else if line.is("ATTENDEE") {
                let who = address(&sent);
                let before = known.and_then(|part| attendee(part, std::slice::from_ref(&who)));
                if let Some(before) = before.filter(|_| !mine.contains(&who))
                    && answer(before) != answer(&kept)
                {
                    kept = before.clone();
                }
            }
            replace(edits, line, &sent, &kept);
        }
    })
}

/// An organizer's object with `changes`, which the attendee with these addresses made.
pub fn with_answers(
    bytes: &[u8],
    object: &Object,
    changes: &Changes,
    theirs: &[Address],
) -> Option<Vec<u8>> {
    let document = parse(bytes)?;
    let calendar = document.calendar()?;
    let mut edits = Edits::new(bytes);
    for (component, part) in pairs(calendar, object) {
        let Some(said) = changes.answers.get(&object.instance(part)) else { continue };
        for line in component.all("ATTENDEE") {
            let Some(sent) = Property::read(line).filter(|p| theirs.contains(&address(p))) else {
                continue;
            };
            let mut kept = sent.clone();
            kept.set("PARTSTAT", said);
            kept.set("SCHEDULE-STATUS", status::SUCCESS);
            kept.take("RSVP");
            replace(&mut edits, line, &sent, &kept);
        }
    }
    for line in changes.made.iter().flat_map(Draft::lines) {
        edits.insert(calendar.inner.end, &line);
    }
    (!edits.is_empty()).then(|| edits.apply())
}

/// An object in which every `ATTENDEE` or `ORGANIZER` (`role`) that `who` fits has this state.
pub fn with_status(
    bytes: &[u8],
    object: &Object,
    role: &str,
    who: impl Fn(&Address) -> bool,
    status: &str,
) -> Option<Vec<u8>> {
    edit_parts(bytes, object, |edits, component, _| {
        for line in component.all(role) {
            let Some(sent) = Property::read(line).filter(|p| who(&address(p))) else { continue };
            let mut kept = sent.clone();
            kept.set("SCHEDULE-STATUS", status);
            replace(edits, line, &sent, &kept);
        }
    })
}

fn parse(bytes: &[u8]) -> Option<Document<'_>> {
    component::parse(bytes, Bounds::STORED).ok()
}

/// The components of events and tasks, as they lie in the bytes and taken apart.
fn pairs<'d, 'a>(
    calendar: &'d Component<'a>,
    object: &'d Object,
) -> impl Iterator<Item = (&'d Component<'a>, &'d Draft)> {
    calendar.children.iter().zip(&object.calendar.children).filter(|(_, part)| schedules(part))
}

fn edit_parts(
    bytes: &[u8],
    object: &Object,
    mut edit: impl FnMut(&mut Edits<'_>, &Component<'_>, &Draft),
) -> Option<Vec<u8>> {
    let document = parse(bytes)?;
    let mut edits = Edits::new(bytes);
    for (component, part) in pairs(document.calendar()?, object) {
        edit(&mut edits, component, part);
    }
    (!edits.is_empty()).then(|| edits.apply())
}

fn replace(edits: &mut Edits<'_>, line: &Line<'_>, sent: &Property, kept: &Property) {
    if sent != kept {
        edits.replace(line.span(), &kept.write());
    }
}
