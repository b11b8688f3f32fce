//! The conditions of a filter on properties and their parameters.

use super::{ParamCondition, ParamFilter, PropCondition, PropFilter, Subject, TextMatch};
use crate::calendars::freebusy;
use crate::calendars::overlap::Stretch;
use crate::formats::ical::component::Component;
use crate::formats::ical::value::{Duration, When};
use crate::formats::line::Line;
use crate::formats::param::Param;

impl Subject<'_, '_> {
    /// Whether for each filter there is a property of `component` that matches it.
    pub(super) fn props_match(&self, component: &Component<'_>, filters: &[PropFilter]) -> bool {
        filters.iter().all(|filter| self.prop_matches(component, filter))
    }

    fn prop_matches(&self, component: &Component<'_>, filter: &PropFilter) -> bool {
        let mut lines = component.all(&filter.name);
        match &filter.condition {
            PropCondition::IsNotDefined => lines.next().is_none(),
            PropCondition::Matches { time: Some(range), text: None, params }
                if params.is_empty() && component.property(&filter.name).is_none() =>
            {
                let end = self.end_by_duration(component, &filter.name);
                end.is_some_and(|end| Stretch::moment(end).overlaps(*range))
            }
            PropCondition::Matches { time, text, params } => lines.any(|line| {
                let in_time = |range: Stretch| {
                    let at = When::of(line).map(|when| self.zones.instant(&when));
                    at.is_some_and(|at| Stretch::moment(at).overlaps(range))
                };
                time.is_none_or(in_time)
                    && text.as_ref().is_none_or(|text| text.matches(&line.text()))
                    && params.iter().all(|param| param.matches(line))
            }),
        }
    }

    /// The end that `name` would say, where `DURATION` says it instead.
    fn end_by_duration(&self, component: &Component<'_>, name: &str) -> Option<i64> {
        let is_end = match &*component.name {
            "VEVENT" => name.eq_ignore_ascii_case("DTEND"),
            "VTODO" => name.eq_ignore_ascii_case("DUE"),
            _ => false,
        };
        let duration = component.property("DURATION").filter(|_| is_end).and_then(Duration::of)?;
        let start = component.property("DTSTART").and_then(When::of)?;
        freebusy::after(&start, duration, self.zones)
    }
}

// === impl ParamFilter ===

impl ParamFilter {
    fn matches(&self, line: &Line<'_>) -> bool {
        let mut params = line.params().filter(|param| param.is(&self.name)).peekable();
        match &self.condition {
            ParamCondition::IsNotDefined => params.next().is_none(),
            ParamCondition::IsDefined => params.next().is_some(),
            ParamCondition::Text(text) => {
                params.peek().is_some() && params.any(|param| text.found_in(&param)) != text.negate
            }
        }
    }
}

impl TextMatch {
    /// Whether one of the parameter's values matches, negation aside.
    fn found_in(&self, param: &Param<'_>) -> bool {
        param.values().any(|value| self.matcher.matches(&value))
    }
}
