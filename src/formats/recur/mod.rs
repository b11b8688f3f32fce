//! Recurrence rules (RFC 5545 §3.3.10, RFC 7529 for the Gregorian calendar): reading them, and
//! their occurrences in civil time, lazily, from any moment on and within a budget.
//!
//! A rule knows no zone: what it gives are the dates and times on the wall of wherever the event
//! takes place. `formats::zone` makes instants of them.

mod budget;
mod days;
mod occurrences;
mod parse;
mod period;
mod plan;
mod rule;
mod times;

pub use budget::{Budget, OverBudget};
pub use occurrences::Occurrences;
pub use rule::{Frequency, OrdinalDay, Rule, RuleError, Scale, Skip};

#[cfg(test)]
mod tests;
