//! Edits of single lines; every byte that is not edited is emitted as it came.

use std::ops::Range;

use memchr::memchr;

use super::fold::fold_into;

/// Changes to one text, collected and then applied in one pass.
#[derive(Debug)]
pub struct Edits<'a> {
    bytes: &'a [u8],
    line_end: &'static [u8],
    changes: Vec<Change>,
    /// The folded text of all changes.
    texts: Vec<u8>,
}

#[derive(Debug)]
struct Change {
    span: Range<usize>,
    text: Range<usize>,
    /// Whether `text` is whole lines, which begin after a line end.
    whole: bool,
}

/// How the lines of `bytes` end: as the first one does, CRLF where there is only one.
pub fn line_end(bytes: &[u8]) -> &'static [u8] {
    match memchr(b'\n', bytes) {
        Some(at) if at == 0 || bytes.get(at - 1) != Some(&b'\r') => b"\n",
        None if memchr(b'\r', bytes).is_some() => b"\r",
        _ => b"\r\n",
    }
}

impl<'a> Edits<'a> {
    /// No changes yet. What is written ends its lines as the first line of `bytes` does.
    pub fn new(bytes: &'a [u8]) -> Self {
        let line_end = line_end(bytes);
        Self { bytes, line_end, changes: Vec::new(), texts: Vec::new() }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Puts the unfolded line `content` in the place of the line at `span`.
    pub fn replace(&mut self, span: Range<usize>, content: &[u8]) {
        let from = self.texts.len();
        fold_into(&mut self.texts, content, self.line_end);
        self.changes.push(Change { span, text: from..self.texts.len(), whole: true });
    }

    /// Puts the unfolded line `content` before the byte `at`, which begins a line or is the end.
    /// Several at one place keep their order.
    pub fn insert(&mut self, at: usize, content: &[u8]) {
        self.replace(at..at, content);
    }

    /// Takes the bytes at `span` out.
    pub fn remove(&mut self, span: Range<usize>) {
        self.changes.push(Change { span, text: 0..0, whole: false });
    }

    /// Puts `raw` in the place of the bytes at `span` as it is, inside a line.
    pub fn splice(&mut self, span: Range<usize>, raw: &[u8]) {
        let from = self.texts.len();
        self.texts.extend_from_slice(raw);
        self.changes.push(Change { span, text: from..self.texts.len(), whole: false });
    }

    /// The text with all changes. Of two changes of the same bytes the first one counts.
    pub fn apply(mut self) -> Vec<u8> {
        // At one place what is inserted comes before what is replaced.
        self.changes.sort_by_key(|change| (change.span.start, change.span.end));
        let mut out = Vec::with_capacity(self.bytes.len() + self.texts.len());
        let mut at = 0;
        for change in &self.changes {
            if change.span.start < at {
                continue;
            }
            out.extend_from_slice(self.bytes.get(at..change.span.start).unwrap_or_default());
            let text = self.texts.get(change.text.clone()).unwrap_or_default();
            if change.whole && !out.is_empty() && out.last() != self.line_end.last() {
                out.extend_from_slice(self.line_end);
            }
            out.extend_from_slice(text);
            at = change.span.end;
        }
        out.extend_from_slice(self.bytes.get(at..).unwrap_or_default());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Lines;
    use super::*;

    #[test]
    fn only_the_edited_lines_change() {
        let card = b"BEGIN:VCARD\r\nFN:A\r\n B\r\nX:1\r\nEND:VCARD";
        let lines: Vec<_> = Lines::new(card).collect();
        let mut edits = Edits::new(card);
        edits.insert(card.len(), b"X:end");
        edits.replace(lines[1].span(), b"FN:C");
        edits.insert(lines[1].span().end, b"N:1");
        edits.insert(lines[1].span().end, b"N:2");
        edits.remove(lines[2].span());
        edits.insert(lines[2].span().start, b"N:3");
        let text = String::from_utf8(edits.apply()).unwrap();
        assert_eq!(text, "BEGIN:VCARD\r\nFN:C\r\nN:1\r\nN:2\r\nN:3\r\nEND:VCARD\r\nX:end\r\n");
    }

    #[test]
    fn written_lines_end_as_the_others_do() {
        let card = b"BEGIN:VCARD\nEND:VCARD\n";
        let mut edits = Edits::new(card);
        edits.insert(12, b"FN:A");
        assert_eq!(edits.apply(), b"BEGIN:VCARD\nFN:A\nEND:VCARD\n");
    }

    #[test]
    fn a_text_of_cr_alone_stays_one() {
        let mut edits = Edits::new(b"BEGIN:VCARD\rEND:VCARD");
        edits.insert(12, b"FN:A");
        edits.insert(21, b"X:1");
        assert_eq!(edits.apply(), b"BEGIN:VCARD\rFN:A\rEND:VCARD\rX:1\r");
    }

    #[test]
    fn no_change_gives_the_same_bytes() {
        let card = b"BEGIN:VCARD\n\r\r\n x\r";
        assert_eq!(Edits::new(card).apply(), card);
    }
}
