//! Answers: what the organizer is told when an attendee changes or deletes their copy (RFC 6638
//! §3.2.2, RFC 5546 §3.2.3), and what becomes of the organizer's object.

use std::collections::BTreeMap;

use super::address::Address;
use super::draft::{Draft, is};
use super::instance::of_series;
use super::object::{
    Instance, Object, address, answer, attendee, by_server, times, without_private,
};
use super::status;
use crate::formats::property::Property;

/// What an attendee says to one instance.
#[derive(Debug, Clone)]
struct Stand {
    said: String,
    /// The component that says it; for an instance that was taken out, the series.
    part: Draft,
    /// How that instance is named, if the component is not its own.
    left_out: Option<Property>,
}

fn stands(object: &Object, mine: &[Address]) -> BTreeMap<Instance, Stand> {
    let mut stands = BTreeMap::new();
    for part in object.parts() {
        let Some(line) = attendee(part, mine) else { continue };
        let stand = Stand { said: answer(line), part: part.clone(), left_out: None };
        stands.insert(object.instance(part), stand);
    }
    stands
}

/// The message to the organizer about the change of an attendee's copy from `old` to `new`; `None`
/// if their answers did not change, or the client sends answers itself.
pub fn reply(
    old: Option<&Object>,
    new: Option<&Object>,
    mine: &[Address],
    stamp: &str,
) -> Option<Draft> {
    let present = new.or(old)?;
    if !present.organizer().is_some_and(by_server) {
        return None;
    }
    let before = old.map(|object| stands(object, mine)).unwrap_or_default();
    let answers = match (old, new) {
        (_, Some(new)) => changed(old, new, &before, mine),
        (Some(old), None) => declined(old, before),
        (None, None) => return None,
    };
    if answers.is_empty() {
        return None;
    }
    let mut calendar = present.calendar.clone();
    calendar.children.retain(|child| child.name == "VTIMEZONE");
    calendar.set_value("METHOD", "REPLY");
    calendar.children.extend(answers.into_iter().filter_map(|stand| says(&stand, mine, stamp)));
    Some(calendar)
}

/// Who deletes what they had not refused refuses it.
fn declined(old: &Object, before: BTreeMap<Instance, Stand>) -> Vec<Stand> {
    if old.parts().all(|part| part.says("STATUS", "CANCELLED")) {
        return Vec::new();
    }
    let open = before.values().any(|stand| stand.said != "DECLINED");
    let master = before.get(&None).cloned();
    let told = match master {
        Some(master) => vec![master],
        None => before.into_values().collect(),
    };
    let refuse = |stand: Stand| Stand { said: "DECLINED".to_owned(), ..stand };
    told.into_iter().filter(|_| open).map(refuse).collect()
}

fn changed(
    old: Option<&Object>,
    new: &Object,
    before: &BTreeMap<Instance, Stand>,
    mine: &[Address],
) -> Vec<Stand> {
    let after = stands(new, mine);
    let forced = new.parts().filter_map(|part| part.property("ORGANIZER")).any(|line| {
        line.param("SCHEDULE-FORCE-SEND").is_some_and(|what| what.eq_ignore_ascii_case("REPLY"))
    });
    let usual = |of: &BTreeMap<Instance, Stand>| {
        of.get(&None).map_or_else(|| "NEEDS-ACTION".to_owned(), |stand| stand.said.clone())
    };
    let (used, uses) = (usual(before), usual(&after));
    let mut told = Vec::new();
    for (instance, stand) in &after {
        let said = before.get(instance).map_or(&used, |stand| &stand.said);
        if forced || *said != stand.said {
            told.push(stand.clone());
        }
    }
    let Some(old) = old else { return told };
    let moments =
        |object: &Object| object.master().map(|part| object.left_out(part)).unwrap_or_default();
    let (known, left_out) = (moments(old), moments(new));
    let series = after.get(&None).or(before.get(&None));
    for (at, name) in &left_out {
        let said = before.get(&Some(*at)).map_or(&used, |stand| &stand.said);
        if let Some(series) = series.filter(|_| !known.contains_key(at) && said != "DECLINED") {
            let part = before.get(&Some(*at)).map_or(&series.part, |stand| &stand.part);
            told.push(Stand {
                said: "DECLINED".to_owned(),
                part: part.clone(),
                left_out: Some(name.clone()),
            });
        }
    }
    for (instance, stand) in before {
        let Some(at) = instance else { continue };
        // An instance that is as the series again.
        let again = !after.contains_key(instance) && !left_out.contains_key(at);
        if again && after.contains_key(&None) && stand.said != uses {
            told.push(Stand { said: uses.clone(), ..stand.clone() });
        }
    }
    told
}

