//! Copies of a store: a backup while it is served, and the same as a way to shrink a file.

use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use ::redb::{Builder, Database, Durability, ReadableDatabase, ReadableTableMetadata};

use super::super::{EngineError, Step};
use super::durable::Durable;
use super::files;
use super::open::{Options, Source, failed};
use super::snapshot::RedbSnapshot;
use super::{ROWS, RedbEngine};

/// A transaction of the copy holds about this much, in bytes.
const CHUNK_BYTES: usize = 4 << 20;

/// Memory for the pages of the copy, in bytes; they are written once and read once.
const CACHE_BYTES: usize = 16 << 20;

impl RedbEngine {
    /// Writes the present state into a new store `file`, reads it back and compares every row,
    /// while the store goes on being served. Returns the number of rows. Blocks for as long as
    /// the disk takes; memory stays bounded.
    ///
    /// # Errors
    /// `file` exists, or a disk fails; no file is then left under that name.
    pub fn copy_to(&self, file: &Path) -> Result<u64, EngineError> {
        copy(&self.snapshot()?, file)
    }
}

/// Replaces a stopped store by a verified copy of itself.
pub(super) fn compact(file: &Path, options: Options) -> Result<(), EngineError> {
    let mut source = Source::File(file.to_owned(), options);
    let durable = Durable::open(&mut source)?;
    let moving = |e| EngineError::caused(format!("cannot replace {}", file.display()), e);
    let compacted = files::sibling(file, "compacted");
    // Left by an attempt that was interrupted; the lock is ours, so nobody writes it.
    files::remove(&compacted).map_err(moving)?;
    copy(&RedbSnapshot::of(Arc::clone(durable.state())), &compacted)?;
    // The lock is held until the new file stands in the old one's place.
    files::rename(&compacted, file).map_err(moving)
}

fn copy(snapshot: &RedbSnapshot, file: &Path) -> Result<u64, EngineError> {
    if file.try_exists().unwrap_or(true) {
        return Err(EngineError::new(format!(
            "{} exists already: remove it or choose another name",
            file.display()
        )));
    }
    let writing = |e| EngineError::caused(format!("cannot write {}", file.display()), e);
    let partial = files::sibling(file, "partial");
    files::remove(&partial).map_err(writing)?;
    let outcome = write(snapshot, &partial).and_then(|rows| {
        verify(snapshot, &partial, rows)?;
        files::rename(&partial, file).map_err(writing)?;
        Ok(rows)
    });
    if outcome.is_err() {
        // The first error is the one to tell.
        let _ = files::remove(&partial);
    }
    outcome
}

/// Streams all rows in key order.
fn write(snapshot: &RedbSnapshot, file: &Path) -> Result<u64, EngineError> {
    let writing = |e: ::redb::Error| {
        EngineError::caused(format!("cannot write the copy {}", file.display()), e)
    };
    files::create(file).map_err(|e| writing(e.into()))?;
    let database = open_copy(file)?;
    let mut count = 0;
    let mut next = Some(Vec::new());
    while let Some(from) = next.take() {
        let mut transaction = database.begin_write().map_err(|e| writing(e.into()))?;
        // Only the last commit needs a flush: nobody looks at the file before.
        transaction.set_durability(Durability::None).map_err(|e| writing(e.into()))?;
        {
            let mut table = transaction.open_table(ROWS).map_err(|e| writing(e.into()))?;
            let mut failure = None;
            let mut bytes = 0;
            snapshot.walk(&from, Bound::Unbounded, |key, value| {
                if bytes >= CHUNK_BYTES {
                    next = Some(key.to_owned());
                    return Step::Stop;
                }
                bytes += key.len() + value.len();
                count += 1;
                match table.insert(key, value) {
                    Ok(_) => Step::Continue,
                    Err(error) => {
                        failure = Some(error);
                        Step::Stop
                    }
                }
            })?;
            failure.map_or(Ok(()), |error| Err(writing(error.into())))?;
        }
        transaction.commit().map_err(|e| writing(e.into()))?;
    }
    let mut transaction = database.begin_write().map_err(|e| writing(e.into()))?;
    transaction.set_quick_repair(true);
    transaction.commit().map_err(|e| writing(e.into()))?;
    database.close().map_err(|e| writing(e.into()))?;
    Ok(count)
}

/// Opens the copy as a restore would and compares it with its source row by row.
fn verify(snapshot: &RedbSnapshot, file: &Path, rows: u64) -> Result<(), EngineError> {
    let mut database = open_copy(file)?;
    let sound = database.check_integrity().map_err(reading)?;
    let copied = database.begin_read().map_err(reading)?.open_table(ROWS).map_err(reading)?;
    let mut equal = sound && copied.len().map_err(reading)? == rows;
    let mut theirs = copied.range::<&[u8]>(..).map_err(reading)?;
    let mut failure = None;
    snapshot.walk(&[], Bound::Unbounded, |key, value| {
        equal &= match theirs.next() {
            Some(Ok((their_key, their_value))) => {
                their_key.value() == key && their_value.value() == value
            }
            Some(Err(error)) => {
                failure = Some(error);
                false
            }
            None => false,
        };
        if equal { Step::Continue } else { Step::Stop }
    })?;
    match failure {
        Some(error) => Err(reading(error)),
        None if equal => Ok(()),
        None => {
            Err(EngineError::new(format!("the copy {} differs from the store", file.display())))
        }
    }
}

fn open_copy(file: &Path) -> Result<Database, EngineError> {
    Builder::new()
        .set_cache_size(CACHE_BYTES)
        .create(file)
        .map_err(|e| failed("cannot open the copy", e))
}

fn reading(cause: impl Into<::redb::Error>) -> EngineError {
    failed("cannot read the store", cause)
}
