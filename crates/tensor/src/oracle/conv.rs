//! Convolution and its two gradients: the same seven loops, each summing into another operand.

use crate::prim::{Conv2d, Epilogue};

use super::array::Array;
use super::matmul::activate;

/// One product of a convolution: which elements of input, weight and output it joins.
struct Tap {
    x: [usize; 4],
    weight: [usize; 4],
    y: [usize; 4],
}

/// Calls `f` for every product of a convolution between these shapes.
fn for_each_tap(conv: &Conv2d, x: &[usize], weight: &[usize], y: &[usize], mut f: impl FnMut(Tap)) {
    let (&[_, _, h, w], &[_, per_group, kh, kw], &[n, oc, oh, ow]) = (x, weight, y) else {
        unreachable!("convolutions have four dims")
    };
    let oc_per_group = oc / conv.groups;
    for n in 0..n {
        for oc in 0..oc {
            let first_channel = oc / oc_per_group.max(1) * per_group;
            for (oy, ox) in grid(oh, ow) {
                for c in 0..per_group {
                    for (ky, kx) in grid(kh, kw) {
                        let row = (oy * conv.stride[0] + ky * conv.dilation[0])
                            .wrapping_sub(conv.padding[0]);
                        let col = (ox * conv.stride[1] + kx * conv.dilation[1])
                            .wrapping_sub(conv.padding[1]);
                        // Before the input's start the subtraction wraps to beyond its end.
                        if row < h && col < w {
                            f(Tap {
                                x: [n, first_channel + c, row, col],
                                weight: [oc, c, ky, kx],
                                y: [n, oc, oy, ox],
                            });
                        }
                    }
                }
            }
        }
    }
}

fn grid(rows: usize, cols: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rows).flat_map(move |row| (0..cols).map(move |col| (row, col)))
}

/// `(x, weight, [bias]) -> y`.
pub(super) fn forward(
    conv: &Conv2d,
    epilogue: &Epilogue,
    operands: &[Array],
    shape: &[usize],
) -> Array {
    let (x, weight) = (&operands[0], &operands[1]);
    let mut y = Array::from_fn(shape, |index| {
        if epilogue.bias {
            operands[2].at(&[index[1]])
        } else {
            0.0
        }
    });
    for_each_tap(conv, &x.shape, &weight.shape, shape, |tap| {
        *y.at_mut(&tap.y) += x.at(&tap.x) * weight.at(&tap.weight);
    });
    y.map(|value| activate(epilogue.activation, value))
}

/// `(grad, weight) -> grad of x`.
pub(super) fn input_grad(conv: &Conv2d, grad: &Array, weight: &Array, shape: &[usize]) -> Array {
    let mut x_grad = Array::zeros(shape);
    for_each_tap(conv, shape, &weight.shape, &grad.shape, |tap| {
        *x_grad.at_mut(&tap.x) += grad.at(&tap.y) * weight.at(&tap.weight);
    });
    x_grad
}

/// `(grad, x) -> grad of the weight`.
pub(super) fn weight_grad(conv: &Conv2d, grad: &Array, x: &Array, shape: &[usize]) -> Array {
    let mut weight_grad = Array::zeros(shape);
    for_each_tap(conv, &x.shape, shape, &grad.shape, |tap| {
        *weight_grad.at_mut(&tap.weight) += grad.at(&tap.y) * x.at(&tap.x);
    });
    weight_grad
}
