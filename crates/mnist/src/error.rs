//! What can go wrong while unpacking: only damage to the bytes inside the program.

/// A damaged copy of the data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The frame cannot be decoded at all.
    #[error(
        "{file}: cannot be unpacked ({reason}); help: this copy of the hammerhead-mnist package is damaged, install it again"
    )]
    Corrupt {
        /// The original name of the file.
        file: &'static str,
        /// What the decoder says.
        reason: String,
    },
    /// The frame decodes to another number of bytes than the original file has.
    #[error(
        "{file}: expected {expected} bytes unpacked, found {found}; help: this copy of the hammerhead-mnist package is damaged, install it again"
    )]
    Length {
        /// The original name of the file.
        file: &'static str,
        /// Bytes in the original file.
        expected: usize,
        /// Bytes the frame decodes to.
        found: usize,
    },
    /// The frame decodes, to bytes with another checksum than the frame states.
    #[error(
        "{file}: expected checksum {expected:08x}, found {found:08x}; help: this copy of the hammerhead-mnist package is damaged, install it again"
    )]
    Checksum {
        /// The original name of the file.
        file: &'static str,
        /// The checksum stored in the frame.
        expected: u32,
        /// The checksum of the unpacked bytes.
        found: u32,
    },
}

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
