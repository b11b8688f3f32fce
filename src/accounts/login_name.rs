//! Names people sign in with: what they may be, how they compare, and the path id made of them.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::error::AccountError;
use crate::base::PrincipalId;

/// The longest name in bytes.
const MAX: usize = 254;

/// The form in which names compare: any case, any width, any composition of accents.
pub fn fold(name: &str) -> String {
    let name = name.trim();
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    name.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// Refuses what cannot be typed as a name into a client.
pub fn check(name: &str) -> Result<(), AccountError> {
    let name = name.trim();
    let why = if name.is_empty() {
        "it is empty"
    } else if name.len() > MAX {
        "it is longer than 254 bytes"
    } else if name.contains(':') {
        "HTTP sign-in cannot carry a colon in a name"
    } else if name.contains('/') {
        "a slash separates a user from a book on the command line"
    } else if name.chars().any(char::is_control) {
        "it contains control characters"
    } else {
        return Ok(());
    };
    Err(AccountError::BadName { name: name.to_owned(), why })
}

/// Does it look like a mail address?
pub fn is_mail(name: &str) -> bool {
    let mut parts = name.trim().split('@');
    matches!(
        (parts.next(), parts.next(), parts.next()),
        (Some(local), Some(domain), None) if !local.is_empty() && domain.contains('.')
    )
}

/// The path ids to try for a name, best first: `anna@example.org` gives `anna`, `anna-2`, …
pub fn ids(name: &str) -> impl Iterator<Item = PrincipalId> {
    let stem = stem(name);
    std::iter::once(stem.clone())
        .chain((2u64..).map(move |n| format!("{stem}-{n}")))
        .filter_map(|id| PrincipalId::parse(&id))
}

fn stem(name: &str) -> String {
    let folded = fold(name);
    if PrincipalId::parse(&folded).is_some() && folded.len() <= 48 {
        return folded;
    }
    let local = folded.split('@').next().unwrap_or_default();
    let mut stem = String::new();
    for c in local.nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'a'..='z' | '0'..='9' | '.' | '_' | '-' => stem.push(c),
            'ß' => stem.push_str("ss"),
            'ø' => stem.push('o'),
            'æ' => stem.push_str("ae"),
            'ł' => stem.push('l'),
            c if c.is_whitespace() && !stem.ends_with('-') => stem.push('-'),
            _ => {}
        }
        if stem.len() >= 48 {
            break;
        }
    }
    let stem = stem.trim_matches(['.', '_', '-']);
    if stem.is_empty() { "user".to_owned() } else { stem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_readable_and_always_valid() {
        for (name, first, second) in [
            ("anna", "anna", "anna-2"),
            ("Anna", "anna", "anna-2"),
            ("anna@example.org", "anna", "anna-2"),
            ("Anna Bär", "anna-bar", "anna-bar-2"),
            ("Łukasz Weiß", "lukasz-weiss", "lukasz-weiss-2"),
            ("山田", "user", "user-2"),
            ("-- -", "user", "user-2"),
            ("..a", "a", "a-2"),
        ] {
            let mut ids = ids(name);
            assert_eq!(ids.next().unwrap().as_str(), first, "first id of {name:?}");
            assert_eq!(ids.next().unwrap().as_str(), second, "second id of {name:?}");
        }
        assert!(ids(&"x".repeat(254)).next().is_some(), "a long name has no id");
    }

    #[test]
    fn names_compare_in_any_case_and_composition() {
        for (a, b) in [
            ("Anna@Example.ORG", " anna@example.org"),
            ("JÜRGEN", "ju\u{308}rgen"),
            ("ａｎｎａ", "anna"),
        ] {
            assert_eq!(fold(a), fold(b), "{a:?} and {b:?}");
        }
    }

    #[test]
    fn names_that_cannot_be_typed_are_refused() {
        for bad in ["", "  ", "a:b", "a/b", "a\nb", &"x".repeat(255)] {
            assert!(check(bad).is_err(), "{bad:?} was taken");
        }
        assert!(check("Anna Bär").is_ok());
        assert!(is_mail("anna@example.org") && !is_mail("anna") && !is_mail("a@b@c.d"));
    }
}
