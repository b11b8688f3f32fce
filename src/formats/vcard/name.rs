//! Names from one another: a display name for a card without one, the parts of a display name.

use crate::formats::line::Line;
use crate::formats::text;

/// What a card holds that can serve as a name; the first of each kind counts.
#[derive(Debug, Default, Clone)]
pub struct Names {
    parts: Option<Vec<String>>,
    nickname: Option<String>,
    organization: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

impl Names {
    /// Takes note of `line` if it names somebody.
    pub fn note(&mut self, line: &Line<'_>) {
        let slot = if line.is("N") {
            let parts = line.components();
            if self.parts.is_none() && parts.iter().any(|part| !part.trim().is_empty()) {
                self.parts = Some(parts);
            }
            return;
        } else if line.is("NICKNAME") {
            &mut self.nickname
        } else if line.is("ORG") {
            &mut self.organization
        } else if line.is("EMAIL") {
            &mut self.email
        } else if line.is("TEL") {
            &mut self.phone
        } else {
            return;
        };
        if slot.is_none() {
            let value = line.text();
            let value = if line.is("ORG") { value.trim_end_matches(';') } else { &*value };
            if !value.trim().is_empty() {
                *slot = Some(value.trim().to_owned());
            }
        }
    }

    /// A display name: from N, else the nickname, the organization, a mail address or a number.
    pub fn full_name(&self) -> String {
        let spoken = self.parts.as_ref().map(|parts| {
            let part = |at: usize| parts.get(at).map_or("", String::as_str);
            let words = [part(3), part(1), part(2), part(0), part(4)];
            joined(words.into_iter().flat_map(|word| word.split(',')), " ")
        });
        let other = [&self.nickname, &self.organization, &self.email, &self.phone];
        let other = other.into_iter().flatten().map(|name| joined(name.split(';'), ", "));
        let found = spoken.into_iter().chain(other).find(|name| !name.is_empty());
        found.unwrap_or_else(|| "Unknown".to_owned())
    }

    /// The value of an `N` for the display name `full_name`, escaped. A group has its whole
    /// name in the first part, because Apple shows empty parts as `;;;;`; an organization none.
    pub fn structured(&self, full_name: &str, is_group: bool) -> String {
        if is_group {
            return text::escape(full_name).into_owned();
        }
        if self.organization.as_deref().is_some_and(|o| o.split(';').next() == Some(full_name)) {
            return ";;;;".to_owned();
        }
        structured_name(full_name)
    }
}

/// The words that say something, with `between` in between.
fn joined<'a>(words: impl Iterator<Item = &'a str>, between: &str) -> String {
    words.map(str::trim).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(between)
}

/// The value of an `N` (RFC 2426 §3.1.2) made from the display name of a person, escaped:
/// the last word, or what stands before a comma, is the family name.
pub fn structured_name(full_name: &str) -> String {
    let full_name = full_name.trim();
    let (family, given) = match full_name.split_once(',') {
        Some((family, given)) => (family, given),
        None => match full_name.rsplit_once(char::is_whitespace) {
            Some((given, family)) => (family, given),
            None => ("", full_name),
        },
    };
    format!("{};{};;;", text::escape(family.trim()), text::escape(given.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::line::Lines;

    fn names(card: &str) -> Names {
        let mut names = Names::default();
        Lines::new(card.as_bytes()).for_each(|line| names.note(&line));
        names
    }

    #[test]
    fn a_display_name_from_what_there_is() {
        for (card, full) in [
            ("N:Doe;John;Q.,P.;Dr.;Jr.\nORG:X", "Dr. John Q. P. Doe Jr."),
            ("N:;;;;\nORG:Bakery;Shop;\nEMAIL:a@b", "Bakery, Shop"),
            ("EMAIL:\nEMAIL:a@b\nNICKNAME:Jo", "Jo"),
            ("EMAIL:a@b\nTEL:1", "a@b"),
            ("TEL:1", "1"),
            ("NOTE:x", "Unknown"),
        ] {
            assert_eq!(names(card).full_name(), full, "{card}");
        }
    }

    #[test]
    fn parts_of_a_display_name() {
        for (full, parts) in [
            ("John Q Doe", "Doe;John Q;;;"),
            ("Doe, John", "Doe;John;;;"),
            ("Cher", ";Cher;;;"),
            ("A;B C", "C;A\\;B;;;"),
        ] {
            assert_eq!(structured_name(full), parts);
        }
        assert_eq!(names("ORG:Bakery;Shop").structured("Bakery", false), ";;;;");
        assert_eq!(names("").structured("My, Friends", true), "My\\, Friends");
    }
}
