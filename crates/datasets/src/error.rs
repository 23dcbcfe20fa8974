//! One error type for everything the world outside the program can get wrong.
//!
//! Every text names the file, address or item, what was expected, what was found, and what helps.

use std::path::{Path, PathBuf};

/// Why data could not be read, written, fetched or batched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("{}: cannot {action}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a verb: `open`, `read`, `write`.
        action: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file was read, and holds something else than it should.
    #[error("{file}: expected {expected}, found {found}; help: {help}")]
    Content {
        /// The file, with the place inside it where that helps.
        file: String,
        /// What the format, or the caller, asks for.
        expected: String,
        /// What is there.
        found: String,
        /// What to do about it.
        help: &'static str,
    },
    /// No address gave the file.
    #[error("{file}: no mirror delivered it:{reasons}\nhelp: check the connection, or put the file at {cache} yourself", cache = .cache.display())]
    Download {
        /// The wanted file.
        file: String,
        /// One line for each address: what happened there.
        reasons: String,
        /// Where the file is looked for first.
        cache: PathBuf,
    },
    /// A dataset could not give one of its items.
    #[error("item {index}: {source}")]
    Item {
        /// The item's index in the dataset.
        index: usize,
        /// Why.
        source: Box<Error>,
    },
    /// The code that makes an item or a batch panicked.
    #[error("{place}: panicked: {message}")]
    Panic {
        /// The item or the batch.
        place: String,
        /// What the panic said.
        message: String,
    },
    /// A caller's own dataset or collate function failed.
    #[error("{0}")]
    Custom(Box<dyn std::error::Error + Send + Sync>),
}

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Wraps an error of a caller's own dataset or collate function.
    ///
    /// ```
    /// use hammerhead_datasets::Error;
    /// assert_eq!(Error::custom("the sensor is off").to_string(), "the sensor is off");
    /// ```
    pub fn custom(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Custom(error.into())
    }

    /// Turns an I/O error into one that names the file and what was tried; for `map_err`.
    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> Error {
        move |source| Error::Io {
            path: path.to_owned(),
            action,
            source,
        }
    }

    /// Something else than expected inside a file.
    pub(crate) fn content(
        file: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
        help: &'static str,
    ) -> Error {
        Error::Content {
            file: file.into(),
            expected: expected.into(),
            found: found.into(),
            help,
        }
    }
}
