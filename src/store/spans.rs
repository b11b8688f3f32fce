//! The time index: which members of a collection take which time, so that the cost of a
//! question about a week follows what is in that week.
//!
//! Every span is filed under its length class and its start. A class holds spans of up to a
//! certain length, so whoever overlaps a range began at most that much before it, and a scan of
//! each class finds all of them and little else.

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};

use super::engine::{Batch, EngineError, Snapshot, Step};
use super::keys::{self, Key, table};
use crate::base::CollectionId;

/// Most spans of one member.
pub const MOST: usize = 64;

/// The longest span of the first class in seconds; each further class has four times as much.
const SHORTEST: u64 = 3600;

/// The class of spans that are longer than all others, or have no end.
const LONGEST_CLASS: u8 = 10;

const ENTRY: usize = 8 + 8 + 1;

/// A stretch of time that a member takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// Its first second, in Unix time; `i64::MIN` for what has no beginning.
    pub start: i64,
    /// The second after its last one; `i64::MAX` for what has no end.
    pub end: i64,
    /// Does the member match a range of time exactly if this span overlaps it? Otherwise it may.
    pub exact: bool,
}

// === impl Span ===

impl Span {
    /// All of time.
    pub const ALWAYS: Self = Self { start: i64::MIN, end: i64::MAX, exact: false };

    /// Does it share a second with `[start, end)`?
    pub const fn overlaps(self, start: i64, end: i64) -> bool {
        self.start < end && start < self.end
    }

    /// One span from the first second of both to the last.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end), exact: false }
    }

    fn class(self) -> u8 {
        let length = self.end.abs_diff(self.start);
        (0..LONGEST_CLASS).find(|class| length <= longest(*class)).unwrap_or(LONGEST_CLASS)
    }

    fn key(self, id: CollectionId, name: &str) -> Vec<u8> {
        class_key(id, self.class()).number(ordered(self.start)).bytes(name.as_bytes()).done()
    }

    fn value(self) -> Bytes {
        let mut value = BytesMut::with_capacity(9);
        value.put_i64(self.end);
        value.put_u8(u8::from(self.exact));
        value.freeze()
    }
}

/// The longest span in a class.
const fn longest(class: u8) -> u64 {
    SHORTEST << (2 * class)
}

fn class_key(id: CollectionId, class: u8) -> Key {
    Key::of(table::TIME).number(id.0).bytes(&[class])
}

/// A number whose unsigned order is the order of `time`.
const fn ordered(time: i64) -> u64 {
    (time as u64) ^ (1 << 63)
}

fn read(record: &[u8]) -> Option<Vec<Span>> {
    let chunks = record.chunks_exact(ENTRY);
    if !chunks.remainder().is_empty() {
        return None;
    }
    chunks
        .map(|entry| {
            let (start, rest) = entry.split_first_chunk::<8>()?;
            let (end, exact) = rest.split_first_chunk::<8>()?;
            Some(Span {
                start: i64::from_be_bytes(*start),
                end: i64::from_be_bytes(*end),
                exact: exact == [1],
            })
        })
        .collect()
}

fn write(spans: &[Span]) -> Bytes {
    let mut record = BytesMut::with_capacity(spans.len() * ENTRY);
    for span in spans {
        record.put_i64(span.start);
        record.put_i64(span.end);
        record.put_u8(u8::from(span.exact));
    }
    record.freeze()
}

/// The spans of the member `name`; none of what is not in the index.
pub async fn get(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
) -> Result<Vec<Span>, EngineError> {
    let key = keys::in_collection(table::SPANS, id, name);
    match snapshot.get_with(&key, read).await? {
        None => Ok(Vec::new()),
        Some(Some(spans)) => Ok(spans),
        Some(None) => Err(EngineError::new(format!("times of calendar {} cannot be read", id.0))),
    }
}

/// Adds the change of a member's spans from `old` to `new` to `batch`.
pub fn replace(batch: &mut Batch, id: CollectionId, name: &str, old: &[Span], new: &[Span]) {
    if old == new {
        return;
    }
    for span in old {
        batch.delete(span.key(id, name));
    }
    let record = keys::in_collection(table::SPANS, id, name);
    if new.is_empty() {
        batch.delete(record);
        return;
    }
    for span in new {
        batch.put(span.key(id, name), span.value());
    }
    batch.put(record, write(new));
}

