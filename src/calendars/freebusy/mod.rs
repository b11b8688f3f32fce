//! When somebody is busy (RFC 4791 §7.10): what events, free-busy components and availability
//! (RFC 7953) say about a range of time, merged for each type, and the answer that tells it.

mod answer;
mod availability;
mod collect;

pub use answer::{Answer, answer};
pub use availability::{Statement, paint};
pub use collect::Collector;

use std::str::FromStr;

use crate::calendars::instances::Times;
use crate::calendars::overlap::Stretch;
use crate::formats::ical::component::Component;
use crate::formats::ical::value::{Duration, Period, PeriodEnd, When};
use crate::formats::zone::Zones;

/// `FBTYPE` (RFC 5545 §3.2.9), the strongest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Time that is free.
    Free,
    /// Time that may be taken.
    Tentative,
    /// Time outside of working hours and the like.
    Unavailable,
    /// Time that is taken.
    Busy,
}

/// Stretches of time by type, collected and then merged.
#[derive(Debug, Clone, Default)]
pub struct BusyTimes {
    found: Vec<(Kind, Stretch)>,
}

// === impl Kind ===

impl Kind {
    /// The types that an answer tells.
    pub const TOLD: [Self; 3] = [Self::Busy, Self::Unavailable, Self::Tentative];

    /// The parameter's value.
    pub fn name(self) -> &'static str {
        match self {
            Self::Free => "FREE",
            Self::Tentative => "BUSY-TENTATIVE",
            Self::Unavailable => "BUSY-UNAVAILABLE",
            Self::Busy => "BUSY",
        }
    }

    /// What an event makes of its time for one of `addresses` (calendar user addresses, in lower
    /// case); `None`, if it leaves them free.
    pub fn of_event(event: &Component<'_>, addresses: &[String]) -> Option<Self> {
        if event.says("TRANSP", "TRANSPARENT") || event.says("STATUS", "CANCELLED") {
            return None;
        }
        let mine = event.all("ATTENDEE").find(|line| {
            let address = line.text().trim().to_ascii_lowercase();
            addresses.contains(&address)
        });
        let answer = mine.and_then(|line| line.param("PARTSTAT").map(|p| p.to_ascii_uppercase()));
        match answer.as_deref() {
            Some("DECLINED" | "DELEGATED") => None,
            Some("TENTATIVE") => Some(Self::Tentative),
            _ if event.says("STATUS", "TENTATIVE") => Some(Self::Tentative),
            _ => Some(Self::Busy),
        }
    }
}

impl FromStr for Kind {
    type Err = std::convert::Infallible;

    /// An unknown type is busy (RFC 5545 §3.2.9).
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = [Self::Free, Self::Tentative, Self::Unavailable];
        let found = known.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name.trim()));
        Ok(found.unwrap_or(Self::Busy))
    }
}

/// The `FREEBUSY` periods of a `VFREEBUSY`.
pub fn periods<'c>(
    component: &'c Component<'_>,
    zones: &'c Zones,
) -> impl Iterator<Item = (Kind, Stretch)> + 'c {
    component.all("FREEBUSY").flat_map(move |line| {
        let kind = line.param("FBTYPE").map_or(Kind::Busy, |name| {
            let Ok(kind) = name.parse();
            kind
        });
        let value = String::from_utf8_lossy(&line.value()).into_owned();
        // Some write a semicolon where the standard has a comma.
        let read: Vec<_> = value
            .split([',', ';'])
            .filter_map(|text| stretch(&Period::parse(text, None)?, zones))
            .map(|stretch| (kind, stretch))
            .collect();
        read
    })
}

/// The times that `component` itself says, `DTEND` or else `DURATION` being its end.
pub fn own_times(component: &Component<'_>, zones: &Zones) -> Times {
    let at = |name| component.property(name).and_then(When::of);
    let start = at("DTSTART");
    let by_duration = || {
        let duration = component.property("DURATION").and_then(Duration::of)?;
        after(start.as_ref()?, duration, zones)
    };
    let end = at("DTEND").map(|end| zones.instant(&end)).or_else(by_duration);
    Times { start: start.as_ref().map(|start| zones.instant(start)), end, day_end: None }
}

/// The time of a period; nothing, if it ends before it begins.
pub fn stretch(period: &Period, zones: &Zones) -> Option<Stretch> {
    let start = zones.instant(&period.start);
    let end = match &period.end {
        PeriodEnd::At(end) => zones.instant(end),
        PeriodEnd::After(duration) => after(&period.start, *duration, zones)?,
    };
    (start < end).then_some(Stretch { start, end })
}

/// The Unix second `duration` after `start`: days by the clock of its zone, seconds exactly.
pub fn after(start: &When, duration: Duration, zones: &Zones) -> Option<i64> {
    let days = Duration { days: duration.days, seconds: 0 };
    let day = start.at(days.after(start.civil())?);
    zones.instant(&day).checked_add(duration.seconds)
}

// === impl BusyTimes ===

impl BusyTimes {
    /// Adds a stretch of time.
    pub fn add(&mut self, kind: Kind, stretch: Stretch) {
        if stretch.start < stretch.end {
            self.found.push((kind, stretch));
        }
    }

    /// How many stretches were added.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The parts within `range`, each second in the strongest type that was added for it, in
    /// order; what touches and is of one type is one.
    pub fn merged(self, range: Stretch) -> Vec<(Kind, Stretch)> {
        let mut edges: Vec<(i64, Kind, bool)> = Vec::with_capacity(self.found.len() * 2);
        for (kind, stretch) in self.found {
            if kind != Kind::Free
                && let Some(part) = stretch.within(range)
            {
                edges.push((part.start, kind, true));
                edges.push((part.end, kind, false));
            }
        }
        edges.sort_unstable();
        let mut open = [0_usize; 3];
        let mut merged: Vec<(Kind, Stretch)> = Vec::new();
        let mut at = i64::MIN;
        for (edge, kind, begins) in edges {
            let strongest = Kind::TOLD.into_iter().zip(open).find(|(_, count)| *count > 0);
            if let Some((strongest, _)) = strongest
                && at < edge
            {
                match merged.last_mut() {
                    Some((last, stretch)) if *last == strongest && stretch.end == at => {
                        stretch.end = edge;
                    }
                    _ => merged.push((strongest, Stretch { start: at, end: edge })),
                }
            }
            let counts = Kind::TOLD.into_iter().zip(open.iter_mut());
            for (_, count) in counts.filter(|(told, _)| *told == kind) {
                *count = if begins { *count + 1 } else { count.saturating_sub(1) };
            }
            at = edge;
        }
        merged
    }
}

#[cfg(test)]
mod tests;
