//! What many cards are found by, to be put into order: without an allocation for each key, and
//! nearly always without a look at the text.

use super::key::Piece;

/// Bytes of a text that stand in its head.
const HEAD: usize = 14;

/// Keys in the order in which they came, later ascending.
#[derive(Debug, Default)]
pub(super) struct Gathered<'a> {
    /// Of each key its class, whether it is an ending, and how the text begins; and which one it is.
    heads: Vec<(u128, u32)>,
    all: Vec<Place<'a>>,
}

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
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
        self.heads.push((u128::from_be_bytes(head), self.all.len() as u32));
        self.all.push(Place { piece, number, dead });
    }

    /// Hands the keys to `take`, ascending, each once.
    pub(super) fn ascending(mut self, mut take: impl FnMut(&[u8], bool)) {
        let all = &self.all;
        let place = |(_, at): &(u128, u32)| all.get(*at as usize);
        // What was moved is small, and what has the same head nearly always the same text.
        self.heads.sort_unstable_by(|one, other| {
            one.0.cmp(&other.0).then_with(|| place(one).cmp(&place(other)))
        });
        let (mut key, mut last) = (Vec::new(), None);
        for place in self.heads.iter().filter_map(place) {
            if last.replace(place) != Some(place) {
                place.piece.write(place.number, &mut key);
                take(&key, place.dead);
            }
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
