//! Names of people in the form in which they compare.

use serde::{Deserialize, Serialize};

use super::fold;

/// Titles that say nothing of who it is.
const TITLES: [&str; 55] = [
    "ba",
    "bsc",
    "capt",
    "col",
    "dame",
    "dipl",
    "doctor",
    "don",
    "dona",
    "dott",
    "dottoressa",
    "dr",
    "dra",
    "eng",
    "engr",
    "esq",
    "frau",
    "herr",
    "hon",
    "hr",
    "ing",
    "ingenieur",
    "lady",
    "lord",
    "ma",
    "madam",
    "madame",
    "mag",
    "maj",
    "mba",
    "md",
    "miss",
    "mlle",
    "mme",
    "monsieur",
    "mr",
    "mrs",
    "ms",
    "msc",
    "nurse",
    "phd",
    "pr",
    "prof",
    "professor",
    "rev",
    "senor",
    "senora",
    "sgt",
    "sig",
    "sir",
    "sr",
    "sra",
    "srta",
    "tio",
    "univ",
];

/// What relatives are called: alone, none of them is a name.
const RELATIVES: [&str; 20] = [
    "aunt", "auntie", "dad", "daddy", "grandma", "grandpa", "granny", "mama", "mamma", "mom",
    "mommy", "mum", "mummy", "nanny", "oma", "onkel", "opa", "papa", "tante", "uncle",
];

/// Small words of family names.
const PARTICLES: [&str; 34] = [
    "abu", "af", "al", "ap", "av", "ben", "bin", "bint", "da", "das", "de", "del", "dela", "della",
    "den", "der", "di", "dos", "du", "e", "el", "ibn", "la", "las", "le", "los", "op", "ten",
    "ter", "van", "vom", "von", "y", "zu",
];

/// Which of several of one name in a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Generation {
    /// The elder.
    Senior,
    /// The younger.
    Junior,
    /// The so-many-th, from the second on.
    Number(u8),
}

/// The name of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName {
    /// Given names in order, the first of them the main one; initials are single letters.
    pub given: Vec<String>,
    /// Words of the family name, particles left out.
    pub family: Vec<String>,
    /// Which of several of that name.
    pub generation: Option<Generation>,
    /// Is it certain which of the words are the family name?
    pub ordered: bool,
    /// Is it written without its vowels?
    pub bare: bool,
    /// Is it written in signs that do not tell how it is read?
    pub unread: bool,
}

impl PersonName {
    /// The name in the components of `N` (RFC 6350 §6.2.2).
    pub fn structured(components: &[String]) -> Option<Self> {
        let part = |at: usize| components.get(at).map_or("", String::as_str);
        let mut name = Self {
            ordered: true,
            bare: fold::lacks_vowels(part(0)) || fold::lacks_vowels(part(1)),
            unread: fold::lacks_reading(&[part(0), part(1)].concat()),
            ..Self::default()
        };
        let mut generation = None;
        for text in [part(1), part(2)] {
            let (words, found) = strip(text);
            name.given.extend(words);
            generation = generation.or(found);
        }
        let (words, found) = strip(part(0));
        name.family = without_particles(words);
        let suffix = fold::words(part(4)).iter().find_map(|word| generation_of(word, true));
        name.generation = generation.or(found).or(suffix);
        let named = !name.given.is_empty() || !name.family.is_empty();
        named.then_some(name)
    }

    /// The name in a display name: the last word, or what stands before a comma, is taken for
    /// the family name.
    pub fn displayed(text: &str) -> Option<Self> {
        let (bare, unread) = (fold::lacks_vowels(text), fold::lacks_reading(text));
        // What stands in brackets is a remark.
        let text = text.split(['(', '[', '<']).next().unwrap_or_default();
        if let Some((family, given)) = text.split_once(',') {
            let suffix = fold::words(given);
            if let [only] = suffix.as_slice()
                && let Some(generation) = generation_of(only, true)
            {
                let mut name = Self::displayed(family)?;
                name.generation = Some(generation);
                return Some(name);
            }
            let (given, generation) = strip(given);
            let (family, second) = strip(family);
            let family = without_particles(family);
            let named = !given.is_empty() || !family.is_empty();
            let generation = generation.or(second);
            return named.then_some(Self {
                given,
                family,
                generation,
                ordered: true,
                bare,
                unread,
            });
        }
        if let Some((family, given)) = han(text) {
            let (family, given) = (vec![family], vec![given]);
            return Some(Self { given, family, generation: None, ordered: true, bare, unread });
        }
        let (mut words, generation) = strip(text);
        let particle = |word: &String| PARTICLES.binary_search(&&**word).is_ok();
        let cut = match words.len() {
            0 => return None,
            1 => 1,
            several => {
                let first = words.iter().skip(1).position(particle).map(|at| at + 1);
                first.filter(|at| at + 1 < several).unwrap_or(several - 1)
            }
        };
        let family = without_particles(words.split_off(cut));
        Some(Self { given: words, family, generation, ordered: false, bare, unread })
    }

