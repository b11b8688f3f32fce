//! The block at the end of a note that every phone shows: written, and found again by what it
//! says, whatever a phone did to its blanks and line breaks.

use std::collections::HashSet;

use super::{Entry, Layer};

/// The first line of the fence.
pub(super) const TOP: &str = "--- History (rolodav) ---";

/// The last line of the fence.
const BOTTOM: &str = "--- type below to add ---";

/// Most lines above a bottom marker that are looked at when the top marker is gone.
const MOST_LINES_UPWARDS: usize = 400;

/// The fence that tells `layer`; nothing when there is nothing to tell.
pub(super) fn write(layer: &Layer) -> Option<String> {
    if !layer.history_in_note {
        return None;
    }
    let status = status(layer);
    if status.is_none() && layer.entries.is_empty() {
        return None;
    }
    let entries = layer.entries.iter().map(rendering);
    let lines: Vec<_> = std::iter::once(TOP.to_owned())
        .chain(status)
        .chain(entries)
        .chain([BOTTOM.to_owned()])
        .collect();
    Some(lines.join("\n"))
}

/// The line of the fence that tells stage, last contact, cadence and next follow-up.
pub fn status(layer: &Layer) -> Option<String> {
    let days = |days: u32| if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
    let cadence = layer.cadence.map(|cadence| match cadence {
        super::Cadence::Never => "never".to_owned(),
        super::Cadence::Days(count) => days(count),
    });
    let items: Vec<_> = [
        ("Stage", layer.stage.as_deref().map(unbracketed)),
        ("Last", layer.last_contact.map(|date| date.to_string())),
        ("Every", cadence),
        ("Next", layer.next.map(|date| date.to_string())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(format!("[{name}: {}]", value?)))
    .collect();
    (!items.is_empty()).then(|| unmarked(items.join(" ")))
}

fn unbracketed(text: &str) -> String {
    text.replace(['[', ']'], " ")
}

/// Whether `line` is one that [`status`] writes.
pub(super) fn is_status(line: &str) -> bool {
    let mut rest = line.trim();
    if rest.is_empty() {
        return false;
    }
    while let Some(inner) = rest.strip_prefix('[') {
        let Some((item, after)) = inner.split_once(']') else { return false };
        let Some((name, value)) = item.split_once(':') else { return false };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        let is_right = match name.as_str() {
            "stage" => value.len() <= super::LONGEST_WORD,
            "last" | "next" => date_length(value).is_some_and(|length| length == value.len()),
            "every" => super::Cadence::parse(value).is_some(),
            _ => false,
        };
        if !is_right {
            return false;
        }
        rest = after.trim_start();
    }
    rest.is_empty()
}

/// The line of the fence that tells `entry`, on one line.
pub fn rendering(entry: &Entry) -> String {
    let entry = entry.shown();
    let shape = if entry.day_only { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" };
    let text: Vec<_> = entry.text.split(['\n', '\t']).map(str::trim).collect();
    let text = text.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" / ");
    let mut line = format!("{} {}:", entry.local.strftime(shape), entry.kind);
    if !text.is_empty() {
        line.extend([" ", text.as_str()]);
    }
    if !entry.by.is_empty() {
        line.extend([" (", entry.by.as_str(), ")"]);
    }
    unmarked(line)
}

/// `line` without what would be taken for a marker, wherever a phone wraps it.
fn unmarked(mut line: String) -> String {
    while let Some(marker) = markers(&line, true).first() {
        line.replace_range(marker.start..marker.end, "…");
    }
    line
}

/// A fence found in the text of a note.
pub(super) struct Found {
    /// Where it begins, the blank lines before it left out.
    pub(super) start: usize,
    /// Its lines and those below it, without markers.
    pub(super) lines: Vec<String>,
}

/// Finds the fence in `text`.
pub(super) fn find(text: &str) -> Option<Found> {
    let markers = markers(text, false);
    let first = markers.first()?;
    let start = match first.kind {
        Kind::Top => first.start,
        Kind::Bottom => start_above(text, first.start),
    };
    let above: HashSet<&str> = text.get(..start)?.lines().map(str::trim).collect();
    let mut lines: Vec<String> = Vec::new();
    let mut at = start;
    let mut below = false;
    let ends = markers.iter().map(|m| (m.start, m.end, Some(m.kind)));
    for (end, next, kind) in ends.chain([(text.len(), text.len(), None)]) {
        let piece = text.get(at..end).unwrap_or_default();
        // Notes that a program joined, each with its fence: the person's part stands there twice.
        let doubled = below && kind == Some(Kind::Top);
        for line in piece.lines().map(str::trim_end) {
            if !(doubled && above.contains(line.trim())) {
                lines.push(line.to_owned());
            }
        }
        below = kind == Some(Kind::Bottom);
        at = next;
    }
    let is_blank = |line: &String| line.trim().is_empty();
    let first = lines.iter().position(|line| !is_blank(line)).unwrap_or(lines.len());
    let mut lines = lines.split_off(first);
    lines.truncate(lines.iter().rposition(|line| !is_blank(line)).map_or(0, |last| last + 1));
    Some(Found { start, lines })
}

/// Where a fence begins whose bottom marker stands at `end` and whose top marker is gone: at the
/// first of the lines above that look like interactions, or go on one.
fn start_above(text: &str, end: usize) -> usize {
    let mut start = end;
    let mut at = end;
    let mut odd = 0;
    let mut above = text.get(..end).unwrap_or_default();
    for _ in 0..MOST_LINES_UPWARDS {
        if above.is_empty() {
            break;
        }
        let body = above.strip_suffix('\n').unwrap_or(above);
        let from = body.rfind('\n').map_or(0, |newline| newline + 1);
        let line = above.get(from..).unwrap_or_default();
        at -= line.len();
        if is_shaped(line) || is_status(line) {
            start = at;
            odd = 0;
        } else if !line.trim().is_empty() {
            odd += 1;
            // Of a wrapped line a few pieces may stand below the one with the date.
            if odd > 6 {
                break;
            }
        }
        above = above.get(..from).unwrap_or_default();
    }
    start
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Top,
    Bottom,
}

struct Marker {
    kind: Kind,
    start: usize,
    end: usize,
}

/// All markers in `text`, in order; with `bare` their words without dashes count too, wherever
/// they stand.
fn markers(text: &str, bare: bool) -> Vec<Marker> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut line_start = true;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let c = rest.chars().next().unwrap_or_default();
        if is_dash(c) || ((line_start || bare) && matches!(c, 'H' | 'h' | 'T' | 't')) {
            if let Some((kind, length)) = marker(rest, bare) {
                found.push(Marker { kind, start: at, end: at + length });
                at += length;
                line_start = false;
                continue;
            }
            let run: usize = rest.chars().take_while(|c| is_dash(*c)).map(char::len_utf8).sum();
            at += run.max(c.len_utf8());
            line_start = false;
            continue;
        }
        line_start = c == '\n' || (line_start && c.is_whitespace());
        at += c.len_utf8();
    }
    found
}

