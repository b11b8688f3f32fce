//! The known word that somebody who mistyped may have meant.

use strsim::osa_distance;

/// Longest word that is compared, in bytes.
const LONGEST: usize = 60;

/// The one of `known` that is nearest to `typed`, if any is near: a third of its letters may
/// differ, or it begins the same.
pub(super) fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    if typed.is_empty() || typed.len() > LONGEST {
        return None;
    }
    let distance = |word: &str| {
        let begins = typed.len() >= 3 && (word.starts_with(&typed) || typed.starts_with(word));
        if begins { 1 } else { osa_distance(&word.to_lowercase(), &typed) }
    };
    let all = known.map(|word| (distance(word), word));
    let allowed = (typed.chars().count() / 3).max(1);
    all.filter(|(distance, _)| *distance <= allowed).min_by_key(|(d, _)| *d).map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_suggested() {
        let known = ["company", "country", "city", "last_contact", "mail"];
        for (typed, wanted) in [
            ("compny", Some("company")),
            ("Cuntry", Some("country")),
            ("lastcontact", Some("last_contact")),
            ("mial", Some("mail")),
            ("zzz", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known.into_iter()), wanted, "{typed}");
        }
        assert_eq!(nearest(&"x".repeat(10_000), known.into_iter()), None);
    }
}
