//! How text is compared in queries: the collations of RFC 4790 and RFC 5051, and a matcher that
//! is prepared once and applied to many values.

use std::borrow::Cow;

use caseless::Caseless;
use memchr::{memchr2_iter, memmem};
use unicode_normalization::UnicodeNormalization;

/// A way to compare text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Collation {
    /// `i;ascii-casemap`: the case of ASCII letters does not count (RFC 4790 §9.2).
    AsciiCasemap,
    /// `i;unicode-casemap`: neither case nor the way a character is composed counts (RFC 5051).
    UnicodeCasemap,
    /// `i;octet`: every byte counts (RFC 4790 §9.3).
    Octet,
}

/// Where the needle has to stand (RFC 6352 §10.5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatchType {
    /// The value is the needle.
    Equals,
    /// The needle is anywhere in the value.
    Contains,
    /// The value begins with the needle.
    StartsWith,
    /// The value ends with the needle.
    EndsWith,
}

impl Collation {
    /// Every collation there is, in the order in which they are advertised.
    pub const ALL: [Self; 3] = [Self::AsciiCasemap, Self::UnicodeCasemap, Self::Octet];

    /// The registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AsciiCasemap => "i;ascii-casemap",
            Self::UnicodeCasemap => "i;unicode-casemap",
            Self::Octet => "i;octet",
        }
    }

    /// The collation called `name`; `default` is `i;unicode-casemap`, as RFC 6352 §8.3 says.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "default" => Some(Self::UnicodeCasemap),
            _ => Self::ALL.into_iter().find(|collation| collation.name() == name),
        }
    }

    /// `text` in the form in which equal texts have equal bytes.
    pub fn key(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Octet => Cow::Borrowed(text),
            Self::UnicodeCasemap if !text.is_ascii() => {
                let folded = text.chars().nfd().default_case_fold().nfkd();
                Cow::Owned(folded.default_case_fold().nfkd().collect())
            }
            _ if text.bytes().any(|b| b.is_ascii_uppercase()) => {
                Cow::Owned(text.to_ascii_lowercase())
            }
            _ => Cow::Borrowed(text),
        }
    }
}

/// A needle, prepared for many values.
#[derive(Debug, Clone)]
pub struct Matcher {
    collation: Collation,
    match_type: MatchType,
    /// The needle's key.
    needle: String,
    finder: Box<memmem::Finder<'static>>,
}

/// Longest needle that is looked for by comparing at each place where its first letter stands;
/// longer ones take a search whose cost does not grow with the needle.
const SHORT: usize = 32;

impl Matcher {
    /// Prepares `needle`.
    pub fn new(collation: Collation, match_type: MatchType, needle: &str) -> Self {
        let needle = collation.key(needle).into_owned();
        let finder = Box::new(memmem::Finder::new(&needle).into_owned());
        Self { collation, match_type, needle, finder }
    }

    /// Whether `value` matches. Does not allocate for ASCII values and short needles.
    pub fn matches(&self, value: &str) -> bool {
        let in_ascii = match self.collation {
            Collation::Octet => return self.compare(value.as_bytes()),
            Collation::AsciiCasemap => true,
            Collation::UnicodeCasemap => value.is_ascii(),
        };
        let long = self.match_type == MatchType::Contains && self.needle.len() > SHORT;
        if in_ascii && !long {
            return self.compare_caseless(value.as_bytes());
        }
        self.compare(self.collation.key(value).as_bytes())
    }

    /// The needle, in the form in which it is compared.
    pub fn needle(&self) -> &str {
        &self.needle
    }

    /// Where the needle has to stand.
    pub fn match_type(&self) -> MatchType {
        self.match_type
    }

    fn compare(&self, value: &[u8]) -> bool {
        let needle = self.needle.as_bytes();
        match self.match_type {
            MatchType::Equals => value == needle,
            MatchType::Contains => self.finder.find(value).is_some(),
            MatchType::StartsWith => value.starts_with(needle),
            MatchType::EndsWith => value.ends_with(needle),
        }
    }

