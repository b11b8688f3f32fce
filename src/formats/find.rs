//! The lines of one property, found without reading the others: what a query over thousands of
//! cards is made of.
//!
//! Whatever a line looks like, the first letter of its name stands where the text begins, after a
//! blank or a line end, or after the dot of a group. Such places are looked for in the whole text
//! at once; only a line that has the name there, or may have it in spite of a fold, is read.

use memchr::memrchr;

use super::line::{Line, Lines};

/// How many places are compared before it is asked whether one of them was right.
const STRETCH: usize = 64;

/// The same once one was: about what the processor compares with one instruction.
const PIECE: usize = 16;

/// The lines called `name`, in any case and any group, that have a value.
#[derive(Debug, Clone)]
pub struct Named<'a, 'n> {
    bytes: &'a [u8],
    name: &'n [u8],
    /// The first letter, small; none where the name is not of the kind that can be looked for.
    first: Option<u8>,
    lines: Lines<'a>,
    /// Where the next line begins that was not decided on.
    at: usize,
}

/// The lines of `bytes` called `name`, in order. The same ones as those of [`Lines`] with that
/// name.
pub fn named<'a, 'n>(bytes: &'a [u8], name: &'n str) -> Named<'a, 'n> {
    let name = name.as_bytes();
    let plain = name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    let first = name.first().filter(|_| plain).map(|byte| byte | 0x20);
    Named { bytes, name, first, lines: Lines::new(bytes), at: 0 }
}

impl<'a> Iterator for Named<'a, '_> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let Some(first) = self.first else {
            let name = self.name;
            return self.lines.find(|line| has_name(line, name));
        };
        let mut from = self.at;
        loop {
            let found = next_start(self.bytes, from, first)?;
            from = found + 1;
            if self.may_be_name(found) {
                self.lines.go_to(self.line_start(found));
                let line = self.lines.next()?;
                self.at = line.span().end;
                from = self.at;
                if has_name(&line, self.name) {
                    return Some(line);
                }
            }
        }
    }
}

fn has_name(line: &Line<'_>, name: &[u8]) -> bool {
    line.has_value() && line.name().eq_ignore_ascii_case(name)
}

impl Named<'_, '_> {
    /// Whether the name may stand at the byte `at`: it does, or it does as far as a line end that
    /// may be a fold.
    fn may_be_name(&self, at: usize) -> bool {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let differing = rest.iter().zip(self.name).find(|(a, b)| !a.eq_ignore_ascii_case(b));
        match (differing, rest.get(self.name.len())) {
            (Some((byte, _)), _) => matches!(byte, b'\r' | b'\n'),
            (None, Some(after)) => matches!(after, b':' | b';') || *after <= b' ',
            (None, None) => false,
        }
    }

    /// Where the line begins in which the byte `at` lies.
    fn line_start(&self, at: usize) -> usize {
        let mut before = self.bytes.get(self.at..at).unwrap_or_default();
        // What stands at `at` is a letter, so no fold.
        if before.last() == Some(&self.lines.terminator()) {
            return at;
        }
        while let Some(end) = memrchr(self.lines.terminator(), before) {
            let start = self.at + end + 1;
            if !matches!(self.bytes.get(start), Some(b' ' | b'\t')) {
                return start;
            }
            before = before.get(..end).unwrap_or_default();
        }
        self.at
    }
}

/// The first place from `from` on where a name that begins with `first` may stand.
// `&` without a branch lets the compiler compare many bytes with one instruction.
#[allow(clippy::needless_bitwise_bool)]
fn next_start(bytes: &[u8], from: usize, first: u8) -> Option<usize> {
    // Blanks, line ends and the dot, and a few signs that seldom stand before a letter: one
    // comparison is cheaper than three.
    let starts = |(before, here): (&u8, &u8)| (*before <= b'.') & (*here | 0x20 == first);
    // All of them at once, without a branch in between.
    let any = |before: &[u8], here: &[u8]| {
        before.iter().zip(here).fold(false, |any, pair| any | starts(pair))
    };
    if from == 0 && starts((&b'\n', bytes.first()?)) {
        return Some(0);
    }
    let mut from = from.max(1);
    loop {
        let (before, here) = (bytes.get(from - 1..)?, bytes.get(from..)?);
        let Some(((before, _), (here, rest))) =
            before.split_first_chunk::<STRETCH>().zip(here.split_first_chunk::<STRETCH>())
        else {
            return before.iter().zip(here).position(starts).map(|at| from + at);
        };
        if any(before, here) {
            let mut pieces = before.chunks(PIECE).zip(here.chunks(PIECE)).enumerate();
            let (piece, (before, here)) = pieces.find(|(_, (before, here))| any(before, here))?;
            let at = before.iter().zip(here).position(starts)?;
            return Some(from + piece * PIECE + at);
        }
        if rest.is_empty() {
            return None;
        }
        // The last stretch takes in some that were looked at before.
        from += rest.len().min(STRETCH);
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
        assert_eq!(named(b":1\nFN:2\n;X=1:3", "").count(), 2, "no name at all");
    }

    #[test]
    fn a_long_folded_line_full_of_names_takes_linear_time() {
        let card = format!("NOTE:{}\nFN:1\n", "FN\r\n FN:\n ".repeat(200_000));
        let started = std::time::Instant::now();
        assert_eq!(named(card.as_bytes(), "FN").count(), 1);
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }

    const PARTS: [&[u8]; 22] = [
        b"FN",
        b"fn",
        b"F",
        b"n",
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b"\x0c",
        b":",
        b";",
        b".",
        b"\"",
        b"=",
        b",",
        b"item1.",
        b"X-F",
        b"FN:Ada",
        b"-",
        b"\r\nFN;TYPE=x:Lovelace\r\n",
        b"NOTE:a text that is longer than what is compared at once, and has no fold at all",
    ];

    fn texts() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            9 => proptest::sample::select(&PARTS[..]).prop_map(<[u8]>::to_vec),
            1 => any::<u8>().prop_map(|byte| vec![byte]),
        ];
        proptest::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn the_same_lines_as_reading_all(bytes in texts()) {
            for name in ["FN", "n", "X-F", "NOTE", "item1", "", "F N", ".fn", "-"] {
                let wanted: Vec<_> = Lines::new(&bytes)
                    .filter(|l| l.has_value() && l.is(name))
                    .map(|l| l.span())
                    .collect();
                let found: Vec<_> = named(&bytes, name).map(|l| l.span()).collect();
                prop_assert_eq!(found, wanted, "{}", name);
            }
        }
    }
}