/// The component of a message that says it.
fn says(stand: &Stand, mine: &[Address], stamp: &str) -> Option<Draft> {
    const TOLD: [&str; 9] = [
        "UID",
        "SEQUENCE",
        "RECURRENCE-ID",
        "DTSTART",
        "DTEND",
        "DURATION",
        "DUE",
        "SUMMARY",
        "COMMENT",
    ];
    let mut part = Draft::new(&stand.part.name);
    part.set_value("DTSTAMP", stamp);
    let told = stand.part.properties.iter().filter(|p| TOLD.iter().any(|name| is(p, name)));
    part.properties.extend(told.cloned());
    if let Some(name) = &stand.left_out {
        part.remove(&["DTEND", "DUE"]);
        let mut name = name.clone();
        for role in ["RECURRENCE-ID", "DTSTART"] {
            role.clone_into(&mut name.name);
            if role == "RECURRENCE-ID" || stand.part.property(role).is_none() {
                part.set(name.clone());
            }
        }
    }
    part.properties.push(without_private(stand.part.property("ORGANIZER")?.clone()));
    let mut line = without_private(attendee(&stand.part, mine)?.clone());
    line.set("PARTSTAT", &stand.said);
    line.take("RSVP");
    part.properties.push(line);
    part.set_value("REQUEST-STATUS", "2.0;Success");
    Some(part)
}

/// What the attendee with these addresses says now, for [`answered`]: `theirs` is their copy, `None`
/// if they deleted it.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'o> {
    /// Their copy.
    pub theirs: Option<&'o Object>,
    /// Their addresses.
    pub addresses: &'o [Address],
}

/// What must change in the organizer's object for it to say what the attendee says: for every
/// instance that it has a component of, the answer; and components for those that only the attendee
/// has one of. `takes_place` tells whether the series has an instance at that moment.
pub fn answered(
    organized: &Object,
    answer_now: Answer<'_>,
    takes_place: impl Fn(i64) -> bool,
) -> Changes {
    let Answer { theirs, addresses } = answer_now;
    let mut changes = Changes::default();
    let Some(theirs) = theirs else {
        for part in organized.parts() {
            changes.note(organized.instance(part), part, addresses, "DECLINED");
        }
        return changes;
    };
    let said = stands(theirs, addresses);
    let left_out = theirs.master().map(|part| theirs.left_out(part)).unwrap_or_default();
    for part in organized.parts() {
        let instance = organized.instance(part);
        let dropped = instance.filter(|at| left_out.contains_key(at));
        match (said.get(&instance), dropped) {
            (Some(stand), _) if same_times(&stand.part, part) => {
                changes.note(instance, part, addresses, &stand.said);
            }
            (None, Some(_)) => changes.note(instance, part, addresses, "DECLINED"),
            _ => {}
        }
    }
    let Some(master) = organized.master() else { return changes };
    let Some(line) = attendee(master, addresses) else { return changes };
    let in_step = said.get(&None).is_none_or(|stand| same_times(&stand.part, master));
    if !in_step {
        return changes;
    }
    let usual = said.get(&None).map_or_else(|| answer(line), |stand| stand.said.clone());
    let never = organized.left_out(master);
    let own = said.iter().filter_map(|(instance, stand)| {
        let id = stand.part.property("RECURRENCE-ID")?;
        Some(((*instance)?, id.clone(), stand.said.clone()))
    });
    let out = left_out.into_iter().map(|(at, name)| (at, name, "DECLINED".to_owned()));
    for (at, id, word) in own.chain(out) {
        if changes.made.len() >= MOST_MADE {
            break;
        }
        let known = organized.part(Some(at)).is_some() || never.contains_key(&at);
        if !known && word != usual && takes_place(at) {
            changes.made.push(single(organized, master, &id, addresses, &word));
        }
    }
    changes
}

/// Most components that one answer adds to the organizer's object.
const MOST_MADE: usize = 100;

fn same_times(one: &Draft, other: &Draft) -> bool {
    times(one) == times(other)
}

/// What becomes of an organizer's object.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// For each instance that has a component: what is answered there.
    pub answers: BTreeMap<Instance, String>,
    /// Components to be added.
    pub made: Vec<Draft>,
}

impl Changes {
    fn note(&mut self, instance: Instance, part: &Draft, mine: &[Address], said: &str) {
        if attendee(part, mine).is_some_and(|line| answer(line) != said) {
            self.answers.insert(instance, said.to_owned());
        }
    }

    /// Is there nothing to change?
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.made.is_empty()
    }
}

/// The instance `id` of `master` as a component of its own, with one answer.
fn single(object: &Object, master: &Draft, id: &Property, mine: &[Address], said: &str) -> Draft {
    let mut part = of_series(object, master, id);
    for line in &mut part.properties {
        if is(line, "ATTENDEE") && mine.contains(&address(line)) {
            line.set("PARTSTAT", said);
            line.set("SCHEDULE-STATUS", status::SUCCESS);
        }
    }
    part
}
