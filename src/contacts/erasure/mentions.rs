//! Where a text names somebody: by the full name, a mail address or a phone number. Pure.

use unicode_normalization::char::is_combining_mark;

use crate::contacts::normal::fold;
use crate::formats::mail;

/// What stands in the place of what was taken out of a text.
pub const IN_PLACE: &str = "[erased]";

/// Fewest digits of a number that is looked for.
const DIGITS: usize = 7;

/// So many of the last digits tell that two numbers are one.
const LAST_DIGITS: usize = 9;

/// What somebody is named by.
#[derive(Debug, Clone, Default)]
pub struct Mentions {
    names: Vec<Vec<String>>,
    mails: Vec<String>,
    phones: Vec<String>,
}

/// The digits of a number that it is known by; nothing where there are too few.
pub fn digits(phone: &str) -> Option<String> {
    let all: String = phone.chars().filter_map(|c| c.to_digit(10)).map(|d| d.to_string()).collect();
    let from = all.len().saturating_sub(LAST_DIGITS);
    (all.len() >= DIGITS).then(|| all.get(from..).unwrap_or_default().to_owned())
}

/// The words of a name as they compare.
pub fn words(name: &str) -> Vec<String> {
    fold::words(name)
}

impl Mentions {
    /// Of somebody with these names, addresses and numbers. A name of one word is too common a
    /// word to be looked for.
    pub fn of(names: &[String], mails: &[String], phones: &[String]) -> Self {
        let mut all: Vec<Vec<String>> = Vec::new();
        for name in names.iter().map(|name| parts(name)).filter(|name| name.len() > 1) {
            // The surname may come first, or last.
            let (mut last_first, mut first_last) = (name.clone(), name.clone());
            last_first.rotate_right(1);
            first_last.rotate_left(1);
            for name in [name, last_first, first_last] {
                if !all.contains(&name) {
                    all.push(name);
                }
            }
        }
        // The longer first: what lies in it goes with it.
        all.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let mails = mails.iter().filter_map(|mail| mail::address(mail)).collect();
        Self { names: all, mails, phones: phones.iter().filter_map(|p| digits(p)).collect() }
    }

    /// Is there nothing to look for?
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.mails.is_empty() && self.phones.is_empty()
    }

    /// Is this one of the addresses?
    pub fn has_mail(&self, text: &str) -> bool {
        mail::address(text).is_some_and(|mail| self.mails.contains(&mail))
    }

    /// Does the text name them?
    pub fn are_in(&self, text: &str) -> bool {
        self.next(text, 0).is_some()
    }

    /// The text without them; `None`: it does not name them.
    pub fn without(&self, text: &str) -> Option<String> {
        let mut left = String::new();
        let mut at = 0;
        while let Some((from, to)) = self.next(text, at) {
            left.push_str(text.get(at..from).unwrap_or_default());
            left.push_str(IN_PLACE);
            at = to;
        }
        if at == 0 {
            return None;
        }
        left.push_str(text.get(at..).unwrap_or_default());
        Some(left)
    }

    /// Where they are named first, from `at` on.
    fn next(&self, text: &str, at: usize) -> Option<(usize, usize)> {
        let mut first = None;
        let mut take = |found: Option<(usize, usize)>| {
            if let Some(found) = found
                && first.is_none_or(|known: (usize, usize)| found.0 < known.0)
            {
                first = Some(found);
            }
        };
        take(self.next_mail(text, at));
        take(self.next_phone(text, at));
        take(self.next_name(text, at));
        first
    }

    fn next_mail(&self, text: &str, at: usize) -> Option<(usize, usize)> {
        let part = |c: char| c.is_alphanumeric() || "._%+-@".contains(c);
        let mails = &self.mails;
        if mails.is_empty() {
            return None;
        }
        tokens(text, at, part).find(|(from, to)| {
            let token = text.get(*from..*to).unwrap_or_default();
            mails.iter().any(|mail| token.trim_matches(['.', '-']).to_lowercase() == *mail)
        })
    }

    fn next_phone(&self, text: &str, at: usize) -> Option<(usize, usize)> {
        if self.phones.is_empty() {
            return None;
        }
        let part = |c: char| c.is_ascii_digit() || " +-/().\u{a0}".contains(c);
        tokens(text, at, part).find_map(|(from, to)| {
            let token = text.get(from..to).unwrap_or_default();
            let from = from + (token.len() - token.trim_start_matches([' ', '.', '-', '/']).len());
            let token = token.trim_matches([' ', '.', '-', '/']);
            let known = digits(token).is_some_and(|digits| self.phones.contains(&digits));
            known.then_some((from, from + token.len()))
        })
    }

    fn next_name(&self, text: &str, at: usize) -> Option<(usize, usize)> {
        if self.names.is_empty() {
            return None;
        }
        let (spans, folded): (Vec<_>, Vec<_>) = placed(text, at).into_iter().unzip();
        (0..spans.len()).find_map(|start| {
            let rest = folded.get(start..)?;
            let name = self.names.iter().find(|name| rest.starts_with(name))?;
            let (from, last) = (spans.get(start)?, spans.get(start + name.len() - 1)?);
            Some((from.0, last.1))
        })
    }
}

