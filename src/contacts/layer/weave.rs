//! Puts a layer into a card.

use super::note::{can_carry, card_lines};
use super::{Bounds, Layer, fence, own};
use crate::formats::edit::{Edits, line_end};
use crate::formats::{fold, text};

/// `base` with what `layer` tells of its contact, within `bounds`. `base` holds nothing of ours;
/// every byte of it stays, and an empty layer adds none. What is no card stays as it is.
pub fn weave(base: &[u8], layer: &Layer, bounds: Bounds) -> Vec<u8> {
    if layer.is_empty() {
        return base.to_vec();
    }
    let Some((lines, end)) = card_lines(base) else { return base.to_vec() };
    let layer = layer.shown(bounds);
    let mut edits = Edits::new(base);
    if let Some(fence) = fence::write(&layer) {
        let fence = text::escape(&fence);
        match lines.iter().rfind(|line| can_carry(line)) {
            Some(note) => {
                let at = note.span().start + note.text_end();
                let mut raw = Vec::with_capacity(fence.len() + fence.len() / 25);
                let added = [LEAD.as_bytes(), fence.as_bytes()].concat();
                fold::continue_into(&mut raw, &added, line_end(base));
                edits.splice(at..at, &raw);
            }
            None => edits.insert(end, format!("NOTE:{fence}").as_bytes()),
        }
    }
    for line in own::lines(&layer) {
        edits.insert(end, line.as_bytes());
    }
    edits.apply()
}

/// What stands between a person's note and the fence, escaped.
pub(super) const LEAD: &str = "\\n\\n";