/// The marker with which `text` begins, and its length. There are dashes before it, after it, or
/// both, unless it may be `bare`; its words may stand on several lines.
fn marker(text: &str, bare: bool) -> Option<(Kind, usize)> {
    let inner = text.trim_start_matches(is_dash);
    // Dashes that end a paragraph are not the marker's.
    let blank = inner.len() - inner.trim_start().len();
    if inner.get(..blank).is_some_and(|blank| blank.matches('\n').count() > 1) {
        return None;
    }
    let led = inner.len() < text.len();
    let words = |words: &[&str]| {
        let mut rest = inner;
        for word in words {
            rest = rest.trim_start();
            let (head, tail) = rest.split_at_checked(word.len())?;
            if !head.eq_ignore_ascii_case(word) {
                return None;
            }
            rest = tail;
        }
        Some(rest)
    };
    let found = words(&["history", "(", "rolodav", ")"]).map(|rest| (Kind::Top, rest));
    let (kind, rest) = found
        .or_else(|| words(&["type", "below", "to", "add"]).map(|rest| (Kind::Bottom, rest)))?;
    let after = rest.trim_start_matches([' ', '\t', '\u{a0}']);
    let end = after.trim_start_matches(is_dash);
    let trailed = match after.len() - end.len() {
        0 => false,
        1 => end.is_empty() || end.starts_with('\n'),
        _ => true,
    };
    if !led && !trailed && !bare {
        return None;
    }
    let rest = if trailed { end } else { rest };
    Some((kind, text.len() - rest.len()))
}

/// Whether `c` is a dash of any length, as phones make them of hyphens.
pub(super) fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

/// Whether `line` begins as the rendering of an entry does: a date, a kind, a colon.
pub(super) fn is_shaped(line: &str) -> bool {
    let line = line.trim_start();
    let Some(date) = date_length(line) else { return false };
    let rest = line.get(date..).unwrap_or_default();
    let kind = rest.trim_start();
    kind.len() < rest.len() && kind.chars().take(60).any(|c| c == ':')
}

/// The length of a date `2026-11-21` at the beginning of `text`, any dashes in it.
pub(super) fn date_length(text: &str) -> Option<usize> {
    let mut length = 0;
    let mut chars = text.chars();
    for wanted in "dddd-dd-dd".chars() {
        let c = chars.next()?;
        let fits = if wanted == 'd' { c.is_ascii_digit() } else { is_dash(c) };
        if !fits {
            return None;
        }
        length += c.len_utf8();
    }
    (!chars.next().is_some_and(|c| c.is_ascii_digit())).then_some(length)
}
