//! The rows written since the last checkpoint, in memory, each with its versions.
//!
//! Versions let a snapshot go on seeing what it saw, at the price of a number instead of a copy.
//! They live until the next checkpoint; the journal's size bounds them.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;

/// A key with its value: `None` where the row is deleted.
pub(super) type Row = (Bytes, Option<Bytes>);

/// A row's value as of some commit: `None` where it was deleted.
type Version = (u64, Option<Bytes>);

/// Rows newer than the file, in key order.
#[derive(Debug, Default)]
pub(super) struct Recent {
    rows: BTreeMap<Bytes, Versions>,
}

#[derive(Debug)]
struct Versions {
    newest: Version,
    /// Ascending; most rows have none.
    older: Vec<Version>,
}

impl Versions {
    fn at(&self, sequence: u64) -> Option<&Option<Bytes>> {
        let seen = |version: &&Version| version.0 <= sequence;
        Some(&self.newest)
            .filter(seen)
            .or_else(|| self.older.iter().rev().find(seen))
            .map(|(_, value)| value)
    }
}

impl Recent {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The value of `key` as of the commit `sequence`; the outer `None` when the file decides.
    pub(super) fn get(&self, key: &[u8], sequence: u64) -> Option<&Option<Bytes>> {
        self.rows.get(key)?.at(sequence)
    }

    /// Sets a row as of the commit `sequence`, which is none before the last one used.
    pub(super) fn set(&mut self, key: Bytes, value: Option<Bytes>, sequence: u64) {
        match self.rows.entry(key) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(Versions { newest: (sequence, value), older: Vec::new() });
            }
            std::collections::btree_map::Entry::Occupied(entry) => {
                let versions = entry.into_mut();
                let before = std::mem::replace(&mut versions.newest, (sequence, value));
                if before.0 != sequence {
                    versions.older.push(before);
                }
            }
        }
    }

    /// The newest version of every row, in key order.
    pub(super) fn newest(&self) -> impl Iterator<Item = (&Bytes, Option<&Bytes>)> {
        self.rows.iter().map(|(key, versions)| (key, versions.newest.1.as_ref()))
    }

    /// The first `limit` rows within the bounds as of the commit `sequence`.
    pub(super) fn page(
        &self,
        bounds: (Bound<&[u8]>, Bound<&[u8]>),
        sequence: u64,
        limit: usize,
    ) -> Vec<Row> {
        self.rows
            .range::<[u8], _>(bounds)
            .filter_map(|(key, versions)| Some((key.clone(), versions.at(sequence)?.clone())))
            .take(limit)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reader_sees_its_commit() {
        let mut recent = Recent::default();
        let key = Bytes::from_static(b"a");
        recent.set(key.clone(), Some("two".into()), 2);
        recent.set(key.clone(), Some("three, at first".into()), 3);
        recent.set(key.clone(), Some("three".into()), 3);
        recent.set(key.clone(), None, 5);
        let expected = [
            (1, "not known"),
            (2, "two"),
            (3, "three"),
            (4, "three"),
            (5, "deleted"),
            (9, "deleted"),
        ];
        for (sequence, value) in expected {
            let seen = match recent.get(&key, sequence) {
                None => "not known",
                Some(None) => "deleted",
                Some(Some(value)) => std::str::from_utf8(value).unwrap(),
            };
            assert_eq!(seen, value, "as of {sequence}");
        }
    }

    #[test]
    fn pages_keep_order_and_limit_and_skip_what_is_too_new() {
        let mut recent = Recent::default();
        for (key, sequence) in [("a", 1), ("b", 9), ("c", 1), ("d", 1)] {
            recent.set(Bytes::from(key), Some("x".into()), sequence);
        }
        let page = recent.page((Bound::Included(b"a"), Bound::Excluded(b"z")), 5, 2);
        let keys: Vec<_> = page.iter().map(|(key, _)| &key[..]).collect();
        assert_eq!(keys, [b"a", b"c"]);
        let page = recent.page((Bound::Excluded(b"c"), Bound::Excluded(b"z")), 5, 2);
        assert_eq!(page.len(), 1, "{page:?}");
    }
}
