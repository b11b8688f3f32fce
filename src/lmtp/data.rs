//! What follows `DATA` (RFC 5321 §4.5.2): dots taken out, the end found, and only the beginning
//! kept.

use memchr::memchr;

/// Where in a line it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// At the beginning.
    Begin,
    /// After a dot at the beginning.
    Dot,
    /// After a dot at the beginning and a carriage return.
    DotReturn,
    /// In the middle.
    Within,
    /// After a carriage return.
    Return,
}

/// A mail on its way in. Only CR LF ends a line: with other ends a mail could hold what another
/// server takes for the end of it.
#[derive(Debug)]
pub(super) struct Data {
    at: At,
    keep: usize,
    kept: Vec<u8>,
    seen: u64,
}

impl Data {
    /// Nothing yet; of what comes `keep` bytes are kept.
    pub(super) fn new(keep: usize) -> Self {
        Self { at: At::Begin, keep, kept: Vec::new(), seen: 0 }
    }

    /// Takes in what came; at the end of the mail it tells how many of the bytes belong to it.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at += 1;
            match (self.at, byte) {
                (At::Begin, b'.') => self.at = At::Dot,
                (At::Dot, b'\r') => self.at = At::DotReturn,
                (At::DotReturn, b'\n') => return Some(at),
                (At::Within, b) if b != b'\r' => {
                    let rest = bytes.get(at - 1..).unwrap_or_default();
                    let length = memchr(b'\r', rest).unwrap_or(rest.len());
                    self.keep(rest.get(..length).unwrap_or(rest));
                    at += length - 1;
                }
                (before, byte) => {
                    if before == At::DotReturn {
                        self.keep(b"\r");
                    }
                    self.keep(&[byte]);
                    self.at = match (before, byte) {
                        (At::Return, b'\n') => At::Begin,
                        (_, b'\r') => At::Return,
                        _ => At::Within,
                    };
                }
            }
        }
        None
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.seen += bytes.len() as u64;
        let room = self.keep - self.kept.len();
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    /// The length of the mail so far, in bytes.
    pub(super) const fn seen(&self) -> u64 {
        self.seen
    }

    /// The beginning of the mail.
    pub(super) fn into_kept(self) -> Vec<u8> {
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_taken_out_and_the_end_is_found_however_it_is_cut() {
        for (sent, wanted, rest) in [
            ("a\r\n.\r\nQUIT", Some("a\r\n"), "QUIT"),
            (".\r\n", Some(""), ""),
            ("..\r\n.\r\n", Some(".\r\n"), ""),
            (".a\r\n...\r\n.\r\n", Some("a\r\n..\r\n"), ""),
            ("a\n.\nb\r\n.\r\n", Some("a\n.\nb\r\n"), ""),
            ("a\r.\rb\r\n.\r\n", Some("a\r.\rb\r\n"), ""),
            ("a\r\n.\rb\r\n.\r\n", Some("a\r\n\rb\r\n"), ""),
            ("a\n.\r\n.\r\n", Some("a\n.\r\n"), ""),
            ("a\r\n.\nb\r\n.\r\n", Some("a\r\n\nb\r\n"), ""),
            ("a\r\r\n.\r\n", Some("a\r\r\n"), ""),
            ("a\r\n.\r\r\n.\r\n", Some("a\r\n\r\r\n"), ""),
            ("a\r\n.", None, ""),
            ("a", None, ""),
        ] {
            for cut in 0..=sent.len() {
                let mut data = Data::new(100);
                let (first, second) = sent.as_bytes().split_at(cut);
                let ended =
                    data.take(first).or_else(|| data.take(second).map(|length| length + cut));
                let found = ended.and_then(|end| sent.get(end..));
                assert_eq!(found, wanted.map(|_| rest), "the end of {sent:?} cut at {cut}");
                if let Some(wanted) = wanted {
                    assert_eq!(data.seen(), wanted.len() as u64, "{sent:?} cut at {cut}");
                    assert_eq!(data.into_kept(), wanted.as_bytes(), "{sent:?} cut at {cut}");
                }
            }
        }
    }

    #[test]
    fn only_the_beginning_is_kept() {
        let mut data = Data::new(10);
        for _ in 0..1000 {
            assert_eq!(data.take(&[b'x'; 1000]), None);
        }
        assert_eq!((data.seen(), data.kept.len()), (1_000_000, 10));
    }
}
