//! How much two folded words are alike.

use strsim::{jaro_winkler, osa_distance};

use crate::contacts::normal::sound;

/// How much two words are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// Two words.
    Different,
    /// They may be one, with several slips of the pen.
    Near,
    /// They are probably one, with a slip of the pen.
    Close,
    /// One sound, two spellings.
    Sound,
    /// The same letters.
    Same,
}

/// How much `one` and `other` are alike; `bare` where one of them is written without its vowels.
pub fn of(one: &str, other: &str, bare: bool) -> Likeness {
    if one == other {
        return Likeness::Same;
    }
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if bare {
        let bones = sound::consonants(short);
        if bones.len() >= 2 && bones == sound::consonants(long) {
            return Likeness::Sound;
        }
    }
    // Nothing that follows finds words alike whose lengths are that far apart.
    if short.len() < 2 || long.len() - short.len() > 4 || long.len() > 64 {
        return Likeness::Different;
    }
    let similar = jaro_winkler(one, other);
    if similar < 0.7 {
        return Likeness::Different;
    }
    if short.len() >= 3 && sound::spelled_alike(one) == sound::spelled_alike(other) {
        return Likeness::Sound;
    }
    let slips = osa_distance(one, other);
    match short.len() {
        _ if slips > 3 => Likeness::Different,
        2 | 3 if slips == 1 && similar >= 0.8 => Likeness::Near,
        2 | 3 => Likeness::Different,
        _ if slips == 1 => Likeness::Close,
        // A longer name that begins like the other is another name: `martin`, `martinez`.
        _ if slips == 2 && long.starts_with(short) => Likeness::Near,
        7.. if slips == 2 => Likeness::Close,
        _ if slips == 2 && similar >= 0.92 => Likeness::Close,
        _ if slips == 2 => Likeness::Near,
        7.. if similar >= 0.85 => Likeness::Near,
        _ => Likeness::Different,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_and_other_words() {
        for (one, other, wanted) in [
            ("smith", "smith", Likeness::Same),
            ("smith", "smiht", Likeness::Close),
            ("schmidt", "schmitt", Likeness::Sound),
            ("harley", "haryley", Likeness::Close),
            ("anna", "bert", Likeness::Different),
            ("lee", "li", Likeness::Different),
            ("martin", "martinez", Likeness::Near),
            ("", "a", Likeness::Different),
        ] {
            assert_eq!(of(one, other, false), wanted, "{one} {other}");
            assert_eq!(of(other, one, false), wanted, "{other} {one}");
        }
        assert_eq!(of("mhmd", "mohammed", true), Likeness::Sound);
    }
}
