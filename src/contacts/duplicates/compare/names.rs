//! Names: the pair of given and family name that fits best, also turned round.

use super::super::evidence::{Evidence, Field, Level, Likelihood};
use super::super::frequency::{Counted, Frequencies};
use super::super::likeness::{self, Likeness};
use super::super::model::MISNAMED;
use super::super::profile::Profile;
use super::forms::{are_his_and_hers, family_level, given_level};
use crate::contacts::normal::PersonName;
use crate::contacts::normal::nicknames;

/// Given and family names of one origin go together: two people share both so much oftener than
/// each alone would have it.
const GOES_TOGETHER: f64 = 2.0;

/// What names tell that do not fit, if one of them may be read in a way that is not known. Natural
/// logarithms, as in [`Likelihood::of`].
const UNREAD: Likelihood =
    Likelihood { one: -1.6, strangers: -0.1, household: -0.3, colleagues: -0.1 };

/// How the names of two cards fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Names {
    /// Given names; nothing where one of them is not known.
    pub given: Option<Level>,
    /// Family names; nothing where one of them is not known.
    pub family: Option<Level>,
    /// Were given and family name changed over?
    pub turned: bool,
    /// Have both a given name that people have, and two that have nothing to do with each other?
    pub misnamed: bool,
    /// Have neither given nor family names anything in common, as far as it is known how they are read?
    pub renamed: bool,
    likelihood: Likelihood,
}

pub(super) fn compare(
    one: &Profile,
    other: &Profile,
    often: &Frequencies,
    found: &mut Vec<Evidence>,
) {
    let Some(best) = Names::best(one, other, often) else { return };
    if best.given.is_some() || best.family.is_some() {
        found.push(Evidence {
            field: Field::Name,
            level: best.given.or(best.family).unwrap_or(Level::Different),
            second: best.given.and(best.family),
            likelihood: best.likelihood,
            house: 0.0,
            misnamed: best.misnamed,
            renamed: best.renamed,
        });
    }
    middle(one, other, found);
    generation(one, other, found);
    if let (Some(a), Some(b)) = (one.sex, other.sex) {
        found.push(if a == b {
            Evidence::of(Field::Sex, Level::Same, Likelihood::of(0.97, 0.5, 0.45, 0.5))
        } else {
            Evidence::of(Field::Sex, Level::Different, Likelihood::of(0.03, 0.5, 0.55, 0.5))
        });
    }
}

impl Names {
    /// The names of both that fit best.
    pub fn best(one: &Profile, other: &Profile, often: &Frequencies) -> Option<Self> {
        let mut best: Option<Self> = None;
        for a in &one.names {
            for b in &other.names {
                let called = (&*one.nicknames, &*other.nicknames);
                let straight = Self::straight(a, b, called, often);
                let fits =
                    straight.given >= Some(Level::Close) && straight.family >= Some(Level::Close);
                let turned = if fits { None } else { Self::turned(a, b, often) };
                for names in turned.into_iter().chain([straight]) {
                    if best.is_none_or(|best| names.worth() > best.worth()) {
                        best = Some(names);
                    }
                }
            }
        }
        best
    }

    fn worth(&self) -> f64 {
        self.likelihood.one - self.likelihood.strangers
    }

    fn straight(
        a: &PersonName,
        b: &PersonName,
        called: (&[String], &[String]),
        often: &Frequencies,
    ) -> Self {
        let bare = a.bare || b.bare;
        let given = given_level(a, b, called, bare);
        let family = family_level(a, b, bare);
        let mut likelihood = Likelihood::default();
        let mut misnamed = false;
        // Where only one of them tells how it is read, they say little against each other.
        let unread = a.unread != b.unread;
        if let Some(level) = given {
            let known = |name: &PersonName| {
                often.count(Counted::Given, name.first()) > 4 || nicknames::is_known(name.first())
            };
            // A slip of the pen seldom makes one name of another.
            let both_known = level <= Level::Close && known(a) && known(b);
            let level = if both_known && are_his_and_hers(a.first(), b.first()) {
                Level::Near.min(level)
            } else {
                level
            };
            misnamed = both_known && level == Level::Different && !unread;
            likelihood = likelihood.and(if unread && level < Level::Close {
                UNREAD
            } else {
                let common = share(Counted::Given, a.first(), b.first(), often);
                of_given(level, both_known, common)
            });
        }
        if let Some(level) = family {
            let common = share(Counted::Family, &a.surname(), &b.surname(), often);
            likelihood = likelihood.and(if unread && level < Level::Close {
                UNREAD
            } else {
                of_family(level, common)
            });
        }
        if given >= Some(Level::Close) && family >= Some(Level::Close) {
            likelihood.strangers += GOES_TOGETHER.ln();
            likelihood.colleagues += GOES_TOGETHER.ln();
        }
        let different = Some(Level::Different);
        let renamed = given == different && family == different && !unread;
        Self { given, family, turned: false, misnamed, renamed, likelihood }
    }

