//! What one calendar object says about when somebody is busy (RFC 4791 §7.10, RFC 7953 §5).

use super::{BusyTimes, Kind, Statement, periods};
use crate::calendars::instances::{Incomplete, Series, Times};
use crate::calendars::overlap::{Stretch, taken};
use crate::formats::ical::component::Component;
use crate::formats::recur::Budget;
use crate::formats::zone::Zones;

/// The most work on the recurrence of one object, so that one does not use up what is for all.
const STEPS_PER_OBJECT: u32 = 100_000;

/// Gathers from one object after the other, and then tells.
#[derive(Debug)]
pub struct Collector<'a> {
    range: Stretch,
    /// The calendar user addresses of whose time it is, in lower case: what they declined does not
    /// take their time.
    addresses: &'a [String],
    times: BusyTimes,
    availability: Vec<Statement>,
}

impl<'a> Collector<'a> {
    /// Asks about `range`, for one of `addresses` (`mailto:…`, in lower case).
    pub fn new(range: Stretch, addresses: &'a [String]) -> Self {
        Self { range, addresses, times: BusyTimes::default(), availability: Vec::new() }
    }

    /// Adds what the object `calendar` says. Tasks and journal entries take no time.
    ///
    /// # Errors
    /// When its instances are not all known; those that are were added.
    pub fn add(
        &mut self,
        calendar: &Component<'_>,
        zones: &Zones,
        budget: &mut Budget,
    ) -> Result<(), Incomplete> {
        budget.within(STEPS_PER_OBJECT, |budget| self.gather(calendar, zones, budget))
    }

    fn gather(
        &mut self,
        calendar: &Component<'_>,
        zones: &Zones,
        budget: &mut Budget,
    ) -> Result<(), Incomplete> {
        for component in calendar.children_named("VFREEBUSY") {
            for (kind, stretch) in periods(component, zones) {
                budget.result()?;
                self.times.add(kind, stretch);
            }
        }
        for component in calendar.children_named("VAVAILABILITY") {
            budget.result()?;
            let statement = self.statement(component, zones, budget)?;
            self.availability.push(statement);
        }
        for series in Series::of(calendar, zones) {
            // Most instances are of one component, which may have many lines.
            let mut judged: Option<(&Component<'_>, Option<Kind>)> = None;
            let mut walk = series.walk(self.range.start, self.range.end);
            while let Some(instance) = walk.next(budget)? {
                let component = instance.component;
                let kind = match judged {
                    Some((last, kind)) if std::ptr::eq(last, component) => kind,
                    _ if component.is("VEVENT") => Kind::of_event(component, self.addresses),
                    _ => None,
                };
                judged = Some((component, kind));
                if let Some(kind) = kind
                    && let Some(stretch) = length(instance.times)
                    && stretch.overlaps(self.range)
                {
                    budget.result()?;
                    self.times.add(kind, stretch);
                }
            }
        }
        Ok(())
    }

    /// Everything in the range, merged, in order.
    pub fn finish(mut self) -> Vec<(Kind, Stretch)> {
        super::paint(self.availability, self.range, &mut self.times);
        self.times.merged(self.range)
    }

    fn statement(
        &self,
        component: &Component<'_>,
        zones: &Zones,
        budget: &mut Budget,
    ) -> Result<Statement, Incomplete> {
        let covers =
            taken(component, super::own_times(component, zones), zones).unwrap_or(Stretch::ALWAYS);
        let mut statement = Statement::of(component, covers);
        for series in Series::of(component, zones) {
            let mut walk = series.walk(self.range.start, self.range.end);
            while let Some(instance) = walk.next(budget)? {
                if let Some(stretch) = length(instance.times).and_then(|s| s.within(self.range)) {
                    budget.result()?;
                    statement.available.push(stretch);
                }
            }
        }
        Ok(statement)
    }
}

/// The time an instance takes from somebody: a moment is none.
fn length(times: Times) -> Option<Stretch> {
    let start = times.start?;
    match (times.end, times.day_end) {
        (Some(end), _) if end > start => Some(Stretch { start, end }),
        (_, Some(end)) => Some(Stretch { start, end }),
        _ => None,
    }
}
