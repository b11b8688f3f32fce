//! Phone numbers in the form in which they compare: E.164 where the region is known.

use phonenumber::country;
use phonenumber::metadata::DATABASE;
use serde::{Deserialize, Serialize};

/// Digits of the end of a number by which numbers with and without a region are compared.
const SUFFIX: usize = 9;

/// Fewer digits are an extension or a short code that says nothing of a person.
const SHORTEST: usize = 6;

/// Most digits of a number (E.164), with something to spare for prefixes.
const LONGEST: usize = 18;

/// The country in which numbers without a country code are dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region(pub(super) country::Id);

impl Region {
    /// The region of a two-letter code (ISO 3166), in any case.
    pub fn named(code: &str) -> Option<Self> {
        code.trim().to_ascii_uppercase().parse().ok().map(Self)
    }

    /// A number that no other region has.
    pub fn number(self) -> u32 {
        self.0.as_ref().bytes().fold(0, |number, letter| number << 8 | u32::from(letter)) & 0xffff
    }
}

/// A phone number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// Country code and number, without `+`; the digits as they were typed, without leading
    /// zeros, where the country is not known.
    pub digits: String,
    /// Is the country known?
    pub international: bool,
    /// Digits behind a country code that was not written; 0 where it was.
    pub national: u8,
    /// Is it said to be that of a mobile phone?
    pub mobile: bool,
    /// Is it said to be that of a place of work?
    pub work: bool,
    /// What is to be dialled after it.
    pub extension: String,
}

impl Number {
    /// The number that `text` means, dialled in `region`; nothing where it is none.
    pub fn read(text: &str, region: Option<Region>) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("tel:").unwrap_or(text);
        let (main, extension) = part_extension(text);
        let international = main.trim_start().trim_start_matches('(').starts_with(['+', '＋']);
        // `+49 (0)30 …`: the zero is dialled inside the country only.
        let main = if international { main.replacen("(0)", "", 1) } else { main.to_owned() };
        let digits: String = main
            .chars()
            .filter_map(|c| c.to_digit(10).or(other_digit(c)))
            .filter_map(|d| char::from_digit(d, 10))
            .collect();
        if digits.len() < SHORTEST || digits.len() > LONGEST {
            return None;
        }
        let letters = main.chars().filter(|c| c.is_alphabetic()).count();
        if letters > 3 {
            return None;
        }
        let (international, digits) = match digits.strip_prefix("00") {
            Some(rest) if !international && rest.len() >= 8 => (true, rest.to_owned()),
            _ => (international, digits),
        };
        if international {
            return Some(Self {
                digits,
                international,
                national: 0,
                mobile: false,
                work: false,
                extension,
            });
        }
        let known = region.and_then(|region| DATABASE.by_id(region.0.as_ref()));
        let (code, bare) = match known {
            // What is dialled before a number inside the country is left out from elsewhere.
            Some(country) => {
                let trunk = country.national_prefix().unwrap_or_default();
                let bare = digits.strip_prefix(trunk).filter(|bare| bare.len() >= SHORTEST);
                (country.country_code().to_string(), bare.unwrap_or(&digits))
            }
            None => (String::new(), digits.trim_start_matches('0')),
        };
        let national = u8::try_from(bare.len()).unwrap_or(u8::MAX);
        (bare.len() >= SHORTEST).then(|| Self {
            digits: code + bare,
            international: known.is_some(),
            national,
            mobile: false,
            work: false,
            extension,
        })
    }

    /// The end of the number, the same with and without country code.
    pub fn suffix(&self) -> &str {
        let from = self.digits.len().saturating_sub(SUFFIX - 1);
        self.digits.get(from..).unwrap_or(&self.digits)
    }

    /// Do both mean one line?
    pub fn is_same(&self, other: &Self) -> bool {
        if self.digits == other.digits {
            return true;
        }
        if self.national == 0 && other.national == 0 {
            return false;
        }
        // A country that was only assumed may be the wrong one.
        let (one, other) = (self.without_assumed(), other.without_assumed());
        let (long, short) = if one.len() >= other.len() { (one, other) } else { (other, one) };
        short.len() >= 7 && long.ends_with(short) && long.len() - short.len() <= 5
    }

    /// The digits that were written.
    fn without_assumed(&self) -> &str {
        let assumed = self.digits.len().saturating_sub(usize::from(self.national));
        let from = if self.national == 0 { 0 } else { assumed };
        let written = self.digits.get(from..).unwrap_or(&self.digits);
        // The zero that is dialled in the right country, if it is none of the one assumed.
        if self.national == 0 { written } else { written.trim_start_matches('0') }
    }

    /// As people write it down.
    pub fn shown(&self) -> String {
        let plus = if self.international { "+" } else { "" };
        format!("{plus}{}", self.digits)
    }
}

/// The number and the digits behind `x`, `ext` and the like.
fn part_extension(text: &str) -> (&str, String) {
    let lower = text.to_ascii_lowercase();
    for mark in [";ext=", "ext.", "extension", "ext", " x", "x", "#", "durchwahl", "poste"] {
        if let Some(at) = lower.find(mark) {
            let behind = lower.get(at + mark.len()..).unwrap_or_default();
            let digits: String = behind.chars().filter(char::is_ascii_digit).collect();
            let before = text.get(..at).unwrap_or_default();
            let enough = before.chars().filter(char::is_ascii_digit).count() >= SHORTEST;
            if (1..=7).contains(&digits.len()) && enough {
                return (before, digits);
            }
        }
    }
    (text.split(';').next().unwrap_or(text), String::new())
}

/// Digits of other scripts.
pub(super) fn other_digit(c: char) -> Option<u32> {
    let zero = match c {
        '٠'..='٩' => '٠',
        '۰'..='۹' => '۰',
        '०'..='९' => '०',
        '０'..='９' => '０',
        _ => return None,
    };
    Some(c as u32 - zero as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_has_one_form() {
        let germany = Region::named("de");
        for (text, digits, extension) in [
            ("+49 (0)30 1234567", "49301234567", ""),
            ("0049 30 1234567", "49301234567", ""),
            ("030/123 45 67", "49301234567", ""),
            ("tel:+49-30-1234567;ext=12", "49301234567", "12"),
            ("+1 (212) 555-0123 x45", "12125550123", "45"),
            ("٠٣٠ ١٢٣٤٥٦٧", "49301234567", ""),
        ] {
            let read = Number::read(text, germany).unwrap();
            assert_eq!((&*read.digits, &*read.extension), (digits, extension), "{text}");
            assert!(read.international, "{text}");
        }
        for none in ["", "12345", "call me", "1234567890123456789012", "john@example.org"] {
            assert_eq!(Number::read(none, germany), None, "{none}");
        }
    }

    #[test]
    fn without_a_region_the_end_decides() {
        let read = |text| Number::read(text, None).unwrap();
        let whole = read("+49 30 1234567");
        assert!(whole.is_same(&read("030 1234567")));
        assert!(!whole.is_same(&read("030 1234568")));
        assert!(!whole.is_same(&read("+41 30 1234567")));
        assert_eq!(whole.suffix(), read("030/1234567").suffix().to_owned());
        // Nor does the region where the number may be one of elsewhere.
        let assumed = Number::read("0612 345678", Region::named("DE")).unwrap();
        assert_eq!(assumed.digits, "49612345678");
        let elsewhere = Number::read("07700 900123", Region::named("US")).unwrap();
        assert!(elsewhere.is_same(&read("+44 7700 900123")));
        assert!(
            assumed.is_same(&read("+34 612 345678")) && !assumed.is_same(&read("+34 612 345679"))
        );
    }
}
