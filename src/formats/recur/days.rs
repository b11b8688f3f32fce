//! A set of days, as bits that count from a first day: what a rule leaves of one year, month or
//! week.

use super::times::nth_bit;

const WORDS: usize = 6;

/// Every seventh bit, from bit 0 to 6 on.
#[allow(clippy::indexing_slicing)] // evaluated by the compiler
const WEEKS: [[u64; WORDS]; 7] = {
    let mut weeks = [[0; WORDS]; 7];
    let mut at = 0;
    while at < WORDS * 64 {
        weeks[at % 7][at / 64] |= 1 << (at % 64);
        at += 1;
    }
    weeks
};

/// Days from a first one on, at most 384.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    first: i64,
    bits: [u64; WORDS],
}

impl Days {
    /// No day; day 0 of the set is the day number `first`.
    pub const fn none(first: i64) -> Self {
        Self { first, bits: [0; WORDS] }
    }

    /// The `length` days from `first` on.
    pub fn all(first: i64, length: i64) -> Self {
        let mut days = Self::none(first);
        days.insert_range(0, length);
        days
    }

    /// Every seventh day from the one `offset` days after `first` on.
    pub fn every_week(first: i64, offset: u8) -> Self {
        let bits = WEEKS.get(usize::from(offset % 7)).copied().unwrap_or_default();
        Self { first, bits }
    }

    /// Adds the day `offset` days after the first; what does not fit is left out.
    pub fn insert(&mut self, offset: i64) {
        let Ok(offset) = usize::try_from(offset) else { return };
        if let Some(word) = self.bits.get_mut(offset / 64) {
            *word |= 1 << (offset % 64);
        }
    }

    /// Adds the days `from..to`, counted from the first; what does not fit is left out.
    pub fn insert_range(&mut self, from: i64, to: i64) {
        for (index, word) in (0..).zip(self.bits.iter_mut()) {
            let low = (from - index * 64).clamp(0, 64);
            let high = (to - index * 64).clamp(0, 64);
            if low < high {
                let ones = u64::MAX >> (64 - (high - low));
                *word |= ones << low;
            }
        }
    }

    /// Leaves only days that are in `other` too; both begin on the same day.
    pub fn intersect(&mut self, other: &Self) {
        debug_assert_eq!(self.first, other.first);
        for (word, other) in self.bits.iter_mut().zip(&other.bits) {
            *word &= other;
        }
    }

    /// Adds the days of `other`; both begin on the same day.
    pub fn unite(&mut self, other: &Self) {
        debug_assert_eq!(self.first, other.first);
        for (word, other) in self.bits.iter_mut().zip(&other.bits) {
            *word |= other;
        }
    }

    /// How many days.
    pub fn len(&self) -> u32 {
        self.bits.iter().map(|word| word.count_ones()).sum()
    }

    /// The number of the `index`-th day.
    pub fn nth(&self, index: u32) -> i64 {
        let mut left = index;
        for (word_index, &word) in (0..).zip(&self.bits) {
            let ones = word.count_ones();
            if left < ones {
                return self.first + word_index * 64 + i64::from(nth_bit(word, left));
            }
            left -= ones;
        }
        i64::MAX
    }

    /// How many days lie before the day `number`.
    pub fn before(&self, number: i64) -> u32 {
        let offset = number - self.first;
        let whole = |index: i64| (offset - index * 64).clamp(0, 64);
        (0..)
            .zip(&self.bits)
            .map(|(index, word)| match whole(index) {
                0 => 0,
                64 => word.count_ones(),
                some => (word & ((1 << some) - 1)).count_ones(),
            })
            .sum()
    }

    /// Whether the day `number` is in the set.
    pub fn contains(&self, number: i64) -> bool {
        let Ok(offset) = usize::try_from(number - self.first) else { return false };
        self.bits.get(offset / 64).is_some_and(|word| word >> (offset % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_behave_like_a_list_of_days() {
        let mut days = Days::none(100);
        for offset in [0, 1, 63, 64, 127, 200, 366, 383, 384, -1] {
            days.insert(offset);
        }
        days.insert_range(130, 133);
        let list = [100, 101, 163, 164, 227, 230, 231, 232, 300, 466, 483];
        assert_eq!(days.len() as usize, list.len());
        for (index, day) in (0..).zip(list) {
            assert_eq!(days.nth(index), day);
            assert_eq!(days.before(day), index);
            assert_eq!(days.before(day + 1), index + 1);
            assert!(days.contains(day) && !days.contains(day + 10));
        }
        days.intersect(&Days::all(100, 64));
        assert_eq!(days.len(), 3);
        assert!((0..384).all(|i| Days::every_week(0, 3).contains(i) == (i % 7 == 3)));
    }
}
