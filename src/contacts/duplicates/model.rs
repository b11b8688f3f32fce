//! How probable it is that two cards are of one person: what was found is weighed against three
//! other explanations, strangers, a household and colleagues. That families share address, phone
//! and name, and firms their lines and mail addresses, is so accounted for without special rules.
//!
//! How many pairs of each kind there are in a collection is learned from it by expectation and
//! maximization, within bounds; all else is fixed.

use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Field, Level, Likelihood};

/// In a smaller collection than this, people are chosen: two cards of one name are less of a
/// chance than the numbers alone say.
const FEWEST: f64 = 1000.0;

/// How many cards' experience the numbers that are known beforehand are worth.
const WORTH: f64 = 50.0;

/// Rounds of learning; what still changes then is of no account.
const ROUNDS: usize = 12;

/// The share of the pairs of one person from which on grave slips are common.
const COMMON: f64 = 0.02;

/// The number of pairs of households, in pairs of one person, below which there are none.
const FEW: f64 = 0.03;

/// Pairs of one household per card where there are no households.
const NO_HOUSEHOLD: f64 = 0.000_1;

/// The share of the pairs of one household with addresses that mean one house.
const AT_HOME: f64 = 0.85;

/// The share of the pairs of one organization with addresses that mean one house.
const AT_WORK: f64 = 0.5;

/// How probable it is beforehand that cards of one person have two given names that have nothing
/// to do with each other. Twins have such; how often one person has, the collection tells.
pub const MISNAMED: f64 = 0.005;

/// The most that a collection can tell of that.
const MOST_MISNAMED: f64 = 0.03;

/// How many of each kind of pairs there are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// How many cards there are.
    pub cards: u64,
    /// Pairs of one person, per card.
    pub one: f64,
    /// Pairs of different people of one household, per card.
    pub household: f64,
    /// Pairs of different people of one organization, per card.
    pub colleagues: f64,
    /// The share of the pairs of one person with addresses that mean one house.
    pub at_home: f64,
    /// The share of the pairs of one person with two given names that have nothing in common.
    pub misnamed: f64,
}

/// What comparing two cards came to, in the form in which it is weighed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Weights {
    likelihood: Likelihood,
    house: f64,
    /// Do given names or days of birth have nothing to do with each other?
    grave: bool,
    /// Have they two given names that people have?
    misnamed: bool,
    /// Have neither given nor family names anything in common?
    renamed: bool,
}

/// How probable each explanation of two cards is; the rest is chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Explained {
    /// They are of one person.
    pub one: f64,
    /// They are of one household.
    pub household: f64,
    /// They are of one organization.
    pub colleagues: f64,
    /// If they are of one person: how probable it is that their addresses mean one house.
    at_home: f64,
}

impl Weights {
    /// Those of what was found.
    pub fn of(found: &[Evidence]) -> Self {
        found.iter().fold(Self::default(), |sum, one| Self {
            likelihood: sum.likelihood.and(one.likelihood),
            house: sum.house + one.house,
            grave: sum.grave || is_grave(one),
            misnamed: sum.misnamed || one.misnamed,
            renamed: sum.renamed || one.renamed,
        })
    }
}

fn is_grave(found: &Evidence) -> bool {
    matches!(found.field, Field::Name | Field::Birth) && found.level == Level::Different
}

impl Model {
    /// What is assumed of a collection of which nothing is known but its size.
    pub fn of(cards: u64) -> Self {
        Self { cards, one: 0.4, household: 0.6, colleagues: 1.0, at_home: 0.75, misnamed: MISNAMED }
    }

    /// How the two cards behind `weights` are explained.
    pub fn explain(&self, weights: &Weights) -> Explained {
        let cards = (self.cards as f64).max(FEWEST);
        let sum = &weights.likelihood;
        let mixed = |share: f64| {
            if weights.house == 0.0 {
                0.0
            } else {
                (1.0 - share + share * weights.house.exp()).ln()
            }
        };
        let at_home = mixed(self.at_home);
        let mut names = 0.0;
        if weights.misnamed {
            names += (self.misnamed / MISNAMED).ln();
        }
        if weights.renamed {
            // One of them may be wrong; that both are is no matter of chance.
            names += (self.misnamed / MOST_MISNAMED).ln();
        }
        let one = sum.one + names + at_home + (self.one / cards).ln();
        let household = sum.household + mixed(AT_HOME) + (self.household / cards).ln();
        let colleagues = sum.colleagues + mixed(AT_WORK) + (self.colleagues / cards).ln();
        let most = one.max(household).max(colleagues).max(sum.strangers);
        let part = |of: f64| (of - most).exp();
        let all = part(one) + part(household) + part(colleagues) + part(sum.strangers);
        Explained {
            one: part(one) / all,
            household: part(household) / all,
            colleagues: part(colleagues) / all,
            at_home: (self.at_home.ln() + weights.house - at_home).exp(),
        }
    }

    /// How far what was found speaks against one person, as the factor by which it is less probable
    /// than by the best other explanation: 1 where nothing does. What speaks for it is left out.
    pub fn against(&self, found: &[Evidence]) -> f64 {
        let mut sum = 0.0;
        for one in found {
            let Likelihood { one: of_one, strangers, household, colleagues } = one.likelihood;
            let moved = (1.0 - self.at_home + self.at_home * one.house.exp()).ln();
            sum += (of_one - strangers.max(household).max(colleagues)).min(0.0) + moved.min(0.0);
        }
        sum.exp()
    }

    /// What a collection of `cards` cards teaches, of whose pairs those that may be more than
    /// chance are `pairs`.
    pub fn learned(cards: u64, pairs: &[Weights]) -> Self {
        let before = Self::of(cards);
        // Whoever has two names counts as one person until households are seen.
        let mut model = Self { misnamed: MOST_MISNAMED, ..before };
        for _ in 0..ROUNDS {
            let (mut one, mut household, mut colleagues) = (0.0, 0.0, 0.0);
            let (mut housed, mut at_home, mut grave, mut misnamed) = (0.0, 0.0, 0.0, 0.0);
            for pair in pairs {
                let explained = model.explain(pair);
                one += explained.one;
                household += explained.household;
                colleagues += explained.colleagues;
                if pair.grave {
                    grave += explained.one;
                }
                if pair.misnamed {
                    misnamed += explained.one;
                }
                if pair.house != 0.0 {
                    housed += explained.one;
                    at_home += explained.one * explained.at_home;
                }
            }
            let all = cards as f64 + WORTH;
            let share = |found: f64, before: f64| (found + before * WORTH) / all;
            model.one = share(one, before.one).clamp(0.05, 3.0);
            model.household = share(household, before.household).clamp(0.01, 4.0);
            model.colleagues = share(colleagues, before.colleagues).clamp(0.01, 10.0);
            model.at_home =
                ((at_home + before.at_home * WORTH) / (housed + WORTH)).clamp(0.5, 0.97);
            // Cards cannot tell a person of two names from twins; only that there are no households can.
            model.misnamed = if household < one * FEW {
                ((misnamed + before.misnamed * WORTH) / (one + WORTH))
                    .clamp(MISNAMED, MOST_MISNAMED)
            } else {
                MISNAMED
            };
            // Where cards of one person are seen to differ gravely all the time, and next to no
            // households are seen, what looks like one is rather one more such slip.
            if grave > one * COMMON && household < one * FEW {
                model.household = NO_HOUSEHOLD;
            }
        }
        model
    }
}
