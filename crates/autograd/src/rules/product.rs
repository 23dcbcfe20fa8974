//! Gradients of the matrix product and the convolution. Both are linear in each operand, so their
//! gradients are products and convolutions again, and differentiable.

use hammerhead_tensor::layout::Dims;
use hammerhead_tensor::prim::{Activation, Conv2d, Epilogue, Prim, Reduce, Unary};
use hammerhead_tensor::{Result, Tensor};
use smallvec::smallvec;

use super::pointwise::unary_of;
use super::{Call, Grads};
use crate::instructions::{apply_ref, reduce, transpose};

/// The gradient before a fused activation, from the output.
pub(super) fn before_activation(
    call: &Call<'_>,
    activation: Activation,
    grad: Tensor,
) -> Result<Tensor> {
    match activation {
        Activation::None => Ok(grad),
        Activation::Relu => unary_of(
            Unary::Relu,
            None,
            Some(call.output(0).clone()),
            grad,
            call.differentiable,
        ),
    }
}

fn product(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    apply_ref(Prim::Matmul(Epilogue::default()), [a, b])
}

/// Sums over all dims but one: the gradient of a bias along it.
pub(super) fn sum_but(grad: &Tensor, dim: usize) -> Result<Tensor> {
    let dims: Dims = (0..grad.rank()).filter(|&other| other != dim).collect();
    reduce(Reduce::Sum, grad, dims, false)
}

pub(super) fn matmul(call: &Call<'_>, epilogue: Epilogue, grad: Tensor) -> Result<Grads> {
    let grad = before_activation(call, epilogue.activation, grad)?;
    // A gradient comes in the memory order of its operand, so that the leaf behind a t() gets it
    // without a copy.
    let a = call.of(0, || match call.inputs[0].transposed {
        false => product(&grad, &transpose(call.input(1))?),
        true => transpose(&product(call.input(1), &transpose(&grad)?)?),
    })?;
    let b = call.of(1, || match call.inputs[1].transposed {
        false => product(&transpose(call.input(0))?, &grad),
        true => transpose(&product(&transpose(&grad)?, call.input(0))?),
    })?;
    let mut grads: Grads = smallvec![a, b];
    if epilogue.bias {
        grads.push(call.of(2, || sum_but(&grad, grad.rank() - 1))?);
    }
    Ok(grads)
}

pub(super) fn conv2d(
    call: &Call<'_>,
    conv: &Conv2d,
    epilogue: Epilogue,
    grad: Tensor,
) -> Result<Grads> {
    let grad = before_activation(call, epilogue.activation, grad)?;
    let x = call.of(0, || input_grad(conv, call.shape(0), &grad, call.input(1)))?;
    let weight = call.of(1, || weight_grad(conv, call.shape(1), &grad, call.input(0)))?;
    let mut grads: Grads = smallvec![x, weight];
    if epilogue.bias {
        grads.push(call.of(2, || sum_but(&grad, 1))?);
    }
    Ok(grads)
}

/// Of `y = input_grad(conv, grad, weight)`, the transposed convolution.
pub(super) fn conv2d_input_grad(call: &Call<'_>, conv: &Conv2d, grad: Tensor) -> Result<Grads> {
    let x = call.of(0, || forward(conv, &grad, call.input(1)))?;
    let weight = call.of(1, || weight_grad(conv, call.shape(1), call.input(0), &grad))?;
    Ok(smallvec![x, weight])
}

/// Of `y = weight_grad(conv, grad, x)`.
pub(super) fn conv2d_weight_grad(call: &Call<'_>, conv: &Conv2d, grad: Tensor) -> Result<Grads> {
    let out = call.of(0, || forward(conv, call.input(1), &grad))?;
    let x = call.of(1, || input_grad(conv, call.shape(1), call.input(0), &grad))?;
    Ok(smallvec![out, x])
}

fn forward(conv: &Conv2d, x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    apply_ref(Prim::Conv2d(*conv, Epilogue::default()), [x, weight])
}

fn input_grad(conv: &Conv2d, x: &[usize], grad: &Tensor, weight: &Tensor) -> Result<Tensor> {
    apply_ref(Prim::Conv2dInputGrad(*conv, [x[2], x[3]]), [grad, weight])
}

fn weight_grad(conv: &Conv2d, weight: &[usize], grad: &Tensor, x: &Tensor) -> Result<Tensor> {
    apply_ref(
        Prim::Conv2dWeightGrad(*conv, [weight[2], weight[3]]),
        [grad, x],
    )
}
