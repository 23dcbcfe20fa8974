//! The one error type: what the world outside can refuse.

use std::path::PathBuf;

/// Why a picture could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("{}: cannot write: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file's ending names no format that this build can write.
    #[error("{}: expected a name that ends in {expected}, found {found}; help: {help}", .path.display())]
    Ending {
        /// The file.
        path: PathBuf,
        /// The endings that can be written.
        expected: &'static str,
        /// The ending that was given.
        found: String,
        /// What to do about it.
        help: &'static str,
    },
}

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
