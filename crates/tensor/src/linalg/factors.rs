//! Matrices as products of simpler ones.

use super::operation::{Kind, apply};
use crate::{Result, Tensor};

/// Reduced QR factors: see [`qr`].
#[derive(Clone, Debug)]
pub struct Qr {
    /// `[.., m, k]` with orthonormal columns.
    pub q: Tensor,
    /// `[.., k, n]`, upper triangular.
    pub r: Tensor,
}

/// Thin singular value decomposition: see [`svd`].
#[derive(Clone, Debug)]
pub struct Svd {
    /// `[.., m, k]` with orthonormal columns.
    pub u: Tensor,
    /// `[.., k]` singular values, descending.
    pub s: Tensor,
    /// `[.., k, n]` with orthonormal rows.
    pub vh: Tensor,
}

/// Eigenvalues and eigenvectors: see [`eigh`].
#[derive(Clone, Debug)]
pub struct Eigh {
    /// `[.., n]` eigenvalues, ascending.
    pub values: Tensor,
    /// `[.., n, n]`, the eigenvectors being its columns.
    pub vectors: Tensor,
}

/// A = Q R (PyTorch's `linalg.qr`), by Householder reflections. The signs of the columns of Q are not
/// determined.
///
/// Shape: `[.., m, n]` to `[.., m, k]` and `[.., k, n]`, with k the smaller of m and n.
///
/// ```
/// use hammerhead_tensor::{linalg, tensor};
///
/// let factors = linalg::qr(&tensor([[3.0, 1.0], [4.0, 2.0], [0.0, 5.0]]))?;
/// assert_eq!((factors.q.shape(), factors.r.shape()), (&[3, 2][..], &[2, 2][..]));
/// # Ok::<(), hammerhead_tensor::Error>(())
/// ```
///
/// # Errors
/// When an element is not finite.
///
/// # Panics
/// When the tensor has fewer than two dims, or is not `f32` or `f64`.
#[track_caller]
pub fn qr(a: &Tensor) -> Result<Qr> {
    let mut outputs = apply(Kind::Qr, &[a])?.into_iter();
    let mut next = || outputs.next().expect("the operation has two outputs");
    Ok(Qr {
        q: next(),
        r: next(),
    })
}

/// A = U diag(s) Vh (PyTorch's `linalg.svd` with `full_matrices=False`). The common sign of a column of U and
/// its row of Vh is not determined.
///
/// Shape: `[.., m, n]` to `[.., m, k]`, `[.., k]` and `[.., k, n]`, with k the smaller of m and n.
///
/// ```
/// use hammerhead_tensor::{linalg, tensor};
///
/// let factors = linalg::svd(&tensor([[0.0, 3.5], [2.5, 0.0]]))?;
/// assert_eq!(factors.s.to_string(), "tensor([3.5000, 2.5000])");
/// # Ok::<(), hammerhead_tensor::Error>(())
/// ```
///
/// # Errors
/// When an element is not finite, or the iteration does not converge.
///
/// # Panics
/// When the tensor has fewer than two dims, or is not `f32` or `f64`.
#[track_caller]
pub fn svd(a: &Tensor) -> Result<Svd> {
    let mut outputs = apply(Kind::Svd, &[a])?.into_iter();
    let mut next = || outputs.next().expect("the operation has three outputs");
    Ok(Svd {
        u: next(),
        s: next(),
        vh: next(),
    })
}

/// Eigenvalues and eigenvectors of symmetric matrices, of which the lower triangle is read (PyTorch's
/// `linalg.eigh`): A = V diag(values) V^T. The signs of the eigenvectors are not determined.
///
/// Shape: `[.., n, n]` to `[.., n]` and `[.., n, n]`.
///
/// ```
/// use hammerhead_tensor::{linalg, tensor};
///
/// let result = linalg::eigh(&tensor([[2.5, 0.0], [0.0, 1.5]]))?;
/// assert_eq!(result.values.to_string(), "tensor([1.5000, 2.5000])");
/// # Ok::<(), hammerhead_tensor::Error>(())
/// ```
///
/// # Errors
/// When an element is not finite, or the iteration does not converge.
///
/// # Panics
/// When the matrices are not square, or not `f32` or `f64`.
#[track_caller]
pub fn eigh(a: &Tensor) -> Result<Eigh> {
    let mut outputs = apply(Kind::Eigh, &[a])?.into_iter();
    let mut next = || outputs.next().expect("the operation has two outputs");
    Ok(Eigh {
        values: next(),
        vectors: next(),
    })
}