    /// What else a person is called by a display name: `王小明` in `Michael Wang (王小明)`.
    pub fn in_brackets(text: &str) -> Option<Self> {
        let (before, rest) = text.split_once(['(', '['])?;
        let (inside, _) = rest.split_once([')', ']'])?;
        // In another script it is the name again; in the same one a remark.
        let latin = |text: &str| text.chars().any(|c| c.is_ascii_alphabetic());
        let again = latin(before) != latin(inside) && inside.chars().any(char::is_alphabetic);
        again.then(|| Self::displayed(inside)).flatten()
    }

    /// The words of a display name that stand for the given one: `Bob` in `Robert "Bob" Smith`
    /// and in `Robert (Bob) Smith`.
    pub fn called(text: &str) -> Option<String> {
        let (before, rest) = text.split_once(['(', '"', '“', '„'])?;
        let (inside, behind) = rest.split_once([')', '"', '”', '“'])?;
        let between = !before.trim().is_empty() && !behind.trim().is_empty();
        let mut words = fold::words(inside);
        let word = words.pop().filter(|_| words.is_empty() && between)?;
        (word.len() > 1).then_some(word)
    }

    /// The name that a mail address is made of: `ann.lee` in `ann.lee@example.org`. Nothing where
    /// the parts are not told apart.
    pub fn of_local_part(local: &str) -> Option<Self> {
        let mut parts = local.split(['.', '_', '-']);
        let (given, family) = (parts.next()?, parts.next()?);
        let plain = |part: &str| part.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
        let (given, family) = (plain(given), plain(family));
        let is_word = |part: &str| part.len() > 1 && part.bytes().all(|b| b.is_ascii_lowercase());
        let two = parts.next().is_none() && is_word(&given) && is_word(&family);
        (two && family.len() > 2 && given.len() > 2).then(|| Self {
            given: vec![given],
            family: vec![family],
            ..Self::default()
        })
    }

    /// All words, sorted: the same however given and family name are told apart.
    pub fn sorted(&self) -> Vec<&str> {
        let mut all: Vec<&str> =
            self.given.iter().chain(&self.family).map(String::as_str).collect();
        all.sort_unstable();
        all
    }

    /// The main given name.
    pub fn first(&self) -> &str {
        self.given.first().map_or("", String::as_str)
    }

    /// The whole family name in one word.
    pub fn surname(&self) -> String {
        self.family.concat()
    }
}