    fn compare_caseless(&self, value: &[u8]) -> bool {
        let needle = self.needle.as_bytes();
        match self.match_type {
            MatchType::Equals => value.eq_ignore_ascii_case(needle),
            MatchType::Contains => contains_caseless(value, needle),
            MatchType::StartsWith => {
                value.get(..needle.len()).is_some_and(|v| v.eq_ignore_ascii_case(needle))
            }
            MatchType::EndsWith => {
                let start = value.len().checked_sub(needle.len());
                start.and_then(|at| value.get(at..)).is_some_and(|v| v.eq_ignore_ascii_case(needle))
            }
        }
    }
}

fn contains_caseless(value: &[u8], needle: &[u8]) -> bool {
    let Some(&first) = needle.first() else { return true };
    memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), value)
        .any(|at| value.get(at..at + needle.len()).is_some_and(|v| v.eq_ignore_ascii_case(needle)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for collation in Collation::ALL {
            assert_eq!(Collation::from_name(collation.name()), Some(collation));
        }
        assert_eq!(Collation::from_name("default"), Some(Collation::UnicodeCasemap));
        assert_eq!(Collation::from_name("i;basic"), None);
    }

    #[test]
    fn what_each_collation_takes_for_equal() {
        for (a, b, ascii, unicode) in [
            ("John", "jOHN", true, true),
            ("MÜLLER", "müller", false, true),
            ("müller", "mu\u{308}ller", false, true),
            ("MU\u{308}LLER", "müller", false, true),
            ("straße", "STRASSE", false, true),
            ("ΣΊΣΥΦΟΣ", "Σίσυφος", false, true),
            ("İstanbul", "i\u{307}stanbul", false, true),
            ("ﬁn", "FIN", false, true),
            ("Ａ", "a", false, true),
            ("ЖУК", "жук", false, true),
            ("o", "ö", false, false),
            ("a", "b", false, false),
            ("é", "É", false, true),
            ("éA", "éa", true, true),
        ] {
            for (collation, wanted) in [
                (Collation::AsciiCasemap, ascii),
                (Collation::UnicodeCasemap, unicode),
                (Collation::Octet, false),
            ] {
                for (a, b) in [(a, b), (b, a)] {
                    let found = Matcher::new(collation, MatchType::Equals, a).matches(b);
                    assert_eq!(found, wanted, "{a} = {b} by {}", collation.name());
                }
            }
        }
    }

    #[test]
    fn where_the_needle_stands() {
        let long = "x".repeat(SHORT) + "Y";
        let cases = [
            ("Ann Lee", "ann", [false, true, true, false]),
            ("Ann Lee", "LEE", [false, true, false, true]),
            ("Ann Lee", "n l", [false, true, false, false]),
            ("Ann Lee", "ann lee", [true, true, true, true]),
            ("Ann Lee", "ann lee!", [false; 4]),
            ("Ann Lee", "", [false, true, true, true]),
            ("", "", [true; 4]),
            ("é Ann", "É", [false, true, true, false]),
            ("Ann é", "e\u{301}", [false, true, false, true]),
            ("Ann", "é", [false; 4]),
            (&format!("a{long}"), &long, [false, true, false, true]),
            (&format!("{long}é"), &long, [false, true, true, false]),
        ];
        let kinds =
            [MatchType::Equals, MatchType::Contains, MatchType::StartsWith, MatchType::EndsWith];
        for (value, needle, wanted) in cases {
            for (kind, wanted) in kinds.into_iter().zip(wanted) {
                let found = Matcher::new(Collation::UnicodeCasemap, kind, needle).matches(value);
                assert_eq!(found, wanted, "{value:?} {kind:?} {needle:?}");
            }
        }
    }

    #[test]
    fn a_long_needle_in_a_long_value_takes_linear_time() {
        let value = "a".repeat(1 << 20);
        let needle = "a".repeat(1 << 19) + "b";
        let started = std::time::Instant::now();
        for collation in Collation::ALL {
            let matcher = Matcher::new(collation, MatchType::Contains, &needle);
            assert!(!matcher.matches(&value));
            assert!(!matcher.matches(&format!("{value}é")));
        }
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }
}
