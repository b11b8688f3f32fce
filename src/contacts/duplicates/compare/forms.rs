//! How far two names agree: variants, initials, short forms, slips of the pen.

use super::super::evidence::Level;
use super::super::likeness::{self, Likeness};
use crate::contacts::normal::PersonName;
use crate::contacts::normal::nicknames;

/// Small words that some write as a part of a family name.
const ARTICLES: [&str; 14] =
    ["abu", "al", "ben", "bin", "da", "de", "del", "dela", "di", "el", "la", "le", "van", "von"];

/// How far the given names agree, also with what their bearers are `called`; `bare` where one of them is
/// written without its vowels. Nothing where one of them is not known.
pub(super) fn given_level(
    a: &PersonName,
    b: &PersonName,
    called: (&[String], &[String]),
    bare: bool,
) -> Option<Level> {
    let (first, second) = (a.first(), b.first());
    if first.is_empty() || second.is_empty() {
        return None;
    }
    if first.len() == 1 || second.len() == 1 {
        let (letter, name) = if first.len() == 1 { (first, second) } else { (second, first) };
        // `W.` is William, whom others call Bill.
        let same =
            name.starts_with(letter) || (name.len() > 1 && nicknames::may_begin_with(name, letter));
        return Some(if same { Level::Initial } else { Level::Different });
    }
    if first == second {
        return Some(Level::Same);
    }
    if are_initials(first, b) || are_initials(second, a) {
        return Some(Level::Initial);
    }
    let names_of = |name: &PersonName, also: &[String], other: &str| {
        also.iter().any(|nick| nick == other)
            || name.given.iter().skip(1).any(|middle| middle.len() > 1 && middle == other)
    };
    if nicknames::are_variants(first, second)
        || called.0.iter().any(|nick| nick == second)
        || called.1.iter().any(|nick| nick == first)
    {
        return Some(Level::Variant);
    }
    let mut like = likeness::of(first, second, bare);
    if a.given.len() > 1 || b.given.len() > 1 {
        like = like.max(likeness::of(&a.given.concat(), &b.given.concat(), bare));
    }
    // The beginning of a name is not the first of two: `Jean-Luc` and `Jeanne`.
    let first_of_two = |name: &PersonName| name.given.get(1).is_some_and(|next| next.len() > 1);
    let begins = first.starts_with(second) || second.starts_with(first);
    if like == Likeness::Near && begins && first_of_two(a) != first_of_two(b) {
        like = Likeness::Different;
    }
    let level = level_of(like);
    if level < Level::Close && (names_of(a, &[], second) || names_of(b, &[], first)) {
        return Some(Level::Partly);
    }
    if level < Level::Close && is_shortened(a, b) {
        return Some(Level::Partly);
    }
    Some(level)
}

/// Is one given name the other one, shortened in a way that no list has: `Alex` and `Alexandros`,
/// `Kathi` and `Katharina`, `Olly` and `Oliver`, `Emeka` and `Chukwuemeka`?
fn is_shortened(a: &PersonName, b: &PersonName) -> bool {
    let (a, b) = if a.first().len() < b.first().len() { (a, b) } else { (b, a) };
    let (short, long) = (a.first(), b.first());
    // `Jean` of Jean-Luc is no short form of Jeanne.
    if short.len() >= long.len() || a.given.get(1).is_some_and(|further| further.len() > 1) {
        return false;
    }
    let shared = short.bytes().zip(long.bytes()).take_while(|(a, b)| a == b).count();
    let fond = short.ends_with(['a', 'e', 'i', 'y', 'o']);
    let coined = short.ends_with(['e', 'i', 'y', 'o']);
    let unheard_of = !nicknames::is_known(short);
    shared >= 3 && shared == short.len()
        || shared >= 4 && fond && short.len() <= shared + 2
        || unheard_of
            && shared >= 2
            && (coined && short.len() <= shared + 3 || shared == short.len())
        || unheard_of && short.len() >= 4 && long.ends_with(short)
}

/// Is one name the other's for the other sex: `robert` and `roberta`, `mario` and `maria`?
pub(super) fn are_his_and_hers(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if let Some(ending) = long.strip_prefix(short) {
        return matches!(
            ending,
            "a" | "ia" | "ie" | "ine" | "ina" | "ette" | "ne" | "nne" | "elle"
        );
    }
    let is_pair = |his: &str, hers: &str| {
        let stem = his.strip_suffix('o');
        stem.is_some() && stem == hers.strip_suffix('a')
    };
    is_pair(one, other) || is_pair(other, one)
}

