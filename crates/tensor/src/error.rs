//! The crate's one error type, for what can fail outside the caller's control.

use std::fmt;

/// What kind of thing went wrong; see [`Error::kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Shapes that an operation can't combine.
    Shape,
    /// A dtype that an operation does not take.
    DType,
    /// Tensors on different devices, or an operation that a device can't run.
    Device,
    /// The device has no room for a tensor.
    Memory,
    /// Numbers that have no answer, such as the inverse of a singular matrix.
    Numeric,
    /// Gradients that can't be had: no history, a freed graph, a change in place.
    Gradient,
    /// Input data that is not what it should be, such as rows of unequal length.
    Data,
}

/// An error that names the operation, shows both sides and helps.
///
/// Operators and methods panic with the same text, because a wrong shape is a bug of the caller;
/// [`Tensor::try_apply`](crate::Tensor::try_apply) returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

impl Error {
    /// An error of the given kind; devices and custom operations make their own.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// The kind, to match on.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