    /// The names with given and family name of one changed over, or told apart elsewhere.
    fn turned(a: &PersonName, b: &PersonName, often: &Frequencies) -> Option<Self> {
        let several = |name: &PersonName| !name.given.is_empty() && !name.family.is_empty();
        let misplaced =
            a.given.is_empty() && b.family.is_empty() || a.family.is_empty() && b.given.is_empty();
        if !(misplaced || several(a) && several(b)) {
            return None;
        }
        let bare = a.bare || b.bare;
        if let ([only], [same]) = (a.sorted().as_slice(), b.sorted().as_slice()) {
            return Self::single(only, same, often);
        }
        let whole = |name: &PersonName, family_first: bool| {
            let (given, family) = (name.given.concat(), name.surname());
            if family_first { family + &given } else { given + &family }
        };
        let (a_whole, b_whole) = (whole(a, false), whole(b, true));
        let as_good = |level: Likeness| level >= Likeness::Close;
        let crossing = |given: &str, surname: &str| {
            let like = likeness::of(given, surname, bare);
            let variant = like < Likeness::Sound && nicknames::are_variants(given, surname);
            if variant { Likeness::Sound } else { like }
        };
        let there = crossing(&a.given.concat(), &b.surname());
        let back = crossing(&b.given.concat(), &a.surname());
        let crossed = there.min(back);
        let certain = a.ordered && b.ordered;
        let half = there.max(back);
        if as_good(half) && crossed == Likeness::Different && several(a) && several(b) {
            let met = if there > back { a.first().to_owned() } else { a.surname() };
            let common = often.share(Counted::Given, &met).min(often.share(Counted::Family, &met));
            let happens = if certain { 0.0004 } else { 0.0008 };
            // A family name that was put first on one of them: the other is a relative.
            let of_family = often.count(Counted::Family, &met) > often.count(Counted::Given, &met);
            let household = if of_family && half == Likeness::Same { 0.006 } else { 0.0006 };
            let by_chance = common + 0.000_02;
            let likelihood = Likelihood::of(happens, by_chance, household, by_chance);
            let level = Some(Level::Partly);
            return Some(Self::changed_over(level, likelihood));
        }
        let run = if as_good(crossed) {
            crossed
        } else if crossed == Likeness::Near && as_good(half) {
            // A slip in either: the shorter of them is half a word off.
            half.min(Likeness::Close)
        } else if a.sorted().len() > 2 && a.sorted() == b.sorted() {
            Likeness::Same
        } else if letters_apart(&a_whole, &b_whole) > 8 {
            return None;
        } else {
            let turned = likeness::of(&a_whole, &b_whole, bare);
            let straight = likeness::of(&a_whole, &whole(b, false), bare);
            // In words run together a slip is too small a part to tell names apart by.
            Some(turned.max(straight)).filter(|run| *run >= Likeness::Sound).unwrap_or(crossed)
        };
        if !as_good(run) || a_whole.len() < 5 {
            return None;
        }
        let level = if run >= Likeness::Sound { Level::Same } else { Level::Close };
        // How common the name is tells best whoever has told its parts apart.
        let known = if b.ordered { b } else { a };
        let either = |value: &str| {
            often.share(Counted::Given, value).max(often.share(Counted::Family, value))
        };
        let (common, happens) = if certain {
            (either(a.first()) * either(&a.surname()) * 0.2, 0.012)
        } else {
            (either(known.first()) * either(&known.surname()), 0.6)
        };
        let (worth, wider) = if level == Level::Same { (0.8, 1.0) } else { (0.1, 4.0) };
        let by_chance = common * wider * GOES_TOGETHER;
        let likelihood = Likelihood::of(happens * worth, by_chance, 0.02 * happens, by_chance);
        Some(Self::changed_over(Some(level), likelihood))
    }

    /// Names of one word, the given one on one card and the family name on the other.
    fn single(one: &str, other: &str, often: &Frequencies) -> Option<Self> {
        let common = often.share_of_name(Counted::Given, one);
        (one == other).then(|| Self {
            given: Some(Level::Same),
            family: None,
            turned: true,
            misnamed: false,
            renamed: false,
            likelihood: of_given(Level::Same, false, common),
        })
    }

    fn changed_over(level: Option<Level>, likelihood: Likelihood) -> Self {
        let (misnamed, renamed) = (false, false);
        Self { given: level, family: level, turned: true, misnamed, renamed, likelihood }
    }
}