/// Are these the first letters of several given names: `jl` of Jean-Luc?
fn are_initials(letters: &str, name: &PersonName) -> bool {
    letters.len() == name.given.len()
        && letters.len() > 1
        && name.given.iter().zip(letters.chars()).all(|(word, letter)| word.starts_with(letter))
}

/// Is `whole` the family name `bare` with the article or small word that some write as a part of it:
/// `elsayed` and `sayed`, `benali` and `ali`?
fn has_article(whole: &str, bare: &str) -> bool {
    let mut articles = ARTICLES.iter().filter_map(|article| whole.strip_prefix(article));
    bare.len() >= 3 && articles.any(|rest| rest == bare)
}

/// How far the family names agree; nothing where one of them is not known.
pub(super) fn family_level(a: &PersonName, b: &PersonName, bare: bool) -> Option<Level> {
    let (first, second) = (a.surname(), b.surname());
    if first.is_empty() || second.is_empty() {
        return None;
    }
    if first.len() == 1 || second.len() == 1 {
        let same = first.chars().next() == second.chars().next();
        return Some(if same { Level::Initial } else { Level::Different });
    }
    if first == second {
        return Some(Level::Same);
    }
    let like = level_of(likeness::of(&first, &second, bare));
    if like < Level::Close
        && nicknames::are_variants(&first, &second)
        && first.len() + second.len() <= 10
    {
        return Some(Level::Variant);
    }
    if has_article(&first, &second) || has_article(&second, &first) {
        return Some(Level::Variant);
    }
    // One of two family names stands among the given names of the other.
    let among = |name: &PersonName, family: &str| {
        name.given.iter().skip(1).any(|word| word.len() > 2 && word == family)
    };
    if like < Level::Close && (among(a, &second) || among(b, &first)) {
        return Some(Level::Partly);
    }
    let several = a.family.len() > 1 || b.family.len() > 1;
    let shared = |word: &String| {
        word.len() > 2
            && b.family.iter().any(|other| likeness::of(word, other, bare) >= Likeness::Close)
    };
    if like < Level::Close && several && a.family.iter().any(shared) {
        return Some(Level::Partly);
    }
    Some(like)
}

fn level_of(like: Likeness) -> Level {
    match like {
        Likeness::Same => Level::Same,
        Likeness::Sound => Level::Variant,
        Likeness::Close => Level::Close,
        Likeness::Near => Level::Near,
        Likeness::Different => Level::Different,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_names_agree_in_many_forms() {
        for (one, other, wanted) in [
            ("Anna Berger", "Anna Berger", Level::Same),
            ("Bob Smith", "Robert Smith", Level::Variant),
            ("W. Thornton", "Bill Thornton", Level::Initial),
            ("X. Thornton", "Bill Thornton", Level::Different),
            ("JL Moreau", "Jean-Luc Moreau", Level::Initial),
            ("Xiao Ming Wang", "Xiaoming Wang", Level::Same),
            ("Xiao Ming Wang", "Xiaoli Wang", Level::Different),
            ("Jean-Luc Moreau", "Jeanne Moreau", Level::Different),
            ("Wolly Grant", "Woldemar Grant", Level::Partly),
            ("Emek Eze", "Chukwuemek Eze", Level::Partly),
            ("Anna Eze", "Paul Eze", Level::Different),
        ] {
            let (a, b) =
                (PersonName::displayed(one).unwrap(), PersonName::displayed(other).unwrap());
            for (a, b) in [(&a, &b), (&b, &a)] {
                assert_eq!(given_level(a, b, (&[], &[]), false), Some(wanted), "{one} {other}");
            }
        }
        assert!(are_his_and_hers("robert", "roberta") && are_his_and_hers("maria", "mario"));
        assert!(!are_his_and_hers("anna", "anne") && !are_his_and_hers("paul", "saul"));
    }

    #[test]
    fn family_names_agree_with_and_without_their_articles() {
        for (one, other, wanted) in [
            ("A Sayed", "A Elsayed", Level::Variant),
            ("A Benali", "A Ali", Level::Variant),
            ("A Schmidt", "A Schmitt", Level::Variant),
            ("A Garcia", "A Garber", Level::Different),
            ("Jose Hernandez", "Jose Hernandez Garcia", Level::Partly),
        ] {
            let (a, b) =
                (PersonName::displayed(one).unwrap(), PersonName::displayed(other).unwrap());
            for (a, b) in [(&a, &b), (&b, &a)] {
                assert_eq!(family_level(a, b, false), Some(wanted), "{one} {other}");
            }
        }
    }
}
