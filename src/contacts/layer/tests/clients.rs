//! What clients are made of: changes to a served card.

use crate::formats::convert::convert;
use crate::formats::edit::Edits;
use crate::formats::line::Lines;
use crate::formats::text;
use crate::formats::vcard::{Card, Version};

pub(super) const TOP: &str = "--- History (rolodav) ---";

/// The card without the properties whose names begin with `name`.
pub(super) fn without(card: &str, name: &str) -> String {
    let mut edits = Edits::new(card.as_bytes());
    for line in Lines::new(card.as_bytes()) {
        if line.name().starts_with(name.as_bytes()) {
            edits.remove(line.span());
        }
    }
    String::from_utf8(edits.apply()).unwrap()
}

/// Several notes made one, as DAVx5 does.
pub(super) fn joined(card: &str) -> String {
    let parsed = Card::parse(card.as_bytes());
    let texts: Vec<_> = parsed.all("NOTE").map(|line| line.text().into_owned()).collect();
    if texts.is_empty() {
        return card.to_owned();
    }
    let note = format!("NOTE:{}\r\nEND", text::escape(&texts.join("\n\n\n")));
    without(card, "NOTE").replace("END", &note)
}

pub(super) fn folded_at(card: &str, width: usize) -> String {
    let card = card.replace("\r\n ", "");
    let mut out = String::new();
    for line in card.lines() {
        let mut length = 0;
        for c in line.chars() {
            if length + c.len_utf8() > width {
                out.push_str("\r\n ");
                length = 1;
            }
            out.push(c);
            length += c.len_utf8();
        }
        out.push_str("\r\n");
    }
    out
}

pub(super) fn heads(card: &str, change: impl Fn(&str) -> String) -> String {
    let card = card.replace("\r\n ", "");
    let lines = card.lines().map(|line| {
        let parsed = Lines::new(line.as_bytes()).next().unwrap();
        if parsed.is("BEGIN") || parsed.is("END") || parsed.is("VERSION") {
            return line.to_owned();
        }
        let head = String::from_utf8_lossy(parsed.head()).into_owned();
        let rest = line.strip_prefix(&head).unwrap();
        // Quoted values keep their case.
        if head.contains('"') { format!("{head}{rest}") } else { change(&head) + rest }
    });
    lines.collect::<Vec<_>>().join("\r\n") + "\r\n"
}

/// Every note with another raw value.
pub(super) fn notes(card: &str, change: impl Fn(&str, &str) -> String) -> String {
    let mut edits = Edits::new(card.as_bytes());
    let last = Lines::new(card.as_bytes()).filter(|line| line.is("NOTE")).last();
    if let Some(line) = last {
        let raw = String::from_utf8_lossy(&line.value()).into_owned();
        let head = String::from_utf8_lossy(line.head()).into_owned();
        let content = format!("{head}:{}", change(&line.text(), &raw));
        edits.replace(line.span(), content.as_bytes());
    }
    String::from_utf8(edits.apply()).unwrap()
}

/// The last note with another text.
pub(super) fn texts(card: &str, change: impl Fn(&str) -> String) -> String {
    notes(card, |text, _| text::escape(&change(text)).into_owned())
}

/// Changes the fence in `note` only.
pub(super) fn fence_only(note: &str, change: impl Fn(&str) -> String) -> String {
    let (own, fence) = note.split_at(note.find(TOP).unwrap_or(note.len()));
    own.to_owned() + &change(fence)
}

pub(super) fn wrapped_at(text: &str, width: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut length = 0;
        for word in line.split(' ') {
            if length > 0 && length + word.len() >= width {
                out.push('\n');
                length = 0;
            } else if length > 0 {
                out.push(' ');
            }
            out.push_str(word);
            length += word.len() + 1;
        }
        out.push('\n');
    }
    out
}

pub(super) fn converted(card: &str, versions: &[Version]) -> String {
    let mut bytes = card.as_bytes().to_vec();
    for version in versions {
        bytes = convert(&bytes, *version).into_owned();
    }
    String::from_utf8(bytes).unwrap()
}