/// The words of a name. In scripts that put no blanks between syllables, what stands together is
/// one word.
fn words(text: &str) -> Vec<String> {
    if text.is_ascii() {
        return fold::words(text);
    }
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let syllables = word.chars().any(is_syllable);
        let mut folded = fold::words(&as_spoken(word));
        // One letter of another script may be several in this one: `Ш.` is `S.` or `Sh.`.
        if letters == 1 && (!syllables || word.ends_with('.')) {
            for word in &mut folded {
                word.truncate(1);
            }
        }
        if syllables {
            words.push(folded.concat());
        } else {
            words.append(&mut folded);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A word as Latin letters write it that follow today's speech: no article in Arabic, `v` and `i` in
/// Greek.
fn as_spoken(word: &str) -> String {
    let bare = word.strip_prefix("ال").filter(|rest| rest.chars().count() > 2).unwrap_or(word);
    let letter = |c| match c {
        'β' | 'Β' => 'v',
        'η' | 'ή' | 'Η' | 'Ή' => 'i',
        c => c,
    };
    bare.chars().map(letter).collect()
}

/// Is it a sign that stands for a syllable or a word (Han, Kana, Hangul)?
fn is_syllable(c: char) -> bool {
    matches!(
        c,
        '\u{3040}'..='\u{30FF}'
            | '\u{3400}'..='\u{9FFF}'
            | '\u{AC00}'..='\u{D7AF}'
            | '\u{F900}'..='\u{FAFF}'
    )
}

/// Family and given name of a name in two to four such signs without a blank.
fn han(text: &str) -> Option<(String, String)> {
    let signs = text.trim();
    let count = signs.chars().count();
    if !(2..=4).contains(&count) || !signs.chars().all(is_syllable) {
        return None;
    }
    let cut = signs.char_indices().nth(if count == 4 { 2 } else { 1 })?.0;
    let (family, given) = signs.split_at_checked(cut)?;
    Some((fold::words(family).concat(), fold::words(given).concat()))
}

/// The words of `text` without titles, and which of several of that name it is.
fn strip(text: &str) -> (Vec<String>, Option<Generation>) {
    let mut words = words(text);
    let mut generation = None;
    // `Min-jun` and `Min Jun` are given names; the younger is written with a dot, or apart.
    let a_syllable = text.trim_end().to_ascii_lowercase().ends_with("jun");
    if words.len() > 1
        && !a_syllable
        && let Some(found) = words.last().and_then(|last| generation_of(last, words.len() > 2))
    {
        generation = Some(found);
        words.pop();
    }
    words.retain(|word| RELATIVES.binary_search(&&**word).is_err());
    let all = words.clone();
    words.retain(|word| TITLES.binary_search(&&**word).is_err());
    if words.is_empty() { (all, generation) } else { (words, generation) }
}

/// What `word` says of which of several it is; `sr` says so only where it `stands_last` for sure.
fn generation_of(word: &str, stands_last: bool) -> Option<Generation> {
    Some(match word {
        "jr" | "jun" | "junior" | "jnr" | "fils" => Generation::Junior,
        "sr" | "sen" | "senior" | "snr" if stands_last => Generation::Senior,
        "ii" | "2nd" => Generation::Number(2),
        "iii" | "3rd" => Generation::Number(3),
        "iv" | "4th" => Generation::Number(4),
        _ => return None,
    })
}

fn without_particles(words: Vec<String>) -> Vec<String> {
    let kept: Vec<String> =
        words.iter().filter(|word| PARTICLES.binary_search(&&***word).is_err()).cloned().collect();
    if kept.is_empty() { words } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        for (n, given, family, generation) in [
            ("Doe;John;Q.;Dr.;Jr.", "john q", "doe", Some(Generation::Junior)),
            ("van der Berg;Anna", "anna", "berg", None),
            ("Smith-Jones;Mary", "mary", "smith jones", None),
            ("Doe Sr.;John", "john", "doe", None),
            ("Doe III;John", "john", "doe", Some(Generation::Number(3))),
            (";Cher", "cher", "", None),
            ("Kim;Min-jun", "min jun", "kim", None),
            ("Doe;Hans jun.", "hans", "doe", Some(Generation::Junior)),
            ("Berger;Opa Thomas", "thomas", "berger", None),
        ] {
            let parts: Vec<String> = n.split(';').map(str::to_owned).collect();
            let name = PersonName::structured(&parts).unwrap();
            assert_eq!(name.given.join(" "), given, "{n}");
            assert_eq!(name.family.join(" "), family, "{n}");
            assert_eq!(name.generation, generation, "{n}");
        }
        assert!(TITLES.is_sorted() && RELATIVES.is_sorted() && PARTICLES.is_sorted());
    }

    #[test]
    fn display_names_are_taken_apart() {
        for (text, given, family, generation) in [
            ("Dr. John Q. Doe", "john q", "doe", None),
            ("Doe, John", "john", "doe", None),
            ("John Doe, Jr.", "john", "doe", Some(Generation::Junior)),
            ("John Doe Sr", "john", "doe", Some(Generation::Senior)),
            ("Ludwig van Beethoven", "ludwig", "beethoven", None),
            ("Cher", "cher", "", None),
            ("Ann Lee (work)", "ann", "lee", None),
            ("王小明", "xiaoming", "wang", None),
        ] {
            let name = PersonName::displayed(text).unwrap();
            assert_eq!(name.given.join(" "), given, "{text}");
            assert_eq!(name.family.join(" "), family, "{text}");
            assert_eq!(name.generation, generation, "{text}");
        }
        for none in [" - ", "Mama", "Oma & Opa"] {
            assert_eq!(PersonName::displayed(none), None, "{none}");
        }
    }
}
