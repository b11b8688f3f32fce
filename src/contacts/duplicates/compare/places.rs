//! Postal addresses: is it one house?

use strsim::osa_distance;

use super::super::evidence::{Evidence, Field, Level, Likelihood};
use super::super::frequency::{Counted, Frequencies};
use super::super::likeness::{self, Likeness};
use super::super::profile::Profile;
use crate::contacts::normal::Place;

/// What is found if both mean one house, and if they mean two.
#[derive(Clone, Copy)]
struct Fit {
    same: f64,
    other: f64,
    level: Level,
}

pub(super) fn compare(
    one: &Profile,
    other: &Profile,
    often: &Frequencies,
    found: &mut Vec<Evidence>,
) {
    let mut best: Option<Fit> = None;
    for a in &one.places {
        for b in &other.places {
            if let Some(fit) = fit(a, b, often)
                // Where somebody works and where they live are two places.
                && (a.work == b.work || fit.same > fit.other)
                && best.is_none_or(|best| fit.same - fit.other > best.same - best.other)
            {
                best = Some(fit);
            }
        }
    }
    let Some(fit) = best else { return };
    let same_for_all = Likelihood {
        one: fit.other,
        strangers: fit.other,
        household: fit.other,
        colleagues: fit.other,
    };
    let mut evidence = Evidence::of(Field::Place, fit.level, same_for_all);
    evidence.house = fit.same - fit.other;
    found.push(evidence);
}

fn fit(a: &Place, b: &Place, often: &Frequencies) -> Option<Fit> {
    let (mut same, mut other) = (0.0, 0.0);
    let (mut compared, mut agree) = (0, 0);
    let mut take = |in_one: f64, in_two: f64, agrees: bool| {
        same += in_one.ln();
        other += in_two.ln();
        compared += 1;
        agree += i32::from(agrees);
    };
    if !a.number.is_empty() && !b.number.is_empty() {
        if a.number == b.number {
            take(0.92, often.share(Counted::House, &a.number), true);
        } else if a.number.len().max(b.number.len()) > 1 && osa_distance(&a.number, &b.number) == 1
        {
            take(0.04, 0.06, true);
        } else {
            take(0.04, 0.93, false);
        }
    }
    if let Some((level, common)) = streets(a, b, often) {
        match level {
            Level::Same => take(0.88, common * 1.2 + 0.0001, true),
            Level::Partly => take(0.08, common * 3.0 + 0.002, true),
            _ => take(0.04, 0.97, false),
        }
    }
    let code = codes(a, b);
    if let Some(level) = code {
        match level {
            Level::Same => take(0.92, often.share(Counted::Code, &a.code), true),
            Level::Close => take(0.05, 0.012, true),
            _ => take(0.03, 0.98, false),
        }
    }
    if !a.town.is_empty() && !b.town.is_empty() {
        let same_code = code == Some(Level::Same);
        match likeness::of(&a.town, &b.town, false) {
            // Whoever has the code has the town.
            Likeness::Same | Likeness::Sound if same_code => take(0.9, 0.45, true),
            Likeness::Same | Likeness::Sound => {
                take(0.9, often.share(Counted::Town, &a.town), true);
            }
            Likeness::Close | Likeness::Near => {
                let by_chance =
                    if same_code { 0.05 } else { often.share(Counted::Town, &a.town) + 0.002 };
                take(0.07, by_chance, true);
            }
            Likeness::Different if same_code => take(0.03, 0.5, false),
            Likeness::Different => take(0.03, 0.97, false),
        }
    }
    if compared == 0 {
        return None;
    }
    let level = match (agree, compared) {
        (agree, compared) if agree == compared && compared > 1 => Level::Same,
        (0, _) => Level::Different,
        _ => Level::Partly,
    };
    Some(Fit { same, other, level })
}

fn codes(a: &Place, b: &Place) -> Option<Level> {
    if a.code.is_empty() || b.code.is_empty() {
        return None;
    }
    // `12345-6789` says more than `12345`.
    let (short, long) =
        if a.code.len() <= b.code.len() { (&a.code, &b.code) } else { (&b.code, &a.code) };
    Some(if a.code == b.code || (short.len() >= 5 && long.starts_with(&**short)) {
        Level::Same
    } else if short.len() >= 4 && osa_distance(short, long) == 1 {
        Level::Close
    } else {
        Level::Different
    })
}

/// How much of the words of streets both have, and how common the rarest such word is.
fn streets(a: &Place, b: &Place, often: &Frequencies) -> Option<(Level, f64)> {
    if a.street.is_empty() || b.street.is_empty() {
        return None;
    }
    let (joined_a, joined_b) = (a.street.concat(), b.street.concat());
    let rarest = |words: &[String]| {
        words.iter().map(|word| often.share(Counted::Street, word)).fold(1.0_f64, f64::min)
    };
    let one_slip = |one: &str, other: &str| {
        one.len().abs_diff(other.len()) <= 2 && one.len() >= 6 && osa_distance(one, other) <= 2
    };
    if joined_a == joined_b || one_slip(&joined_a, &joined_b) {
        return Some((Level::Same, rarest(&a.street).max(rarest(&b.street))));
    }
    let (short, long, joined) = if a.street.len() <= b.street.len() {
        (&a.street, &b.street, &joined_b)
    } else {
        (&b.street, &a.street, &joined_a)
    };
    let (mut met, mut all, mut common) = (0, 0, 1.0_f64);
    for word in short {
        all += word.len();
        let twin = long.iter().any(|other| {
            word == other
                || (word.len() > 3 && likeness::of(word, other, false) >= Likeness::Near)
                // What was written in one: `mackiecrescent`.
                || (other.len() >= 5 && word.starts_with(&**other))
        });
        if twin || (word.len() >= 5 && joined.contains(&**word)) {
            met += word.len();
            common = common.min(often.share(Counted::Street, word));
        }
    }
    Some(if met * 10 >= all * 7 {
        (Level::Same, common)
    } else if met * 10 >= all * 3 {
        (Level::Partly, common)
    } else {
        (Level::Different, common)
    })
}
