//! Bringing the instances of a series forth, one by one.

use super::exceptions::Exceptions;
use super::extent::{Length, place};
use super::{Anchor, Incomplete, Instance, Master, Override, Series, Times};
use crate::formats::gregorian::{DAY, date_time, seconds};
use crate::formats::ical::{DateOrPeriod, PeriodEnd, When};
use crate::formats::recur::{Budget, Occurrences, OverBudget, Rule};

/// The instances of a series in a range of time, see [`Series::walk`].
#[derive(Debug)]
pub struct Walk<'s, 'c, 'a> {
    series: &'s Series<'c, 'a>,
    start: i64,
    end: i64,
    /// How many overrides were told.
    overrides: usize,
    /// Nothing when there is no main component with a time.
    recurring: Option<Recurring<'s, 'c, 'a>>,
    /// A main component without any time is still to be told.
    timeless: bool,
}

/// What the main component brings forth.
#[derive(Debug)]
struct Recurring<'s, 'c, 'a> {
    master: &'s Master<'c, 'a>,
    anchor: &'s Anchor,
    rules: Vec<Head>,
    /// Civil starts of RDATE, or DTSTART alone, in order, with the end of a period.
    dates: std::iter::Peekable<std::vec::IntoIter<Given>>,
    exceptions: Exceptions,
    exception_rules: Vec<Head>,
    /// Overrides with RANGE=THISANDFUTURE, in order.
    ranges: Vec<&'s Override<'c, 'a>>,
}

/// A rule and its next occurrence in civil seconds.
#[derive(Debug)]
struct Head {
    occurrences: Occurrences,
    next: Option<i64>,
    ended: bool,
}

/// An instance that is written out.
#[derive(Debug)]
struct Given {
    civil: i64,
    key: i64,
    length: Option<Length>,
}

impl<'s, 'c, 'a> Walk<'s, 'c, 'a> {
    pub(super) fn new(series: &'s Series<'c, 'a>, start: i64, end: i64) -> Self {
        let recurring = series.master.as_ref().and_then(|master| {
            let anchor = master.anchor.as_ref()?;
            Some(Recurring::new(series, master, anchor, start, end))
        });
        let timeless = series.master.is_some() && recurring.is_none();
        Self { series, start, end, overrides: 0, recurring, timeless }
    }

    /// The next instance.
    ///
    /// # Errors
    /// When not all instances can be known; those that were told are right nevertheless.
    pub fn next(&mut self, budget: &mut Budget) -> Result<Option<Instance<'c, 'a>>, Incomplete> {
        while let Some(one) = self.series.overrides.get(self.overrides) {
            budget.step()?;
            self.overrides += 1;
            let instance = self.series.overriding(one);
            if instance.times.may_overlap(self.start, self.end) {
                return Ok(Some(instance));
            }
        }
        if std::mem::take(&mut self.timeless)
            && let Some(master) = &self.series.master
        {
            return Ok(Some(Instance {
                component: master.component,
                start: None,
                end: None,
                recurrence_id: None,
                times: Times::default(),
            }));
        }
        let Some(recurring) = &mut self.recurring else { return Ok(None) };
        if !recurring.master.computable {
            return Err(Incomplete::Scale);
        }
        while let Some(given) = recurring.next(budget)? {
            if recurring.exceptions.contain(given.key, given.civil)
                || recurring.is_excepted_by_rule(given.civil, budget)?
                || self.series.overrides.binary_search_by_key(&given.key, |one| one.key).is_ok()
            {
                continue;
            }
            let instance = recurring.instance(&given, self.series);
            if instance.times.may_overlap(self.start, self.end) {
                return Ok(Some(instance));
            }
        }
        Ok(None)
    }
}

impl<'c, 'a> Series<'c, 'a> {
    /// The instance that an override describes. Without a DTSTART of its own it begins when the
    /// instance would have.
    fn overriding(&self, one: &Override<'c, 'a>) -> Instance<'c, 'a> {
        let when = |name| one.component.property(name).and_then(When::of);
        let is_task = one.component.is("VTODO");
        let start = when("DTSTART").or_else(|| (!is_task).then(|| one.id.clone()));
        let recurrence_id = Some(one.id.clone());
        if let Some(start) = start {
            let (end, times) = place(&start, &self.zones.zone_of(&start), &one.length);
            Instance { component: one.component, start: Some(start), end, recurrence_id, times }
        } else {
            let end = when("DUE");
            let due = end.as_ref().map(|due| self.zones.instant(due));
            let times = Times { end: due, ..Times::default() };
            Instance { component: one.component, start: None, end, recurrence_id, times }
        }
    }
}

