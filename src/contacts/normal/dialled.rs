//! Can a phone number be dialled? Told by the lengths that numbers of its country have; and how it is
//! written so that it can be dialled from anywhere.

use phonenumber::Mode;
use phonenumber::metadata::DATABASE;

use super::phone::{Number, Region, other_digit};

/// Fewer digits are a short code or an extension: nothing is known of those.
const SHORT: usize = 5;

/// Most digits of a number (E.164), with a prefix for calls abroad before it.
const LONGEST: usize = 18;

/// Longest text that is looked at, in bytes.
const LONGEST_TEXT: usize = 200;

/// What is wrong with a phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneFlaw {
    /// There is nothing.
    Empty,
    /// There are no digits, or letters among them.
    NoNumber,
    /// There are more digits than any number has.
    Several,
    /// No country has this code.
    NoCountry,
    /// Numbers of its country are longer.
    Short,
    /// Numbers of its country are shorter.
    Long,
    /// Numbers of its country have other lengths.
    Length,
}

impl PhoneFlaw {
    /// A sentence for a person.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Empty => "There is no phone number.",
            Self::NoNumber => "This is not a phone number.",
            Self::Several => "These are too many digits for one phone number.",
            Self::NoCountry => "No country has the code that this phone number begins with.",
            Self::Short => "This phone number is too short.",
            Self::Long => "This phone number is too long.",
            Self::Length => "No phone number of this country has so many digits.",
        }
    }
}

/// What is wrong with `text`, dialled in `region`. Nothing is wrong with what cannot be judged:
/// short codes, codes of the network (`*21#`), numbers of an unknown country, addresses other than `tel:`.
pub fn flaw(text: &str, region: Option<Region>) -> Option<PhoneFlaw> {
    let text = text.trim();
    if text.is_empty() {
        return Some(PhoneFlaw::Empty);
    }
    if text.len() > LONGEST_TEXT {
        return Some(PhoneFlaw::Several);
    }
    let scheme = text.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_address = scheme.as_deref().is_some_and(|scheme| scheme != "tel");
    if is_address || text.starts_with(['*', '#']) || text.contains("phone-context") {
        return None;
    }
    let plain = text.get(4..).filter(|_| scheme.is_some()).unwrap_or(text);
    let digits = plain.chars().filter(|c| c.is_ascii_digit() || other_digit(*c).is_some()).count();
    let letters = plain.chars().filter(|c| c.is_alphabetic()).count();
    let Some(number) = Number::read(plain, region) else {
        // `0800 FLOWERS` can be dialled: letters stand for digits.
        let spelled = (7..=15).contains(&(digits + letters)) && digits >= 3 && letters <= 9;
        return match digits {
            0..=2 => Some(PhoneFlaw::NoNumber),
            _ if digits > LONGEST => Some(PhoneFlaw::Several),
            _ if letters > 3 && !spelled => Some(PhoneFlaw::NoNumber),
            _ => None,
        };
    };
    if number.digits.len() < SHORT || !number.international {
        return None;
    }
    possible(&number)
}

fn possible(number: &Number) -> Option<PhoneFlaw> {
    let mut lengths: Vec<usize> = Vec::new();
    let mut had = 0;
    for code in 1..=3 {
        let Some((code, national)) = number.digits.split_at_checked(code) else { break };
        let known = code.parse::<u16>().ok().and_then(|code| DATABASE.by_code(&code));
        let Some(known) = known else { continue };
        for kind in known.into_iter().flat_map(|country| {
            let kinds = country.descriptors();
            [
                kinds.fixed_line(),
                kinds.mobile(),
                kinds.toll_free(),
                kinds.premium_rate(),
                kinds.shared_cost(),
                kinds.personal_number(),
                kinds.voip(),
                kinds.pager(),
                kinds.uan(),
            ]
        }) {
            let Some(kind) = kind else { continue };
            // Without an area code it can be dialled only where the country code was not needed.
            let local = kind.possible_local_length().iter().filter(|_| number.national > 0);
            lengths.extend(kind.possible_length().iter().chain(local).map(|n| usize::from(*n)));
        }
        had = national.len();
        break;
    }
    let (Some(least), Some(most)) = (lengths.iter().min(), lengths.iter().max()) else {
        return Some(PhoneFlaw::NoCountry);
    };
    match had {
        _ if lengths.contains(&had) => None,
        _ if had < *least => Some(PhoneFlaw::Short),
        _ if had > *most => Some(PhoneFlaw::Long),
        _ => Some(PhoneFlaw::Length),
    }
}

