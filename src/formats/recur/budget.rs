//! How much work an expansion may cost.

/// What is left of the work that one request or one object may cost. Several expansions share
/// one budget by handing it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    steps: u32,
    results: u32,
}

/// The budget is used up; the answer so far is a part of the whole one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverBudget;

impl Budget {
    /// At most `steps` looked-at periods (years, months, days, … of a rule, or single dates) and
    /// `results` occurrences. A step costs well under a microsecond.
    pub const fn new(steps: u32, results: u32) -> Self {
        Self { steps, results }
    }

    /// Takes one step.
    pub fn step(&mut self) -> Result<(), OverBudget> {
        self.steps = self.steps.checked_sub(1).ok_or(OverBudget)?;
        Ok(())
    }

    /// Takes one result.
    pub fn result(&mut self) -> Result<(), OverBudget> {
        self.results = self.results.checked_sub(1).ok_or(OverBudget)?;
        Ok(())
    }

    /// Runs `work` with at most `steps` of the steps, so that one object does not use up what is
    /// there for all.
    pub fn within<T>(&mut self, steps: u32, work: impl FnOnce(&mut Self) -> T) -> T {
        let held_back = self.steps.saturating_sub(steps);
        self.steps -= held_back;
        let done = work(self);
        self.steps += held_back;
        done
    }

    /// Steps that are left.
    pub const fn steps(&self) -> u32 {
        self.steps
    }

    /// Results that are left.
    pub const fn results(&self) -> u32 {
        self.results
    }
}

impl std::fmt::Display for OverBudget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the recurrence needs more work than a request may cost")
    }
}

impl std::error::Error for OverBudget {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_leaves_steps_for_others() {
        let mut budget = Budget::new(10, 5);
        let used = budget.within(4, |own| (0..1000).take_while(|_| own.step().is_ok()).count());
        assert_eq!((used, budget), (4, Budget::new(6, 5)));
        let used = budget.within(100, |own| (0..1000).take_while(|_| own.step().is_ok()).count());
        assert_eq!((used, budget), (6, Budget::new(0, 5)));
    }
}
