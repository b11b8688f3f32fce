//! Availability (RFC 7953 §5): outside of the times somebody says they are available they are
//! busy, and of several statements the one of higher priority counts.

use super::{BusyTimes, Kind};
use crate::calendars::overlap::Stretch;
use crate::formats::ical::component::Component;

/// One `VAVAILABILITY`.
#[derive(Debug, Clone)]
pub struct Statement {
    /// 1 is the highest; 0 is the lowest (RFC 7953 §3.1).
    pub priority: u8,
    /// What the time it covers is where it does not say better (`BUSYTYPE`).
    pub kind: Kind,
    /// The time it covers.
    pub covers: Stretch,
    /// When they are available, all instances.
    pub available: Vec<Stretch>,
}

impl Statement {
    /// The statement of `component`, which covers `covers`, without its available times.
    pub fn of(component: &Component<'_>, covers: Stretch) -> Self {
        let priority = component.text("PRIORITY").and_then(|n| n.parse().ok()).unwrap_or(0);
        let kind = component.text("BUSYTYPE").map_or(Kind::Unavailable, |name| {
            let Ok(kind) = name.parse();
            kind
        });
        Self { priority, kind, covers, available: Vec::new() }
    }

    /// How strong it is: higher ones count over lower ones.
    fn strength(&self) -> u8 {
        if self.priority == 0 { 0 } else { 10_u8.saturating_sub(self.priority).max(1) }
    }
}

/// Adds what `statements` together say about `range` to `times`.
pub fn paint(mut statements: Vec<Statement>, range: Stretch, times: &mut BusyTimes) {
    statements.sort_by_key(Statement::strength);
    let mut edges: Vec<i64> = vec![range.start, range.end];
    for statement in &statements {
        let stretches = statement.available.iter().chain([&statement.covers]);
        for part in stretches.filter_map(|stretch| stretch.within(range)) {
            edges.extend([part.start, part.end]);
        }
    }
    edges.sort_unstable();
    edges.dedup();
    let mut layers: Vec<Layer<'_>> = statements.iter().rev().map(Layer::new).collect();
    for (&start, &end) in edges.iter().zip(edges.iter().skip(1)) {
        // The strongest statement that covers this part decides.
        let said = layers.iter_mut().find_map(|layer| layer.say(start));
        if let Some(kind) = said.filter(|kind| *kind != Kind::Free) {
            times.add(kind, Stretch { start, end });
        }
    }
}

/// A statement that is asked about times in ascending order.
struct Layer<'s> {
    statement: &'s Statement,
    available: Vec<Stretch>,
    at: usize,
}

impl<'s> Layer<'s> {
    fn new(statement: &'s Statement) -> Self {
        let mut available = statement.available.clone();
        available.sort_unstable_by_key(|stretch| stretch.start);
        // Overlapping ones are one, so that what ends first also begins first.
        available.dedup_by(|next, last| {
            let joins = next.start <= last.end;
            if joins {
                last.end = last.end.max(next.end);
            }
            joins
        });
        Self { statement, available, at: 0 }
    }

    /// What the second `at` is; nothing, if the statement does not cover it.
    fn say(&mut self, at: i64) -> Option<Kind> {
        let second = Stretch::moment(at);
        if !self.statement.covers.overlaps(second) {
            return None;
        }
        while self.available.get(self.at).is_some_and(|stretch| stretch.end <= at) {
            self.at += 1;
        }
        let free = self.available.get(self.at).is_some_and(|stretch| stretch.overlaps(second));
        Some(if free { Kind::Free } else { self.statement.kind })
    }
}