/// `text` as it can be dialled from anywhere, `+49 30 1234567`, if it is written otherwise: only where
/// the country is known, and nothing but the writing changes.
pub fn written(text: &str, region: Option<Region>) -> Option<String> {
    let text = text.trim();
    let from_anywhere = text.starts_with('+') && !text.contains("(0)");
    if from_anywhere || text.contains(':') || flaw(text, region).is_some() {
        return None;
    }
    let number = Number::read(text, region).filter(|number| number.international)?;
    if !number.extension.is_empty() || text.contains(['*', '#', ';']) {
        return None;
    }
    let whole = format!("+{}", number.digits);
    let parsed = phonenumber::parse(None, &whole).ok().filter(phonenumber::is_valid)?;
    let written = parsed.format().mode(Mode::International).to_string();
    let again = Number::read(&written, region)?;
    (again.digits == number.digits && written != text).then_some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_dialled_is_told() {
        let germany = Region::named("DE");
        for (text, wanted) in [
            ("+49 30 1234567", None),
            ("030 1234567", None),
            ("030/123456-78", None),
            ("tel:+49-30-1234567", None),
            ("+1 (212) 555-0123", None),
            ("+1 212 555 0123 x45", None),
            ("+800 1234 5678", None),
            ("112", None),
            ("*21#", None),
            ("sip:anna@example.org", None),
            ("0800 FLOWERS", None),
            ("", Some(PhoneFlaw::Empty)),
            ("call me", Some(PhoneFlaw::NoNumber)),
            ("anna@example.org", Some(PhoneFlaw::NoNumber)),
            ("12", Some(PhoneFlaw::NoNumber)),
            ("+49 3", None),
            ("+1 212 555 01", Some(PhoneFlaw::Length)),
            ("+1 212 555 01234", Some(PhoneFlaw::Long)),
            ("+999 123 456 789", Some(PhoneFlaw::NoCountry)),
            ("030 1234567, 0171 1234567, 0172 7654321", Some(PhoneFlaw::Several)),
            ("123456789012345", None),
        ] {
            let region = germany.filter(|_| !text.starts_with("123"));
            assert_eq!(flaw(text, region), wanted, "{text}");
        }
        assert_eq!(flaw("03012345678901234", germany), Some(PhoneFlaw::Long));
        assert_eq!(flaw(&"1".repeat(1 << 20), germany), Some(PhoneFlaw::Several));
    }

    #[test]
    fn only_the_writing_changes() {
        let germany = Region::named("DE");
        for (text, wanted) in [
            ("030 1234567", Some("+49 30 1234567")),
            ("0049 (30) 1234567", Some("+49 30 1234567")),
            ("+49 (0)30 1234567", Some("+49 30 1234567")),
            ("0171-1234567", Some("+49 171 1234567")),
            ("+49-30-1234567", None),
            ("030 1234567 x12", None),
            ("tel:030-1234567", None),
            ("112", None),
            ("call me", None),
        ] {
            assert_eq!(written(text, germany).as_deref(), wanted, "{text}");
            if let Some(written_once) = wanted {
                assert_eq!(written(written_once, germany), None, "{written_once} again");
            }
        }
        assert_eq!(written("030 1234567", None), None);
    }
}
