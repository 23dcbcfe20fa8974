//! Gradients of the layers' instructions.

use std::borrow::Cow;

use hammerhead_tensor::layout::Dims;
use hammerhead_tensor::prim::{
    Activation, BatchNorm, Binary, Compare, CrossEntropy, NormMode, PoolKind, Prim, Reduce, Unary,
    Windows,
};
use hammerhead_tensor::{DType, Result, Scalar, Tensor, with_device};
use smallvec::{SmallVec, smallvec};

use super::movement::scatter;
use super::product::{before_activation, sum_but};
use super::{Call, Grads};
use crate::composed::gradient_by;
use crate::instructions::{
    apply, apply_ref, binary, compare, constant, full, reduce, reshape, select, unary,
};

pub(super) fn pool(
    call: &Call<'_>,
    kind: PoolKind,
    windows: &Windows,
    grad: Tensor,
) -> Result<Tensor> {
    let shape = call.shape(0);
    let prim = Prim::PoolGrad {
        kind,
        windows: *windows,
        size: [shape[2], shape[3]],
    };
    match kind {
        // Where the maxima are is no smooth function of x, so its history plays no part.
        PoolKind::Max => apply(prim, [Cow::Owned(grad), Cow::Owned(call.input(0).detach())]),
        PoolKind::Mean { .. } => apply(prim, [Cow::Owned(grad)]),
    }
}

/// The gradient of a pool is linear in its own gradient: back through it is the pool itself, for the
/// maximum at the positions that x decides.
pub(super) fn pool_grad(
    call: &Call<'_>,
    kind: PoolKind,
    windows: &Windows,
    grad: Tensor,
) -> Result<Grads> {
    let pool = |positions| Prim::Pool {
        kind,
        windows: *windows,
        positions,
    };
    match kind {
        PoolKind::Mean { .. } => Ok(smallvec![Some(apply_ref(pool(false), [&grad])?)]),
        PoolKind::Max => {
            let x = call.input(1).detach();
            let positions = Tensor::try_apply(pool(true), &[&x])?.swap_remove(1);
            // A window in the padding altogether has no position, and gets nothing.
            let first = integer(0, &positions)?;
            let inside = compare(Compare::Ge, &positions, &first)?;
            let positions = select(&inside, &positions, &first)?;
            let (out, x) = (call.shape(0), call.shape(1));
            let flat = |t: &Tensor, [h, w]: [usize; 2]| reshape(t, &[x[0], x[1], h * w]);
            let index = flat(&positions, [out[2], out[3]])?;
            let source = flat(&grad, [x[2], x[3]])?;
            let chosen = reshape(&apply_ref(Prim::Gather { dim: 2 }, [&source, &index])?, out)?;
            let chosen = select(&inside, &chosen, &constant(0.0, &grad)?)?;
            Ok(smallvec![Some(chosen), None])
        }
    }
}

pub(super) fn batch_norm(call: &Call<'_>, norm: &BatchNorm, grad: Tensor) -> Result<Grads> {
    let fixed_statistics = match norm.mode {
        NormMode::Train => 0,
        NormMode::Eval => 2,
    };
    let statistics_need = (1..1 + fixed_statistics).any(|input| call.needs[input]);
    if call.differentiable || statistics_need {
        return batch_norm_composed(call, norm, grad);
    }
    let (mean, variance) = match norm.mode {
        NormMode::Train => (call.output(1), call.output(2)),
        NormMode::Eval => (call.input(1), call.input(2)),
    };
    let mut operands: SmallVec<[Cow<'_, Tensor>; 6]> = smallvec![
        Cow::Owned(grad),
        Cow::Borrowed(call.input(0)),
        Cow::Borrowed(mean),
        Cow::Borrowed(variance)
    ];
    if norm.affine {
        operands.push(Cow::Borrowed(call.input(1 + fixed_statistics)));
    }
    match norm.activation {
        Activation::None => {}
        Activation::Relu => operands.push(Cow::Borrowed(call.output(0))),
    }
    let gradients = Tensor::try_apply_owned(Prim::BatchNormGrad(*norm), operands)?;
    let mut grads: Grads = smallvec![None; call.inputs.len()];
    let places = std::iter::once(0).chain(1 + fixed_statistics..);
    for (place, gradient) in places.zip(gradients) {
        grads[place] = Some(gradient);
    }
    Ok(grads)
}

