//! What time a component takes, by the tables of RFC 4791 §9.9. All of them are one question,
//! whether two half-open stretches of whole seconds overlap, so that the filter and the time index
//! of the store cannot differ.
//!
//! A table that says `start <= t AND end > t` is the second `[t, t + 1)`; one that says
//! `start < t AND end >= t` is the second before, `[t - 1, t)`.

use crate::calendars::instances::Times;
use crate::formats::ical::component::Component;
use crate::formats::ical::value::When;
use crate::formats::zone::Zones;

/// A stretch of time in Unix seconds: the first one, and the one after the last. `i64::MIN` and
/// `i64::MAX` stand for no beginning and no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stretch {
    /// The first second.
    pub start: i64,
    /// The second after the last.
    pub end: i64,
}

impl Stretch {
    /// All of time.
    pub const ALWAYS: Self = Self { start: i64::MIN, end: i64::MAX };

    /// The second that begins at `at`.
    pub const fn moment(at: i64) -> Self {
        Self { start: at, end: at.saturating_add(1) }
    }

    /// Whether it shares a second with `other`.
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// What it shares with `other`.
    pub fn within(self, other: Self) -> Option<Self> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (start < end).then_some(Self { start, end })
    }
}

/// The time that an instance of `component` at `times` takes; `None`: it is in no range.
pub fn taken(component: &Component<'_>, times: Times, zones: &Zones) -> Option<Stretch> {
    match &*component.name {
        "VTODO" => Some(of_task(component, times, zones)),
        "VJOURNAL" => of_start(times),
        "VFREEBUSY" => of_free_busy(times),
        "VAVAILABILITY" => Some(Stretch {
            start: times.start.unwrap_or(i64::MIN),
            end: times.end.unwrap_or(i64::MAX),
        }),
        _ => Some(of_event(times)),
    }
}

/// What ends before or when it begins, as flawed data does, takes the moment or day of its start;
/// without a start that can be read it is in every range, rather than lost.
fn of_event(times: Times) -> Stretch {
    match (times.start, times.end) {
        (Some(start), Some(end)) if end > start => Stretch { start, end },
        _ => of_start(times).unwrap_or(Stretch::ALWAYS),
    }
}

fn of_start(times: Times) -> Option<Stretch> {
    let start = times.start?;
    match times.day_end {
        Some(end) => Some(Stretch { start, end: end.max(start.saturating_add(1)) }),
        None => Some(Stretch::moment(start)),
    }
}

/// With `FREEBUSY` periods and without `DTSTART` or `DTEND` it is the periods that count; they
/// are in [`crate::calendars::freebusy`].
fn of_free_busy(times: Times) -> Option<Stretch> {
    let (start, end) = (times.start?, times.end?);
    // "start <= DTEND": the second that begins at DTEND counts.
    Some(Stretch { start, end: end.max(start).saturating_add(1) })
}

fn of_task(component: &Component<'_>, times: Times, zones: &Zones) -> Stretch {
    let before = |at: i64| at.saturating_sub(1);
    let after = |at: i64| at.saturating_add(1);
    let at = |name| component.property(name).and_then(When::of).map(|when| zones.instant(&when));
    match (times.start, times.end) {
        (Some(start), Some(due)) if component.property("DUE").is_some() => {
            Stretch { start: start.min(before(due)), end: due.max(after(start)) }
        }
        (Some(start), Some(end)) => {
            Stretch { start: start.min(before(end)), end: after(end.max(start)) }
        }
        (Some(start), None) => Stretch::moment(start),
        (None, Some(due)) => Stretch { start: before(due), end: due },
        (None, None) => match (at("COMPLETED"), at("CREATED")) {
            (Some(completed), Some(created)) => {
                let (first, last) = (completed.min(created), completed.max(created));
                Stretch { start: before(first), end: after(last) }
            }
            (Some(completed), None) => Stretch { start: before(completed), end: after(completed) },
            (None, Some(created)) => Stretch { start: created, end: i64::MAX },
            (None, None) => Stretch::ALWAYS,
        },
    }
}

#[cfg(test)]
mod tests;