/// The members that may take time in `[start, end)`, by name; `true` for those that certainly do.
pub async fn within(
    snapshot: &Snapshot,
    id: CollectionId,
    start: i64,
    end: i64,
) -> Result<BTreeMap<String, bool>, EngineError> {
    let mut found: BTreeMap<String, bool> = BTreeMap::new();
    for class in 0..=LONGEST_CLASS {
        let prefix = class_key(id, class).done();
        let earliest = if class == LONGEST_CLASS {
            i64::MIN
        } else {
            start.saturating_sub_unsigned(longest(class))
        };
        let from = class_key(id, class).number(ordered(earliest)).done();
        let to = class_key(id, class).number(ordered(end)).done();
        snapshot
            .scan(&from, &to, |key, value| {
                let name = key.get(prefix.len() + 8..).and_then(|n| std::str::from_utf8(n).ok());
                let until = value.first_chunk::<8>().map_or(i64::MAX, |n| i64::from_be_bytes(*n));
                if let Some(name) = name
                    && until > start
                {
                    let exact = value.last() == Some(&1);
                    match found.get_mut(name) {
                        Some(known) => *known |= exact,
                        None => drop(found.insert(name.to_owned(), exact)),
                    }
                }
                Step::Continue
            })
            .await?;
    }
    Ok(found)
}

/// Does `span` of the member `name` stand in the index?
pub(super) async fn is_filed(
    snapshot: &Snapshot,
    id: CollectionId,
    name: &str,
    span: Span,
) -> Result<bool, EngineError> {
    let filed = snapshot.get_with(&span.key(id, name), |value| value == span.value()).await?;
    Ok(filed.unwrap_or(false))
}

/// What a row of a collection's index says, whose key ends with `row`: the member's name and the
/// span it stands for.
pub(super) fn filed(row: &[u8], value: &[u8]) -> Option<(String, Span)> {
    let (start, name) = row.get(1..)?.split_first_chunk::<8>()?;
    let span = Span {
        start: (u64::from_be_bytes(*start) ^ (1 << 63)) as i64,
        end: value.first_chunk::<8>().map_or(0, |n| i64::from_be_bytes(*n)),
        exact: value.last() == Some(&1),
    };
    Some((keys::text_in(name), span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engine::{Engine, memory::MemoryEngine};

    fn span(start: i64, end: i64) -> Span {
        Span { start, end, exact: true }
    }

    #[tokio::test]
    async fn a_range_finds_what_overlaps_it_and_nothing_else() {
        let engine = Engine::Memory(MemoryEngine::default());
        let id = CollectionId(7);
        let members = [
            ("hour", span(1000, 4600)),
            ("moment", span(5000, 5001)),
            ("days", span(-400_000, 2000)),
            ("years", span(-900_000_000, 900_000_000)),
            ("endless", Span { start: 4000, end: i64::MAX, exact: false }),
            ("always", Span::ALWAYS),
        ];
        let mut batch = Batch::new();
        for (name, one) in members {
            replace(&mut batch, id, name, &[], &[one]);
        }
        replace(&mut batch, CollectionId(8), "other", &[], &[Span::ALWAYS]);
        engine.commit(batch).await.unwrap();
        let snapshot = engine.snapshot().await.unwrap();
        for (start, end) in [
            (0, 1000),
            (0, 1001),
            (1999, 2000),
            (2000, 2001),
            (4599, 4600),
            (4600, 5000),
            (5000, 5001),
            (5001, i64::MAX),
            (i64::MIN, -400_000),
            (i64::MIN, i64::MAX),
            (900_000_000, 900_000_001),
        ] {
            let wanted: BTreeMap<String, bool> = members
                .iter()
                .filter(|(_, one)| one.overlaps(start, end))
                .map(|(name, one)| ((*name).to_owned(), one.exact))
                .collect();
            assert_eq!(within(&snapshot, id, start, end).await.unwrap(), wanted, "{start}..{end}");
        }
    }

    #[tokio::test]
    async fn replaced_spans_leave_nothing_behind() {
        let engine = Engine::Memory(MemoryEngine::default());
        let id = CollectionId(7);
        let (old, new) = ([span(0, 10), span(50, 60)], [span(50, 60), Span::ALWAYS]);
        for (old, new) in [(&[][..], &old[..]), (&old[..], &new[..]), (&new[..], &[][..])] {
            let mut batch = Batch::new();
            replace(&mut batch, id, "x", old, new);
            engine.commit(batch).await.unwrap();
            let snapshot = engine.snapshot().await.unwrap();
            assert_eq!(get(&snapshot, id, "x").await.unwrap(), new, "read back");
            let (prefix, mut entries) = (keys::of_collection(table::TIME, id), Vec::new());
            let read = |key: &[u8], value: &[u8]| {
                entries.extend(filed(&key[prefix.len()..], value).map(|(_, span)| span));
                Step::Continue
            };
            snapshot.scan(&prefix, &keys::after(&prefix), read).await.unwrap();
            entries.sort_by_key(|span| span.start);
            let mut wanted = new.to_vec();
            wanted.sort_by_key(|span| span.start);
            assert_eq!(entries, wanted, "in the index");
        }
    }
}
