//! Content lines: a lossless, tolerant view of the lines of a vCard or iCalendar object
//! (RFC 6350 §3.2, RFC 5545 §3.1).
//!
//! Every byte of the input belongs to exactly one line, so the raw spans in order are the
//! input. Nothing is copied unless it is folded. CRLF, LF and, where there is no LF at all, CR
//! end a line; blank lines and lines without a colon are lines too.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2};

use super::param::Params;
use super::text;

/// One logical line.
#[derive(Debug, Clone)]
pub struct Line<'a> {
    raw: &'a [u8],
    offset: usize,
    /// The byte that ends the physical lines of a folded line; none where nothing is folded.
    fold: Option<u8>,
    /// Where the text ends in `raw`, before the line end.
    end: usize,
    /// Unfolded bytes before the colon; the whole text when there is no colon.
    head: Cow<'a, [u8]>,
    name: Range<usize>,
    /// Where the value begins in `raw`.
    value: Option<usize>,
}

/// The lines of a text, in order.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    terminator: u8,
}

// === impl Lines ===

impl<'a> Lines<'a> {
    /// The lines of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, terminator: terminator_of(bytes) }
    }

    /// Goes on with the line that begins at the byte `at`.
    pub fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// The byte that ends lines here: LF, or CR in a text without LF.
    pub fn terminator(&self) -> u8 {
        self.terminator
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let rest = self.bytes.get(self.at..)?;
        if rest.is_empty() {
            return None;
        }
        let (mut length, mut fold) = (0, None);
        loop {
            let tail = rest.get(length..).unwrap_or_default();
            match memchr(self.terminator, tail) {
                Some(found) => length += found + 1,
                None => length = rest.len(),
            }
            if !matches!(rest.get(length), Some(b' ' | b'\t')) {
                break;
            }
            fold = Some(self.terminator);
        }
        let line = Line::parse(rest.get(..length)?, self.at, self.terminator, fold);
        self.at += length;
        Some(line)
    }
}

fn terminator_of(bytes: &[u8]) -> u8 {
    if memchr(b'\n', bytes).is_some() || memchr(b'\r', bytes).is_none() { b'\n' } else { b'\r' }
}

// === impl Line ===

impl<'a> Line<'a> {
    fn parse(raw: &'a [u8], offset: usize, terminator: u8, fold: Option<u8>) -> Self {
        let end = text_end(raw, terminator);
        let text = raw.get(..end).unwrap_or_default();
        let mut scan = HeadScan::default();
        let mut head: Cow<'a, [u8]> = Cow::Borrowed(&[]);
        let mut colon = None;
        for (start, piece) in Pieces::new(text, fold) {
            let found = scan.feed(piece, head.len(), start);
            let taken = piece.get(..found.unwrap_or(piece.len())).unwrap_or_default();
            if start == 0 {
                head = Cow::Borrowed(taken);
            } else {
                head.to_mut().extend_from_slice(taken);
            }
            if let Some(found) = found {
                colon = Some(start + found);
                break;
            }
        }
        if colon.is_none()
            && let Some((length, at)) = scan.inside
        {
            colon = Some(at);
            match &mut head {
                Cow::Borrowed(bytes) => *bytes = bytes.get(..length).unwrap_or_default(),
                Cow::Owned(bytes) => bytes.truncate(length),
            }
        }
        let name = name_in(&head);
        Self { raw, offset, fold, end, head, name, value: colon.map(|at| at + 1) }
    }

    /// The bytes of this line as they came, folds and line end included.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Where `raw` lies in the text.
    pub fn span(&self) -> Range<usize> {
        self.offset..self.offset + self.raw.len()
    }

    /// Where the value lies in the text: after the colon, before the line end, folds included.
    pub fn value_span(&self) -> Range<usize> {
        let end = self.offset + self.end;
        self.value.map_or(end..end, |at| self.offset + at..end)
    }

    /// The property name as written, without group.
    pub fn name(&self) -> &[u8] {
        self.head.get(self.name.clone()).unwrap_or_default()
    }

