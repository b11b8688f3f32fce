//! When alarms go off (RFC 5545 §3.6.6): relative to the start or the end of an instance, or at a
//! time of their own, once or repeatedly.

use crate::calendars::instances::Times;
use crate::calendars::overlap::Stretch;
use crate::formats::ical::component::Component;
use crate::formats::ical::value::{Duration, When};
use crate::formats::zone::Zones;

/// When an alarm goes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Alarm {
    trigger: Trigger,
    /// Seconds between repetitions.
    every: i64,
    repeats: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trigger {
    /// At this Unix second.
    At(i64),
    /// So long after the start of the instance.
    AfterStart(Duration),
    /// So long after its end.
    AfterEnd(Duration),
}

impl Alarm {
    /// Reads the `VALARM` `component`; nothing, if it never goes off.
    pub(super) fn of(component: &Component<'_>, zones: &Zones) -> Option<Self> {
        let line = component.property("TRIGGER")?;
        let trigger = match Duration::of(line) {
            None => Trigger::At(zones.instant(&When::of(line)?)),
            Some(after) => match line.param("RELATED") {
                Some(related) if related.eq_ignore_ascii_case("END") => Trigger::AfterEnd(after),
                _ => Trigger::AfterStart(after),
            },
        };
        let every = component.property("DURATION").and_then(Duration::of).unwrap_or_default();
        let repeats = component.text("REPEAT").and_then(|n| n.parse::<i64>().ok()).unwrap_or(0);
        let every = every.rough_seconds();
        let repeats = if every > 0 { repeats.max(0) } else { 0 };
        Some(Self { trigger, every, repeats })
    }

    /// Whether it goes off at a time that does not depend on an instance, and in `range`.
    pub(super) fn is_absolute(&self) -> bool {
        matches!(self.trigger, Trigger::At(_))
    }

    /// Whether it goes off in `range` for an instance at `times`. Without a start its end counts,
    /// and the other way round.
    pub(super) fn rings(&self, times: Times, range: Stretch) -> bool {
        let (start, end) = (times.start.or(times.end), times.end.or(times.start));
        let first = match self.trigger {
            Trigger::At(at) => Some(at),
            Trigger::AfterStart(after) => start.map(|at| at.saturating_add(after.rough_seconds())),
            Trigger::AfterEnd(after) => end.map(|at| at.saturating_add(after.rough_seconds())),
        };
        let Some(first) = first else { return false };
        // The first time it goes off at or after the beginning of the range.
        let early = range.start.saturating_sub(first).max(0);
        let step = self.every.max(1);
        let round = early / step + i64::from(early % step > 0);
        let at = first.saturating_add(round.min(self.repeats).saturating_mul(self.every));
        Stretch::moment(at).overlaps(range)
    }

    /// The instances for which it can go off in `range` take time in this one.
    pub(super) fn instances_for(&self, range: Stretch) -> Stretch {
        let after = match self.trigger {
            Trigger::At(_) => return Stretch::ALWAYS,
            Trigger::AfterStart(after) | Trigger::AfterEnd(after) => after.rough_seconds(),
        };
        let last = after.saturating_add(self.repeats.saturating_mul(self.every));
        // A second more on each side: an instance that ends when the range begins takes no time
        // in it.
        Stretch {
            start: shift(range.start, last.saturating_add(1)),
            end: shift(range.end, after.saturating_sub(1)),
        }
    }
}

/// `at` less `by`; the ends of time stay where they are.
fn shift(at: i64, by: i64) -> i64 {
    if at == i64::MIN || at == i64::MAX { at } else { at.saturating_sub(by) }
}
