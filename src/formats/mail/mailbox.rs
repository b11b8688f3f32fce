//! People as mails name them.

use mail_parser::HeaderValue;

use super::{MOST_PEOPLE, words};

/// Most characters of a name.
const NAME: usize = 100;

/// Somebody who writes or is written to (RFC 5322 §3.4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mailbox {
    /// The name beside the address, or nothing.
    pub name: String,
    /// The address, in the form in which [`address`] compares.
    pub mail: String,
}

/// The form in which mail addresses compare: lower case, without `mailto:`. Nothing where the text
/// is no mail address.
pub fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let scheme = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let plain = scheme.and_then(|_| text.get(7..)).unwrap_or(text).trim();
    let plain = plain.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(plain);
    let (local, domain) = plain.rsplit_once('@')?;
    let in_a_domain =
        |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']' | ':');
    let fits = plain.len() <= 254
        && (1..=64).contains(&local.len())
        && !domain.is_empty()
        && !domain.starts_with('.')
        && domain.chars().all(in_a_domain)
        && !local.chars().any(|c| {
            c.is_whitespace()
                || c.is_control()
                || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '@')
        });
    fits.then(|| plain.to_lowercase())
}

/// The people in address fields, each once.
pub(super) fn of<'a>(values: impl Iterator<Item = &'a HeaderValue<'a>>) -> Vec<Mailbox> {
    let mut found: Vec<Mailbox> = Vec::new();
    let all = values.filter_map(HeaderValue::as_address).flat_map(mail_parser::Address::iter);
    for given in all.take(MOST_PEOPLE * 4) {
        let Some(mail) = given.address().and_then(address) else { continue };
        if found.len() < MOST_PEOPLE && !found.iter().any(|seen| seen.mail == mail) {
            let name = words::line(given.name().unwrap_or_default(), NAME);
            found.push(Mailbox { name, mail });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_has_one_form() {
        for (given, wanted) in [
            ("Bert@Example.ORG", Some("bert@example.org")),
            (" <bert@example.org> ", Some("bert@example.org")),
            ("mailto:Bert@example.org", Some("bert@example.org")),
            ("MÜLLER@Bücher.example", Some("müller@bücher.example")),
            ("bert+news@[192.0.2.1]", Some("bert+news@[192.0.2.1]")),
            ("o'brien@example.org", Some("o'brien@example.org")),
            ("bert", None),
            ("@example.org", None),
            ("bert@", None),
            ("bert@.org", None),
            ("a b@example.org", None),
            ("a@b@example.org", None),
            ("a\r\nb@example.org", None),
            ("bert@exa mple.org", None),
            ("", None),
        ] {
            assert_eq!(address(given).as_deref(), wanted, "{given:?}");
        }
        assert_eq!(address(&format!("{}@example.org", "x".repeat(65))), None, "a long local part");
    }
}
