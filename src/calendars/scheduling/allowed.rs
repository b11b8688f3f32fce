//! What an attendee may change in their copy of somebody else's event (RFC 6638 §3.2.2.1): their
//! answer, their alarms, what only concerns themselves. All else is the organizer's.

use super::address::Address;
use super::draft::{Draft, is};
use super::instance::of_series;
use super::object::{Object, address, attendee, times};
use crate::formats::property::Property;
use crate::formats::text::unescape;

/// Besides `X-` properties, what an attendee may change, and what programs change by themselves.
const FREE: [&str; 25] = [
    "DTSTAMP",
    "CREATED",
    "LAST-MODIFIED",
    "SEQUENCE",
    "TRANSP",
    "PERCENT-COMPLETE",
    "COMPLETED",
    "CATEGORIES",
    "COLOR",
    "CLASS",
    "COMMENT",
    "REQUEST-STATUS",
    "UID",
    "RECURRENCE-ID",
    "EXDATE",
    "EXRULE",
    "DTSTART",
    "DTEND",
    "DUE",
    "DURATION",
    "RRULE",
    "RDATE",
    "ACKNOWLEDGED",
    "IMAGE",
    "STYLED-DESCRIPTION",
];

/// Judges the change of an attendee's copy from `old` to `new`; the error says what was changed
/// that is not theirs.
pub fn check(old: &Object, new: &Object, mine: &[Address]) -> Result<(), &'static str> {
    for part in new.parts() {
        let instance = new.instance(part);
        let Some(line) = attendee(part, mine) else {
            return Err("you took yourself off the list of attendees; decline instead");
        };
        if super::object::answer(line).len() > 64 {
            return Err("the answer is none that is known");
        }
        match (old.part(instance), part.property("RECURRENCE-ID"), old.master()) {
            (Some(known), _, _) => same(old, known, new, part)?,
            (None, Some(id), Some(series)) => {
                same(old, &of_series(old, series, id), new, part)?;
            }
            _ => return Err("there is no such instance in what the organizer sent"),
        }
    }
    let kept = |object: &Object| object.master().map(|part| object.left_out(part));
    let left_out = kept(new).unwrap_or_default();
    if kept(old).unwrap_or_default().keys().any(|at| !left_out.contains_key(at)) {
        return Err("instances that do not take place were brought back");
    }
    for part in old.parts() {
        let instance = old.instance(part);
        if new.part(instance).is_some() {
            continue;
        }
        let dropped = instance.is_some_and(|at| left_out.contains_key(&at));
        let as_series = match (part.property("RECURRENCE-ID"), old.master()) {
            (Some(id), Some(series)) => {
                let series = of_series(old, series, id);
                same(old, part, old, &series).is_ok()
            }
            _ => false,
        };
        if !dropped && !as_series {
            return Err("an instance that the organizer changed was taken out");
        }
    }
    Ok(())
}

/// Do both say the same in everything that is the organizer's?
fn same(
    old_object: &Object,
    old: &Draft,
    new_object: &Object,
    new: &Draft,
) -> Result<(), &'static str> {
    if moments(old_object, old) != moments(new_object, new) {
        return Err("the time was changed");
    }
    if people(old) != people(new) {
        return Err("the organizer or the other attendees were changed");
    }
    if told(old) != told(new) {
        return Err("the title, the place or another detail was changed");
    }
    Ok(())
}

/// The times, whatever zone they are written in.
fn moments(object: &Object, part: &Draft) -> Vec<String> {
    let mut moments: Vec<String> = ["DTSTART", "DTEND", "DUE", "RDATE"]
        .iter()
        .flat_map(|name| part.all(name).map(move |line| (name, line)))
        .flat_map(|(name, line)| {
            let whens = super::draft::whens(line).into_iter();
            whens.map(move |when| format!("{name} {}", object.moment(&when)))
        })
        .collect();
    let rules = times(part).into_iter();
    moments.extend(rules.filter(|line| line.starts_with("RRULE") || line.starts_with("DURATION")));
    moments.sort_unstable();
    moments
}

fn people(part: &Draft) -> Vec<(bool, Address)> {
    let lines = part.properties.iter();
    let named = lines.filter(|p| is(p, "ATTENDEE") || is(p, "ORGANIZER"));
    let mut people: Vec<_> = named.map(|p| (is(p, "ORGANIZER"), address(p))).collect();
    people.sort_unstable();
    people.dedup();
    people
}

fn told(part: &Draft) -> Vec<String> {
    let mut told: Vec<String> = part
        .properties
        .iter()
        .filter(|p| !is_free(p) && !is(p, "ATTENDEE") && !is(p, "ORGANIZER"))
        .filter_map(|p| {
            let text = unescape(p.value.as_bytes());
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let name = p.name.to_ascii_uppercase();
            // What is not said has a meaning too.
            let usual = matches!(
                (name.as_str(), text.as_str()),
                (_, "") | ("STATUS", "CONFIRMED") | ("PRIORITY", "0")
            );
            (!usual).then(|| format!("{name} {text}"))
        })
        .collect();
    told.sort_unstable();
    told
}

fn is_free(property: &Property) -> bool {
    let own = property.name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("X-"));
    own || FREE.iter().any(|name| is(property, name))
}
