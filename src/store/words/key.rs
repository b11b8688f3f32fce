//! The keys of a book's index: what of a card's words is looked up, and the card's number.

use super::{Class, SHORTEST_ENDING};

/// A word as it lies in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said<'a> {
    /// The word.
    pub text: &'a str,
    /// The best place where it stands.
    pub class: Class,
}

/// A word of a card, or an ending of one. In the order of the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Piece<'a> {
    pub class: Class,
    /// Is it an ending, by which what lies inside of the word is found?
    pub inside: bool,
    pub text: &'a str,
}

impl<'a> Piece<'a> {
    /// The word and its endings.
    pub(super) fn all(word: Said<'a>) -> impl Iterator<Item = Self> {
        let Said { text, class } = word;
        let endings = endings(text).map(move |text| Self { class, inside: true, text });
        std::iter::once(Self { class, inside: false, text }).chain(endings)
    }

    /// Writes the key of this and of the card `number` to `key`.
    pub(super) fn write(self, number: u64, key: &mut Vec<u8>) {
        // Short, and in the order of the numbers.
        let bytes = number.to_be_bytes();
        let length = 8 - (number.leading_zeros() / 8) as usize;
        key.clear();
        key.extend_from_slice(&[self.class.0, u8::from(self.inside)]);
        key.extend_from_slice(self.text.as_bytes());
        key.extend_from_slice(&[0, length as u8]);
        key.extend_from_slice(bytes.get(8 - length..).unwrap_or_default());
    }

    /// The key of this and of the card `number`.
    pub(super) fn key(self, number: u64) -> Vec<u8> {
        let mut key = Vec::with_capacity(self.text.len() + 12);
        self.write(number, &mut key);
        key
    }
}

/// The endings by which what lies inside of `word` is found.
pub(super) fn endings(word: &str) -> impl Iterator<Item = &str> {
    let is_one = |ending: &&str| {
        ending.len() >= SHORTEST_ENDING || !ending.starts_with(|sign: char| sign.is_ascii())
    };
    (1..word.len()).filter_map(|at| word.get(at..)).filter(is_one)
}

/// The number of the card that has a key.
pub(super) fn number_in(key: &[u8]) -> Option<u64> {
    number_after(key, end_of_text(key)?)
}

/// Where in a key the text ends.
pub(super) fn end_of_text(key: &[u8]) -> Option<usize> {
    Some(2 + memchr::memchr(0, key.get(2..)?)?)
}

/// The number of the card that has a key whose text ends at `end`.
pub(super) fn number_after(key: &[u8], end: usize) -> Option<u64> {
    let digits = key.get(end + 2..)?.iter();
    Some(digits.fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_word_are_in_the_order_of_the_cards() {
        let word = Said { text: "ab", class: Class::NAME };
        let mut last = Vec::new();
        for number in [0, 1, 255, 256, 65_535, 65_536, 1 << 40, u64::MAX] {
            for piece in Piece::all(word) {
                let key = piece.key(number);
                assert_eq!(number_in(&key), Some(number));
                assert!(key > last, "{number}");
                last = key;
            }
        }
    }
}
