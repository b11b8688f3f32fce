//! Opening and checking store files, and what their errors mean to a person.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use ::redb::{Builder, Database, DatabaseError, Durability, StorageBackend, StorageError};

use super::super::EngineError;
use super::ROWS;

/// How to open a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Memory for cached pages, in bytes. The process holds little more than this.
    pub cache_bytes: usize,
}

/// What a check of a store file found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// Every page is as it was written.
    Sound,
    /// The rows are as they were written; the list of free pages was not and has been made anew.
    Mended,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: 64 << 20 }
    }
}

/// Opens or makes the store `file`.
pub(super) fn file(file: &Path, options: Options) -> Result<Database, EngineError> {
    prepare(file)
        .map_err(|e| EngineError::caused(format!("cannot open the store {}", file.display()), e))?;
    builder(options).create(file).map_err(|e| opening(e, &file.display().to_string()))
}

/// Opens the store `file`, which must be there.
pub(super) fn existing(file: &Path, options: Options) -> Result<Database, EngineError> {
    builder(options).open(file).map_err(|e| opening(e, &file.display().to_string()))
}

/// Opens or makes a store on other storage.
pub(super) fn backend(
    backend: impl StorageBackend,
    options: Options,
) -> Result<Database, EngineError> {
    builder(options).create_with_backend(backend).map_err(|e| opening(e, "in this storage"))
}

/// Verifies every page of the store `file`.
pub(super) fn check(file: &Path, options: Options) -> Result<Integrity, EngineError> {
    let name = file.display().to_string();
    let mut database = existing(file, options)?;
    match database.check_integrity() {
        Ok(true) => Ok(Integrity::Sound),
        Ok(false) => Ok(Integrity::Mended),
        Err(error) => Err(opening(error, &name)),
    }
}

/// Makes the table where it is missing, so that every snapshot finds it.
pub(super) fn ensure_table(database: &Database) -> Result<(), EngineError> {
    let missing = {
        let read = ::redb::ReadableDatabase::begin_read(database)
            .map_err(|e| failed("cannot read the store", e))?;
        match read.open_table(ROWS) {
            Ok(_) => false,
            Err(::redb::TableError::TableDoesNotExist(_)) => true,
            Err(error) => return Err(failed("this file is no store of this program", error)),
        }
    };
    if missing {
        let making = |e: ::redb::Error| EngineError::caused("cannot write the new store", e);
        let mut write = database.begin_write().map_err(|e| making(e.into()))?;
        write.set_durability(Durability::Immediate).map_err(|e| making(e.into()))?;
        write.set_quick_repair(true);
        write.open_table(ROWS).map_err(|e| making(e.into()))?;
        write.commit().map_err(|e| making(e.into()))?;
    }
    Ok(())
}

/// Names what was attempted when redb failed.
pub(super) fn failed(what: &str, cause: impl Into<::redb::Error>) -> EngineError {
    EngineError::caused(what, cause.into())
}

/// Makes a file, readable by its owner only, whose name survives a power cut. One that is there
/// already is an error.
pub(super) fn create(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?;
    sync_directory(file)
}

/// Makes the directory entry of `file` durable.
pub(super) fn sync_directory(file: &Path) -> io::Result<()> {
    // Elsewhere a directory cannot be opened, and the file system sees to it.
    if cfg!(unix) { File::open(directory(file))?.sync_all() } else { Ok(()) }
}

fn directory(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn prepare(file: &Path) -> io::Result<()> {
    if file.try_exists()? {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory(file))?;
    match create(file) {
        // Another process was faster; the lock decides.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

fn builder(options: Options) -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(options.cache_bytes);
    builder
}

fn opening(error: DatabaseError, name: &str) -> EngineError {
    let what = match &error {
        DatabaseError::DatabaseAlreadyOpen => {
            let directory = directory(Path::new(name)).display();
            let mut error = EngineError::new(format!(
                "another rolodav is using {directory}: stop it first, or give --data another directory"
            ));
            error.in_use = true;
            return error;
        }
        DatabaseError::UpgradeRequired(_) => {
            format!("the store {name} was written by another version of its engine")
        }
        DatabaseError::Storage(StorageError::Corrupted(_)) => {
            format!("the store {name} is damaged: keep a copy of it and restore a backup")
        }
        DatabaseError::Storage(StorageError::Io(e)) if e.kind() == io::ErrorKind::InvalidData => {
            format!("{name} is not a store of rolodav")
        }
        _ => format!("cannot open the store {name}"),
    };
    EngineError::caused(what, error)
}
