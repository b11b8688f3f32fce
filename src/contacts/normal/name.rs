//! Names of people in the form in which they compare.

use serde::{Deserialize, Serialize};

use super::fold;

/// Titles that say nothing of who it is.
const TITLES: [&str; 46] = [
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
    "dr",
    "eng",
    "esq",
    "frau",
    "hon",
    "herr",
    "ing",
    "lady",
    "lord",
    "ma",
    "madame",
    "mag",
    "maj",
    "mba",
    "md",
    "miss",
    "mlle",
    "mme",
    "mr",
    "mrs",
    "ms",
    "msc",
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
    "univ",
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
            let (words, found) = strip(words(text));
            name.given.extend(words);
            generation = generation.or(found);
        }
        let (words, found) = strip(words(part(0)));
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
            let (given, generation) = strip(words(given));
            let (family, second) = strip(words(family));
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
        let (mut words, generation) = strip(self::words(text));
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
        let mut folded = fold::words(word);
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

/// Words without titles, and which of several of that name it is.
fn strip(mut words: Vec<String>) -> (Vec<String>, Option<Generation>) {
    let mut generation = None;
    if words.len() > 1
        && let Some(found) = words.last().and_then(|last| generation_of(last, words.len() > 2))
    {
        generation = Some(found);
        words.pop();
    }
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
        ] {
            let parts: Vec<String> = n.split(';').map(str::to_owned).collect();
            let name = PersonName::structured(&parts).unwrap();
            assert_eq!(name.given.join(" "), given, "{n}");
            assert_eq!(name.family.join(" "), family, "{n}");
            assert_eq!(name.generation, generation, "{n}");
        }
        assert!(TITLES.contains(&"dr") && PARTICLES.is_sorted());
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
        assert_eq!(PersonName::displayed(" - "), None);
    }
}
