//! Singular values, and the eigenvalues of symmetric matrices.

use faer::Mat;
use faer::diag::Diag;
use faer::dyn_stack::MemStack;
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::svd::{self, ComputeSvdVectors, svd_scratch};

use super::matrix::{Entry, PAR, read, rows, scratch};
use super::subject::Subject;
use crate::Result;

/// The thin factors of A = U diag(s) Vh, with k the smaller extent of A.
pub(super) struct Svd<T> {
    /// rows by k.
    pub(super) u: Vec<T>,
    /// k singular values, descending.
    pub(super) s: Vec<T>,
    /// k by columns.
    pub(super) vh: Vec<T>,
}

/// The eigenvalues and eigenvectors of a symmetric matrix.
pub(super) struct Eigh<T> {
    /// n eigenvalues, ascending.
    pub(super) values: Vec<T>,
    /// n by n; the eigenvectors are its columns.
    pub(super) vectors: Vec<T>,
}

/// The thin singular value decomposition of the `m` by `n` matrix of row-major `values`.
pub(super) fn svd<T: Entry>(subject: Subject, values: &[T], m: usize, n: usize) -> Result<Svd<T>> {
    let matrix = read(subject, values, m, n)?;
    let k = m.min(n);
    let (mut u, mut v, mut s) = (Mat::zeros(m, k), Mat::zeros(n, k), Diag::zeros(k));
    let thin = ComputeSvdVectors::Thin;
    let size = svd_scratch::<T>(m, n, thin, thin, PAR, Default::default());
    svd::svd(
        matrix.as_ref(),
        s.as_mut(),
        Some(u.as_mut()),
        Some(v.as_mut()),
        PAR,
        MemStack::new(&mut scratch(size)),
        Default::default(),
    )
    .map_err(|_| subject.no_convergence())?;
    Ok(Svd {
        u: rows(u.as_ref()),
        s: (0..k).map(|at| s[at]).collect(),
        vh: rows(v.transpose()),
    })
}

/// The eigendecomposition of the `n` by `n` matrix whose lower triangle is in row-major `values`.
pub(super) fn eigh<T: Entry>(subject: Subject, values: &[T], n: usize) -> Result<Eigh<T>> {
    let matrix = read(subject, values, n, n)?;
    if n == 0 {
        // Of an empty matrix faer's decomposition would take a column, as debug builds notice.
        return Ok(Eigh {
            values: Vec::new(),
            vectors: Vec::new(),
        });
    }
    let (mut vectors, mut eigenvalues) = (Mat::zeros(n, n), Diag::zeros(n));
    let size = self_adjoint_evd_scratch::<T>(n, ComputeEigenvectors::Yes, PAR, Default::default());
    self_adjoint_evd(
        matrix.as_ref(),
        eigenvalues.as_mut(),
        Some(vectors.as_mut()),
        PAR,
        MemStack::new(&mut scratch(size)),
        Default::default(),
    )
    .map_err(|_| subject.no_convergence())?;
    Ok(Eigh {
        values: (0..n).map(|at| eigenvalues[at]).collect(),
        vectors: rows(vectors.as_ref()),
    })
}
