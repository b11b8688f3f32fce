//! A view of one committed state, read without copying.

use std::fmt;
use std::sync::Arc;

use ::redb::{Database, ReadOnlyTable, ReadableDatabase, ReadableTableMetadata};

use super::super::{EngineError, Step};
use super::ROWS;
use super::open::failed;

/// A view of the store as it was; cloning shares it. The space of rows replaced since is given
/// back when the last clone is gone.
#[derive(Clone)]
pub struct RedbSnapshot(Arc<ReadOnlyTable<&'static [u8], &'static [u8]>>);

impl RedbSnapshot {
    pub(super) fn begin(database: &Database) -> Result<Self, EngineError> {
        let read = database.begin_read().map_err(reading)?;
        // The table keeps its transaction alive.
        Ok(Self(Arc::new(read.open_table(ROWS).map_err(reading)?)))
    }

    /// See [`super::super::Snapshot::get_with`]. Values are lent from the page cache.
    pub fn get_with<R>(
        &self,
        key: &[u8],
        read: impl FnOnce(&[u8]) -> R,
    ) -> Result<Option<R>, EngineError> {
        Ok(self.0.get(key).map_err(reading)?.map(|guard| read(guard.value())))
    }

    /// See [`super::super::Snapshot::scan`]. Keys and values are lent from the page cache.
    pub fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        mut visit: impl FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), EngineError> {
        if from >= to {
            return Ok(());
        }
        for row in self.0.range::<&[u8]>(from..to).map_err(reading)? {
            let (key, value) = row.map_err(reading)?;
            if visit(key.value(), value.value()) == Step::Stop {
                break;
            }
        }
        Ok(())
    }

    /// The number of rows; kept by the engine, not counted.
    pub(super) fn rows(&self) -> Result<u64, EngineError> {
        self.0.len().map_err(reading)
    }

    pub(super) fn table(&self) -> &ReadOnlyTable<&'static [u8], &'static [u8]> {
        &self.0
    }
}

impl fmt::Debug for RedbSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedbSnapshot")
    }
}

fn reading(cause: impl Into<::redb::Error>) -> EngineError {
    failed("cannot read the store", cause)
}