    /// Whether the property name is `name`, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name.as_bytes())
    }

    /// The group as written: `item1` of `item1.TEL`.
    pub fn group(&self) -> Option<&[u8]> {
        let before = self.head.get(..self.name.start)?.trim_ascii_end();
        before.strip_suffix(b".").map(<[u8]>::trim_ascii)
    }

    /// Whether there is a colon, and so a value.
    pub fn has_value(&self) -> bool {
        self.value.is_some()
    }

    /// Whether the line holds nothing but white space.
    pub fn is_blank(&self) -> bool {
        self.value.is_none() && self.head.trim_ascii().is_empty()
    }

    /// Whether this line is `BEGIN:` or `END:` (`edge`) of the component `component`.
    pub fn is_edge(&self, edge: &str, component: &str) -> bool {
        self.is(edge) && self.value().trim_ascii().eq_ignore_ascii_case(component.as_bytes())
    }

    /// Everything before the colon, unfolded; the whole text of a line without a colon.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The value, unfolded and still escaped. Empty when there is no colon.
    pub fn value(&self) -> Cow<'a, [u8]> {
        match self.value {
            Some(at) => unfold(self.raw.get(at..self.end).unwrap_or_default(), self.fold),
            None => Cow::Borrowed(&[]),
        }
    }

    /// The value as it lies in `raw`, fold by fold: where each piece begins there, and the piece.
    pub fn value_pieces(&self) -> impl Iterator<Item = (usize, &'a [u8])> + use<'a> {
        let at = self.value.unwrap_or(self.end);
        let text = self.raw.get(at..self.end).unwrap_or_default();
        Pieces::new(text, self.fold).map(move |(start, piece)| (at + start, piece))
    }

    /// Where the text ends in `raw`, before the line end.
    pub fn text_end(&self) -> usize {
        self.end
    }

    /// The whole line, unfolded, without line end.
    pub fn unfolded(&self) -> Cow<'a, [u8]> {
        unfold(self.raw.get(..self.end).unwrap_or_default(), self.fold)
    }

    /// The value as text, unescaped. The components of a structured value stand joined with
    /// `;`, the items of a list with `,`. Bytes that are not UTF-8 become U+FFFD.
    pub fn text(&self) -> Cow<'a, str> {
        text::unescape_cow(self.value())
    }

    /// The components of a structured value (`N`, `ADR`, `ORG`, `GENDER`), each unescaped.
    pub fn components(&self) -> Vec<String> {
        let value = self.value();
        text::split(&value, b';').map(|part| text::unescape(part).into_owned()).collect()
    }

    /// The parameters, in order.
    pub fn params(&self) -> Params<'_> {
        Params::new(self.head.get(self.name.end..).unwrap_or_default())
    }

    /// The first value of the parameter `name`.
    pub fn param(&self, name: &str) -> Option<Cow<'_, str>> {
        self.params().find(|p| p.is(name)).map(|p| p.text())
    }

    /// Whether one of the `TYPE` values is `kind`, in any case. Lists inside quotes count.
    pub fn has_type(&self, kind: &str) -> bool {
        self.params()
            .filter(|p| p.is("TYPE"))
            .flat_map(|p| p.values())
            .any(|value| value.split(',').any(|one| one.eq_ignore_ascii_case(kind)))
    }
}

/// Where the text of `raw` ends: before its last line end and the CRs in front of it.
fn text_end(raw: &[u8], terminator: u8) -> usize {
    let text = raw.strip_suffix(&[terminator]).unwrap_or(raw);
    if terminator == b'\n' { trim_cr(text).len() } else { text.len() }
}

fn trim_cr(mut text: &[u8]) -> &[u8] {
    while let Some(shorter) = text.strip_suffix(b"\r") {
        text = shorter;
    }
    text
}

/// Where the name stands in a head, its group left out.
fn name_in(head: &[u8]) -> Range<usize> {
    let end = memchr(b';', head).unwrap_or(head.len());
    let full = head.get(..end).unwrap_or_default();
    let start = memchr(b'.', full).map_or(0, |dot| dot + 1);
    let name = full.get(start..).unwrap_or_default();
    let blank = name.len() - name.trim_ascii_start().len();
    let start = start + blank;
    start..start + name.trim_ascii().len()
}

/// Takes the folds out of `text`, which begins inside a line and ends before its line end.
fn unfold(text: &[u8], fold: Option<u8>) -> Cow<'_, [u8]> {
    if fold.and_then(|end| memchr(end, text)).is_none() {
        return Cow::Borrowed(text);
    }
    let mut whole = Vec::with_capacity(text.len());
    for (_, piece) in Pieces::new(text, fold) {
        whole.extend_from_slice(piece);
    }
    Cow::Owned(whole)
}

/// The physical lines of one logical line and where they begin in it, without line ends and
/// the blank that marks a fold.
struct Pieces<'a> {
    text: &'a [u8],
    at: Option<usize>,
    fold: Option<u8>,
}

impl<'a> Pieces<'a> {
    fn new(text: &'a [u8], fold: Option<u8>) -> Self {
        Self { text, at: Some(0), fold }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<(usize, &'a [u8])> {
        let start = self.at.take()?;
        let rest = self.text.get(start..).unwrap_or_default();
        let Some(end) = self.fold.and_then(|end| memchr(end, rest)) else {
            return Some((start, rest));
        };
        self.at = Some(start + end + 2);
        let piece = rest.get(..end).unwrap_or_default();
        Some((start, if self.fold == Some(b'\n') { trim_cr(piece) } else { piece }))
    }
}

/// Finds the colon that ends the head: the first one outside quotes. A quote counts only where
/// a parameter value begins, so that a stray one does not swallow the value; where that leaves
/// no colon, the first one inside the last quotes ends the head.
#[derive(Default)]
struct HeadScan {
    quoted: bool,
    opened: bool,
    previous: u8,
    /// Length of the head before, and place in the raw line of, a colon inside quotes.
    inside: Option<(usize, usize)>,
}

impl HeadScan {
    fn feed(&mut self, piece: &[u8], head_before: usize, start: usize) -> Option<usize> {
        if !self.quoted
            && let Some(i) = memchr2(b':', b'"', piece)
            && piece.get(i) == Some(&b':')
        {
            return Some(i);
        }
        for (i, &byte) in piece.iter().enumerate() {
            match byte {
                b':' if !self.quoted => return Some(i),
                b':' if self.opened => {
                    self.inside = Some((head_before + i, start + i));
                    self.opened = false;
                }
                b'"' if self.quoted => self.quoted = false,
                b'"' if matches!(self.previous, b'=' | b',') => {
                    self.quoted = true;
                    self.opened = true;
                }
                _ => {}
            }
            self.previous = byte;
        }
        None
    }
}

#[cfg(test)]
mod tests;