/// How many letters one of two words has that the other has not.
fn letters_apart(one: &str, other: &str) -> i32 {
    let mut counts = [0_i32; 32];
    for (word, step) in [(one, 1), (other, -1)] {
        for byte in word.bytes() {
            if let Some(count) = counts.get_mut(usize::from(byte & 31)) {
                *count += step;
            }
        }
    }
    counts.iter().map(|count| count.abs()).sum()
}

/// How common the commoner of two values is.
fn share(what: Counted, a: &str, b: &str, often: &Frequencies) -> f64 {
    let of = |name: &str| often.share_of_name(what, name);
    if a == b { of(a) } else { of(a).max(of(b)) }
}

fn of_given(level: Level, both_known: bool, common: f64) -> Likelihood {
    match level {
        Level::Same => Likelihood::of(0.78, common, 0.03, common),
        Level::Variant => Likelihood::of(0.07, common + 0.004, 0.015, common + 0.004),
        Level::Initial => Likelihood::of(0.04, 0.06, 0.07, 0.06),
        Level::Close if both_known => Likelihood::of(0.012, common + 0.004, 0.03, common + 0.004),
        Level::Close => Likelihood::of(0.06, common + 0.001, 0.01, common + 0.001),
        Level::Near if both_known => Likelihood::of(0.004, 0.02, 0.03, 0.02),
        Level::Near => Likelihood::of(0.02, 0.008, 0.02, 0.008),
        Level::Partly => Likelihood::of(0.02, common + 0.004, 0.02, common + 0.004),
        // Two names that people have are those of two people, twins among them.
        Level::Different if both_known => Likelihood::of(MISNAMED, 0.9, 0.85, 0.9),
        Level::Different => Likelihood::of(0.02, 0.9, 0.8, 0.9),
    }
}

fn of_family(level: Level, common: f64) -> Likelihood {
    match level {
        Level::Same => Likelihood::of(0.84, common, 0.75, common),
        Level::Variant => Likelihood::of(0.03, common + 0.0005, 0.01, common + 0.0005),
        Level::Initial => Likelihood::of(0.01, 0.06, 0.04, 0.06),
        Level::Close => Likelihood::of(0.06, common * 2.0 + 0.0005, 0.01, common * 2.0 + 0.0005),
        Level::Near => Likelihood::of(0.02, 0.005, 0.005, 0.005),
        Level::Partly => Likelihood::of(0.02, common + 0.002, 0.05, common + 0.002),
        Level::Different => Likelihood::of(0.03, 0.95, 0.2, 0.95),
    }
}

/// Further given names: they are left out more often than they are wrong.
fn middle(one: &Profile, other: &Profile, found: &mut Vec<Evidence>) {
    let further =
        |profile: &Profile| profile.name().and_then(|name| name.given.get(1)).map(String::to_owned);
    let (Some(a), Some(b)) = (further(one), further(other)) else { return };
    let initials = a.len() == 1 || b.len() == 1;
    let same_initial = a.chars().next() == b.chars().next();
    found.push(if a == b && !initials {
        Evidence::of(Field::Middle, Level::Same, Likelihood::of(0.6, 0.02, 0.05, 0.02))
    } else if initials && same_initial {
        Evidence::of(Field::Middle, Level::Initial, Likelihood::of(0.9, 0.09, 0.12, 0.09))
    } else if likeness::of(&a, &b, false) >= Likeness::Near || nicknames::are_variants(&a, &b) {
        Evidence::of(Field::Middle, Level::Close, Likelihood::of(0.2, 0.02, 0.05, 0.02))
    } else {
        Evidence::of(Field::Middle, Level::Different, Likelihood::of(0.06, 0.88, 0.85, 0.88))
    });
}

fn generation(one: &Profile, other: &Profile, found: &mut Vec<Evidence>) {
    let of = |profile: &Profile| profile.names.iter().find_map(|name| name.generation);
    match (of(one), of(other)) {
        (Some(a), Some(b)) if a == b => found.push(Evidence::of(
            Field::Generation,
            Level::Same,
            Likelihood::of(0.99, 0.4, 0.15, 0.4),
        )),
        (Some(_), Some(_)) => found.push(Evidence::of(
            Field::Generation,
            Level::Different,
            Likelihood::of(0.002, 0.6, 0.85, 0.6),
        )),
        // Who is marked so has a relative of that name, who may be the other one.
        (Some(_), None) | (None, Some(_)) => found.push(Evidence::of(
            Field::Generation,
            Level::Partly,
            Likelihood::of(0.25, 0.5, 4.0, 0.5),
        )),
        (None, None) => {}
    }
}
