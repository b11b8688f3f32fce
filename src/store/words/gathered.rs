//! What many cards are found by, to be put into order: without an allocation for each key, and
//! nearly always without a look at the text.

use super::key::Piece;

/// Bytes of a text that stand in [`Place::head`].
const HEAD: usize = 14;

/// Keys in the order in which they came, later ascending.
#[derive(Debug, Default)]
pub(super) struct Gathered<'a>(Vec<Place<'a>>);

/// A key.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    /// Its class, whether it is an ending, and how the text begins.
    head: u128,
    piece: Piece<'a>,
    number: u64,
    dead: bool,
}

impl<'a> Gathered<'a> {
    /// Adds a key of the card `number`, which is to go if it is `dead`.
    pub(super) fn push(&mut self, piece: Piece<'a>, number: u64, dead: bool) {
        let text = piece.text.as_bytes();
        let mut head = [0; 2 + HEAD];
        let [class, inside, beginning @ ..] = &mut head;
        (*class, *inside) = (piece.class.0, u8::from(piece.inside));
        let length = text.len().min(HEAD);
        if let (Some(to), Some(from)) = (beginning.get_mut(..length), text.get(..length)) {
            to.copy_from_slice(from);
        }
        self.0.push(Place { head: u128::from_be_bytes(head), piece, number, dead });
    }

    /// Hands the keys to `take`, ascending, each once.
    pub(super) fn ascending(mut self, mut take: impl FnMut(&[u8], bool)) {
        self.0.sort_unstable_by(|a, b| {
            let by_head = a.head.cmp(&b.head);
            // A text without zero bytes that is not longer stands there whole.
            let longer = a.piece.text.len().max(b.piece.text.len()) > HEAD;
            let by_text = by_head.then_with(|| {
                if longer { a.piece.text.cmp(b.piece.text) } else { std::cmp::Ordering::Equal }
            });
            by_text.then_with(|| (a.number, a.dead).cmp(&(b.number, b.dead)))
        });
        self.0.dedup_by(|next, kept| {
            next.number == kept.number && next.dead == kept.dead && next.piece == kept.piece
        });
        let mut key = Vec::new();
        for place in &self.0 {
            place.piece.write(place.number, &mut key);
            take(&key, place.dead);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::words::Class;

    proptest! {
        #[test]
        fn they_come_in_the_order_of_their_bytes(
            keys in proptest::collection::vec(
                (0..3_u8, any::<bool>(), "[ab]{0,3}|a{12,17}b{0,2}", 0..300_u64), 0..60),
        ) {
            let mut gathered = Gathered::default();
            let mut wanted = std::collections::BTreeSet::new();
            for (class, inside, text, number) in &keys {
                let piece = Piece { class: Class(*class), inside: *inside, text };
                gathered.push(piece, *number, false);
                wanted.insert(piece.key(*number));
            }
            let mut found = Vec::new();
            gathered.ascending(|key, _| found.push(key.to_vec()));
            prop_assert_eq!(found, wanted.into_iter().collect::<Vec<_>>());
        }
    }
}