impl<'s, 'c, 'a> Recurring<'s, 'c, 'a> {
    fn new(
        series: &'s Series<'c, 'a>,
        master: &'s Master<'c, 'a>,
        anchor: &'s Anchor,
        start: i64,
        end: i64,
    ) -> Self {
        let ranges: Vec<_> = series.overrides.iter().filter(|one| one.shift.is_some()).collect();
        let shifts = || ranges.iter().filter_map(|one| one.shift);
        let lengths = ranges.iter().map(|one| one.length.at_most());
        let longest = lengths.fold(master.length.at_most(), i64::max);
        let latest = shifts().fold(0, i64::max);
        let earliest = shifts().fold(0, i64::min);
        // Whoever takes time in the range begins that much before it. Where clocks skip a day or
        // show it twice, the order of civil times and of instants differs by that much.
        let clock = |instant: i64| seconds(anchor.zone.civil(instant));
        let from = clock(start).saturating_sub(longest).saturating_sub(latest) - DAY;
        let until = clock(end).saturating_sub(earliest) + DAY;
        let first = anchor.when.civil();
        let head = |rule: &Rule, exception: bool| {
            let last = rule.last_start(|utc| series.zones.civil_in(&anchor.zone, &When::Utc(utc)));
            let all =
                if exception { rule.matches(first, last) } else { rule.occurrences(first, last) };
            let occurrences = all.since(date_time(from)).before(date_time(until));
            Head { occurrences, next: None, ended: false }
        };
        let exception_rules = master.component.all("EXRULE");
        let exception_rules = exception_rules.filter_map(|line| line.text().parse::<Rule>().ok());
        let mut recurring = Self {
            master,
            anchor,
            rules: master.rules.iter().map(|rule| head(rule, false)).collect(),
            dates: Vec::new().into_iter().peekable(),
            exceptions: Exceptions::default(),
            exception_rules: exception_rules.map(|rule| head(&rule, true)).collect(),
            ranges,
        };
        let mut given = recurring.given(series);
        given.retain(|given| {
            let begins = given.length.as_ref().map_or(from, |own| {
                clock(start).saturating_sub(own.at_most()).saturating_sub(latest) - DAY
            });
            (begins..until).contains(&given.civil)
        });
        recurring.dates = given.into_iter().peekable();
        if master.recurs {
            recurring.exceptions = Exceptions::of(master.component, anchor, series.zones);
        }
        recurring
    }

    /// DTSTART and the instances that RDATE names, in order. A rule tells DTSTART too; it is
    /// one instance.
    fn given(&self, series: &Series<'c, 'a>) -> Vec<Given> {
        let (anchor, zones) = (self.anchor, series.zones);
        let first = seconds(anchor.when.civil());
        let mut all = Vec::new();
        if self.rules.is_empty() {
            all.push(Given { civil: first, key: anchor.key_at(first), length: None });
        }
        let values = self.master.component.all("RDATE").flat_map(DateOrPeriod::list);
        for value in values {
            let (start, length) = match &value {
                DateOrPeriod::When(start) => (start, None),
                DateOrPeriod::Period(period) => {
                    let length = match &period.end {
                        PeriodEnd::After(duration) => Length::Nominal(*duration),
                        PeriodEnd::At(end) => {
                            let zone = zones.zone_of(end);
                            let length = zones.instant(end) - zones.instant(&period.start);
                            Length::Exact(length, end.clone(), zone)
                        }
                    };
                    (&period.start, Some(length))
                }
            };
            let civil = seconds(anchor.identify(start, zones).civil());
            all.push(Given { civil, key: anchor.key(start, zones), length });
        }
        // Of the same start the one with a length of its own counts.
        all.sort_by_key(|given| (given.civil, given.key, given.length.is_none()));
        all.dedup_by_key(|given| given.key);
        all
    }

    /// The next start, in civil order, before exceptions and overrides.
    fn next(&mut self, budget: &mut Budget) -> Result<Option<Given>, OverBudget> {
        for head in &mut self.rules {
            head.fill(budget)?;
        }
        let by_rule = self.rules.iter().filter_map(|head| head.next).min();
        let given = self.dates.peek().map(|given| given.civil);
        let civil = match (by_rule, given) {
            (None, None) => return Ok(None),
            (Some(rule), None) => rule,
            (rule, Some(given)) => rule.map_or(given, |rule| rule.min(given)),
        };
        if given == Some(civil) {
            budget.step()?;
        }
        for head in &mut self.rules {
            if head.next == Some(civil) {
                head.next = None;
            }
        }
        let key = self.anchor.key_at(civil);
        Ok(Some(match self.dates.next_if(|given| given.civil == civil) {
            Some(given) => given,
            None => Given { civil, key, length: None },
        }))
    }

    fn is_excepted_by_rule(&mut self, civil: i64, budget: &mut Budget) -> Result<bool, OverBudget> {
        for head in &mut self.exception_rules {
            loop {
                head.fill(budget)?;
                match head.next {
                    Some(next) if next < civil => head.next = None,
                    Some(next) if next == civil => return Ok(true),
                    _ => break,
                }
            }
        }
        Ok(false)
    }

    fn instance(&self, given: &Given, series: &Series<'c, 'a>) -> Instance<'c, 'a> {
        let range = self.ranges.iter().rfind(|range| range.civil <= given.civil);
        let (component, own) = match range {
            Some(range) => (range.component, &range.length),
            None => (self.master.component, &self.master.length),
        };
        let shift = range.and_then(|range| range.shift).unwrap_or(0);
        let at = self.anchor.when.at(date_time(given.civil));
        let recurrence_id = self.master.recurs.then(|| at.clone());
        if self.anchor.is_due {
            let due = Some(self.anchor.zone.instant(at.civil()));
            let times = Times { end: due, ..Times::default() };
            return Instance { component, start: None, end: Some(at), recurrence_id, times };
        }
        let start = match range {
            // The type and zone of the override count, where it has them.
            Some(range) => {
                let moved = at.at(date_time(given.civil.saturating_add(shift)));
                let zones = series.zones;
                match range.component.property("DTSTART").and_then(When::of) {
                    Some(own) => own.at(zones.civil_in(&zones.zone_of(&own), &moved)),
                    None => moved,
                }
            }
            None => at,
        };
        let length = given.length.as_ref().unwrap_or(own);
        let (end, times) = match range {
            Some(_) => place(&start, &series.zones.zone_of(&start), length),
            None => place(&start, &self.anchor.zone, length),
        };
        Instance { component, start: Some(start), end, recurrence_id, times }
    }
}

impl Head {
    fn fill(&mut self, budget: &mut Budget) -> Result<(), OverBudget> {
        if self.next.is_none() && !self.ended {
            self.next = self.occurrences.next(budget)?.map(seconds);
            self.ended = self.next.is_none();
        }
        Ok(())
    }
}
