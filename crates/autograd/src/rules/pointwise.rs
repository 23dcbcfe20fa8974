//! Gradients of the pointwise instructions: one fused pass over memory, or, to be differentiated
//! again, the table's formula on tensors.

use std::borrow::Cow;

use hammerhead_tensor::prim::{Binary, Prim, Side, Unary};
use hammerhead_tensor::{Result, Tensor};
use smallvec::{SmallVec, smallvec};

use super::{Call, Grads, no_gradient};
use crate::formula;
use crate::instructions::{self, apply, constant, sum_to};

pub(super) fn unary(call: &Call<'_>, op: Unary, grad: Tensor) -> Result<Tensor> {
    let saved = |operands: &[Option<Tensor>]| operands.first().cloned().flatten();
    unary_of(
        op,
        saved(&call.saved.inputs),
        saved(&call.saved.outputs),
        grad,
        call.differentiable,
    )
}

/// The gradient of a unary, from those of its input and output that it reads.
pub(super) fn unary_of(
    op: Unary,
    x: Option<Tensor>,
    y: Option<Tensor>,
    grad: Tensor,
    differentiable: bool,
) -> Result<Tensor> {
    match op {
        // The same tensor, without a pass over memory.
        Unary::AddScalar { .. } => Ok(grad),
        _ if differentiable => formula::unary_gradient(op, x, y, grad),
        _ => {
            let operands: SmallVec<[Tensor; 3]> =
                [Some(grad), x, y].into_iter().flatten().collect();
            apply(Prim::UnaryGrad(op), operands.into_iter().map(Cow::Owned))
        }
    }
}

pub(super) fn binary(call: &Call<'_>, op: Binary, grad: Tensor) -> Result<Grads> {
    if !op.differentiable() {
        return Err(no_gradient(call.prim));
    }
    let left = call.of(0, || binary_side(call, op, Side::Left, grad.clone()))?;
    let right = call.of(1, || binary_side(call, op, Side::Right, grad))?;
    Ok(smallvec![left, right])
}

fn binary_side(call: &Call<'_>, op: Binary, side: Side, grad: Tensor) -> Result<Tensor> {
    let operand = match side {
        Side::Left => 0,
        Side::Right => 1,
    };
    let saved = |index: usize| call.saved.inputs.get(index).cloned().flatten();
    let full = match (op, side) {
        // The same tensor, without a pass over memory.
        (Binary::Add, _) | (Binary::Sub, Side::Left) => grad,
        (Binary::Sub, Side::Right) => instructions::unary(Unary::Neg, grad)?,
        _ if call.differentiable => formula::binary_gradient(op, side, saved(0), saved(1), grad)?,
        _ => {
            // What the formula does not read was not saved; the gradient stands in for its shape.
            let (a, b) = (saved(0), saved(1));
            let a = a.unwrap_or_else(|| grad.clone());
            let b = b.unwrap_or_else(|| grad.clone());
            apply(
                Prim::BinaryGrad(op, side),
                [Cow::Owned(grad), Cow::Owned(a), Cow::Owned(b)],
            )?
        }
    };
    sum_to(full, call.shape(operand))
}

pub(super) fn select(call: &Call<'_>, grad: Tensor) -> Result<Grads> {
    let condition = call.input(0);
    if call.needs[1] && call.needs[2] && !call.differentiable {
        let operands = [Cow::Borrowed(condition), Cow::Owned(grad)];
        let mut grads = Tensor::try_apply_owned(Prim::SelectGrad, operands)?.into_iter();
        let mut next = |operand| {
            let grad = grads.next().expect("one for each side");
            sum_to(grad, call.shape(operand)).map(Some)
        };
        return Ok(smallvec![None, next(1)?, next(2)?]);
    }
    let zero = constant(0.0, &grad)?;
    let a = call.of(1, || {
        sum_to(
            instructions::select(condition, &grad, &zero)?,
            call.shape(1),
        )
    })?;
    let b = call.of(2, || {
        sum_to(
            instructions::select(condition, &zero, &grad)?,
            call.shape(2),
        )
    })?;
    Ok(smallvec![None, a, b])
}
