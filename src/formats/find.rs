//! The lines of one property, found without reading the others: what a query over thousands of
//! cards is made of.

use memchr::memchr;

use super::line::{Line, Lines};

/// The lines called `name`, in any case and any group, that have a value.
#[derive(Debug, Clone)]
pub struct Named<'a, 'n> {
    bytes: &'a [u8],
    name: &'n [u8],
    lines: Lines<'a>,
    at: usize,
}

/// The lines of `bytes` called `name`, in order. The same ones as those of [`Lines`] with that
/// name.
pub fn named<'a, 'n>(bytes: &'a [u8], name: &'n str) -> Named<'a, 'n> {
    Named { bytes, name: name.as_bytes(), lines: Lines::new(bytes), at: 0 }
}

impl<'a> Iterator for Named<'a, '_> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        loop {
            let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
            if self.may_be_named(rest) {
                self.lines.go_to(self.at);
                let line = self.lines.next()?;
                self.at = line.span().end;
                if line.has_value() && line.name().eq_ignore_ascii_case(self.name) {
                    return Some(line);
                }
            } else {
                self.at += memchr(self.lines.terminator(), rest)? + 1;
            }
        }
    }
}

impl Named<'_, '_> {
    /// Whether the line that begins with `rest` has to be read. Decides by the name alone where
    /// it is plain, and leaves what is folded or odd to the reading.
    fn may_be_named(&self, rest: &[u8]) -> bool {
        let mut start = 0;
        for (at, &byte) in rest.iter().enumerate() {
            match byte {
                b':' | b';' => {
                    let name = rest.get(start..at).unwrap_or_default();
                    return name.eq_ignore_ascii_case(self.name);
                }
                b'.' if start == 0 => start = at + 1,
                b'\r' | b'\n' => return self.is_folded_at(rest.get(at..).unwrap_or_default()),
                b' ' | b'\t' => return at > 0 || self.at == 0,
                // A form feed is white space around a name, too, but marks no fold.
                b'=' | b',' | b'"' | b'\x0c' => return true,
                _ => {}
            }
        }
        false
    }

    /// Whether `rest`, which begins with CR or LF, may go on in the same line.
    fn is_folded_at(&self, rest: &[u8]) -> bool {
        let crs = rest.iter().position(|b| *b != b'\r').unwrap_or(rest.len());
        let next = match rest.get(crs) {
            _ if self.lines.terminator() == b'\r' => rest.get(1),
            Some(b'\n') => rest.get(crs + 1),
            // A CR inside a line.
            Some(_) => return true,
            None => None,
        };
        matches!(next, Some(b' ' | b'\t'))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_plain_grouped_folded_and_odd_ones() {
        let card = b"BEGIN:VCARD\r\nFN:1\r\nfn;X=FN:2\r\nitem1.Fn:3\r\nF\r\n N:4\r\nFN :5\r\n\
            NOTE:FN:no\r\n FN:no\r\nX.FNX:no\r\nFN\r\nFN:6";
        let found: Vec<_> = named(card, "FN").map(|l| l.text().into_owned()).collect();
        assert_eq!(found, ["1", "2", "3", "4", "5", "6"]);
        assert_eq!(named(b"\x0cFN\x0c:1\nX:2", "fn").count(), 1, "form feeds around the name");
        assert_eq!(named(b"FN:1\rX:2\rFN:3", "fn").count(), 2, "lines that end with CR alone");
    }

    proptest! {
        #[test]
        fn the_same_lines_as_reading_all(bytes in proptest::collection::vec(
            prop_oneof![Just(b'\r'), Just(b'\n'), Just(b' '), Just(b':'), Just(b';'), Just(b'.'),
                Just(b'"'), Just(b'='), Just(b'F'), Just(b'n'), any::<u8>()], 0..60)) {
            let wanted: Vec<_> = Lines::new(&bytes)
                .filter(|l| l.has_value() && l.is("FN"))
                .map(|l| l.span())
                .collect();
            let found: Vec<_> = named(&bytes, "FN").map(|l| l.span()).collect();
            prop_assert_eq!(found, wanted);
        }
    }
}