/// Through the normalisation step by step; what follows it is a sum.
fn batch_norm_composed(call: &Call<'_>, norm: &BatchNorm, grad: Tensor) -> Result<Grads> {
    let grad = before_activation(call, norm.activation, grad)?;
    let statistics = match norm.mode {
        NormMode::Train => 0,
        NormMode::Eval => 2,
    };
    let mut grads: Grads = smallvec![None; call.inputs.len()];
    if norm.affine {
        grads[2 + statistics] = call.of(2 + statistics, || sum_but(&grad, 1))?;
    }
    if norm.residual {
        let last = call.inputs.len() - 1;
        grads[last] = call.of(last, || Ok(grad.clone()))?;
    }
    let factors = 1 + statistics + norm.affine as usize;
    if call.needs[..factors].contains(&true) {
        let inputs: SmallVec<[&Tensor; 4]> = (0..factors).map(|input| call.input(input)).collect();
        let compose = |inputs: &[Tensor]| normalised(norm, inputs);
        let found = gradient_by(
            compose,
            &inputs,
            &call.needs[..factors],
            grad,
            call.differentiable,
        )?;
        grads
            .iter_mut()
            .zip(found)
            .for_each(|(grad, found)| *grad = found);
    }
    Ok(grads)
}

/// `(x - mean) / sqrt(variance + epsilon) * weight`, of `(x, [mean, variance], [weight])`
/// (Ioffe and Szegedy 2015).
fn normalised(norm: &BatchNorm, inputs: &[Tensor]) -> Result<Tensor> {
    let x = &inputs[0];
    let per_channel = |vector: &Tensor| {
        let shape: Dims = (0..x.rank())
            .map(|dim| if dim == 1 { x.shape()[1] } else { 1 })
            .collect();
        reshape(vector, &shape)
    };
    let average = |x: &Tensor| {
        let items = x.numel() / x.shape()[1].max(1);
        per_channel(&unary(
            Unary::DivScalar {
                value: items as f64,
            },
            sum_but(x, 1)?,
        )?)
    };
    let (centred, variance) = match norm.mode {
        NormMode::Train => {
            let centred = binary(Binary::Sub, x.clone(), &average(x)?)?;
            let variance = average(&unary(Unary::Square, centred.clone())?)?;
            (centred, variance)
        }
        NormMode::Eval => (
            binary(Binary::Sub, x.clone(), &per_channel(&inputs[1])?)?,
            per_channel(&inputs[2])?,
        ),
    };
    let scale = unary(
        Unary::Rsqrt,
        unary(
            Unary::AddScalar {
                value: norm.epsilon,
            },
            variance,
        )?,
    )?;
    let scaled = binary(Binary::Mul, centred, &scale)?;
    if norm.affine {
        binary(
            Binary::Mul,
            scaled,
            &per_channel(&inputs[inputs.len() - 1])?,
        )
    } else {
        Ok(scaled)
    }
}

pub(super) fn cross_entropy(call: &Call<'_>, loss: &CrossEntropy, grad: Tensor) -> Result<Grads> {
    let (logits, target) = (call.input(0), call.input(1));
    let gradient = if call.differentiable {
        cross_entropy_composed(logits, target, loss, grad)?
    } else {
        let prim = Prim::CrossEntropyGrad(*loss);
        apply_ref(prim, [&grad, logits, target])?
    };
    Ok(smallvec![Some(gradient), None])
}

/// Per row, the gradient times `softmax(logits) - the distribution asked for`.
fn cross_entropy_composed(
    logits: &Tensor,
    target: &Tensor,
    loss: &CrossEntropy,
    grad: Tensor,
) -> Result<Tensor> {
    let (rows, classes) = (logits.shape()[0], logits.shape()[1]);
    let over_classes = |op, x: &Tensor| reduce(op, x, smallvec![1], true);

    let greatest = over_classes(Reduce::Max, &logits.detach())?;
    let powers = unary(Unary::Exp, binary(Binary::Sub, logits.clone(), &greatest)?)?;
    let sums = over_classes(Reduce::Sum, &powers)?;
    let softmax = binary(Binary::Div, powers, &sums)?;

    let counted = compare(Compare::Ne, target, &integer(loss.ignore_index, target)?)?;
    let class = reshape(&select(&counted, target, &integer(0, target)?)?, &[rows, 1])?;
    let share = full(&[rows, 1], 1.0 - loss.label_smoothing, logits)?;
    let certain = scatter(logits.shape(), 1, &class, share)?;
    let asked = unary(
        Unary::AddScalar {
            value: loss.label_smoothing / classes as f64,
        },
        certain,
    )?;

    let counted_grad = select(&counted, &grad, &constant(0.0, &grad)?)?;
    binary(
        Binary::Mul,
        binary(Binary::Sub, softmax, &asked)?,
        &reshape(&counted_grad, &[rows, 1])?,
    )
}

fn integer(value: i64, like: &Tensor) -> Result<Tensor> {
    let prim = Prim::Fill(Dims::new(), DType::I64, Scalar::Int(value));
    with_device(like.device(), || apply(prim, []))
}
