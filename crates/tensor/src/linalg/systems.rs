//! Systems of linear equations, and determinants.

use super::operation::{Kind, apply};
use crate::layout::broadcast_shapes;
use crate::{Result, Tensor};

/// Sign and logarithm of a determinant: see [`slogdet`].
#[derive(Clone, Debug)]
pub struct SlogDet {
    /// 1, -1, or 0 when the determinant vanishes; the batch's shape.
    pub sign: Tensor,
    /// The natural logarithm of the determinant's magnitude.
    pub log_magnitude: Tensor,
}

/// The X of A X = B, by elimination with partial pivoting (PyTorch's `linalg.solve`).
///
/// Shape: `a` is `[.., n, n]`, `b` is `[.., n, k]` and so is the result; leading dims broadcast. A vector
/// `b` of shape `[n]` is one right side, and gives a vector.
///
/// ```
/// use hammerhead_tensor::{linalg, tensor};
///
/// let x = linalg::solve(&tensor([[2.0, 1.0], [1.0, 3.0]]), &tensor([3.0, 5.0]))?;
/// assert_eq!(x.to_string(), "tensor([0.8000, 1.4000])");
/// # Ok::<(), hammerhead_tensor::Error>(())
/// ```
///
/// # Errors
/// When a matrix is singular or not finite.
///
/// # Panics
/// When shapes don't fit or dtypes are not the same `f32` or `f64`.
#[track_caller]
pub fn solve(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    system(Kind::Solve, a, b)
}

/// The X that makes A X - B smallest; the shortest one, if there are several (PyTorch's
/// `linalg.lstsq(a, b).solution`), by QR factors with column pivoting.
///
/// Shape: `a` is `[.., m, n]` of full rank, `b` is `[.., m, k]` and the result `[.., n, k]`; leading dims
/// broadcast. A vector `b` of shape `[m]` is one right side, and gives a vector.
///
/// ```
/// use hammerhead_tensor::{linalg, tensor};
///
/// // The line through (0, 1.5), (1, 3), (2, 4.5).
/// let a = tensor([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]]);
/// let line = linalg::least_squares(&a, &tensor([1.5, 3.0, 4.5]))?;
/// assert_eq!(line.to_string(), "tensor([1.5000, 1.5000])");
/// # Ok::<(), hammerhead_tensor::Error>(())
/// ```
///
/// # Errors
/// When the columns of a matrix (its rows, if they are fewer) are linearly dependent to working
/// precision, or not finite.
///
/// # Panics
/// When shapes don't fit or dtypes are not the same `f32` or `f64`.
#[track_caller]
pub fn least_squares(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    system(Kind::LeastSquares, a, b)
}

/// Broadcasts the batches of both sides, and takes a vector as one column.
#[track_caller]
fn system(kind: Kind, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let name = kind.name();
    let vector = b.rank() == 1;
    let b = if vector { b.unsqueeze(-1) } else { b.clone() };
    assert!(
        a.rank() >= 2 && b.rank() >= 2,
        "{name}: takes a matrix and a right side of one or more dims, got shapes {:?} and {:?}",
        a.shape(),
        b.shape()
    );
    let batch_of = |x: &Tensor| x.shape()[..x.rank() - 2].to_vec();
    let batch = broadcast_shapes(name, &batch_of(a), &batch_of(&b))
        .unwrap_or_else(|error| panic!("{error}"));
    let spread = |x: &Tensor| {
        let shape = [&batch[..], &x.shape()[x.rank() - 2..]].concat();
        if x.shape() == shape {
            x.clone()
        } else {
            x.expand(shape)
        }
    };
    let x = one(apply(kind, &[&spread(a), &spread(&b)])?);
    Ok(if vector { x.squeeze(-1) } else { x })
}

fn one(mut outputs: crate::Tensors) -> Tensor {
    outputs.pop().expect("the operation has one output")
}

/// The inverse of square matrices (PyTorch's `linalg.inv`).
///
/// To multiply by an inverse, [`solve`] is faster and more accurate.
///
/// Shape: `[.., n, n]`, and the result has the same.
///
/// ```
/// use hammerhead_tensor::{linalg, tensor};
///
/// let inverse = linalg::inverse(&tensor([[2.0, 1.0], [1.0, 3.0]]))?;
/// assert_eq!(inverse.to_string(), "tensor([[ 0.6000, -0.2000],\n        [-0.2000,  0.4000]])");
/// # Ok::<(), hammerhead_tensor::Error>(())
/// ```
///
/// # Errors
/// When a matrix is singular or not finite.
///
/// # Panics
/// When the matrices are not square, or not `f32` or `f64`.
#[track_caller]
pub fn inverse(a: &Tensor) -> Result<Tensor> {
    Ok(one(apply(Kind::Inverse, &[a])?))
}

/// The determinants of square matrices (PyTorch's `linalg.det`).
///
/// Shape: `[.., n, n]` to `[..]`.
///
/// ```
/// use hammerhead_tensor::{linalg, tensor};
///
/// let det = linalg::det(&tensor([[1.5, 2.0], [3.0, 5.0]]))?;
/// assert_eq!(det.to_string(), "tensor(1.5000)");
/// # Ok::<(), hammerhead_tensor::Error>(())
/// ```
///
/// # Errors
/// When an element is not finite. A singular matrix has determinant 0.
///
/// # Panics
/// When the matrices are not square, or not `f32` or `f64`.
#[track_caller]
pub fn det(a: &Tensor) -> Result<Tensor> {
    Ok(one(apply(Kind::Det, &[a])?))
}

/// Sign and logarithm of the determinants of `[.., n, n]`, which may themselves be too large or
/// too small for a float (PyTorch's `linalg.slogdet`).
///
/// Shape: `[.., n, n]` to twice `[..]`.
///
/// ```
/// use hammerhead_tensor::{linalg, tensor};
///
/// let result = linalg::slogdet(&tensor([[0.0, 1.0], [1.0, 0.0]]))?;
/// assert_eq!((result.sign.item(), result.log_magnitude.item()), (-1.0, 0.0));
/// # Ok::<(), hammerhead_tensor::Error>(())
/// ```
///
/// # Errors
/// When an element is not finite. A singular matrix has sign 0 and logarithm minus infinity.
///
/// # Panics
/// When the matrices are not square, or not `f32` or `f64`.
#[track_caller]
pub fn slogdet(a: &Tensor) -> Result<SlogDet> {
    let mut outputs = apply(Kind::SlogDet, &[a])?.into_iter();
    let mut next = || outputs.next().expect("the operation has two outputs");
    Ok(SlogDet {
        sign: next(),
        log_magnitude: next(),
    })
}
