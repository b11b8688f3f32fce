//! The evaluation of a filter on the components of one object. A range of time costs one walk
//! over the instances, however many components there are.

use super::alarm::Alarm;
use super::{CompCondition, CompFilter, PropFilter};
use crate::calendars::freebusy;
use crate::calendars::instances::{Incomplete, Instance, Series, Times};
use crate::calendars::overlap::{Stretch, taken};
use crate::formats::ical::component::Component;
use crate::formats::recur::Budget;
use crate::formats::zone::Zones;

/// An object that filters are evaluated on.
#[derive(Debug)]
pub struct Subject<'o, 'a> {
    calendar: &'o Component<'a>,
    pub(super) zones: &'o Zones,
    /// Read when a range of time is asked about first.
    series: Option<Vec<Series<'o, 'a>>>,
    budget: &'o mut Budget,
}

/// Components of one name in one parent, in order, and so with ascending addresses.
type Candidates<'o, 'a> = Vec<&'o Component<'a>>;

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
                named
                    && self.props_match(calendar, props)
                    && comps.iter().all(|comp| self.comp_matches(calendar, comp))
            }
        }
    }

    /// Whether there is a component in `parent` that matches `filter`. Goes as deep as the tree,
    /// which is bounded.
    fn comp_matches(&mut self, parent: &'o Component<'a>, filter: &CompFilter) -> bool {
        let children = parent.children.iter().filter(|child| child.is(&filter.name));
        match &filter.condition {
            CompCondition::IsNotDefined => children.count() == 0,
            CompCondition::Matches { time, props, comps } => {
                let mut candidates: Candidates<'o, 'a> = children.collect();
                candidates.retain(|child| self.props_match(child, props));
                for comp in comps {
                    if let Some((range, props)) = timed_alarm(comp) {
                        candidates = self.ringing(candidates, range, props);
                    } else {
                        candidates.retain(|child| self.comp_matches(child, comp));
                    }
                }
                match time {
                    None => !candidates.is_empty(),
                    Some(range) => self.any_takes_time(&candidates, *range),
                }
            }
        }
    }

    /// Whether one of `candidates` takes time in `range`.
    fn any_takes_time(&mut self, candidates: &Candidates<'o, 'a>, range: Stretch) -> bool {
        let Some(first) = candidates.first() else { return false };
        let zones = self.zones;
        match &*first.name {
            "VEVENT" | "VTODO" | "VJOURNAL" => {
                let takes = |instance: &Instance<'_, '_>, _: &mut Budget| {
                    Ok(place_of(candidates, instance.component).is_some()
                        && taken(instance.component, instance.times, zones)
                            .is_some_and(|stretch| stretch.overlaps(range)))
                };
                self.find_instance(range, takes).unwrap_or(true)
            }
            "VFREEBUSY" => candidates.iter().any(|one| is_busy(one, zones, range)),
            "VAVAILABILITY" => candidates.iter().any(|one| {
                let times = freebusy::own_times(one, zones);
                taken(one, times, zones).is_some_and(|stretch| stretch.overlaps(range))
            }),
            // An alarm of nothing never goes off.
            "VALARM" => false,
            // Nothing says what time other components take.
            _ => true,
        }
    }

    /// Those of `candidates` of which an alarm with `props` goes off in `range`.
    fn ringing(
        &mut self,
        candidates: Candidates<'o, 'a>,
        range: Stretch,
        props: &[PropFilter],
    ) -> Candidates<'o, 'a> {
        let mut rings = vec![false; candidates.len()];
        let mut alarms: Vec<(usize, Alarm)> = Vec::new();
        for ((place, candidate), rings) in candidates.iter().enumerate().zip(&mut rings) {
            for alarm in candidate.children_named("VALARM") {
                match Alarm::of(alarm, self.zones).filter(|_| self.props_match(alarm, props)) {
                    Some(alarm) if alarm.is_absolute() => {
                        *rings |= alarm.rings(Times::default(), range);
                    }
                    Some(alarm) => alarms.push((place, alarm)),
                    None => {}
                }
            }
        }
        let needed = alarms.iter().map(|(_, alarm)| alarm.instances_for(range));
        let needed =
            needed.reduce(|a, b| Stretch { start: a.start.min(b.start), end: a.end.max(b.end) });
        if let Some(needed) = needed {
            let known = self.find_instance(needed, |instance, budget| {
                let Some(place) = place_of(&candidates, instance.component) else {
                    return Ok(false);
                };
                let first = alarms.partition_point(|(of, _)| *of < place);
                for (_, alarm) in alarms.iter().skip(first).take_while(|(of, _)| *of == place) {
                    budget.step()?;
                    if alarm.rings(instance.times, range)
                        && let Some(rings) = rings.get_mut(place)
                    {
                        *rings = true;
                    }
                }
                Ok(false)
            });
            if known.is_err() {
                return candidates;
            }
        }
        candidates.into_iter().zip(rings).filter(|(_, rings)| *rings).map(|(one, _)| one).collect()
    }

    /// Whether `holds` of an instance that may take time in `range`.
    ///
    /// # Errors
    /// When not all instances can be known, and those that are known were not enough.
    fn find_instance(
        &mut self,
        range: Stretch,
        mut holds: impl FnMut(&Instance<'_, '_>, &mut Budget) -> Result<bool, Incomplete>,
    ) -> Result<bool, Incomplete> {
        let (calendar, zones) = (self.calendar, self.zones);
        let series = self.series.get_or_insert_with(|| Series::of(calendar, zones));
        for one in series.iter() {
            let mut walk = one.walk(range.start, range.end);
            while let Some(instance) = walk.next(self.budget)? {
                if holds(&instance, self.budget)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// The place of `component` among `candidates`, by its address.
fn place_of(candidates: &Candidates<'_, '_>, component: &Component<'_>) -> Option<usize> {
    let wanted = std::ptr::from_ref(component).addr();
    candidates.binary_search_by_key(&wanted, |one| std::ptr::from_ref(*one).addr()).ok()
}

/// The range and the conditions on properties of a filter that asks when alarms go off.
fn timed_alarm(filter: &CompFilter) -> Option<(Stretch, &[PropFilter])> {
    match &filter.condition {
        CompCondition::Matches { time: Some(range), props, comps }
            if comps.is_empty() && filter.name.eq_ignore_ascii_case("VALARM") =>
        {
            Some((*range, props))
        }
        _ => None,
    }
}

fn is_busy(component: &Component<'_>, zones: &Zones, range: Stretch) -> bool {
    let times = freebusy::own_times(component, zones);
    match taken(component, times, zones) {
        Some(stretch) => stretch.overlaps(range),
        None => freebusy::periods(component, zones).any(|(_, busy)| busy.overlaps(range)),
    }
}
