//! Names that one person goes by: short forms, and forms of other languages and romanisations.

use std::collections::HashMap;
use std::sync::LazyLock;

/// English ones, and where they come from.
const ENGLISH: &str = include_str!("nicknames.txt");

/// Those of other languages.
const ELSEWHERE: &str = include_str!("variants.txt");

/// The lines: a name, a colon, and what else it is called.
static FORMS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let all = ENGLISH.lines().chain(ELSEWHERE.lines());
    all.filter(|line| !line.starts_with('#')).collect()
});

/// The lines that a name stands in: each is a name with what else it is called.
static LINES: LazyLock<HashMap<&'static str, Vec<u16>>> = LazyLock::new(|| {
    let mut lines: HashMap<&str, Vec<u16>> = HashMap::new();
    for (number, line) in (0_u16..).zip(FORMS.iter()) {
        let Some((name, others)) = line.split_once(':') else { continue };
        for word in others.split(',').chain([name]) {
            lines.entry(word).or_default().push(number);
        }
    }
    lines
});

/// May two folded names be those of one person?
pub fn are_variants(one: &str, other: &str) -> bool {
    let others = lines(other);
    lines(one).iter().any(|line| others.contains(line))
}

/// May somebody with this folded name write another form of it that begins with `letter`?
pub fn may_begin_with(name: &str, letter: &str) -> bool {
    let words = |line: &u16| FORMS.get(usize::from(*line)).copied().unwrap_or_default();
    lines(name).iter().any(|line| {
        let (head, others) = words(line).split_once(':').unwrap_or_default();
        // From a short form to what it stands for, or the other way.
        if head == name {
            others.split(',').any(|word| word.starts_with(letter))
        } else {
            head.starts_with(letter)
        }
    })
}

/// The numbers of the lists of names for one person that a folded name stands in.
pub fn lines(name: &str) -> &'static [u16] {
    LINES.get(name).map_or(&[], Vec::as_slice)
}

/// Is it a name that people are given, as far as these lists know?
pub fn is_known(name: &str) -> bool {
    LINES.contains_key(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_person_goes_by() {
        for (one, other) in [
            ("bob", "robert"),
            ("robert", "rob"),
            ("bob", "rob"),
            ("sasha", "aleksandr"),
            ("mohammed", "muhammad"),
            ("giovanni", "john"),
        ] {
            assert!(are_variants(one, other) && are_variants(other, one), "{one} {other}");
        }
        for (one, other) in [("bob", "john"), ("anna", "maria"), ("", ""), ("zzz", "zzz")] {
            assert!(!are_variants(one, other), "{one} {other}");
        }
    }
}
