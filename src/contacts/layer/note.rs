//! The notes of a card: which ones can carry the fence, and their text with its place in the
//! bytes.

use std::borrow::Cow;

use crate::formats::edit::Edits;
use crate::formats::line::{Line, Lines};
use crate::formats::text;

/// The value of a line as text: escapes and folds taken out.
pub(super) struct Mapped {
    bytes: Vec<u8>,
    /// For each byte of the text where its source ends in the raw line.
    ends: Vec<usize>,
    /// Where the value begins in the raw line.
    start: usize,
}

impl Mapped {
    pub(super) fn of(line: &Line<'_>) -> Self {
        let start = line.value_span().start - line.span().start;
        let mut text = Self { bytes: Vec::new(), ends: Vec::new(), start };
        let mut backslash = None;
        for (at, piece) in line.value_pieces() {
            for (&byte, end) in piece.iter().zip(at + 1..) {
                match (backslash.take(), byte) {
                    (Some(_), b'n' | b'N') => text.push(b'\n', end),
                    (Some(_), b'\\' | b',' | b';' | b':') => text.push(byte, end),
                    (None, b'\\') => backslash = Some(end),
                    (before, _) => {
                        if let Some(end) = before {
                            text.push(b'\\', end);
                        }
                        text.push(byte, end);
                    }
                }
            }
        }
        if let Some(end) = backslash {
            text.push(b'\\', end);
        }
        text
    }

    fn push(&mut self, byte: u8, end: usize) {
        self.bytes.push(byte);
        self.ends.push(end);
    }

    /// The text. What is not UTF-8 has a `?` for each byte, so that places are those in the value.
    pub(super) fn text(&self) -> Cow<'_, str> {
        if let Ok(text) = str::from_utf8(&self.bytes) {
            return Cow::Borrowed(text);
        }
        let mut text = String::with_capacity(self.bytes.len());
        for chunk in self.bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(chunk.invalid().iter().map(|_| '?'));
        }
        Cow::Owned(text)
    }

    /// Where the first `length` bytes of the text end in the raw line.
    pub(super) fn raw_end(&self, length: usize) -> usize {
        length.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or(self.start)
    }
}

/// The lines of the first card in `bytes` that are its own, nested cards left out, without
/// `BEGIN` and `END`; and where its `END` stands. Nothing where no card is closed.
pub(super) fn card_lines(bytes: &[u8]) -> Option<(Vec<Line<'_>>, usize)> {
    let mut lines = Vec::new();
    let mut depth = 0_usize;
    for line in Lines::new(bytes) {
        if is_begin(&line) {
            depth += 1;
        } else if line.is("END") && line.has_value() {
            match depth {
                0 => {}
                1 => return Some((lines, line.span().start)),
                _ => depth -= 1,
            }
        } else if depth == 1 && line.has_value() {
            lines.push(line);
        }
    }
    None
}

/// A byte order mark does not make another line of the first one.
fn is_begin(line: &Line<'_>) -> bool {
    let name = line.name().strip_prefix("\u{feff}".as_bytes()).unwrap_or(line.name());
    name.eq_ignore_ascii_case(b"BEGIN") && line.has_value()
}

/// Whether `line` is a note whose value is text as it stands.
pub(super) fn is_text(line: &Line<'_>) -> bool {
    line.is("NOTE")
        && line.params().all(|p| {
            let value = p.text();
            !(p.is("ENCODING")
                || p.is("VALUE") && !value.eq_ignore_ascii_case("TEXT")
                || p.is("CHARSET") && !value.eq_ignore_ascii_case("UTF-8"))
        })
}

/// Whether text can be added to the note `line` without changing what stands there.
pub(super) fn can_carry(line: &Line<'_>) -> bool {
    is_text(line) && !ends_in_backslash(&line.value()) && has_closed_head(line)
}

/// Whether a backslash at the end would swallow what is added.
fn ends_in_backslash(value: &[u8]) -> bool {
    value.iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1
}

/// Whether the colon that ends the head does so whatever follows: not where a quote is open.
fn has_closed_head(line: &Line<'_>) -> bool {
    let head = line.head();
    if !head.contains(&b'"') {
        return true;
    }
    let probe = [head, b":\":\""].concat();
    Lines::new(&probe).next().is_some_and(|l| l.value_span().start == head.len() + 1)
}

/// Takes the lines out of the text of the note `line` that are not to be kept, and the blank
/// lines that then begin or end it. Where nothing is taken out, every byte stays.
pub(super) fn retain_lines(
    line: &Line<'_>,
    edits: &mut Edits<'_>,
    mut keep: impl FnMut(&str) -> bool,
) {
    let value = line.value();
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut taken = false;
    for piece in text_lines(&value) {
        if keep(&text::unescape(piece)) {
            kept.push(piece);
        } else {
            taken = true;
        }
    }
    if !taken {
        return;
    }
    let is_blank = |piece: &&[u8]| text::unescape(piece).trim().is_empty();
    let first = kept.iter().position(|piece| !is_blank(piece));
    let last = kept.iter().rposition(|piece| !is_blank(piece));
    match first.zip(last).and_then(|(first, last)| kept.get(first..=last)) {
        Some(kept) => {
            let content = [line.head(), b":", &kept.join(&b"\\n"[..])].concat();
            edits.replace(line.span(), &content);
        }
        None => edits.remove(line.span()),
    }
}

/// The lines of the text in `value`, still escaped.
fn text_lines(value: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut from = 0;
    let mut escaped = false;
    for (at, byte) in value.iter().enumerate() {
        if escaped && matches!(byte, b'n' | b'N') {
            lines.push(value.get(from..at - 1).unwrap_or_default());
            from = at + 1;
        }
        escaped = *byte == b'\\' && !escaped;
    }
    lines.push(value.get(from..).unwrap_or_default());
    lines
}
