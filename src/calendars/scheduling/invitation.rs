//! What an attendee has of the organizer's object: the instances that they are invited to, and
//! what is theirs alone in them.

use std::collections::BTreeSet;

use super::address::Address;
use super::draft::{Draft, is, when};
use super::object::{
    Instance, Object, answer, attendee, by_server, schedules, times, without_private,
};
use crate::formats::property::Property;

/// What is each attendee's own in an event or task (RFC 6638 §3.2.2.1).
const PERSONAL: [&str; 4] = ["TRANSP", "PERCENT-COMPLETE", "COMPLETED", "CATEGORIES"];

/// Is this property of an object its keeper's own, in the attendee's copy and the organizer's?
fn is_personal(property: &Property) -> bool {
    PERSONAL.iter().any(|name| is(property, name)) || is_of_client(property)
}

/// Is it a client's note to itself?
pub fn is_of_client(property: &Property) -> bool {
    let name = property.name.to_ascii_uppercase();
    ["X-MOZ-", "X-LIC-", "X-EVOLUTION-", "X-APPLE-TRAVEL"].iter().any(|own| name.starts_with(own))
}

/// What somebody with these addresses is invited to in the organizer's object; `None` if to
/// nothing.
pub fn for_attendee(object: &Object, theirs: &[Address]) -> Option<Object> {
    let master_is_theirs = object.master().is_some_and(|part| attendee(part, theirs).is_some());
    let mut elsewhere: Vec<Property> = Vec::new();
    let mut calendar = Draft { children: Vec::new(), ..object.calendar.clone() };
    calendar.remove(&["METHOD"]);
    let mut any = false;
    for part in &object.calendar.children {
        if !schedules(part) {
            calendar.children.push(part.clone());
        } else if attendee(part, theirs).is_some() {
            calendar.children.push(handed_over(part));
            any = true;
        } else if let Some(id) = part.property("RECURRENCE-ID") {
            elsewhere.push(id.clone());
        }
    }
    if !any {
        return None;
    }
    if master_is_theirs {
        let left_out = elsewhere.into_iter().map(|mut id| {
            "EXDATE".clone_into(&mut id.name);
            id.take("RANGE");
            id
        });
        let mut parts = calendar.children.iter_mut().filter(|part| schedules(part));
        if let Some(master) = parts.find(|part| part.property("RECURRENCE-ID").is_none()) {
            master.properties.extend(left_out);
        }
    }
    Some(object.with(calendar))
}

/// A component without what is the organizer's own.
fn handed_over(part: &Draft) -> Draft {
    let mut part = part.clone();
    part.children.retain(|child| child.name != "VALARM");
    part.remove(&["REQUEST-STATUS"]);
    part.properties.retain(|property| !is_of_client(property));
    for line in &mut part.properties {
        if is(line, "ATTENDEE") || is(line, "ORGANIZER") {
            *line = without_private(line.clone());
        }
    }
    part
}

/// What an attendee keeps after the organizer's object changed to `fresh`
/// ([`for_attendee`]): the organizer's word on everything but what was the attendee's own in
/// `kept`. An answer stands until the time changes.
pub fn merge(kept: &Object, fresh: &Object, mine: &[Address]) -> Object {
    let dropped = dropped(kept, fresh, mine);
    let mut calendar = fresh.calendar.clone();
    calendar.children.retain(|part| {
        !(schedules(part) && fresh.instance(part).is_some_and(|id| dropped.contains(&id)))
    });
    for part in calendar.children.iter_mut().filter(|part| schedules(part)) {
        let instance = fresh.instance(part);
        let own = kept.part(instance).or_else(|| kept.master());
        if let Some(own) = own {
            take_over(part, own, instance, kept.instance(own), mine);
        }
        if instance.is_none()
            && let Some(own) = kept.master()
        {
            let there: BTreeSet<i64> = fresh.left_out(part).into_keys().collect();
            let more = kept.left_out(own).into_iter();
            let more = more.filter(|(at, _)| dropped.contains(at) && !there.contains(at));
            part.properties.extend(more.map(|(_, line)| line));
        }
    }
    for property in kept.calendar.properties.iter().filter(|p| is(p, "PRODID")) {
        calendar.set(property.clone());
    }
    fresh.with(calendar)
}

/// The instances that the attendee took out of their calendar, as long as the organizer has not
/// moved them since.
fn dropped(kept: &Object, fresh: &Object, mine: &[Address]) -> BTreeSet<i64> {
    let (Some(own), Some(theirs)) = (kept.master(), fresh.master()) else {
        return BTreeSet::new();
    };
    if times(own) != times(theirs) {
        return BTreeSet::new();
    }
    let still = |instance: &i64| match fresh.part(Some(*instance)) {
        None => true,
        Some(part) => attendee(part, mine).is_none_or(|line| answer(line) == "DECLINED"),
    };
    kept.left_out(own).into_keys().filter(still).collect()
}

/// Puts into `part`, which stands for `instance`, what is the attendee's in `own`.
fn take_over(
    part: &mut Draft,
    own: &Draft,
    instance: Instance,
    own_instance: Instance,
    mine: &[Address],
) {
    part.properties.retain(|property| !is_personal(property));
    part.properties.extend(own.properties.iter().filter(|p| is_personal(p)).cloned());
    part.children.extend(own.children.iter().filter(|child| child.name == "VALARM").cloned());
    let same_instance = instance == own_instance;
    let same_time = if same_instance {
        times(part) == times(own)
    } else {
        // The attendee had the instance as the series has it.
        part.property("DTSTART").and_then(when) == part.property("RECURRENCE-ID").and_then(when)
    };
    let answered = attendee(own, mine).map(answer).filter(|said| said != "NEEDS-ACTION");
    for line in &mut part.properties {
        if is(line, "ATTENDEE")
            && mine.contains(&super::object::address(line))
            && same_time
            && (same_instance || answer(line) == "NEEDS-ACTION")
            && let Some(said) = &answered
        {
            line.set("PARTSTAT", said);
            line.take("RSVP");
        }
        if is(line, "ORGANIZER")
            && let Some(known) = own.property("ORGANIZER").filter(|known| !by_server(known))
            && let Some(agent) = known.param("SCHEDULE-AGENT")
        {
            line.set("SCHEDULE-AGENT", &agent);
        }
    }
}

/// What an attendee keeps of an object that they are no longer invited to.
pub fn cancelled(kept: &Object, sequence: u64) -> Object {
    let mut calendar = kept.calendar.clone();
    for part in calendar.children.iter_mut().filter(|part| schedules(part)) {
        part.set_value("STATUS", "CANCELLED");
        if part.sequence() < sequence {
            part.set_value("SEQUENCE", sequence.to_string());
        }
    }
    kept.with(calendar)
}
