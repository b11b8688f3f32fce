//! What names sound like, whichever spelling or romanisation they are written in: for finding
//! candidates and for telling variants of spelling from other names.

use std::sync::LazyLock;

use rphonetic::DoubleMetaphone;

/// Spellings of one sound; of several that fit the longest counts.
const ALIKE: [(&str, &str); 48] = [
    ("ae", "e"),
    ("ai", "e"),
    ("ay", "e"),
    ("aa", "a"),
    ("chs", "ks"),
    ("ck", "k"),
    ("cz", "s"),
    ("cc", "k"),
    ("dzh", "j"),
    ("dj", "j"),
    ("ee", "i"),
    ("ei", "i"),
    ("ey", "i"),
    ("eo", "e"),
    ("gh", "g"),
    ("ia", "a"),
    ("ie", "i"),
    ("ij", "i"),
    ("iu", "u"),
    ("iia", "a"),
    ("ija", "a"),
    ("iya", "a"),
    ("iy", "i"),
    ("ja", "a"),
    ("ju", "u"),
    ("kh", "h"),
    ("oe", "o"),
    ("oo", "u"),
    ("ou", "u"),
    ("ow", "o"),
    ("ph", "f"),
    ("qu", "k"),
    ("sch", "x"),
    ("shch", "x"),
    ("sh", "x"),
    ("sz", "x"),
    ("tch", "c"),
    ("tsch", "c"),
    ("ch", "c"),
    ("th", "t"),
    ("ts", "s"),
    ("tz", "s"),
    ("ue", "u"),
    ("ya", "a"),
    ("you", "u"),
    ("yu", "u"),
    ("yi", "i"),
    ("zh", "j"),
];

/// Those of [`ALIKE`] that begin with a letter.
static BY_LETTER: LazyLock<[Vec<(&str, &str)>; 26]> = LazyLock::new(|| {
    let mut by_letter = [const { Vec::new() }; 26];
    for (written, heard) in ALIKE {
        let letter =
            written.bytes().next().map_or(0, |first| usize::from(first.saturating_sub(b'a')));
        if let Some(all) = by_letter.get_mut(letter) {
            all.push((written, heard));
        }
    }
    by_letter
});

fn beginning_with(letter: char) -> &'static [(&'static str, &'static str)] {
    let at = (letter as usize).wrapping_sub('a' as usize);
    BY_LETTER.get(at).map_or(&[], Vec::as_slice)
}

/// A folded word by its sound: the same for `schmidt`, `schmitt` and `shmit`, for `mueller` and
/// `muller`, for `yulia` and `julia`.
pub fn spelled_alike(word: &str) -> String {
    let mut sound = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let found = beginning_with(first)
            .iter()
            .filter(|(written, _)| rest.starts_with(written))
            .max_by_key(|(written, _)| written.len());
        let (taken, heard) = match found {
            Some((written, heard)) => (written.len(), *heard),
            None => (first.len_utf8(), alone(first)),
        };
        let heard = if heard.is_empty() { rest.get(..taken).unwrap_or_default() } else { heard };
        for c in heard.chars() {
            if !sound.ends_with(c) {
                sound.push(c);
            }
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    if sound.len() > 2 && sound.ends_with("dt") {
        sound.truncate(sound.len() - 2);
        sound.push('t');
    }
    if sound.len() > 2 && sound.ends_with('h') {
        sound.pop();
    }
    sound
}

/// The sound of a letter; nothing where it is its own.
fn alone(letter: char) -> &'static str {
    match letter {
        'c' | 'q' => "k",
        'j' | 'y' => "i",
        'w' => "v",
        'z' => "s",
        _ => "",
    }
}

/// Two letters that stand for one consonant, as romanisations write them.
const PAIRS: [(&str, char); 11] = [
    ("bh", 'b'),
    ("ch", 'h'),
    ("dh", 'd'),
    ("gh", 'j'),
    ("kh", 'h'),
    ("ph", 'b'),
    ("sh", 's'),
    ("tch", 's'),
    ("th", 't'),
    ("ts", 's'),
    ("tz", 's'),
];

/// The consonants of a folded word, each run once: what is left of a name in scripts that do
/// not write vowels.
pub fn consonants(word: &str) -> String {
    let mut bones = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let pair = PAIRS.iter().find(|(written, _)| rest.starts_with(written));
        let (taken, c) = match pair {
            Some((written, heard)) => (written.len(), *heard),
            None => (first.len_utf8(), first),
        };
        rest = rest.get(taken..).unwrap_or_default();
        let c = match c {
            'q' | 'c' => 'k',
            'g' => 'j',
            'p' | 'f' => 'b',
            'z' => 's',
            'v' | 'w' | 'y' | 'a' | 'e' | 'i' | 'o' | 'u' => continue,
            c => c,
        };
        if !bones.ends_with(c) {
            bones.push(c);
        }
    }
    bones
}

/// The sound of a folded word as a short code, for finding candidates only.
pub fn code(word: &str) -> String {
    DoubleMetaphone::default().double_metaphone(word).primary()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_sound_alike() {
        for same in [
            &["schmidt", "schmitt", "shmit"][..],
            &["mueller", "muller", "mueler"],
            &["yulia", "julia", "iuliia"],
            &["meier", "meyer"],
            &["stephen", "stefen"],
            &["catherine", "katherine"],
            &["yusuf", "yousuf"],
        ] {
            for other in same {
                assert_eq!(spelled_alike(other), spelled_alike(same[0]), "{other}");
            }
        }
        for (a, b) in [("anna", "anne"), ("maria", "mario"), ("smith", "smyder"), ("lee", "lo")] {
            assert_ne!(spelled_alike(a), spelled_alike(b), "{a} {b}");
        }
        assert_eq!(consonants("mohammed"), consonants("mhmd"));
    }
}
