//! Days of birth.

use super::super::evidence::{Evidence, Field, Level, Likelihood};
use super::super::frequency::{Counted, Frequencies};
use super::super::profile::Profile;
use crate::contacts::normal::Birth;

/// How two days of birth fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Births {
    /// They are two days.
    Different,
    /// One of their parts is the same, or the year is by ten or a hundred off.
    Loose,
    /// Two of their parts are the same.
    TwoParts,
    /// Month and day are changed over.
    Turned,
    /// They differ by one digit, or by two that are changed over.
    OneDigit,
    /// What both of them say is the same, and it is not all.
    Compatible,
    /// They are the same.
    Same,
}

impl Births {
    /// How `a` and `b` fit.
    pub fn of(a: Birth, b: Birth) -> Self {
        if a == b {
            return if a.is_whole() { Self::Same } else { Self::Compatible };
        }
        let agree = |a: u16, b: u16| a == 0 || b == 0 || a == b;
        let months = agree(u16::from(a.month), u16::from(b.month));
        let days = agree(u16::from(a.day), u16::from(b.day));
        if !a.is_whole() || !b.is_whole() {
            let fits = agree(a.year, b.year) && months && days;
            return if fits { Self::Compatible } else { Self::Different };
        }
        let (x, y) = (a.digits(), b.digits());
        let wrong: Vec<usize> =
            x.iter().zip(&y).enumerate().filter(|(_, (x, y))| x != y).map(|(at, _)| at).collect();
        if let [_] = wrong.as_slice() {
            return Self::OneDigit;
        }
        if let [first, second] = wrong.as_slice() {
            let changed_over = x.get(*first) == y.get(*second) && x.get(*second) == y.get(*first);
            if second - first == 1 && changed_over {
                return Self::OneDigit;
            }
        }
        if a.year == b.year && a.month == b.day && a.day == b.month {
            return Self::Turned;
        }
        let parts = usize::from(a.year == b.year)
            + usize::from(a.month == b.month)
            + usize::from(a.day == b.day);
        match (parts, wrong.len()) {
            (2.., _) | (_, 2) => Self::TwoParts,
            (1, 3) => Self::Loose,
            _ => Self::Different,
        }
    }
}

pub(super) fn compare(
    one: &Profile,
    other: &Profile,
    often: &Frequencies,
    found: &mut Vec<Evidence>,
) {
    let (Some(a), Some(b)) = (one.birth, other.birth) else { return };
    let fit = Births::of(a, b);
    let common = often.share(Counted::Birth, &a.shown());
    let (level, likelihood) = match fit {
        Births::Same => (Level::Same, Likelihood::of(0.86, common, 0.012, common)),
        Births::Compatible => {
            // What is left open makes it the commoner.
            let days = if a.month == 0 || b.month == 0 {
                0.02
            } else if a.day == 0 || b.day == 0 {
                0.002
            } else {
                0.003
            };
            (Level::Initial, Likelihood::of(0.86, days, 0.02, days))
        }
        Births::OneDigit => (Level::Close, Likelihood::of(0.07, 0.0012, 0.006, 0.0012)),
        Births::Turned => (Level::Close, Likelihood::of(0.015, 0.000_06, 0.0002, 0.000_06)),
        Births::TwoParts => (Level::Near, Likelihood::of(0.02, 0.015, 0.02, 0.015)),
        Births::Loose => (Level::Partly, Likelihood::of(0.008, 0.03, 0.03, 0.03)),
        Births::Different => (Level::Different, Likelihood::of(0.015, 0.95, 0.93, 0.95)),
    };
    found.push(Evidence::of(Field::Birth, level, likelihood));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_days_fit() {
        for (a, b, wanted) in [
            ("1956-04-09", "1956-04-09", Births::Same),
            ("1956-04-09", "1956-04-19", Births::OneDigit),
            ("1956-04-09", "1965-04-09", Births::OneDigit),
            ("1956-04-09", "1956-09-04", Births::Turned),
            ("1956-04-09", "1956-04-27", Births::TwoParts),
            ("1956-04-09", "1956-04", Births::Compatible),
            ("1956-04-09", "1957-04", Births::Different),
            ("1956-04-09", "1982-11-23", Births::Different),
        ] {
            let (a, b) = (Birth::parse(a).unwrap(), Birth::parse(b).unwrap());
            assert_eq!(Births::of(a, b), wanted, "{a:?} {b:?}");
            assert_eq!(Births::of(b, a), wanted, "{b:?} {a:?}");
        }
    }
}
