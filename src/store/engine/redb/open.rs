//! Opening and checking store files, and what their errors mean to a person.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use ::redb::backends::FileBackend;
use ::redb::{Builder, Database, DatabaseError, StorageBackend, StorageError};

use super::super::EngineError;
use super::files;

/// How to open a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Memory for cached pages, in bytes. The process holds little more than this.
    pub cache_bytes: usize,
    /// Length of the journal, in bytes: what is committed between two checkpoints, and what is
    /// read when the store is opened after a crash.
    pub journal_bytes: u64,
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
        Self { cache_bytes: 64 << 20, journal_bytes: 4 << 20 }
    }
}

/// Where a store lies; can be opened again after a failure.
pub(super) enum Source {
    /// In a file, with its journal beside it.
    File(PathBuf, Options),
    /// On other storage.
    Storage(Box<dyn FnMut() -> Result<Opened, EngineError> + Send>, Options),
}

/// A store that is open, and the way to its journal.
pub(super) type Opened = (Database, JournalSource);

impl Source {
    /// A store on the pair of storages, store and journal, that `attach` gives.
    pub(super) fn storage<B: StorageBackend>(
        mut attach: impl FnMut() -> io::Result<(B, B)> + Send + 'static,
        options: Options,
    ) -> Self {
        let open = move || {
            let (store, journal) =
                attach().map_err(|e| EngineError::caused("cannot open the storage", e))?;
            let database = builder(options)
                .create_with_backend(store)
                .map_err(|e| opening(e, Path::new("on this storage")))?;
            Ok((database, JournalSource::Storage(Box::new(journal))))
        };
        Self::Storage(Box::new(open), options)
    }

    pub(super) fn options(&self) -> Options {
        let (Self::File(_, options) | Self::Storage(_, options)) = self;
        *options
    }

    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(file, _) => Some(file),
            Self::Storage(..) => None,
        }
    }

    /// Opens the store or makes it.
    pub(super) fn open(&mut self) -> Result<Opened, EngineError> {
        let (file, options) = match self {
            Self::File(file, options) => (file, *options),
            Self::Storage(open, _) => return open(),
        };
        let trying = || format!("cannot open the store {}", file.display());
        if !file.try_exists().map_err(|e| EngineError::caused(trying(), e))? {
            make(file, options)?;
        }
        let database = builder(options).open(&*file).map_err(|e| opening(e, file))?;
        Ok((database, JournalSource::Beside(journal_of(file))))
    }
}

/// The journal of a store that is open.
pub(super) enum JournalSource {
    /// A file.
    Beside(PathBuf),
    /// Other storage.
    Storage(Box<dyn StorageBackend>),
}

impl JournalSource {
    /// Opens the journal; makes it unless the store `needs` what it holds.
    pub(super) fn open(self, needs: bool) -> Result<Box<dyn StorageBackend>, EngineError> {
        let file = match self {
            Self::Storage(storage) => return Ok(storage),
            Self::Beside(file) => file,
        };
        let failed =
            |e| EngineError::caused(format!("cannot open the journal {}", file.display()), e);
        if !file.try_exists().map_err(failed)? {
            if needs {
                return Err(EngineError::new(format!(
                    "{} is missing, and the store's latest changes with it: put it back beside \
                     the store, or restore a backup",
                    file.display()
                )));
            }
            files::create(&file).map_err(failed)?;
        }
        let opened = OpenOptions::new().read(true).write(true).open(&file).map_err(failed)?;
        Ok(Box::new(FileBackend::new(opened).map_err(|e| opening(e, &file))?))
    }
}

/// The journal of the store `file`.
pub(super) fn journal_of(file: &Path) -> PathBuf {
    file.with_extension("journal")
}

/// Verifies every page of the store `file`, which no journal is ahead of.
pub(super) fn check(file: &Path, options: Options) -> Result<Integrity, EngineError> {
    let mut database = builder(options).open(file).map_err(|e| opening(e, file))?;
    match database.check_integrity() {
        Ok(true) => Ok(Integrity::Sound),
        Ok(false) => Ok(Integrity::Mended),
        Err(error) => Err(opening(error, file)),
    }
}

/// Makes an empty store under another name first, because a power cut while redb lays out a file
/// leaves one that it does not open again. Processes that start together take turns: the rename
/// of a slower one would put an empty store in the place of one that has data already.
fn make(file: &Path, options: Options) -> Result<(), EngineError> {
    let trying = |e| EngineError::caused(format!("cannot make the store {}", file.display()), e);
    files::make_directory(file).map_err(trying)?;
    let _turn = files::lock_directory(file).map_err(trying)?;
    if file.try_exists().map_err(trying)? {
        return Ok(());
    }
    let fresh = files::sibling(file, "new");
    files::remove(&fresh).and_then(|()| files::create(&fresh)).map_err(trying)?;
    let database = builder(options).create(&fresh).map_err(|e| opening(e, &fresh))?;
    database.close().map_err(|e| opening(e, &fresh))?;
    files::rename(&fresh, file).map_err(trying)
}

/// Names what was attempted when redb failed.
pub(super) fn failed(what: &str, cause: impl Into<::redb::Error>) -> EngineError {
    EngineError::caused(what, cause.into())
}

fn builder(options: Options) -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(options.cache_bytes);
    builder
}

fn opening(error: DatabaseError, file: &Path) -> EngineError {
    let name = file.display();
    let what = match &error {
        DatabaseError::DatabaseAlreadyOpen => {
            let mut error = EngineError::new(format!(
                "another rolodav is using {}: stop it first, or give --data another directory",
                files::directory(file).display()
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
