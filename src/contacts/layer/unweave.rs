//! Takes a card apart into the base and what came back of ours.

use jiff::civil::Date;
use memchr::memmem;

use super::note::{Mapped, card_lines, is_text};
use super::weave::LEAD;
use super::{Cadence, fence, own};
use crate::formats::edit::Edits;
use crate::formats::line::Line;

/// A card taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unwoven {
    /// What clients wrote.
    pub base: Vec<u8>,
    /// What of ours was in it.
    pub seen: Seen,
}

/// What of a layer came back in a card.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The version of the layer that was served. A client that sends it back keeps properties
    /// that it does not know.
    pub revision: Option<u64>,
    /// The stage as it came back; may be empty.
    pub stage: Option<String>,
    /// The cadence as it came back.
    pub cadence: Option<Cadence>,
    /// Day of the last contact as it came back.
    pub last_contact: Option<Date>,
    /// Day of the next follow-up as it came back.
    pub next: Option<Date>,
    /// The lines that tell what the contact agreed to, as they came back.
    pub consents: Vec<String>,
    /// The interactions in lines of their own, in order.
    pub entries: Vec<SeenEntry>,
    /// The lines between and below the markers in the notes, without the markers; nothing where
    /// there was no fence.
    pub fence: Option<Vec<String>>,
}

/// An interaction that came back in a line of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenEntry {
    /// Its identity; none when a client added the line or dropped the parameter.
    pub uid: Option<String>,
    /// Its kind; may be empty.
    pub kind: String,
    /// When, in seconds since 1970 UTC.
    pub at: Option<i64>,
    /// Who logged it; may be empty.
    pub by: String,
    /// What was said.
    pub text: String,
}

// === impl Seen ===

impl Seen {
    /// Whether nothing of ours was in the card.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

// === impl Unwoven ===

impl Unwoven {
    /// Do both have the same base, and tell the same, in whatever order?
    pub fn tells_the_same(&self, other: &Self) -> bool {
        let sorted = |seen: &Seen| {
            let mut seen = seen.clone();
            seen.entries.sort_by(|a, b| a.uid.cmp(&b.uid).then_with(|| a.text.cmp(&b.text)));
            seen.consents.sort();
            if let Some(lines) = &mut seen.fence {
                lines.sort();
            }
            seen
        };
        self.base == other.base && sorted(&self.seen) == sorted(&other.seen)
    }
}

/// Takes what is ours out of `card`: of what [`weave`](super::weave()) made the very base is
/// left. Takes anything; a card that holds nothing of ours is its own base.
pub fn unweave(card: &[u8]) -> Unwoven {
    let mut seen = Seen::default();
    let Some((lines, _)) = card_lines(card) else {
        return Unwoven { base: card.to_vec(), seen };
    };
    let mut edits = Edits::new(card);
    for line in &lines {
        if own::read(line, &mut seen) {
            edits.remove(line.span());
        } else if let Some(lines) = cut_fence(line, &mut edits) {
            seen.fence.get_or_insert_default().extend(lines);
        }
    }
    let base = if edits.is_empty() { card.to_vec() } else { edits.apply() };
    Unwoven { base, seen }
}

/// Cuts the fence off the note `line`, if it is one with a fence; its lines and those below it.
pub(super) fn cut_fence(line: &Line<'_>, edits: &mut Edits<'_>) -> Option<Vec<String>> {
    if !is_text(line) {
        return None;
    }
    let found = fence::find(&line.text())?;
    let span = line.span();
    let end = span.start + line.text_end();
    if let Some(cut) = as_woven(line) {
        edits.splice(span.start + cut..end, b"");
        return Some(found.lines);
    }
    let mapped = Mapped::of(line);
    let text = mapped.text();
    let found = fence::find(&text)?;
    let kept = without_lead(text.get(..found.start).unwrap_or_default());
    if kept.trim().is_empty() {
        edits.remove(span);
    } else {
        edits.splice(span.start + mapped.raw_end(kept.len())..end, b"");
    }
    Some(found.lines)
}

/// Where in the raw line the fence begins that stands just as it was woven, if it does. What is
/// cut off there is what was added.
fn as_woven(line: &Line<'_>) -> Option<usize> {
    let marker = [" ", LEAD, fence::TOP].concat();
    let raw = line.raw().get(..line.text_end())?;
    let at = memmem::find(raw, marker.as_bytes())?;
    let before = raw.get(..at)?;
    let before = match before.strip_suffix(b"\n") {
        Some(before) => before.strip_suffix(b"\r").unwrap_or(before),
        None => before.strip_suffix(b"\r")?,
    };
    // Not in the name or the parameters.
    (before.len() >= line.value_span().start - line.span().start).then_some(before.len())
}

/// `text` without the blank line that stands before a fence.
fn without_lead(text: &str) -> &str {
    let mut kept = text;
    for _ in 0..2 {
        let shorter = kept.trim_end_matches([' ', '\t', '\u{a0}']);
        match shorter.strip_suffix('\n') {
            Some(shorter) => kept = shorter,
            None => break,
        }
    }
    kept
}
