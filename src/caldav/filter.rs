//! `CAL:filter` and `CAL:time-range` as they come in requests (RFC 4791 §9.7, §9.9).

use crate::base::{Condition, Fault};
use crate::calendars::filter::{
    CompCondition, CompFilter, Filter, ParamCondition, ParamFilter, PropCondition, PropFilter,
    TextMatch, TimeRange,
};
use crate::dav::xml::element::Element;
use crate::dav::xml::name::Name;
use crate::formats::collation::Collation;
use crate::formats::ical::value::When;

/// Most conditions in one filter.
const MOST_TESTS: usize = 1000;

/// Reads a `CAL:filter`.
///
/// # Errors
/// 403 with `valid-filter` for what is none, with `supported-collation` or `supported-filter` for
/// what this server does not run.
pub fn read(element: &Element) -> Result<Filter, Fault> {
    let name = Name::caldav("comp-filter");
    let mut comps = element.children_named(&name);
    let Some(calendar) = comps.next() else {
        // An empty filter is how some clients ask for everything.
        return Ok(Filter::everything());
    };
    if comps.next().is_some() {
        return Err(invalid("A filter holds one comp-filter, that of VCALENDAR."));
    }
    let calendar = comp(calendar, &mut 0)?;
    if !calendar.name.eq_ignore_ascii_case("VCALENDAR") {
        return Err(invalid("The outermost comp-filter is that of VCALENDAR."));
    }
    if matches!(calendar.condition, CompCondition::Matches { time: Some(_), .. }) {
        return Err(invalid("A time-range belongs to the components in a VCALENDAR."));
    }
    Ok(Filter { calendar })
}

/// Reads the attributes of a `CAL:time-range`, `CAL:expand` and their like; both ends are asked
/// for where `whole` is set.
pub fn time_range(element: &Element, whole: bool) -> Result<TimeRange, Fault> {
    let moment = |name: &str| -> Result<Option<i64>, Fault> {
        let Some(text) = element.attr(name) else { return Ok(None) };
        match When::parse(text.trim(), None) {
            Some(When::Utc(at)) => {
                let zoned = at.to_zoned(jiff::tz::TimeZone::UTC);
                let zoned = zoned.map_err(|_| invalid("A time is out of every calendar."))?;
                Ok(Some(zoned.timestamp().as_second()))
            }
            _ => Err(invalid("A time is written in UTC, as in 20260101T000000Z.")),
        }
    };
    let (start, end) = (moment("start")?, moment("end")?);
    if start.is_none() && end.is_none() || whole && (start.is_none() || end.is_none()) {
        return Err(invalid("A range of time has a start and an end."));
    }
    let range = TimeRange { start: start.unwrap_or(i64::MIN), end: end.unwrap_or(i64::MAX) };
    if range.start >= range.end {
        return Err(invalid("A range of time ends after it starts."));
    }
    Ok(range)
}

fn invalid(message: &'static str) -> Fault {
    Fault::forbidden(message).with(Condition::caldav("valid-filter"))
}

fn count(tests: &mut usize) -> Result<(), Fault> {
    *tests += 1;
    if *tests > MOST_TESTS {
        return Err(Fault::forbidden("The filter has more conditions than this server runs.")
            .with(Condition::caldav("supported-filter")));
    }
    Ok(())
}

fn name_of(element: &Element) -> Result<String, Fault> {
    let name = element.attr("name").map(str::trim).filter(|name| !name.is_empty());
    name.map(str::to_owned).ok_or_else(|| invalid("Each part of a filter has a name."))
}

fn is_not_defined(element: &Element) -> Result<bool, Fault> {
    let absent = element.child(&Name::caldav("is-not-defined")).is_some();
    if absent && element.children.len() > 1 {
        return Err(invalid("What is not defined has no other conditions."));
    }
    Ok(absent)
}

fn comp(element: &Element, tests: &mut usize) -> Result<CompFilter, Fault> {
    count(tests)?;
    let name = name_of(element)?;
    if is_not_defined(element)? {
        return Ok(CompFilter { name, condition: CompCondition::IsNotDefined });
    }
    let time = element.child(&Name::caldav("time-range"));
    let time = time.map(|range| time_range(range, false)).transpose()?;
    let props: Result<Vec<PropFilter>, Fault> =
        element.children_named(&Name::caldav("prop-filter")).map(|one| prop(one, tests)).collect();
    let props = props?;
    let comps: Result<Vec<CompFilter>, Fault> =
        element.children_named(&Name::caldav("comp-filter")).map(|one| comp(one, tests)).collect();
    Ok(CompFilter { name, condition: CompCondition::Matches { time, props, comps: comps? } })
}

fn prop(element: &Element, tests: &mut usize) -> Result<PropFilter, Fault> {
    count(tests)?;
    let name = name_of(element)?;
    if is_not_defined(element)? {
        return Ok(PropFilter { name, condition: PropCondition::IsNotDefined });
    }
    let time = element.child(&Name::caldav("time-range"));
    let time = time.map(|range| time_range(range, false)).transpose()?;
    let text = element.child(&Name::caldav("text-match"));
    let text = text.map(|one| text_match(one, tests)).transpose()?;
    let params: Result<Vec<ParamFilter>, Fault> = element
        .children_named(&Name::caldav("param-filter"))
        .map(|one| param(one, tests))
        .collect();
    Ok(PropFilter { name, condition: PropCondition::Matches { time, text, params: params? } })
}

fn param(element: &Element, tests: &mut usize) -> Result<ParamFilter, Fault> {
    count(tests)?;
    let name = name_of(element)?;
    let condition = if is_not_defined(element)? {
        ParamCondition::IsNotDefined
    } else {
        match element.child(&Name::caldav("text-match")) {
            None => ParamCondition::IsDefined,
            Some(text) => ParamCondition::Text(text_match(text, tests)?),
        }
    };
    Ok(ParamFilter { name, condition })
}

fn text_match(element: &Element, tests: &mut usize) -> Result<TextMatch, Fault> {
    count(tests)?;
    let collation = match element.attr("collation") {
        None => Collation::AsciiCasemap,
        Some(name) => Collation::from_name(name).ok_or_else(|| {
            Fault::forbidden("This collation is not known here; see supported-collation-set.")
                .with(Condition::caldav("supported-collation"))
        })?,
    };
    let negate = match element.attr("negate-condition") {
        None | Some("no") => false,
        Some("yes") => true,
        Some(_) => return Err(invalid("A negate-condition is yes or no.")),
    };
    Ok(TextMatch::new(collation, &element.text, negate))
}
