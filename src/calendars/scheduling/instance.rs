//! One instance of a series as a component of its own.

use super::draft::{Draft, is, when};
use super::object::Object;
use crate::formats::ical::value::When;
use crate::formats::property::Property;

/// The instance that `id`, a `RECURRENCE-ID` or `EXDATE`, names: as the series `master` of `object`
/// has it.
pub fn of_series(object: &Object, master: &Draft, id: &Property) -> Draft {
    let mut part = master.clone();
    part.remove(&["RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"]);
    let mut id = id.clone();
    id.take("RANGE");
    "RECURRENCE-ID".clone_into(&mut id.name);
    let first = master.property("DTSTART").and_then(when);
    if let (Some(first), Some(at)) = (first, when(&id)) {
        let at = object.as_in(&first, &at);
        for line in &mut part.properties {
            if is(line, "DTSTART") {
                line.value = at.to_string();
            } else if (is(line, "DTEND") || is(line, "DUE"))
                && let Some(end) = when(line)
                && let Some(moved) = moved(&first, &end, &at)
            {
                line.value = moved;
            }
        }
    }
    part.properties.push(id);
    part
}

/// `end` as far from `at` as it was from `first`, on the clock.
fn moved(first: &When, end: &When, at: &When) -> Option<String> {
    let shift = at.civil().duration_since(first.civil());
    Some(end.at(end.civil().checked_add(shift).ok()?).to_string())
}
