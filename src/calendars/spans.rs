//! What a calendar object says to the store's time index: stretches of time that cover every
//! moment at which the object can match a range of time (RFC 4791 §9.9), its alarms included.
//!
//! A stretch of a single instance at a known time is exact. Dates and floating times are at
//! another instant for everybody, so theirs are made wider. Of what recurs, instances that follow
//! each other closely become one stretch; the far past is one, and so is what comes after the
//! last one that fits in.

use std::cmp::Reverse;

use crate::base::Timestamp;
use crate::calendars::instances::{Incomplete, Instance, Series};
use crate::calendars::overlap::{Stretch, taken};
use crate::formats::gregorian::DAY;
use crate::formats::ical::component::{self, Bounds};
use crate::formats::ical::{Component, Duration, When};
use crate::formats::recur::Budget;
use crate::formats::zone::{Zone, Zones};
use crate::store::spans::{MOST, Span};

/// Instances with less than this between them become one stretch.
const GAP: i64 = 8 * DAY;
/// How long before now the stretches begin that are told apart.
const PAST: i64 = 365 * DAY;
/// A stretch that is longer than this without a gap goes on for ever, if its rule does.
const DENSE: i64 = 2 * 365 * DAY;
/// Zones lie up to this far from UTC, in either direction.
const WIDEST: i64 = 14 * 3600;
/// What looking at one object from then on may cost …
const BUDGET: Budget = Budget::new(20_000, 2_000);
/// … and at what was before: whether that ended long ago.
const PAST_BUDGET: Budget = Budget::new(20_000, 500);

/// The stretches of the object in `calendar`, a VCALENDAR, for an index made at the Unix second
/// `now`: at most 64 for everything of one UID. A journal without a date has none, because it is in
/// no range.
pub fn spans(calendar: &Component<'_>, now: i64) -> Vec<Span> {
    // Where days begin earliest, a rule that ends by UTC has the most of them.
    let earliest = Zone::named("Etc/GMT-14").unwrap_or(Zone::UTC);
    let zones = Zones::of(calendar, earliest);
    let mut all: Vec<Span> = Vec::new();
    for series in Series::of(calendar, &zones) {
        let series = Indexed { floats: floats(&series, &zones), series, zones: &zones };
        all.extend(series.spans(now));
    }
    let all = one_for_each_start(all);
    if all.len() > MOST {
        let start = all.iter().map(|span| span.start).min().unwrap_or(i64::MIN);
        let end = all.iter().map(|span| span.end).max().unwrap_or(i64::MAX);
        return vec![Span { start, end, exact: false }];
    }
    all
}

/// The stretches of an object as it is stored, for an index made `now`.
pub fn of_stored(object: &[u8], now: Timestamp) -> Vec<Span> {
    let document = component::parse(object, Bounds::STORED);
    match document.as_ref().ok().and_then(|document| document.calendar()) {
        Some(calendar) => spans(calendar, i64::try_from(now.seconds()).unwrap_or(i64::MAX)),
        None => vec![Span::ALWAYS],
    }
}

/// How the times of a series depend on whose they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Floats {
    /// Every instant is known.
    No,
    /// All move together.
    Yes,
    /// Which instances there are depends on it too.
    Mixed,
}

fn floats(series: &Series<'_, '_>, zones: &Zones) -> Floats {
    let components = || series.master().into_iter().chain(series.overrides());
    let named = |names: &'static [&'static str]| {
        components().flat_map(move |component| {
            let lines = component.properties.iter();
            lines.filter(|line| names.iter().any(|name| line.is(name))).flat_map(When::list)
        })
    };
    // Which instances there are is told by values that may be in another zone than the start.
    let ids = || named(&["RDATE", "EXDATE", "RECURRENCE-ID"]);
    if ids().any(|when| matches!(when, When::Zoned(..)) && !zones.knows(&when)) {
        return Floats::Mixed;
    }
    // Without a start that can be read an override begins at its RECURRENCE-ID.
    let begins = |component: &Component<'_>| {
        let when = |name| component.property(name).and_then(When::of);
        when("DTSTART").or_else(|| when("RECURRENCE-ID"))
    };
    let mut starts = components().filter_map(begins);
    if starts.all(|when| zones.knows(&when))
        && named(&["DTEND", "DUE"]).all(|when| zones.knows(&when))
    {
        return Floats::No;
    }
    let absolute = ids().any(|when| zones.knows(&when));
    let exception_rules = components().any(|component| component.property("EXRULE").is_some());
    if absolute || exception_rules { Floats::Mixed } else { Floats::Yes }
}

