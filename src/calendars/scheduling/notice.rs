//! What attendees are told when an organizer stores or deletes an object (RFC 6638 §3.2.1): what
//! changed for whom, and the iTIP messages that say so (RFC 5546 §3.2.2, §3.2.5).

use std::collections::BTreeSet;

use super::address::Address;
use super::draft::{Draft, is};
use super::invitation::{for_attendee, is_of_client};
use super::object::{Object, address, answer, attendee, by_server, schedules, times};
use crate::formats::property::Property;

/// What an attendee is to be told.
#[derive(Debug, Clone)]
pub enum Notice {
    /// They are invited, or what they are invited to has changed.
    Request(Draft),
    /// They are no longer invited, to all or to some instances; or it does not take place.
    Cancel(Draft),
    /// Nothing; their copy shows what others answered.
    Silent,
}

/// What the attendee with these addresses is to be told of the change from `old` to `new`; `stamp`
/// is the present moment as iCalendar writes it. Nothing if nothing changed for them, or if the
/// organizer's client tells them itself.
pub fn notices(
    old: Option<&Object>,
    new: Option<&Object>,
    theirs: &[Address],
    stamp: &str,
) -> Vec<Notice> {
    let told = new.filter(|object| is_told(object, theirs));
    let had = old.filter(|object| is_told(object, theirs));
    let before = had.and_then(|object| for_attendee(object, theirs));
    let after = told.and_then(|object| for_attendee(object, theirs));
    match (before, after) {
        (None, None) => Vec::new(),
        (None, Some(after)) if all_cancelled(&after) => Vec::new(),
        (None, Some(after)) => vec![Notice::Request(message(&after, "REQUEST", None, stamp))],
        (Some(before), None) if all_cancelled(&before) => Vec::new(),
        (Some(before), None) => {
            // Whoever tells the others from now on does it with the number after the last one.
            let last = new.or(old).map_or(0, sequence);
            let raised = last.max(sequence(&before) + u64::from(new.is_none()));
            vec![Notice::Cancel(cancel(&before, None, raised, stamp))]
        }
        (Some(before), Some(after)) => {
            let forced = told.is_some_and(|object| is_forced(object, theirs));
            changed(&before, &after, forced, stamp)
        }
    }
}

/// Does the server tell this attendee?
fn is_told(object: &Object, theirs: &[Address]) -> bool {
    let mut lines = object.parts().filter_map(|part| attendee(part, theirs));
    lines.any(by_server)
}

/// Does the organizer want the message to be sent, changed or not (RFC 6638 §7.2)?
fn is_forced(object: &Object, theirs: &[Address]) -> bool {
    object.parts().filter_map(|part| attendee(part, theirs)).any(|line| {
        line.param("SCHEDULE-FORCE-SEND").is_some_and(|what| what.eq_ignore_ascii_case("REQUEST"))
    })
}

fn sequence(object: &Object) -> u64 {
    object.parts().map(Draft::sequence).max().unwrap_or(0)
}

fn is_cancelled(part: &Draft) -> bool {
    part.says("STATUS", "CANCELLED")
}

fn all_cancelled(object: &Object) -> bool {
    object.parts().all(is_cancelled)
}

/// Both are as the attendee has them.
fn changed(before: &Object, after: &Object, forced: bool, stamp: &str) -> Vec<Notice> {
    let last = sequence(after);
    if all_cancelled(after) {
        return if all_cancelled(before) && !forced {
            Vec::new()
        } else {
            vec![Notice::Cancel(cancel(after, None, last, stamp))]
        };
    }
    let gone = gone(before, after);
    let mut notices = Vec::new();
    if forced || content(before, &gone) != content(after, &gone) {
        notices.push(Notice::Request(message(after, "REQUEST", None, stamp)));
    }
    if !gone.is_empty() {
        notices.push(Notice::Cancel(cancel(before, Some((&gone, after)), last, stamp)));
    }
    if notices.is_empty() && before.calendar != after.calendar {
        notices.push(Notice::Silent);
    }
    notices
}

/// The instances that the attendee had and no longer has.
fn gone(before: &Object, after: &Object) -> BTreeSet<i64> {
    let mut gone = BTreeSet::new();
    if let (Some(was), Some(is)) = (before.master(), after.master()) {
        let known = before.left_out(was);
        let left_out = after.left_out(is).into_keys().filter(|at| !known.contains_key(at));
        gone.extend(left_out);
        if times(was) != times(is) {
            // With another rule instances have other names; the request says it all.
            gone.clear();
        }
    }
    for part in before.parts() {
        let Some(id) = before.instance(part) else { continue };
        let now = after.part(Some(id));
        if is_cancelled(part) {
            continue;
        }
        if now.is_some_and(is_cancelled) || now.is_none() && after.master().is_none() {
            gone.insert(id);
        }
    }
    gone
}

