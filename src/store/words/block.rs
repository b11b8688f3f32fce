//! Blocks of ascending keys, each of which says only in what it differs from the one before.
//!
//! A key is written as `shared | length and mark | rest`: how many bytes it has in common with the
//! one before, how many follow, whether it is dead (1 in the lowest bit), and these. Both numbers
//! are of seven bits a byte, the lowest first; the highest bit says that another byte follows.
//!
//! Every [`STRIDE`]th key has nothing in common with the one before. Where these begin stands at the
//! end of the block: two bytes for each, then how many they are, so that a key is found without all
//! before it.

/// Bytes of keys from which on a block is full: with its last key, it nearly fills a page of 4 KB.
const FULL: usize = 3800;

/// Keys from one that is written whole to the next.
const STRIDE: usize = 24;

/// Makes blocks of keys that come ascending.
#[derive(Debug)]
pub(super) struct Blocks {
    full: usize,
    done: Vec<(Vec<u8>, Vec<u8>)>,
    block: Vec<u8>,
    last: Vec<u8>,
    count: usize,
    whole: Vec<u16>,
}

/// Reads the keys of a block.
#[derive(Debug, Default)]
pub(super) struct Keys {
    block: Vec<u8>,
    /// Where the keys end.
    end: usize,
    at: usize,
    key: Vec<u8>,
    dead: bool,
}

// === impl Blocks ===

impl Default for Blocks {
    fn default() -> Self {
        let (done, block, last, whole) = Default::default();
        Self { full: FULL, done, block, last, count: 0, whole }
    }
}

impl Blocks {
    /// Makes one block, however long.
    pub(super) fn endless() -> Self {
        Self { full: usize::MAX, ..Self::default() }
    }

    /// Adds a key, which comes after the last one.
    pub(super) fn push(&mut self, key: &[u8], dead: bool) {
        let mut shared = alike(&self.last, key);
        if self.count.is_multiple_of(STRIDE)
            && let Ok(at) = u16::try_from(self.block.len())
        {
            shared = 0;
            self.whole.push(at);
        }
        self.count += 1;
        let rest = key.get(shared..).unwrap_or_default();
        number(&mut self.block, shared);
        number(&mut self.block, rest.len() << 1 | usize::from(dead));
        self.block.extend_from_slice(rest);
        self.last.truncate(shared);
        self.last.extend_from_slice(rest);
        if self.block.len() >= self.full {
            self.end();
        }
    }

    fn end(&mut self) {
        if !self.block.is_empty() {
            let mut block = std::mem::take(&mut self.block);
            for at in &self.whole {
                block.extend_from_slice(&at.to_be_bytes());
            }
            block.extend_from_slice(&(self.whole.len() as u16).to_be_bytes());
            self.whole.clear();
            self.count = 0;
            self.done.push((std::mem::take(&mut self.last), block));
        }
    }

    /// The blocks, each with its last key.
    pub(super) fn done(mut self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.end();
        self.done
    }
}

/// How many bytes two keys have in common at their beginning.
fn alike(one: &[u8], other: &[u8]) -> usize {
    let (eights, _) = one.as_chunks::<8>();
    let (others, _) = other.as_chunks::<8>();
    let mut alike = 0;
    for (eight, other) in eights.iter().zip(others) {
        let differ = u64::from_le_bytes(*eight) ^ u64::from_le_bytes(*other);
        if differ != 0 {
            return alike + differ.trailing_zeros() as usize / 8;
        }
        alike += 8;
    }
    let rest = |key| <[u8]>::get(key, alike..).unwrap_or_default();
    alike + rest(one).iter().zip(rest(other)).take_while(|(a, b)| a == b).count()
}

fn number(to: &mut Vec<u8>, mut n: usize) {
    while n >= 0x80 {
        to.push(n as u8 | 0x80);
        n >>= 7;
    }
    to.push(n as u8);
}

// === impl Keys ===

impl Keys {
    /// Those of `block`, before the first.
    pub(super) fn set(&mut self, block: &[u8]) {
        self.block.clear();
        self.block.extend_from_slice(block);
        let count = block.last_chunk::<2>().map_or(0, |count| u16::from_be_bytes(*count));
        self.end = block.len().saturating_sub(2 + 2 * usize::from(count));
        self.at = 0;
        self.key.clear();
    }

