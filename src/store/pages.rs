//! The rows of a table, a page at a time, for whoever looks at each and reads other rows meanwhile:
//! the memory for it does not grow with the table.

use super::engine::{EngineError, Snapshot, Step};
use super::keys;

/// Rows of a page.
const ROWS: usize = 500;

/// Bytes after which a page ends, however few rows it has.
const BYTES: usize = 1 << 20;

/// A key and its value.
pub(super) type Row = (Vec<u8>, Vec<u8>);

/// The rows that begin with a prefix, in their order.
#[derive(Debug)]
pub(super) struct Pages<'s> {
    snapshot: &'s Snapshot,
    from: Vec<u8>,
    end: Vec<u8>,
}

impl<'s> Pages<'s> {
    /// Those of a snapshot that begin with `prefix`.
    pub(super) fn of(snapshot: &'s Snapshot, prefix: &[u8]) -> Self {
        Self { snapshot, from: prefix.to_vec(), end: keys::after(prefix) }
    }

    /// The next rows; `None` after the last ones.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Row>>, EngineError> {
        let (mut rows, mut bytes): (Vec<Row>, usize) = (Vec::new(), 0);
        self.snapshot
            .scan(&self.from, &self.end, |key, value| {
                bytes += key.len() + value.len();
                rows.push((key.to_vec(), value.to_vec()));
                if rows.len() < ROWS && bytes < BYTES { Step::Continue } else { Step::Stop }
            })
            .await?;
        let Some((last, _)) = rows.last() else { return Ok(None) };
        self.from = [last, &[0][..]].concat();
        Ok(Some(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engine::{Batch, Engine, memory::MemoryEngine};

    #[tokio::test]
    async fn every_row_comes_once_and_pages_stay_small() {
        let engine = Engine::Memory(MemoryEngine::default());
        let mut batch = Batch::new();
        for row in 0..=2 * ROWS as u64 {
            batch.put([b"a", &row.to_be_bytes()[..]].concat(), Vec::new());
        }
        for row in 0..4 {
            batch.put(vec![b'b', row], vec![0; BYTES / 2]);
        }
        engine.commit(batch).await.unwrap();
        let snapshot = engine.snapshot().await.unwrap();
        for (prefix, sizes) in [(b"a", &[ROWS, ROWS, 1][..]), (b"b", &[2, 2]), (b"c", &[])] {
            let (mut pages, mut found, mut keys) = (Pages::of(&snapshot, prefix), vec![], vec![]);
            while let Some(page) = pages.next().await.unwrap() {
                found.push(page.len());
                keys.extend(page.into_iter().map(|(key, _)| key));
            }
            assert_eq!(found, sizes);
            assert!(keys.is_sorted_by(|one, next| one < next), "{prefix:?}");
        }
    }
}
