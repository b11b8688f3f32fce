//! The zone that a VTIMEZONE describes (RFC 5545 §3.6.5), as a list of changes of its offset.

use jiff::civil::{Date, DateTime};

use crate::formats::gregorian::{date_time, seconds};
use crate::formats::ical::{Component, UtcOffset, When};
use crate::formats::recur::{Budget, Rule};

/// Changes are worked out from the beginning of this year on …
const FIRST: DateTime = Date::constant(1900, 1, 1).at(0, 0, 0, 0);
/// … up to this one.
const LAST: DateTime = Date::constant(2100, 1, 1).at(0, 0, 0, 0);
/// Enough for two changes a year and a rule that says so in an odd way; what it leaves out of a
/// rule made to be expensive does not count.
const BUDGET: Budget = Budget::new(20_000, 1_000);

/// When clocks change, in order.
#[derive(Debug, PartialEq, Eq)]
pub struct Transitions {
    /// The offset before the first one, in seconds.
    before: i64,
    changes: Vec<Change>,
}

#[derive(Debug, PartialEq, Eq)]
struct Change {
    /// The instant.
    at: i64,
    /// The civil time from which on `offset` is what a time is read with: after the gap, or after
    /// the hour that comes twice.
    civil: i64,
    /// The offset afterwards, in seconds.
    offset: i64,
}

/// One STANDARD or DAYLIGHT.
struct Observance {
    onset: DateTime,
    from: i64,
    to: i64,
}

impl Transitions {
    /// Reads the observances of `vtimezone`; nothing if there is none.
    pub fn read(vtimezone: &Component<'_>) -> Option<Self> {
        let mut budget = BUDGET;
        let mut onsets: Vec<(i64, i64, i64)> = Vec::new();
        for child in &vtimezone.children {
            let Some(observance) = Observance::read(child) else { continue };
            observance.onsets(child, &mut budget, |civil| {
                onsets.push((seconds(civil) - observance.from, observance.from, observance.to));
            });
        }
        onsets.sort_unstable();
        onsets.dedup_by_key(|(at, _, _)| *at);
        let before = onsets.first()?.1;
        let mut offset = before;
        let mut changes = Vec::with_capacity(onsets.len());
        for (at, _, to) in onsets {
            changes.push(Change { at, civil: at + offset.max(to), offset: to });
            offset = to;
        }
        Some(Self { before, changes })
    }

    /// The instant at which clocks show `civil`.
    pub fn instant(&self, civil: i64) -> i64 {
        civil - self.offset_after(self.changes.partition_point(|change| change.civil <= civil))
    }

    /// What clocks show at `instant`.
    pub fn civil(&self, instant: i64) -> i64 {
        instant.saturating_add(
            self.offset_after(self.changes.partition_point(|change| change.at <= instant)),
        )
    }

    fn offset_after(&self, changes: usize) -> i64 {
        let last = changes.checked_sub(1).and_then(|last| self.changes.get(last));
        last.map_or(self.before, |change| change.offset)
    }
}

impl Observance {
    fn read(component: &Component<'_>) -> Option<Self> {
        if !component.is("STANDARD") && !component.is("DAYLIGHT") {
            return None;
        }
        let offset = |name: &str| {
            let line = component.property(name)?;
            UtcOffset::parse(&line.text()).map(|offset| i64::from(offset.0))
        };
        let to = offset("TZOFFSETTO")?;
        let from = offset("TZOFFSETFROM").unwrap_or(to);
        let onset = match When::of(component.property("DTSTART")?)? {
            When::Utc(at) => date_time(seconds(at) + from),
            when => when.civil(),
        };
        Some(Self { onset, from, to })
    }

    /// Tells every onset, in civil time of the offset before it.
    fn onsets(
        &self,
        component: &Component<'_>,
        budget: &mut Budget,
        mut tell: impl FnMut(DateTime),
    ) {
        let civil = |utc: DateTime| date_time(seconds(utc) + self.from);
        tell(self.onset);
        for line in component.all("RRULE") {
            // A rule that cannot be read leaves the onset it began with.
            let Ok(rule) = line.text().parse::<Rule>() else { continue };
            let onsets = rule.occurrences(self.onset, rule.last_start(civil));
            let mut onsets = onsets.since(FIRST).before(LAST);
            while let Ok(Some(onset)) = onsets.next(budget) {
                tell(onset);
            }
        }
        for when in component.all("RDATE").flat_map(When::list) {
            if budget.step().is_err() {
                return;
            }
            tell(match when {
                When::Utc(at) => civil(at),
                when => when.civil(),
            });
        }
    }
}
