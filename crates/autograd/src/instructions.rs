//! Instructions as functions: what the rules are made of. Operands are owned where they may be the
//! last use, so that the funnel can write over them.

use std::borrow::Cow;

use hammerhead_tensor::layout::Dims;
use hammerhead_tensor::prim::{Axes, Binary, Compare, Prim, Reduce, Unary, View};
use hammerhead_tensor::{DType, Result, Scalar, Tensor, with_device};
use smallvec::SmallVec;

/// Runs an instruction with one output.
pub(crate) fn apply<'a>(
    prim: Prim,
    inputs: impl IntoIterator<Item = Cow<'a, Tensor>>,
) -> Result<Tensor> {
    Ok(Tensor::try_apply_owned(prim, inputs)?.swap_remove(0))
}

/// [`apply`] on borrowed operands.
pub(crate) fn apply_ref<const N: usize>(prim: Prim, inputs: [&Tensor; N]) -> Result<Tensor> {
    apply(prim, inputs.map(Cow::Borrowed))
}

pub(crate) fn unary(op: Unary, x: Tensor) -> Result<Tensor> {
    apply(Prim::Unary(op), [Cow::Owned(x)])
}

pub(crate) fn binary(op: Binary, a: Tensor, b: &Tensor) -> Result<Tensor> {
    apply(Prim::Binary(op), [Cow::Owned(a), Cow::Borrowed(b)])
}

pub(crate) fn add(a: Tensor, b: Tensor) -> Result<Tensor> {
    apply(Prim::Binary(Binary::Add), [Cow::Owned(a), Cow::Owned(b)])
}

pub(crate) fn compare(op: Compare, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    apply_ref(Prim::Compare(op), [a, b])
}

pub(crate) fn select(condition: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    apply_ref(Prim::Select, [condition, a, b])
}

pub(crate) fn cast(x: Tensor, dtype: DType) -> Result<Tensor> {
    if x.dtype() == dtype {
        Ok(x)
    } else {
        apply(Prim::Cast(dtype), [Cow::Owned(x)])
    }
}

/// A row-major tensor of its own.
pub(crate) fn contiguous(x: &Tensor) -> Result<Tensor> {
    apply_ref(Prim::Cast(x.dtype()), [x])
}

/// A tensor of rank 0 that broadcasts beside `like`.
pub(crate) fn constant(value: f64, like: &Tensor) -> Result<Tensor> {
    full(&[], value, like)
}

/// A tensor filled with one value, of the dtype and on the device of `like`.
pub(crate) fn full(shape: &[usize], value: f64, like: &Tensor) -> Result<Tensor> {
    let prim = Prim::Fill(shape.into(), like.dtype(), Scalar::Float(value));
    with_device(like.device(), || apply(prim, []))
}

pub(crate) fn reduce(op: Reduce, x: &Tensor, dims: Dims, keepdim: bool) -> Result<Tensor> {
    apply_ref(Prim::Reduce(op, Axes { dims, keepdim }), [x])
}

pub(crate) fn view(x: &Tensor, view: View) -> Result<Tensor> {
    apply_ref(Prim::View(view), [x])
}

pub(crate) fn permute(x: &Tensor, dims: impl IntoIterator<Item = usize>) -> Result<Tensor> {
    view(x, View::Permute(dims.into_iter().collect()))
}

/// The last two dims in the other order.
pub(crate) fn transpose(x: &Tensor) -> Result<Tensor> {
    let rank = x.rank();
    permute(x, (0..rank - 2).chain([rank - 1, rank - 2]))
}

pub(crate) fn expand(x: &Tensor, shape: &[usize]) -> Result<Tensor> {
    if x.shape() == shape {
        Ok(x.clone())
    } else {
        view(x, View::Expand(shape.into()))
    }
}

/// Another shape, by a copy where strides can't say it.
pub(crate) fn reshape(x: &Tensor, shape: &[usize]) -> Result<Tensor> {
    if x.shape() == shape {
        return Ok(x.clone());
    }
    let reshaped = View::Reshape(shape.into());
    if x.layout().reshape(shape).is_some() {
        view(x, reshaped)
    } else {
        view(&contiguous(x)?, reshaped)
    }
}

pub(crate) fn slice(
    x: &Tensor,
    dim: usize,
    start: usize,
    step: isize,
    length: usize,
) -> Result<Tensor> {
    if start == 0 && step == 1 && length == x.shape()[dim] {
        return Ok(x.clone());
    }
    view(
        x,
        View::Slice {
            dim,
            start,
            step,
            length,
        },
    )
}

/// A dim read backwards.
pub(crate) fn flip(x: &Tensor, dim: usize) -> Result<Tensor> {
    let length = x.shape()[dim];
    slice(x, dim, length.saturating_sub(1), -1, length)
}

/// Zeros before and after the elements of one dim.
pub(crate) fn pad(x: Tensor, dim: usize, before: usize, after: usize) -> Result<Tensor> {
    if before == 0 && after == 0 {
        return Ok(x);
    }
    let mut widths: SmallVec<[(usize, usize); 6]> = SmallVec::from_elem((0, 0), x.rank());
    widths[dim] = (before, after);
    apply(Prim::Pad { widths, value: 0.0 }, [Cow::Owned(x)])
}

/// Sums the dims that broadcasting stretched, back to `shape`.
pub(crate) fn sum_to(x: Tensor, shape: &[usize]) -> Result<Tensor> {
    if x.shape() == shape {
        return Ok(x);
    }
    let lead = x.rank() - shape.len();
    let stretched = |dim: &usize| *dim < lead || (shape[dim - lead] == 1 && x.shape()[*dim] != 1);
    let dims: Dims = (0..x.rank()).filter(stretched).collect();
    reshape(
        &if dims.is_empty() {
            x
        } else {
            reduce(Reduce::Sum, &x, dims, true)?
        },
        shape,
    )
}

/// A folded tensor stretched back over the dims that were folded, as a view.
pub(crate) fn unreduce(x: &Tensor, axes: &Axes, shape: &[usize]) -> Result<Tensor> {
    if x.rank() == 0 {
        return expand(x, shape);
    }
    let kept: Dims = shape
        .iter()
        .enumerate()
        .map(|(dim, &size)| if axes.dims.contains(&dim) { 1 } else { size })
        .collect();
    expand(&reshape(x, &kept)?, shape)
}
