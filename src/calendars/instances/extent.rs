//! From when to when an instance takes place: DTSTART with DTEND, DUE or DURATION.

use crate::formats::gregorian::{DAY, date_time, seconds};
use crate::formats::ical::{Component, Duration, When};
use crate::formats::zone::{Zone, Zones};

/// When an instance takes place, in Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// DTSTART.
    pub start: Option<i64>,
    /// DTEND or DUE, or DTSTART and DURATION. It may lie before the start: flawed data does.
    pub end: Option<i64>,
    /// The first moment of the day after, where DTSTART is a date.
    pub day_end: Option<i64>,
}

/// How long the instances of a component last.
#[derive(Debug, Clone)]
pub enum Length {
    /// Nothing is said.
    Open,
    /// From date to date: this many days.
    Days(i64),
    /// From time to time: every instance lasts as many seconds (RFC 5545 §3.8.5.3), and its end is
    /// written as the one given here is, which is in that zone.
    Exact(i64, When, Zone),
    /// DURATION: days on the clock, then seconds.
    Nominal(Duration),
}

impl Length {
    /// The length that `component` says. DTEND or DUE count for more than a DURATION beside
    /// them, which the standard does not allow and some programs write as zero.
    pub fn of(component: &Component<'_>, zones: &Zones) -> Self {
        let when = |name| component.property(name).and_then(When::of);
        let end = match &*component.name {
            "VTODO" => when("DUE"),
            "VJOURNAL" => None,
            _ => when("DTEND"),
        };
        match (when("DTSTART"), end) {
            (Some(start), Some(end)) if start.is_date() && end.is_date() => {
                Self::Days((seconds(end.civil()) - seconds(start.civil())).div_euclid(DAY))
            }
            (Some(start), Some(end)) => {
                let zone = zones.zone_of(&end);
                Self::Exact(zone.instant(end.civil()) - zones.instant(&start), end, zone)
            }
            _ if component.is("VJOURNAL") => Self::Open,
            _ => component
                .property("DURATION")
                .and_then(Duration::of)
                .map_or(Self::Open, Self::Nominal),
        }
    }

    /// How many seconds where no clock changes, at least 0.
    pub fn at_most(&self) -> i64 {
        let seconds = match self {
            Self::Open => 0,
            Self::Days(days) => days.saturating_mul(DAY),
            Self::Exact(seconds, ..) => *seconds,
            Self::Nominal(duration) => duration.rough_seconds(),
        };
        seconds.max(0)
    }

    /// The end of an instance that begins at `start`, in `zone`, which is the Unix second `instant`.
    fn end_of(&self, start: &When, instant: i64, zone: &Zone) -> Option<(When, i64)> {
        let clock = start.civil();
        match self {
            Self::Open => None,
            Self::Days(days) => {
                let end = date_time(seconds(clock).saturating_add(days.saturating_mul(DAY)));
                Some((start.at(end), zone.instant(end)))
            }
            Self::Exact(length, like, of_end) => {
                let end = instant.saturating_add(*length);
                Some((like.at(of_end.civil(end)), end))
            }
            Self::Nominal(duration) => {
                let days =
                    date_time(seconds(clock).saturating_add(duration.days.saturating_mul(DAY)));
                let end = zone.instant(days).saturating_add(duration.seconds);
                Some((start.at(zone.civil(end)), end))
            }
        }
    }
}

/// When an instance takes place that begins at `start`, in `zone`, and its end.
pub fn place(start: &When, zone: &Zone, length: &Length) -> (Option<When>, Times) {
    let instant = zone.instant(start.civil());
    let end = length.end_of(start, instant, zone);
    let next_day = || zone.instant(date_time(seconds(start.civil()).saturating_add(DAY)));
    let times = Times {
        start: Some(instant),
        end: end.as_ref().map(|(_, end)| *end),
        day_end: start.is_date().then(next_day),
    };
    (end.map(|(end, _)| end), times)
}

impl Times {
    /// Whether it may matter for the Unix seconds from `start` to `end`: the second before its
    /// first moment and the one after its last count too, as they do in RFC 4791 §9.9.
    pub fn may_overlap(self, start: i64, end: i64) -> bool {
        let moments = [self.start, self.end, self.day_end];
        let known = || moments.iter().flatten().copied();
        let (Some(first), Some(last)) = (known().min(), known().max()) else { return true };
        first.saturating_sub(1) < end && start <= last.saturating_add(1)
    }
}