/// The words of a name as they are looked for: an apostrophe parts them, as it does `Bert's`.
fn parts(name: &str) -> Vec<String> {
    placed(name, 0).into_iter().map(|(_, word)| word).collect()
}

/// The words of `text` from `at` on, each with where what it stands in begins and ends: in some
/// scripts several words stand without blanks.
fn placed(text: &str, at: usize) -> Vec<((usize, usize), String)> {
    let part = |c: char| c.is_alphanumeric() || is_combining_mark(c);
    let mut placed = Vec::new();
    for span in tokens(text, at, part) {
        let within = words(text.get(span.0..span.1).unwrap_or_default());
        placed.extend(within.into_iter().map(|word| (span, word)));
    }
    placed
}

/// The runs of characters that `part` takes, from `at` on, each as where it begins and ends.
fn tokens(
    text: &str,
    at: usize,
    part: impl Fn(char) -> bool,
) -> impl Iterator<Item = (usize, usize)> {
    let mut at = at;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let from = at + rest.find(&part)?;
        let run = text.get(from..)?;
        let to = from + run.find(|c| !part(c)).unwrap_or(run.len());
        at = to;
        Some((from, to))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bert() -> Mentions {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Mentions::of(
            &own(&["Bert Bärg", "Bert", "王 小明", "Pat O'Brien"]),
            &own(&["Bert.Berg@Example.org"]),
            &own(&["+49 170 5551234"]),
        )
    }

    #[test]
    fn whole_names_addresses_and_numbers_are_taken_out() {
        for (text, wanted) in [
            ("Lunch with Bert Barg.", "Lunch with [erased]."),
            ("Ba\u{308}rg Bert's", "[erased]'s"),
            ("王小明来了 / 小明 王", "[erased] / [erased]"),
            ("Pat O’Brien’s", "[erased]’s"),
            ("BÄRG, Bert and Cy", "[erased] and Cy"),
            ("write bert.berg@example.org. now", "write [erased] now"),
            ("(0170) 555-1234, then 0301234567", "[erased], then 0301234567"),
            ("tel +491705551234 or bert bärg bert barg", "tel [erased] or [erased] [erased]"),
        ] {
            assert_eq!(bert().without(text).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_only_looks_alike_stays() {
        for text in [
            "Bert",
            "Bertbarg",
            "Bert Bargmann",
            "xbert.berg@example.org",
            "bert.berg@example.org.evil",
            "5551234",
            "2026-11-23 10:00",
            "",
        ] {
            assert_eq!(bert().without(text), None, "{text}");
        }
        assert!(Mentions::default().is_empty() && !bert().is_empty());
        assert!(bert().has_mail("MAILTO:bert.berg@example.ORG"));
    }
}
