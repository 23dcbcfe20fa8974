//! The MNIST database of handwritten digits, as data: the four original IDX files, byte for byte,
//! inside the crate. No network, no folder to prepare, no argument to give.
//!
//! ```
//! let labels = hammerhead_mnist::test_labels()?;
//! assert_eq!(labels.len(), 8 + 10_000); // an 8-byte IDX header, then one byte a digit
//! assert_eq!(labels[8], 7); // the first test digit is a 7
//! # Ok::<(), hammerhead_mnist::Error>(())
//! ```
//!
//! | part | bytes unpacked | content |
//! |---|---|---|
//! | [`Part::TrainImages`] | 47,040,016 | `[60000, 28, 28]`, 0 is background, 255 is ink |
//! | [`Part::TrainLabels`] | 60,008 | `[60000]`, 0 to 9 |
//! | [`Part::TestImages`] | 7,840,016 | `[10000, 28, 28]` |
//! | [`Part::TestLabels`] | 10,008 | `[10000]` |
//!
//! The files are kept as Zstandard frames, because the original gzip files together exceed the
//! size of a published package. Each frame carries a checksum of its content, which is compared
//! on every unpacking; the SHA-256 of every file is in [`Part::sha256`] and is compared in the
//! tests.
//!
//! This crate knows nothing of tensors and does not parse IDX: `hammerhead-datasets` does. It
//! never writes a file and never opens a connection. The digits are not ours: see `NOTICE.md`.

mod error;
mod part;
mod unpack;

pub use error::{Error, Result};
pub use part::Part;

/// The 60,000 training images as an IDX file: a 16-byte header, then `60000 x 28 x 28` bytes.
///
/// # Errors
/// [`Error`] if the packed bytes inside the program are damaged.
pub fn train_images() -> Result<Vec<u8>> {
    Part::TrainImages.unpack()
}

/// The 60,000 training labels as an IDX file: an 8-byte header, then one byte a label.
///
/// # Errors
/// [`Error`] if the packed bytes inside the program are damaged.
pub fn train_labels() -> Result<Vec<u8>> {
    Part::TrainLabels.unpack()
}

/// The 10,000 test images as an IDX file: a 16-byte header, then `10000 x 28 x 28` bytes.
///
/// # Errors
/// [`Error`] if the packed bytes inside the program are damaged.
pub fn test_images() -> Result<Vec<u8>> {
    Part::TestImages.unpack()
}

/// The 10,000 test labels as an IDX file: an 8-byte header, then one byte a label.
///
/// # Errors
/// [`Error`] if the packed bytes inside the program are damaged.
pub fn test_labels() -> Result<Vec<u8>> {
    Part::TestLabels.unpack()
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
