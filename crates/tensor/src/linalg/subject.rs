//! What an error is about, and what a matrix can lack for an answer.

use crate::{Error, ErrorKind};

/// Which matrix of which operation is being worked on.
#[derive(Clone, Copy)]
pub(super) struct Subject {
    pub(super) operation: &'static str,
    /// The matrix's place in the batch; `None` for a single one.
    pub(super) matrix: Option<usize>,
}

impl Subject {
    fn error(self, what: &str) -> Error {
        let matrix = match self.matrix {
            None => "the matrix".to_owned(),
            Some(place) => format!("matrix {place} of the batch"),
        };
        let message = format!("{}: {matrix} {what}", self.operation);
        Error::new(ErrorKind::Numeric, message)
    }

    /// Elimination met a pivot that is exactly zero.
    pub(super) fn singular(self, pivot: usize) -> Error {
        self.error(&format!(
            "is singular, its pivot {pivot} is zero; \
             linalg::svd tells how far a matrix is from singular"
        ))
    }

    /// Rows or columns are linearly dependent to working precision.
    pub(super) fn rank_deficient(self, rank: usize, full: usize) -> Error {
        self.error(&format!(
            "has rank {rank}, but the answer needs {full}; \
             drop or combine dependent columns, or build the answer from linalg::svd"
        ))
    }

    /// An element is NaN or infinite.
    pub(super) fn not_finite(self, value: f64, row: usize, column: usize) -> Error {
        self.error(&format!("holds {value} in row {row}, column {column}"))
    }

    /// The iteration for singular values or eigenvalues did not settle.
    pub(super) fn no_convergence(self) -> Error {
        self.error("did not let the iteration converge")
    }
}
