//! Cards for those who are to see less of the layer.

use std::borrow::Cow;

use super::note::card_lines;
use super::own::is_own;
use super::unweave::cut_fence;
use crate::formats::edit::Edits;

/// `card` without the fence in its notes, for a device that wants no history there.
pub fn without_fence(card: &[u8]) -> Cow<'_, [u8]> {
    without(card, false)
}

/// `card` without fence and without any line of ours, for a share that leaves the history out.
pub fn without_history(card: &[u8]) -> Cow<'_, [u8]> {
    without(card, true)
}

fn without(card: &[u8], own_lines: bool) -> Cow<'_, [u8]> {
    let Some((lines, _)) = card_lines(card) else { return Cow::Borrowed(card) };
    let mut edits = Edits::new(card);
    for line in &lines {
        if own_lines && is_own(line) {
            edits.remove(line.span());
        } else {
            cut_fence(line, &mut edits);
        }
    }
    if edits.is_empty() { Cow::Borrowed(card) } else { Cow::Owned(edits.apply()) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{layer, woven};
    use super::*;

    const BASE: &str = "BEGIN:VCARD\nVERSION:4.0\nFN:A\nNOTE:mine\nEND:VCARD\n";

    #[test]
    fn less_is_seen() {
        let card = woven(BASE, &layer());
        assert_eq!(without_history(card.as_bytes()), BASE.as_bytes());
        let bare = String::from_utf8(without_fence(card.as_bytes()).into_owned()).unwrap();
        assert!(!bare.contains("History") && bare.contains("NOTE:mine\nX-ROLODAV-REV:7\n"));
        assert_eq!(without_history(bare.as_bytes()), BASE.as_bytes());
        let later = BASE.replace("END", "x-rolodav-mood:fine\nEND");
        assert_eq!(without_history(later.as_bytes()), BASE.as_bytes());
        assert!(matches!(without_history(BASE.as_bytes()), Cow::Borrowed(_)));
        assert!(matches!(without_fence(later.as_bytes()), Cow::Borrowed(_)));
    }
}
