//! Served lines that stand in a person's part of a note, because both markers went.

use std::borrow::Cow;

use super::fence::{is_shaped, is_status};
use super::note::{card_lines, is_text, retain_lines};
use crate::formats::edit::Edits;

/// `base` without the lines of its notes that were served: those that look like one of the fence
/// and of which `known` says so. Nothing else changes.
pub fn without_served(base: &[u8], known: impl Fn(&str) -> bool) -> Cow<'_, [u8]> {
    let Some((lines, _)) = card_lines(base) else { return Cow::Borrowed(base) };
    let mut edits = Edits::new(base);
    for line in lines.iter().filter(|line| is_text(line)) {
        let is_entry = |text: &str| is_shaped(text) && known(text);
        // What looks like the status is ours only beside an entry.
        if line.text().lines().any(is_entry) {
            retain_lines(line, &mut edits, |text| !is_entry(text) && !is_status(text));
        }
    }
    if edits.is_empty() { Cow::Borrowed(base) } else { Cow::Owned(edits.apply()) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{layer, woven};
    use super::super::{fingerprint, rendering, unweave};
    use super::*;

    #[test]
    fn lines_without_markers_are_found() {
        let base =
            "BEGIN:VCARD\nVERSION:4.0\nFN:A\nNOTE:mine\\n2026-01-01 dinner: at home\nEND:VCARD\n";
        let layer = layer();
        let card = woven(base, &layer).replace("\n ", "");
        let bare = card
            .replace("--- History (rolodav) ---\\n", "")
            .replace("--- type below to add ---", "");
        let left = unweave(bare.as_bytes()).base;
        let known = |line: &str| {
            layer.entries.iter().any(|entry| fingerprint(&rendering(entry)) == fingerprint(line))
        };
        let found = String::from_utf8(without_served(&left, known).into_owned()).unwrap();
        assert_eq!(found, base);
        assert!(matches!(without_served(base.as_bytes(), known), Cow::Borrowed(_)));
    }
}
