//! One writer at a time.

use super::Error;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Takes the right to write to the state file at `path`, until the file given back is dropped.
/// The kernel takes it back from a process that is killed.
///
/// The lock stands beside the state file: SQLite has locks of its own on that one, which closing
/// it a second time would drop.
pub(super) fn take(path: &Path) -> Result<File, Error> {
    // By whatever name the file is given, there is one lock.
    let file = path.canonicalize();
    let mut beside = file.as_deref().unwrap_or(path).as_os_str().to_owned();
    beside.push("-lock");
    let open = |source| Error::Open {
        path: path.to_path_buf(),
        source,
    };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside)
        .map_err(open)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse {
            path: path.to_path_buf(),
        }),
        Err(TryLockError::Error(source)) => Err(open(source)),
    }
}
