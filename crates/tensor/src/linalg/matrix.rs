//! Matrices between row-major slices and `faer`.

use faer::dyn_stack::{MemBuffer, StackReq};
use faer::linalg::matmul::matmul;
use faer::traits::RealField;
use faer::{Accum, Mat, MatRef, Par};

use super::subject::Subject;
use crate::{Element, Result};

/// Factorisations run on the calling thread: a result must not depend on how many there are.
pub(super) const PAR: Par = Par::Seq;

/// An element of the matrices decomposed here: `f32` or `f64`.
pub(super) trait Entry: Element + RealField + Into<f64> {
    /// The distance from 1 to the next number.
    const EPSILON: f64;
}

impl Entry for f32 {
    const EPSILON: f64 = f32::EPSILON as f64;
}

impl Entry for f64 {
    const EPSILON: f64 = f64::EPSILON;
}

/// The matrix of row-major `values`, all of which must be finite.
pub(super) fn read<T: Entry>(
    subject: Subject,
    values: &[T],
    rows: usize,
    columns: usize,
) -> Result<Mat<T>> {
    let infinite = values.iter().position(|value| !(*value).into().is_finite());
    match infinite {
        Some(at) => Err(subject.not_finite(values[at].into(), at / columns, at % columns)),
        None => Ok(MatRef::from_row_major_slice(values, rows, columns).to_owned()),
    }
}

/// The elements of `matrix` in row-major order.
pub(super) fn rows<T: Entry>(matrix: MatRef<'_, T>) -> Vec<T> {
    (0..matrix.nrows())
        .flat_map(|row| (0..matrix.ncols()).map(move |column| matrix[(row, column)]))
        .collect()
}

/// The matrix product.
pub(super) fn product<T: Entry>(left: MatRef<'_, T>, right: MatRef<'_, T>) -> Mat<T> {
    let mut out = Mat::zeros(left.nrows(), right.ncols());
    matmul(
        out.as_mut(),
        Accum::Replace,
        left,
        right,
        <T as Element>::from_f64(1.0),
        PAR,
    );
    out
}

pub(super) fn scratch(size: StackReq) -> MemBuffer {
    MemBuffer::new(size)
}
