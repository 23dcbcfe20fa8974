//! Gradients of what moves elements: each sends them back where they came from, and zeros to
//! places that were not read.

use std::borrow::Cow;

use hammerhead_tensor::layout::Dims;
use hammerhead_tensor::prim::{Prim, View};
use hammerhead_tensor::{Result, Tensor};
use smallvec::{SmallVec, smallvec};

use super::{Call, Grads};
use crate::instructions::{
    apply, apply_ref, flip, full, pad as pad_dim, permute, reshape, slice, sum_to,
};

pub(super) fn view(view: &View, shape: &[usize], grad: Tensor) -> Result<Tensor> {
    match view {
        View::Reshape(_) => reshape(&grad, shape),
        View::Permute(dims) => {
            let mut inverse: Dims = SmallVec::from_elem(0, dims.len());
            for (to, &from) in dims.iter().enumerate() {
                inverse[from] = to;
            }
            permute(&grad, inverse)
        }
        View::Expand(_) => sum_to(grad, shape),
        View::Slice {
            dim, start, step, ..
        } => unslice(grad, *dim, *start, *step, shape[*dim]),
        View::Diagonal { offset, dims } => undiagonal(grad, *offset, *dims, shape),
        View::Alias => Ok(grad),
    }
}

/// Puts elements back at `start`, `start + step`, ... of a dim of `size`, zeros elsewhere.
fn unslice(grad: Tensor, dim: usize, start: usize, step: isize, size: usize) -> Result<Tensor> {
    let length = grad.shape()[dim];
    if length == 0 {
        let mut shape: Dims = grad.shape().into();
        shape[dim] = size;
        return full(&shape, 0.0, &grad);
    }
    let last = (start as isize + (length as isize - 1) * step) as usize;
    let (first, grad) = if step < 0 {
        (last, flip(&grad, dim)?)
    } else {
        (start, grad)
    };
    let spread = spread(grad, dim, step.unsigned_abs())?;
    let covered = spread.shape()[dim];
    pad_dim(spread, dim, first, size - first - covered)
}

/// `step - 1` zeros between the elements of a dim.
fn spread(x: Tensor, dim: usize, step: usize) -> Result<Tensor> {
    let length = x.shape()[dim];
    if step == 1 || length == 1 {
        return Ok(x);
    }
    let mut shape: Dims = x.shape().into();
    shape.insert(dim + 1, 1);
    let gapped = pad_dim(reshape(&x, &shape)?, dim + 1, 0, step - 1)?;
    shape.remove(dim + 1);
    shape[dim] = length * step;
    slice(
        &reshape(&gapped, &shape)?,
        dim,
        0,
        1,
        (length - 1) * step + 1,
    )
}

/// Puts the last dim back on a diagonal of zeros: in row-major order its elements lie a row and one
/// apart.
fn undiagonal(grad: Tensor, offset: isize, [i, j]: [usize; 2], shape: &[usize]) -> Result<Tensor> {
    let (rows, cols) = (shape[i], shape[j]);
    let start = if offset >= 0 {
        offset as usize
    } else {
        offset.unsigned_abs() * cols
    };
    let last = grad.rank() - 1;
    let flat = unslice(grad, last, start, cols as isize + 1, rows * cols)?;
    let mut unfolded: Dims = flat.shape()[..last].into();
    unfolded.extend([rows, cols]);
    let mut others = 0..last;
    let home = (0..shape.len()).map(|dim| match dim {
        _ if dim == i => last,
        _ if dim == j => last + 1,
        _ => others.next().expect("as many as there are other dims"),
    });
    permute(&reshape(&flat, &unfolded)?, home)
}

pub(super) fn cat(call: &Call<'_>, dim: usize, grad: Tensor) -> Result<Grads> {
    let mut start = 0;
    (0..call.inputs.len())
        .map(|input| {
            let length = call.shape(input)[dim];
            let part = call.of(input, || slice(&grad, dim, start, 1, length));
            start += length;
            part
        })
        .collect()
}

pub(super) fn pad(widths: &[(usize, usize)], shape: &[usize], mut grad: Tensor) -> Result<Tensor> {
    for (dim, &(before, _)) in widths.iter().enumerate() {
        grad = slice(&grad, dim, before, 1, shape[dim])?;
    }
    Ok(grad)
}

/// Elements added back at their positions.
pub(super) fn scatter(shape: &[usize], dim: usize, index: &Tensor, grad: Tensor) -> Result<Tensor> {
    let zeros = full(shape, 0.0, &grad)?;
    apply(
        Prim::ScatterAdd { dim },
        [Cow::Owned(zeros), Cow::Borrowed(index), Cow::Owned(grad)],
    )
}

pub(super) fn gather(call: &Call<'_>, dim: usize, grad: Tensor) -> Result<Grads> {
    Ok(smallvec![
        Some(scatter(call.shape(0), dim, call.input(1), grad)?),
        None
    ])
}

pub(super) fn scatter_add(call: &Call<'_>, dim: usize, grad: Tensor) -> Result<Grads> {
    let src = call.of(2, || {
        apply_ref(Prim::Gather { dim }, [&grad, call.input(1)])
    })?;
    let x = call.of(0, || Ok(grad))?;
    Ok(smallvec![x, None, src])
}