    /// Goes on to the first key that is not before `from`, looking at whole keys first; `false` if there
    /// is none.
    pub(super) fn seek(&mut self, from: &[u8]) -> bool {
        let places = self.block.get(self.end..).unwrap_or_default().chunks_exact(2);
        let places: Vec<u16> = places
            .map(|at| match at {
                [a, b] => u16::from_be_bytes([*a, *b]),
                _ => 0,
            })
            .collect();
        let whole = places.get(..places.len().saturating_sub(1)).unwrap_or_default();
        let before = whole.partition_point(|at| {
            let (mut key, at) = (&[][..], usize::from(*at));
            if let Some((_, at)) = self.number(at)
                && let Some((length, at)) = self.number(at)
            {
                key = self.block.get(at..at + (length >> 1)).unwrap_or_default();
            }
            key < from
        });
        let start = before.checked_sub(1).and_then(|place| whole.get(place));
        self.at = start.map_or(0, |at| usize::from(*at));
        self.key.clear();
        while self.advance() {
            if self.key.as_slice() >= from {
                return true;
            }
        }
        false
    }

    /// Goes on to the next key; `false` if there is none, or what comes is no key.
    pub(super) fn advance(&mut self) -> bool {
        self.advance_alike().is_some()
    }

    /// Goes on to the next key, and tells how many of its first bytes are those of the last one.
    pub(super) fn advance_alike(&mut self) -> Option<usize> {
        if self.at >= self.end {
            return None;
        }
        let lengths = self.block.get(self.at..).and_then(<[u8]>::first_chunk::<2>);
        let (shared, length, at) = match lengths {
            // As nearly all are.
            Some(&[shared, length]) if (shared | length) < 0x80 => {
                (usize::from(shared), usize::from(length), self.at + 2)
            }
            _ => {
                let (shared, at) = self.number(self.at)?;
                let (length, at) = self.number(at)?;
                (shared, length, at)
            }
        };
        let rest = self.block.get(at..at + (length >> 1))?;
        if shared > self.key.len() {
            return None;
        }
        self.key.truncate(shared);
        if rest.len() <= 4 {
            // A copy of so few bytes costs more to call than to do.
            for byte in rest {
                self.key.push(*byte);
            }
        } else {
            self.key.extend_from_slice(rest);
        }
        self.at = at + (length >> 1);
        self.dead = length & 1 == 1;
        Some(shared)
    }

    fn number(&self, mut at: usize) -> Option<(usize, usize)> {
        let mut n = 0;
        for shift in [0, 7, 14] {
            let byte = usize::from(*self.block.get(at)?);
            at += 1;
            n |= (byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some((n, at));
            }
        }
        None
    }

    /// The key.
    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    /// Is it dead?
    pub(super) fn is_dead(&self) -> bool {
        self.dead
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            mut keys in proptest::collection::btree_map(
                proptest::collection::vec(0..4_u8, 0..12), any::<bool>(), 0..400),
            long in proptest::collection::vec(any::<u8>(), 200..700),
        ) {
            keys.insert(long, false);
            let mut blocks = Blocks::default();
            for (key, dead) in &keys {
                blocks.push(key, *dead);
            }
            let mut read = Vec::new();
            for (last, block) in blocks.done() {
                prop_assert!(block.len() < FULL + 1000);
                let mut keys = Keys::default();
                keys.set(&block);
                let first = read.len();
                while keys.advance() {
                    read.push((keys.key().to_vec(), keys.is_dead()));
                }
                let here: Vec<_> = read[first..].iter().map(|(key, _)| key.clone()).collect();
                for key in &here {
                    prop_assert!(keys.seek(key));
                    prop_assert_eq!(keys.key(), &key[..]);
                    let after = [&key[..], &[0]].concat();
                    let next = here.iter().find(|there| **there >= after);
                    prop_assert_eq!(keys.seek(&after).then(|| keys.key().to_vec()), next.cloned());
                }
                prop_assert_eq!(&read.last().unwrap().0, &last);
            }
            prop_assert_eq!(read, keys.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn no_bytes_make_it_panic(block in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut keys = Keys::default();
            keys.set(&block);
            keys.seek(b"abc");
            keys.set(&block);
            let mut count = 0;
            while keys.advance() {
                count += 1;
            }
            prop_assert!(count <= block.len());
        }
    }
}