struct Indexed<'z, 'c, 'a> {
    series: Series<'c, 'a>,
    zones: &'z Zones,
    floats: Floats,
}

impl Indexed<'_, '_, '_> {
    fn spans(&self, now: i64) -> Vec<Span> {
        if self.floats == Floats::Mixed {
            return vec![Span::ALWAYS];
        }
        if !self.series.recurs() {
            let mut budget = BUDGET;
            let mut walk = self.series.walk(i64::MIN, i64::MAX);
            return match walk.next(&mut budget) {
                Ok(Some(instance)) => self.of_instance(&instance),
                Ok(None) => Vec::new(),
                Err(_) => vec![Span::ALWAYS],
            };
        }
        let since = now.saturating_sub(PAST);
        let mut spans = match self.past(since, PAST_BUDGET) {
            Ok(past) => past.into_iter().collect(),
            Err(_) => return vec![Span::ALWAYS],
        };
        self.present(since, BUDGET, &mut spans);
        spans
    }

    /// One stretch for all that begins before `until`; it may last longer, and so may its alarms.
    fn past(&self, until: i64, mut budget: Budget) -> Result<Option<Span>, Incomplete> {
        let mut walk = self.series.walk(i64::MIN, until);
        let (mut start, mut end, mut longest) = (i64::MAX, i64::MIN, 0);
        loop {
            let next = walk.next(&mut budget);
            let instance = match next {
                Ok(Some(instance)) => instance,
                Ok(None) => break,
                // The first ones are known by now, and what follows is before `until`.
                Err(Incomplete::Budget(_)) if start < i64::MAX => {
                    end = end.max(until.saturating_add(longest));
                    break;
                }
                Err(incomplete) => return Err(incomplete),
            };
            let begins = self.own(&instance).map_or(until, |own| own.start);
            for span in self.of_instance(&instance) {
                start = start.min(span.start);
                end = end.max(span.end);
                longest = longest.max(span.end.saturating_sub(begins));
            }
        }
        Ok((start < end).then_some(Span { start, end, exact: false }))
    }

    /// What is at and after `since`, as far as it fits in.
    fn present(&self, since: i64, mut budget: Budget, spans: &mut Vec<Span>) {
        let mut walk = self.series.walk(since, i64::MAX);
        // Alarms are told apart from what they remind of: the next instance may be before the
        // alarm of this one.
        let (mut own, mut alarms): (Vec<Span>, Vec<Span>) = (Vec::new(), Vec::new());
        let complete = loop {
            match walk.next(&mut budget) {
                Ok(None) => break true,
                Ok(Some(instance)) => {
                    if let Some(span) = self.own(&instance) {
                        merge(&mut own, span);
                    }
                    for span in self.alarms(&instance) {
                        let is_in =
                            |known: &Span| known.start <= span.start && span.end <= known.end;
                        if !alarms.iter().any(is_in) {
                            merge(&mut alarms, span);
                        }
                    }
                    let dense = own
                        .last()
                        .is_some_and(|last| last.end.saturating_sub(last.start.max(since)) > DENSE);
                    // The past, and what goes on, need one each.
                    if dense || own.len() + alarms.len() >= MOST - 2 {
                        break false;
                    }
                }
                Err(_) => break false,
            }
        };
        let goes_on = (!complete).then(|| match own.last() {
            // Changes that hold for all that follows may have moved those earlier.
            Some(last) if self.series.overrides().next().is_none() => last.start,
            _ => since,
        });
        own.append(&mut alarms);
        if let Some(from) = goes_on {
            let start = from.saturating_add(self.earliest_alarm()).saturating_sub(2 * DAY);
            let tail = Span { start, end: i64::MAX, exact: false };
            own.retain(|span| span.start < tail.start);
            own.push(tail);
        }
        spans.append(&mut own);
    }

    /// The stretches of an instance: its own, and those of its alarms.
    fn of_instance(&self, instance: &Instance<'_, '_>) -> Vec<Span> {
        self.own(instance).into_iter().chain(self.alarms(instance)).collect()
    }

    fn own(&self, instance: &Instance<'_, '_>) -> Option<Span> {
        let component = instance.component;
        if component.is("VFREEBUSY") && component.property("FREEBUSY").is_some() {
            return Some(Span::ALWAYS);
        }
        let Stretch { start, end } = taken(component, instance.times, self.zones)?;
        self.seen_anywhere(Span { start, end, exact: self.floats == Floats::No })
    }

    /// From the first to the last second at which alarms go off that follow the instance, and the
    /// same of those at a fixed time, which may be far from it.
    fn alarms(&self, instance: &Instance<'_, '_>) -> impl Iterator<Item = Span> {
        let times = instance.times;
        let (start, end) = (times.start.or(times.end), times.end.or(times.start));
        let (mut moving, mut fixed): (Option<Span>, Option<Span>) = (None, None);
        for alarm in instance.component.children_named("VALARM") {
            let Some(line) = alarm.property("TRIGGER") else { continue };
            let (among, first) = match Duration::of(line) {
                None => (&mut fixed, When::of(line).map(|when| self.zones.instant(&when))),
                Some(after) => {
                    let at_end =
                        line.param("RELATED").is_some_and(|r| r.eq_ignore_ascii_case("END"));
                    let from = if at_end { end } else { start };
                    (&mut moving, from.map(|from| from.saturating_add(after.rough_seconds())))
                }
            };
            let Some(first) = first else { continue };
            let every = alarm.property("DURATION").and_then(Duration::of).unwrap_or_default();
            let repeats = alarm.text("REPEAT").and_then(|n| n.parse::<i64>().ok()).unwrap_or(0);
            let lasts = every.rough_seconds().max(0).saturating_mul(repeats.max(0));
            let end = first.saturating_add(lasts).saturating_add(1);
            let span = Span { start: first, end, exact: false };
            *among = Some(among.map_or(span, |all| all.joined(span)));
        }
        [moving, fixed].into_iter().flatten().filter_map(|span| self.seen_anywhere(span))
    }

    /// How many seconds before an instance its first alarm may go off, as a number below zero.
    fn earliest_alarm(&self) -> i64 {
        let components = self.series.master().into_iter().chain(self.series.overrides());
        let alarms = components.flat_map(|component| component.children_named("VALARM"));
        let triggers = alarms.filter_map(|alarm| alarm.property("TRIGGER").and_then(Duration::of));
        triggers.map(Duration::rough_seconds).fold(0, i64::min)
    }

    /// `span` wherever the clocks of the asker are; nothing of what has no length.
    fn seen_anywhere(&self, span: Span) -> Option<Span> {
        let span = if self.floats == Floats::No { span } else { widened(span) };
        (span.start < span.end).then_some(span)
    }
}

/// The instants were computed where the day begins first; elsewhere they are later.
fn widened(span: Span) -> Span {
    let end = if span.end == i64::MAX { span.end } else { span.end.saturating_add(2 * WIDEST) };
    Span { start: span.start, end, exact: false }
}

/// The index tells stretches of a member apart by where they start; the longest covers the others,
/// as an event covers the alarm at its start.
fn one_for_each_start(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.start, Reverse(span.end), !span.exact));
    spans.dedup_by_key(|span| span.start);
    spans
}

/// Adds `span` to the last of `merged` if there is little between them, else after it.
fn merge(merged: &mut Vec<Span>, span: Span) {
    match merged.last_mut() {
        Some(last)
            if span.start < last.end.saturating_add(GAP)
                && last.start < span.end.saturating_add(GAP) =>
        {
            *last = last.joined(span);
        }
        _ => merged.push(span),
    }
}

#[cfg(test)]
mod tests;
