//! Making and moving the files of a store so that a power cut leaves the old one or the new one.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// The directory that `file` lies in.
pub(super) fn directory(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The file beside `file` with `.suffix` after its name.
pub(super) fn sibling(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(OsStr::new("."));
    name.push(OsStr::new(suffix));
    file.with_file_name(name)
}

/// Makes the directory of `file`, and those above it, for the owner only; leaves one that is
/// there as it is.
pub(super) fn make_directory(file: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory(file))
}

/// Waits until no other process holds the directory of `file`, and holds it until the returned
/// handle is dropped.
pub(super) fn lock_directory(file: &Path) -> io::Result<File> {
    let handle = File::open(directory(file))?;
    handle.lock()?;
    Ok(handle)
}

/// Makes an empty file, readable by its owner only. One that is there already is an error.
pub(super) fn create(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?;
    sync_directory(file)
}

/// Removes a file if it is there.
pub(super) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Puts a file whose content is durable in the place of `to`.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_directory(to)
}

/// Makes the names in the directory of `file` durable.
fn sync_directory(file: &Path) -> io::Result<()> {
    // Elsewhere a directory cannot be opened, and the file system sees to it.
    if cfg!(unix) { File::open(directory(file))?.sync_all() } else { Ok(()) }
}
