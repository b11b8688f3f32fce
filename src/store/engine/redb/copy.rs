//! Copies of a store: a backup while it is served, and the same as a way to shrink a file.

use std::fs;
use std::path::{Path, PathBuf};

use ::redb::{Builder, Database, Durability, ReadableDatabase, ReadableTableMetadata};

use super::super::EngineError;
use super::open::{self, Options, failed};
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
    let database = open::existing(file, options)?;
    open::ensure_table(&database)?;
    let compacted = sibling(file, "compacting");
    // Left by an attempt that was interrupted; the lock is ours, so nobody writes it.
    remove(&compacted)?;
    copy(&RedbSnapshot::begin(&database)?, &compacted)?;
    // The lock is held until the new file stands in the old one's place.
    rename(&compacted, file)
}

fn copy(snapshot: &RedbSnapshot, file: &Path) -> Result<u64, EngineError> {
    if file.try_exists().unwrap_or(true) {
        return Err(EngineError::new(format!(
            "{} exists already: remove it or choose another name",
            file.display()
        )));
    }
    let partial = sibling(file, "partial");
    remove(&partial)?;
    let outcome = write(snapshot, &partial).and_then(|rows| {
        verify(snapshot, &partial)?;
        rename(&partial, file)?;
        Ok(rows)
    });
    if outcome.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&partial);
    }
    outcome
}

/// Streams all rows in key order.
fn write(snapshot: &RedbSnapshot, file: &Path) -> Result<u64, EngineError> {
    let writing = |e: ::redb::Error| {
        EngineError::caused(format!("cannot write the copy {}", file.display()), e)
    };
    open::create(file).map_err(|e| writing(e.into()))?;
    let database = open_copy(file)?;
    let mut rows = snapshot.table().range::<&[u8]>(..).map_err(reading)?;
    let mut count = 0;
    let mut more = true;
    while more {
        more = false;
        let mut transaction = database.begin_write().map_err(|e| writing(e.into()))?;
        // Closing flushes and verifying reads everything, so only the last commit is flushed.
        transaction.set_durability(Durability::None).map_err(|e| writing(e.into()))?;
        {
            let mut table = transaction.open_table(ROWS).map_err(|e| writing(e.into()))?;
            let mut bytes = 0;
            for row in rows.by_ref() {
                let (key, value) = row.map_err(reading)?;
                table.insert(key.value(), value.value()).map_err(|e| writing(e.into()))?;
                count += 1;
                bytes += key.value().len() + value.value().len();
                if bytes >= CHUNK_BYTES {
                    more = true;
                    break;
                }
            }
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
fn verify(snapshot: &RedbSnapshot, file: &Path) -> Result<(), EngineError> {
    let unequal =
        || EngineError::new(format!("the copy {} differs from the store", file.display()));
    let mut database = open_copy(file)?;
    if !database.check_integrity().map_err(reading)? {
        return Err(unequal());
    }
    let copied = database.begin_read().map_err(reading)?.open_table(ROWS).map_err(reading)?;
    if copied.len().map_err(reading)? != snapshot.rows()? {
        return Err(unequal());
    }
    let ours = snapshot.table().range::<&[u8]>(..).map_err(reading)?;
    let theirs = copied.range::<&[u8]>(..).map_err(reading)?;
    for (our, their) in ours.zip(theirs) {
        let (our, their) = (our.map_err(reading)?, their.map_err(reading)?);
        if our.0.value() != their.0.value() || our.1.value() != their.1.value() {
            return Err(unequal());
        }
    }
    Ok(())
}

fn open_copy(file: &Path) -> Result<Database, EngineError> {
    Builder::new()
        .set_cache_size(CACHE_BYTES)
        .create(file)
        .map_err(|e| failed("cannot open the copy", e))
}

fn sibling(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    file.with_file_name(name)
}

fn remove(file: &Path) -> Result<(), EngineError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(EngineError::caused(format!("cannot remove {}", file.display()), error))
        }
        _ => Ok(()),
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), EngineError> {
    fs::rename(from, to)
        .and_then(|()| open::sync_directory(to))
        .map_err(|e| EngineError::caused(format!("cannot move the copy to {}", to.display()), e))
}

fn reading(cause: impl Into<::redb::Error>) -> EngineError {
    failed("cannot read the store", cause)
}
