//! Files that are replaced whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::error::{Error, Result};

/// Writes a neighbour of `path`, then renames it into place.
pub(crate) fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<()> {
    let unfinished = unfinished_neighbour(path);
    let result = File::create(&unfinished).and_then(|file| {
        let mut file = BufWriter::new(file);
        write(&mut file)?;
        file.into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()?;
        fs::rename(&unfinished, path)
    });
    result.map_err(|error| {
        // Removing what was begun is a courtesy; the first error is the one to tell.
        let _ = fs::remove_file(&unfinished);
        Error::io(path, "write")(error)
    })
}

/// A name beside `path`. The process keeps two programs that write the same file from sharing their half-written one, the count
/// two threads of one program.
pub(crate) fn unfinished_neighbour(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    let count = COUNT.fetch_add(1, Relaxed);
    name.push(format!(".{}.{count}.unfinished", std::process::id()));
    path.with_file_name(name)
}
