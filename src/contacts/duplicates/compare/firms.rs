//! Organizations: those of people, and cards that are of an organization.

use super::super::evidence::{Evidence, Field, Level, Likelihood};
use super::super::frequency::{Counted, Frequencies};
use super::super::likeness::{self, Likeness};
use super::super::profile::Profile;

/// Where people work, and as what.
pub(super) fn compare(
    one: &Profile,
    other: &Profile,
    often: &Frequencies,
    found: &mut Vec<Evidence>,
) {
    if let Some((level, common)) = best(one, other, often) {
        let likelihood = match level {
            Level::Same => Likelihood::of(0.55, common, common + 0.05, 0.85),
            Level::Close => Likelihood::of(0.08, 0.003, 0.01, 0.08),
            Level::Partly => Likelihood::of(0.07, 0.01, 0.01, 0.04),
            _ => Likelihood::of(0.3, 0.98, 0.9, 0.03),
        };
        found.push(Evidence::of(Field::Firm, level, likelihood));
    }
    if !one.title.is_empty() && !other.title.is_empty() {
        found.push(if one.title == other.title {
            let common = often.share(Counted::Title, &one.title);
            Evidence::of(
                Field::Title,
                Level::Same,
                Likelihood::of(0.55, common, common, common + 0.06),
            )
        } else {
            Evidence::of(Field::Title, Level::Different, Likelihood::of(0.45, 0.97, 0.97, 0.9))
        });
    }
}

/// Cards of organizations: here the branches of one stand for colleagues.
pub(super) fn of_organizations(
    one: &Profile,
    other: &Profile,
    often: &Frequencies,
    found: &mut Vec<Evidence>,
) {
    let Some((level, common)) = best(one, other, often) else { return };
    let likelihood = match level {
        Level::Same => Likelihood::of(0.8, common, common, 0.8),
        Level::Close => Likelihood::of(0.1, 0.002, 0.002, 0.05),
        Level::Partly => Likelihood::of(0.12, 0.01, 0.01, 0.06),
        _ => Likelihood::of(0.02, 0.98, 0.98, 0.05),
    };
    found.push(Evidence::of(Field::Firm, level, likelihood));
}

fn best(one: &Profile, other: &Profile, often: &Frequencies) -> Option<(Level, f64)> {
    let mut best: Option<(Level, f64)> = None;
    for a in &one.firms {
        for b in &other.firms {
            let (x, y) = (a.join(" "), b.join(" "));
            let level = if x == y {
                Level::Same
            } else {
                match likeness::of(&a.concat(), &b.concat(), false) {
                    Likeness::Same => Level::Same,
                    Likeness::Sound | Likeness::Close => Level::Close,
                    Likeness::Near | Likeness::Different => {
                        let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
                        let within = short.iter().all(|word| long.contains(word));
                        if within { Level::Partly } else { Level::Different }
                    }
                }
            };
            let common = often.share(Counted::Firm, &x).max(often.share(Counted::Firm, &y));
            if best.is_none_or(|(so_far, _)| level > so_far) {
                best = Some((level, common));
            }
        }
    }
    best
}
