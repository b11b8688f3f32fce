//! Paths as the access log may have them. Clients name cards as they like, some after the person:
//! such a name is a mark there, which tells whether two requests are about the same card and
//! nothing else.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};

/// What is needed at least for a name to be taken for one that a program made: hexadecimal digits,
/// more than any phone number has.
const DIGITS: usize = 20;

/// Makes marks. Those of another run of the server have nothing in common with them, so that
/// nobody who has the log finds out by trying whose they are.
#[derive(Debug, Default)]
pub(super) struct Marks(RandomState);

impl Marks {
    /// `path` with marks for what may name somebody: any of its segments behind the first `open`,
    /// and of these such as are no plain words.
    pub(super) fn on<'p>(&self, path: &'p str, open: usize) -> Cow<'p, str> {
        let is_shown = |place: usize, segment: &str| {
            segment.is_empty() || if place < open { is_plain(segment) } else { is_made(segment) }
        };
        let segments = || path.trim_start_matches('/').split('/').enumerate();
        if path == "*" || segments().all(|(place, segment)| is_shown(place, segment)) {
            return Cow::Borrowed(path);
        }
        let shown = segments().map(|(place, segment)| {
            if is_shown(place, segment) {
                Cow::Borrowed(segment)
            } else {
                Cow::Owned(format!("~{:016x}", self.0.hash_one(segment)))
            }
        });
        Cow::Owned(shown.fold(String::new(), |path, segment| path + "/" + &segment))
    }
}

/// No blanks, no `@`, nothing that is escaped.
fn is_plain(segment: &str) -> bool {
    segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

/// Is it a UUID or a hash, with or without an ending?
fn is_made(segment: &str) -> bool {
    let stem = segment.strip_suffix(".vcf").or_else(|| segment.strip_suffix(".ics"));
    let stem = stem.unwrap_or(segment);
    stem.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
        && stem.bytes().filter(|b| *b != b'-').count() >= DIGITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_mark() {
        let marks = Marks::default();
        let uuid = "/dav/addressbooks/anna/contacts/0b7e1f3a-1111-4222-8333-444455556666.vcf";
        for path in ["*", "/", "/dav/", "/dav/addressbooks/anna/contacts/", "/.well-known/x", uuid]
        {
            assert_eq!(marks.on(path, 4), path);
        }
        for (path, begins) in [
            ("/dav/addressbooks/anna/contacts/bert-berg.vcf", "/dav/addressbooks/anna/contacts/~"),
            (
                "/dav/addressbooks/anna/contacts/491705551234.vcf",
                "/dav/addressbooks/anna/contacts/~",
            ),
            ("/dav/addressbooks/anna/contacts/added.vcf", "/dav/addressbooks/anna/contacts/~"),
            ("/dav/addressbooks/anna/Bert%20Berg", "/dav/addressbooks/anna/~"),
            ("/bert@x.org", "/~"),
            ("//b%C3%A9rt", "/~"),
        ] {
            let marked = marks.on(path, 4);
            let mark = marked.strip_prefix(begins).unwrap_or_else(|| panic!("{path}: {marked}"));
            assert!(mark.len() == 16 && mark.bytes().all(|b| b.is_ascii_hexdigit()), "{marked}");
            assert_eq!(marks.on(path, 4), marked, "the same name, the same mark");
            assert_ne!(Marks::default().on(path, 4), marked, "another run, another mark");
        }
        let deep = marks.on("/dav/addressbooks/anna/contacts/bert/berg/", 4);
        assert_eq!(deep.matches('~').count(), 2, "{deep}");
        assert!(deep.ends_with('/'), "{deep}");
    }
}