/// What people are told of, in a form that compares: not who answered what, and not what a
/// program keeps for itself.
fn content(object: &Object, gone: &BTreeSet<i64>) -> Vec<Vec<String>> {
    let mut parts: Vec<Vec<String>> = object
        .parts()
        .filter(|part| object.instance(part).is_none_or(|id| !gone.contains(&id)))
        .map(|part| {
            let mut lines: Vec<String> =
                part.properties.iter().filter(|p| tells(p)).map(plain).collect();
            let left_out = object.left_out(part).into_keys().filter(|at| !gone.contains(at));
            lines.extend(left_out.map(|at| format!("EXDATE {at}")));
            lines.extend(times(part));
            lines.push(format!("{:?}", object.instance(part)));
            lines.sort_unstable();
            lines
        })
        .collect();
    parts.sort_unstable();
    parts
}

fn tells(property: &Property) -> bool {
    const SILENT: [&str; 19] = [
        "DTSTAMP",
        "LAST-MODIFIED",
        "CREATED",
        "SEQUENCE",
        "TRANSP",
        "REQUEST-STATUS",
        "CATEGORIES",
        "PERCENT-COMPLETE",
        "COMPLETED",
        "RECURRENCE-ID",
        "EXDATE",
        "DTSTART",
        "DTEND",
        "DUE",
        "DURATION",
        "RRULE",
        "RDATE",
        "COLOR",
        "CLASS",
    ];
    let own = property.name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("X-"));
    !own && !is_of_client(property) && !SILENT.iter().any(|name| is(property, name))
}

fn plain(property: &Property) -> String {
    let name = property.name.to_ascii_uppercase();
    match name.as_str() {
        "ATTENDEE" => {
            let role = property.param("ROLE").unwrap_or_else(|| "REQ-PARTICIPANT".to_owned());
            format!("{name} {} {}", address(property), role.to_ascii_uppercase())
        }
        "ORGANIZER" => format!("{name} {}", address(property)),
        _ => format!("{name} {}", property.value.trim()),
    }
}

/// Did anybody's answer change, and nothing else that people are told of?
pub fn only_answers_differ(old: &Object, new: &Object) -> bool {
    let none = BTreeSet::new();
    let answers = |object: &Object| -> Vec<String> {
        let lines = object.parts().flat_map(|part| part.all("ATTENDEE"));
        lines.map(answer).collect()
    };
    content(old, &none) == content(new, &none) && answers(old) != answers(new)
}

/// `object` as a message; of its events and tasks only `chosen`, if given.
pub fn message(object: &Object, method: &str, chosen: Option<Vec<Draft>>, stamp: &str) -> Draft {
    let mut calendar = object.calendar.clone();
    calendar.set_value("METHOD", method);
    if let Some(chosen) = chosen {
        calendar.children.retain(|part| !schedules(part));
        calendar.children.extend(chosen);
    }
    for part in calendar.children.iter_mut().filter(|part| schedules(part)) {
        part.set_value("DTSTAMP", stamp);
    }
    calendar
}

/// The message that takes `before` back: all of it, or the instances that are gone.
fn cancel(
    before: &Object,
    gone: Option<(&BTreeSet<i64>, &Object)>,
    sequence: u64,
    stamp: &str,
) -> Draft {
    let chosen = match gone {
        None => before.parts().cloned().map(|part| taken_back(part, sequence)).collect(),
        Some((gone, after)) => {
            let parts = gone.iter().filter_map(|id| instance_of(before, after, *id));
            parts.map(|part| taken_back(part, sequence)).collect()
        }
    };
    message(before, "CANCEL", Some(chosen), stamp)
}

/// The instance `id` of `before` as a component of its own.
fn instance_of(before: &Object, after: &Object, id: i64) -> Option<Draft> {
    if let Some(part) = before.part(Some(id)) {
        return Some(part.clone());
    }
    let mut name = after.left_out(after.master()?).remove(&id)?;
    let mut part = before.master()?.clone();
    part.remove(&["RRULE", "RDATE", "EXDATE", "DTEND", "DUE"]);
    for role in ["DTSTART", "RECURRENCE-ID"] {
        role.clone_into(&mut name.name);
        part.set(name.clone());
    }
    Some(part)
}

fn taken_back(mut part: Draft, sequence: u64) -> Draft {
    part.children.clear();
    part.set_value("STATUS", "CANCELLED");
    part.set_value("SEQUENCE", sequence.max(part.sequence()).to_string());
    part
}
