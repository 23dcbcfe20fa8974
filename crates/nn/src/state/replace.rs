//! Files that are replaced whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Has `write` fill a neighbour of `path`, then renames that into place: no reader ever sees half a file,
/// and a file that can't be written leaves nothing behind. Any number of threads and programs may replace
/// the same file; the last one to finish wins.
///
/// ```
/// use std::io::Write;
/// let path = std::env::temp_dir().join(format!("replaced-{}.txt", std::process::id()));
/// hammerhead_nn::replace_file(&path, |file| file.write_all(b"whole"))?;
/// assert_eq!(std::fs::read(&path)?, b"whole");
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// When `write` fails, or the system refuses.
pub fn replace_file(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let path = path.as_ref();
    let part = neighbour(path);
    let replaced = File::create(&part).and_then(|mut file| {
        write(&mut file)?;
        file.sync_all()?;
        fs::rename(&part, path)
    });
    if replaced.is_err() {
        // The first error is the one to tell.
        fs::remove_file(&part).ok();
    }
    replaced
}

/// The process keeps two programs apart, the count two threads of one.
fn neighbour(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(
        ".{}.{}.part",
        process::id(),
        COUNT.fetch_add(1, Relaxed)
    ));
    path.with_file_name(name)
}
