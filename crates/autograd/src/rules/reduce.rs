//! Gradients of folds, running sums and order.

use hammerhead_tensor::layout::Dims;
use hammerhead_tensor::prim::{Axes, Binary, Compare, Logical, Prim, Reduce, Unary};
use hammerhead_tensor::{Result, Tensor};

use super::Call;
use super::movement::scatter;
use crate::composed::gradient_by;
use crate::instructions::{
    apply_ref, binary, cast, compare, constant, flip, full, permute, reduce as fold, reshape,
    select, slice, unary, unreduce,
};

pub(super) fn reduce(call: &Call<'_>, op: Reduce, axes: &Axes, grad: Tensor) -> Result<Tensor> {
    match op {
        // Of nothing: the product is 1 whatever x is.
        Reduce::Prod if call.input(0).numel() == 0 => full(call.shape(0), 0.0, &grad),
        Reduce::Sum => unreduce(&grad, axes, call.shape(0)),
        Reduce::Mean => {
            let value = axes.count(call.shape(0)) as f64;
            let share = unary(Unary::DivScalar { value }, grad)?;
            unreduce(&share, axes, call.shape(0))
        }
        Reduce::Max | Reduce::Min => extreme(call, axes, grad),
        Reduce::Prod if call.differentiable => {
            let axes = axes.clone();
            let product = move |inputs: &[Tensor]| product_tree(&inputs[0], &axes);
            Ok(gradient_by(product, &[call.input(0)], &[true], grad, true)?
                .swap_remove(0)
                .expect("asked for"))
        }
        Reduce::Prod => product(call, axes, grad),
    }
}

/// Ties share the gradient evenly, as in PyTorch's `amax` and full `max`; a NaN is the extreme.
fn extreme(call: &Call<'_>, axes: &Axes, grad: Tensor) -> Result<Tensor> {
    let x = call.input(0);
    // Where the extremes are is no smooth function of x, so their history plays no part.
    let y = unreduce(&call.output(0).detach(), axes, x.shape())?;
    let x = x.detach();
    let (equal, nan) = (compare(Compare::Eq, &x, &y)?, compare(Compare::Ne, &x, &x)?);
    let hits = cast(
        apply_ref(Prim::Logical(Logical::Or), [&equal, &nan])?,
        grad.dtype(),
    )?;
    let count = fold(Reduce::Sum, &hits, axes.dims.clone(), axes.keepdim)?;
    let share = binary(Binary::Div, grad, &count)?;
    binary(Binary::Mul, hits, &unreduce(&share, axes, x.shape())?)
}

/// The product of all other elements: `y / x` where no element is 0; where just one is, the product
/// of the rest, at that one; where several are, 0.
fn product(call: &Call<'_>, axes: &Axes, grad: Tensor) -> Result<Tensor> {
    let (x, y) = (call.input(0), call.output(0));
    let (zero, one) = (constant(0.0, x)?, constant(1.0, x)?);
    let is_zero = compare(Compare::Eq, x, &zero)?;
    let zeros = fold(
        Reduce::Sum,
        &cast(is_zero.clone(), x.dtype())?,
        axes.dims.clone(),
        axes.keepdim,
    )?;
    let rest = fold(
        Reduce::Prod,
        &select(&is_zero, &one, x)?,
        axes.dims.clone(),
        axes.keepdim,
    )?;

    let back = |folded: Tensor| unreduce(&folded, axes, x.shape());
    let no_zero = back(compare(Compare::Eq, &zeros, &zero)?)?;
    let one_zero = back(compare(Compare::Eq, &zeros, &one)?)?;
    let quotient = binary(Binary::Div, back(y.clone())?, x)?;
    let at_zero = select(&is_zero, &back(rest)?, &zero)?;
    let slope = select(&no_zero, &quotient, &select(&one_zero, &at_zero, &zero)?)?;
    binary(Binary::Mul, slope, &back(grad)?)
}

/// The product as multiplications of halves: differentiable any number of times, at zeros too.
fn product_tree(x: &Tensor, axes: &Axes) -> Result<Tensor> {
    let kept: Dims = (0..x.rank())
        .filter(|dim| !axes.dims.contains(dim))
        .collect();
    let order: Dims = kept.iter().chain(&axes.dims).copied().collect();
    let mut shape: Dims = kept.iter().map(|&dim| x.shape()[dim]).collect();
    let mut length: usize = axes.dims.iter().map(|&dim| x.shape()[dim]).product();
    shape.push(length);
    let mut x = reshape(&permute(x, order)?, &shape)?;
    let dim = kept.len();
    while length > 1 {
        let half = length / 2;
        let product = binary(
            Binary::Mul,
            slice(&x, dim, 0, 1, half)?,
            &slice(&x, dim, half, 1, half)?,
        )?;
        x = if length.is_multiple_of(2) {
            product
        } else {
            apply_ref(
                Prim::Cat { dim },
                [&product, &slice(&x, dim, length - 1, 1, 1)?],
            )?
        };
        length = half + length % 2;
    }
    shape.pop();
    if axes.keepdim {
        axes.dims.iter().for_each(|&dim| shape.insert(dim, 1));
    }
    reshape(&x, &shape)
}

/// Every element is in all sums from its own on: the running sums from the other end.
pub(super) fn cumsum(dim: usize, grad: Tensor) -> Result<Tensor> {
    flip(&apply_ref(Prim::CumSum { dim }, [&flip(&grad, dim)?])?, dim)
}

/// A share grows with its own exponent, and shrinks with all by what they took from it: `y (g - sum(g y))`.
pub(super) fn softmax(call: &Call<'_>, grad: Tensor) -> Result<Tensor> {
    let y = call.output(0);
    let weighted = binary(Binary::Mul, grad.clone(), y)?;
    let last: Dims = std::iter::once(y.rank() - 1).collect();
    let sum = fold(Reduce::Sum, &weighted, last, true)?;
    binary(Binary::Mul, binary(Binary::Sub, grad, &sum)?, y)
}

pub(super) fn sort(call: &Call<'_>, dim: usize, grad: Tensor) -> Result<Tensor> {
    scatter(call.shape(0), dim, call.output(1), grad)
}
