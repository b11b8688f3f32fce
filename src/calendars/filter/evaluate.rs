//! The evaluation of a filter on the tree of one object.

use super::alarm::Alarm;
use super::{
    CompCondition, CompFilter, ParamCondition, ParamFilter, PropCondition, PropFilter, TextMatch,
};
use crate::calendars::freebusy;
use crate::calendars::instances::{Series, Times};
use crate::calendars::overlap::{Stretch, taken};
use crate::formats::ical::component::Component;
use crate::formats::ical::value::{Duration, When};
use crate::formats::line::Line;
use crate::formats::param::Param;
use crate::formats::recur::Budget;
use crate::formats::zone::Zones;

/// An object that filters are evaluated on.
#[derive(Debug)]
pub struct Subject<'o, 'a> {
    calendar: &'o Component<'a>,
    zones: &'o Zones,
    /// Read when a range of time is asked about first.
    series: Option<Vec<Series<'o, 'a>>>,
    budget: &'o mut Budget,
}

// === impl Subject ===

impl<'o, 'a> Subject<'o, 'a> {
    /// The object that `calendar`, its `VCALENDAR`, is, with its `zones`; `budget` bounds the work
    /// that its recurrence may cost.
    pub fn new(calendar: &'o Component<'a>, zones: &'o Zones, budget: &'o mut Budget) -> Self {
        Self { calendar, zones, series: None, budget }
    }

    pub(super) fn matches(&mut self, filter: &CompFilter) -> bool {
        let calendar = self.calendar;
        let named = calendar.is(&filter.name);
        match &filter.condition {
            CompCondition::IsNotDefined => !named,
            // A range of time means nothing for a calendar; it asks nothing.
            CompCondition::Matches { time: _, props, comps } => {
                named && self.props_match(calendar, props) && self.comps_match(calendar, comps)
            }
        }
    }

    /// Whether for each filter there is a component in `parent` that matches it.
    fn comps_match(&mut self, parent: &'o Component<'a>, filters: &[CompFilter]) -> bool {
        filters.iter().all(|filter| {
            let mut children = parent.children.iter().filter(|child| child.is(&filter.name));
            match &filter.condition {
                CompCondition::IsNotDefined => children.next().is_none(),
                CompCondition::Matches { time, props, comps } => children.any(|child| {
                    self.props_match(child, props)
                        && self.comps_match(child, comps)
                        && time.is_none_or(|range| self.takes_time(parent, child, range))
                }),
            }
        })
    }

    /// Whether `child` takes time in `range`; an alarm does so when it goes off for an instance
    /// of `parent`.
    fn takes_time(
        &mut self,
        parent: &'o Component<'a>,
        child: &'o Component<'a>,
        range: Stretch,
    ) -> bool {
        match &*child.name {
            "VALARM" => self.rings(parent, child, range),
            "VFREEBUSY" => self.is_busy(child, range),
            "VEVENT" | "VTODO" | "VJOURNAL" => {
                let zones = self.zones;
                self.any_instance(child, range, |times| {
                    taken(child, times, zones).is_some_and(|stretch| stretch.overlaps(range))
                })
            }
            "VAVAILABILITY" => {
                let times = freebusy::own_times(child, self.zones);
                taken(child, times, self.zones).is_some_and(|stretch| stretch.overlaps(range))
            }
            // Nothing says what time other components take.
            _ => true,
        }
    }

    fn rings(&mut self, parent: &'o Component<'a>, alarm: &Component<'a>, range: Stretch) -> bool {
        let Some(alarm) = Alarm::of(alarm, self.zones) else { return false };
        if alarm.is_absolute() {
            return alarm.rings(Times::default(), range);
        }
        self.any_instance(parent, alarm.instances_for(range), |times| alarm.rings(times, range))
    }

    fn is_busy(&self, component: &Component<'a>, range: Stretch) -> bool {
        let times = freebusy::own_times(component, self.zones);
        match taken(component, times, self.zones) {
            Some(stretch) => stretch.overlaps(range),
            None => freebusy::periods(component, self.zones).any(|(_, b)| b.overlaps(range)),
        }
    }

    /// Whether `holds` of an instance of `component` that may take time in `range`, or whether
    /// there are too many to know.
    fn any_instance(
        &mut self,
        component: &Component<'a>,
        range: Stretch,
        holds: impl Fn(Times) -> bool,
    ) -> bool {
        let (calendar, zones) = (self.calendar, self.zones);
        let series = self.series.get_or_insert_with(|| Series::of(calendar, zones));
        for one in series.iter() {
            let mut walk = one.walk(range.start, range.end);
            loop {
                match walk.next(self.budget) {
                    Ok(Some(instance)) => {
                        if std::ptr::eq(instance.component, component) && holds(instance.times) {
                            return true;
                        }
                    }
                    Ok(None) => break,
                    Err(_) => return true,
                }
            }
        }
        false
    }

    fn props_match(&self, component: &Component<'_>, filters: &[PropFilter]) -> bool {
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
