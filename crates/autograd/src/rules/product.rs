//! Gradients of the matrix product and the convolution. Both are linear in each operand, so their
//! gradients are products and convolutions again, and differentiable.

use hammerhead_tensor::layout::Dims;
use hammerhead_tensor::prim::{Activation, Conv2d, Epilogue, Prim, Reduce, Transposed, Unary};
use hammerhead_tensor::{Result, Tensor};
use smallvec::smallvec;

use super::pointwise::unary_of;
use super::{Call, Grads};
use crate::instructions::{apply_ref, reduce, transpose};
use crate::node::Input;

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

fn product(a: &Tensor, b: &Tensor, [left, right]: [bool; 2]) -> Result<Tensor> {
    let transposed = Transposed { left, right };
    apply_ref(Prim::Matmul(transposed, Epilogue::default()), [a, b])
}

/// The gradient of an operand of a product, in the operand's memory order, so that the leaf behind a t() gets it without
/// a copy. `product` gives it as the product reads the operand, or transposed.
fn like_operand(
    operand: &Input,
    is_transposed: bool,
    product: impl FnOnce(bool) -> Result<Tensor>,
) -> Result<Tensor> {
    let grad = product(is_transposed != operand.transposed)?;
    if operand.transposed {
        transpose(&grad)
    } else {
        Ok(grad)
    }
}

/// Sums over all dims but one: the gradient of a bias along it.
pub(super) fn sum_but(grad: &Tensor, dim: usize) -> Result<Tensor> {
    let dims: Dims = (0..grad.rank()).filter(|&other| other != dim).collect();
    reduce(Reduce::Sum, grad, dims, false)
}

/// The gradient of an epilogue's bias along a dim, if there is one and it is asked for. It is summed first, while the gradient
/// that was just made is in the caches.
fn of_bias(
    call: &Call<'_>,
    epilogue: Epilogue,
    grad: &Tensor,
    dim: usize,
) -> Result<Option<Tensor>> {
    match epilogue.bias {
        true => call.of(2, || sum_but(grad, dim)),
        false => Ok(None),
    }
}

pub(super) fn matmul(
    call: &Call<'_>,
    Transposed { left, right }: Transposed,
    epilogue: Epilogue,
    grad: Tensor,
) -> Result<Grads> {
    let grad = before_activation(call, epilogue.activation, grad)?;
    let bias = of_bias(call, epilogue, &grad, grad.rank() - 1)?;
    let a = call.of(0, || {
        like_operand(&call.inputs[0], left, |turned| match turned {
            false => product(&grad, call.input(1), [false, !right]),
            true => product(call.input(1), &grad, [right, true]),
        })
    })?;
    let b = call.of(1, || {
        like_operand(&call.inputs[1], right, |turned| match turned {
            false => product(call.input(0), &grad, [!left, false]),
            true => product(&grad, call.input(0), [true, left]),
        })
    })?;
    Ok(smallvec![a, b, bias])
}

pub(super) fn conv2d(
    call: &Call<'_>,
    conv: &Conv2d,
    epilogue: Epilogue,
    grad: Tensor,
) -> Result<Grads> {
    let grad = before_activation(call, epilogue.activation, grad)?;
    let bias = of_bias(call, epilogue, &grad, 1)?;
    let x = call.of(0, || input_grad(conv, call.shape(0), &grad, call.input(1)))?;
    let weight = call.of(1, || weight_grad(conv, call.shape(1), &grad, call.input(0)))?;
    Ok(smallvec![x, weight, bias])
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
