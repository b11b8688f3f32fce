//! The occurrences of a rule, one after the other.

use jiff::civil::DateTime;

use super::budget::{Budget, OverBudget};
use super::period::{Look, Period};
use super::plan::Plan;
use super::rule::{Rule, Skip};
use crate::formats::gregorian::{date_time, seconds};

/// The civil times at which something that starts at one of them recurs, in order, each once.
///
/// The start itself is the first one, even if the rule would not bring it forth: it counts for
/// COUNT, and only EXDATE takes it out (RFC 5545 §3.8.5.3, the Fridays that are a 13th).
#[derive(Debug, Clone)]
pub struct Occurrences {
    plan: Plan,
    /// The next period to look at.
    k: i64,
    current: Option<(Period, u32)>,
    /// Whether the start is still to be told.
    tells_start: bool,
    /// The last one that was told or counted.
    last: i64,
    /// How many COUNT leaves.
    remaining: Option<u64>,
    from: i64,
    /// The last civil second that is asked for and that the rule allows.
    end: i64,
    /// The last civil second that is asked for.
    stop: i64,
}

impl Rule {
    /// The occurrences of something that starts at `start`. `until` is the last civil time at
    /// which one may begin: that of the rule, brought into the zone of the start.
    pub fn occurrences(&self, start: DateTime, until: Option<DateTime>) -> Occurrences {
        let plan = Plan::new(self, seconds(start));
        Occurrences {
            k: 0,
            current: None,
            tells_start: true,
            last: plan.start,
            remaining: self.count.map(u64::from),
            from: plan.start,
            end: seconds(until.unwrap_or(DateTime::MAX)),
            stop: i64::MAX,
            plan,
        }
    }

    /// The times that the rule itself brings forth from `start` on, as an EXRULE asks for: the
    /// start is among them only if it follows the rule.
    pub fn matches(&self, start: DateTime, until: Option<DateTime>) -> Occurrences {
        let mut occurrences = self.occurrences(start, until);
        occurrences.tells_start = false;
        occurrences.last = occurrences.plan.start - 1;
        occurrences
    }
}

impl Occurrences {
    /// Only those from `from` on. Periods before it are not looked at; where there is a COUNT
    /// they are counted, at once if they are all alike.
    #[must_use]
    pub fn since(mut self, from: DateTime) -> Self {
        self.from = seconds(from).max(self.plan.start);
        if self.remaining.is_none() {
            // A day that SKIP moves forward falls into the next period.
            let spill = i64::from(self.plan.skip == Skip::Forward);
            self.k = (self.plan.period_at(self.from) - spill).max(0);
        }
        self
    }

    /// Only those before `stop`.
    #[must_use]
    pub fn before(mut self, stop: DateTime) -> Self {
        self.stop = self.stop.min(seconds(stop) - 1);
        self.end = self.end.min(self.stop);
        self
    }

    /// The next one. When the budget is used up what follows is not known, and asking again
    /// with another budget goes on.
    pub fn next(&mut self, budget: &mut Budget) -> Result<Option<DateTime>, OverBudget> {
        Ok(self.advance(budget)?.map(date_time))
    }

    fn advance(&mut self, budget: &mut Budget) -> Result<Option<i64>, OverBudget> {
        if self.tells_start {
            let start = self.plan.start;
            let asked_for = (self.from..=self.stop).contains(&start);
            if asked_for {
                budget.result()?;
            }
            self.tells_start = false;
            self.remaining = self.remaining.map(|left| left.saturating_sub(1));
            if asked_for {
                return Ok(Some(start));
            }
        }
        loop {
            if self.remaining == Some(0) {
                return Ok(None);
            }
            if let Some((period, at)) = &mut self.current {
                if *at < period.len() {
                    let next = period.nth(*at);
                    if next > self.end {
                        return Ok(None);
                    }
                    budget.result()?;
                    *at += 1;
                    self.last = next;
                    self.remaining = self.remaining.map(|left| left - 1);
                    return Ok(Some(next));
                }
                self.current = None;
            }
            budget.step()?;
            match self.plan.look(self.k, self.end) {
                Look::Past => return Ok(None),
                Look::Jump(k) => self.k = k,
                Look::Found(period) => self.enter(period),
            }
        }
    }

    /// Goes into a period, at the first candidate that is asked for; those before it count.
    fn enter(&mut self, period: Period) {
        let first = period.before(self.last + 1);
        let at = first.max(period.before(self.from));
        if let Some(left) = &mut self.remaining {
            *left = left.saturating_sub((at - first).into());
        }
        self.k += 1;
        if at < period.len() {
            self.current = Some((period, at));
        } else {
            self.count_alike();
        }
    }

    /// Counts the periods up to the one asked for in one go, where each has as many.
    fn count_alike(&mut self) {
        let (Some(left), Some(each)) = (&mut self.remaining, self.plan.every_period()) else {
            return;
        };
        let target = self.plan.period_at(self.from);
        if let Some(periods) = target.checked_sub(self.k).filter(|periods| *periods > 0) {
            *left = left.saturating_sub((periods as u64).saturating_mul(each.into()));
            self.k = target;
        }
    }
}
