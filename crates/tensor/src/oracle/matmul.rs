//! The matrix product.

use crate::prim::{Activation, Epilogue};

use super::array::Array;

/// `(a [.., m, k], b [.., k, n], [bias [n]]) -> [.., m, n]`.
pub(super) fn matmul(epilogue: &Epilogue, operands: &[Array], shape: &[usize]) -> Array {
    let (a, b) = (&operands[0], &operands[1]);
    let rank = shape.len();
    let (m, n, k) = (shape[rank - 2], shape[rank - 1], a.shape[rank - 1]);
    let batches: usize = shape[..rank - 2].iter().product();
    let (a, b) = (
        flat_batch(a, [batches, m, k]),
        flat_batch(b, [batches, k, n]),
    );
    let y = Array::from_fn(&[batches, m, n], |index| {
        let &[batch, row, col] = index else {
            unreachable!("three dims")
        };
        let product = (0..k)
            .map(|i| a.at(&[batch, row, i]) * b.at(&[batch, i, col]))
            .sum::<f64>();
        let bias = if epilogue.bias {
            operands[2].at(&[col])
        } else {
            0.0
        };
        activate(epilogue.activation, product + bias)
    });
    Array {
        shape: shape.into(),
        values: y.values,
    }
}

fn flat_batch(x: &Array, shape: [usize; 3]) -> Array {
    Array {
        shape: shape.as_slice().into(),
        values: x.values.clone(),
    }
}

/// The activation at the end of a fused instruction; a NaN passes through.
pub(super) fn activate(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::None => x,
        Activation::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
    }
}

/// What reaches the instruction's inside of a gradient at its output `y`.
pub(super) fn activate_grad(activation: Activation, grad: f64, y: f64) -> f64 {
    match activation {
        Activation::None => grad,
        Activation::Relu => {
            if y <= 0.0 {
                0.0
            } else {
                grad
            }
        }
    }
}
