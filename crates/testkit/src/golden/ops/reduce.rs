//! Reductions, order and softmax.

use hammerhead_tensor::Tensor;

use super::call::{Call, Outcome};
use crate::golden::arguments::DimList;

/// The operation's outputs, or nothing if it is none of this family.
pub(super) fn evaluate(op: &str, call: &mut Call) -> Option<Outcome> {
    Some(match op.strip_suffix("_all").unwrap_or(op) {
        "sum" => fold(
            call,
            |x| x.sum(),
            |x, dims| x.sum_dim(dims),
            |x, dims| x.sum_keepdim(dims),
        ),
        "mean" => fold(
            call,
            |x| x.mean(),
            |x, dims| x.mean_dim(dims),
            |x, dims| x.mean_keepdim(dims),
        ),
        "prod" => fold(
            call,
            |x| x.prod(),
            |x, dims| x.prod_dim(dims),
            |x, dims| x.prod_keepdim(dims),
        ),
        "max" | "amax" => fold(
            call,
            |x| x.max(),
            |x, dims| x.amax_dim(dims),
            |x, dims| x.amax_keepdim(dims),
        ),
        "min" | "amin" => fold(
            call,
            |x| x.min(),
            |x, dims| x.amin_dim(dims),
            |x, dims| x.amin_keepdim(dims),
        ),
        "norm_l2" => fold(
            call,
            |x| x.norm(),
            |x, dims| x.norm_dim(dims),
            |x, dims| x.norm_keepdim(dims),
        ),
        "logsumexp" => fold(
            call,
            |x| x.logsumexp(),
            |x, dims| x.logsumexp_dim(dims),
            |x, dims| x.logsumexp_keepdim(dims),
        ),
        "var" => spread(call, |x, dims, correction, keepdim| {
            x.var_with(dims, correction, keepdim)
        }),
        "std" => spread(call, |x, dims, correction, keepdim| {
            x.std_with(dims, correction, keepdim)
        }),
        "max_dim" => along(
            call,
            |x, dim| x.max_dim(dim).into(),
            |x, dim| x.max_keepdim(dim).into(),
        ),
        "min_dim" => along(
            call,
            |x, dim| x.min_dim(dim).into(),
            |x, dim| x.min_keepdim(dim).into(),
        ),
        "argmax" => position(
            call,
            Tensor::argmax,
            Tensor::argmax_dim,
            Tensor::argmax_keepdim,
        ),
        "argmin" => position(
            call,
            Tensor::argmin,
            Tensor::argmin_dim,
            Tensor::argmin_keepdim,
        ),
        "cumsum" => with_dim(call, |x, dim| x.cumsum(dim)),
        "softmax" => with_dim(call, |x, dim| x.softmax(dim)),
        "log_softmax" => with_dim(call, |x, dim| x.log_softmax(dim)),
        "sort" => sort(call),
        "topk" => topk(call),
        _ => return None,
    })
}

/// The dims folded, if not all, and whether they stay.
fn axes(call: &mut Call) -> Result<(Option<Vec<isize>>, bool), String> {
    let dims = call.attrs.maybe::<DimList>("dims")?;
    let dims = match dims {
        Some(dims) => Some(dims),
        None => call.attrs.maybe::<DimList>("dim")?,
    };
    Ok((
        dims.map(DimList::dims),
        call.attrs.optional("keepdim", false)?,
    ))
}

fn every_dim(x: &Tensor) -> Vec<isize> {
    (0..x.rank() as isize).collect()
}

fn fold(
    call: &mut Call,
    all: impl FnOnce(&Tensor) -> Tensor,
    some: impl FnOnce(&Tensor, Vec<isize>) -> Tensor,
    keep: impl FnOnce(&Tensor, Vec<isize>) -> Tensor,
) -> Outcome {
    let (dims, keepdim) = axes(call)?;
    call.one(|x| match (dims, keepdim) {
        (None, false) => all(x),
        (None, true) => keep(x, every_dim(x)),
        (Some(dims), false) => some(x, dims),
        (Some(dims), true) => keep(x, dims),
    })
}

fn spread(call: &mut Call, f: impl FnOnce(&Tensor, Vec<isize>, f64, bool) -> Tensor) -> Outcome {
    let (dims, keepdim) = axes(call)?;
    let unbiased = call.attrs.optional("unbiased", true)?;
    let correction = call
        .attrs
        .number("correction", if unbiased { 1.0 } else { 0.0 })?;
    call.one(|x| f(x, dims.unwrap_or_else(|| every_dim(x)), correction, keepdim))
}

fn along(
    call: &mut Call,
    drop: impl FnOnce(&Tensor, isize) -> super::call::Outputs,
    keep: impl FnOnce(&Tensor, isize) -> super::call::Outputs,
) -> Outcome {
    let dim = call.attrs.required("dim")?;
    let keepdim = call.attrs.optional("keepdim", false)?;
    let x = call.input("x")?;
    Ok(if keepdim {
        keep(&x, dim)
    } else {
        drop(&x, dim)
    })
}

fn position(
    call: &mut Call,
    all: impl FnOnce(&Tensor) -> Tensor,
    some: impl FnOnce(&Tensor, isize) -> Tensor,
    keep: impl FnOnce(&Tensor, isize) -> Tensor,
) -> Outcome {
    let dim = call.attrs.maybe("dim")?;
    let keepdim = call.attrs.optional("keepdim", false)?;
    call.one(|x| match (dim, keepdim) {
        (None, false) => all(x),
        (None, true) => all(x).reshape(vec![1isize; x.rank()]),
        (Some(dim), false) => some(x, dim),
        (Some(dim), true) => keep(x, dim),
    })
}

fn with_dim(call: &mut Call, f: impl FnOnce(&Tensor, isize) -> Tensor) -> Outcome {
    let dim = call.attrs.required("dim")?;
    call.one(|x| f(x, dim))
}

fn sort(call: &mut Call) -> Outcome {
    let dim = call.attrs.optional("dim", -1)?;
    let descending = call.attrs.optional("descending", false)?;
    // Ours is always stable, which every order that PyTorch may give allows.
    call.attrs.maybe::<bool>("stable")?;
    Ok(call.input("x")?.sort(dim, descending).into())
}

fn topk(call: &mut Call) -> Outcome {
    let k: usize = call.attrs.required("k")?;
    let dim = call.attrs.optional("dim", -1)?;
    let largest = call.attrs.optional("largest", true)?;
    call.attrs.maybe::<bool>("sorted")?;
    let x = call.input("x")?;
    if largest {
        return Ok(x.topk(k, dim).into());
    }
    let (values, indices) = x.sort(dim, false);
    Ok((values.narrow(dim, 0, k), indices.narrow(dim, 0, k)).into())
}
