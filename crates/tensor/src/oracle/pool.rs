//! Pooling and its gradients.

use std::ops::Range;

use smallvec::smallvec;

use crate::prim::{PoolKind, Windows};

use super::Arrays;
use super::array::Array;

/// The part of one axis that a window covers.
struct Span {
    /// Positions inside the input.
    inside: Vec<usize>,
    /// How many positions there are with the padding that belongs to the input.
    padded: usize,
}

fn span(windows: &Windows, axis: usize, size: usize, out: usize) -> Span {
    match *windows {
        Windows::Fixed {
            kernel,
            stride,
            padding,
            dilation,
            ceil: _,
        } => {
            // Counted from the start of the left padding.
            let first = out * stride[axis];
            let all = (0..kernel[axis]).map(|k| first + k * dilation[axis]);
            // What rounding up adds beyond the right padding is nowhere.
            let padded: Vec<usize> = all.filter(|&at| at < size + 2 * padding[axis]).collect();
            let inside = |at: &usize| (padding[axis]..padding[axis] + size).contains(at);
            Span {
                inside: padded
                    .iter()
                    .copied()
                    .filter(inside)
                    .map(|at| at - padding[axis])
                    .collect(),
                padded: padded.len(),
            }
        }
        Windows::Adaptive { out: outs } => {
            let covered: Range<usize> =
                out * size / outs[axis]..((out + 1) * size).div_ceil(outs[axis]);
            Span {
                padded: covered.len(),
                inside: covered.collect(),
            }
        }
    }
}

/// The window behind one output: its positions in the plane, in row-major order, and the divisor of
/// its mean.
fn window(
    kind: PoolKind,
    windows: &Windows,
    plane: [usize; 2],
    out: [usize; 2],
) -> (Vec<[usize; 2]>, f64) {
    let (rows, cols) = (
        span(windows, 0, plane[0], out[0]),
        span(windows, 1, plane[1], out[1]),
    );
    let positions: Vec<[usize; 2]> = rows
        .inside
        .iter()
        .flat_map(|&row| cols.inside.iter().map(move |&col| [row, col]))
        .collect();
    let count = match kind {
        PoolKind::Mean {
            count_padding: true,
        } => rows.padded * cols.padded,
        PoolKind::Mean {
            count_padding: false,
        }
        | PoolKind::Max => positions.len(),
    };
    // The mean of a window that holds nothing is 0.
    (positions, count.max(1) as f64)
}

/// The first greatest element of a window; a NaN is greater than all. A window may hold nothing.
fn greatest(x: &Array, n: usize, c: usize, window: &[[usize; 2]]) -> Option<[usize; 2]> {
    let value = |[row, col]: [usize; 2]| x.at(&[n, c, row, col]);
    let beats = |a: f64, b: f64| !b.is_nan() && (a.is_nan() || a > b);
    window.iter().copied().reduce(|best, at| {
        if beats(value(at), value(best)) {
            at
        } else {
            best
        }
    })
}

/// `(x) -> (y, [positions of the maxima])`.
pub(super) fn forward(
    kind: PoolKind,
    windows: &Windows,
    positions: bool,
    x: &Array,
    shape: &[usize],
) -> Arrays {
    let plane = [x.shape[2], x.shape[3]];
    let mut maxima = Array::zeros(shape);
    let y = Array::from_fn(shape, |index| {
        let &[n, c, oy, ox] = index else {
            unreachable!("four dims")
        };
        let (window, count) = window(kind, windows, plane, [oy, ox]);
        match kind {
            PoolKind::Max => match greatest(x, n, c, &window) {
                Some([row, col]) => {
                    *maxima.at_mut(index) = (row * plane[1] + col) as f64;
                    x.at(&[n, c, row, col])
                }
                None => {
                    *maxima.at_mut(index) = -1.0;
                    f64::NEG_INFINITY
                }
            },
            PoolKind::Mean { .. } => {
                window
                    .iter()
                    .map(|&[row, col]| x.at(&[n, c, row, col]))
                    .sum::<f64>()
                    / count
            }
        }
    });
    if positions {
        smallvec![y, maxima]
    } else {
        smallvec![y]
    }
}

/// Max: `(grad, x)`, mean: `(grad)`, `-> grad of x`.
pub(super) fn grad(
    kind: PoolKind,
    windows: &Windows,
    operands: &[Array],
    shape: &[usize],
) -> Array {
    let grad = &operands[0];
    let plane = [shape[2], shape[3]];
    let mut x_grad = Array::zeros(shape);
    Array::from_fn(&grad.shape, |index| {
        let &[n, c, oy, ox] = index else {
            unreachable!("four dims")
        };
        let (window, count) = window(kind, windows, plane, [oy, ox]);
        match kind {
            PoolKind::Max => {
                if let Some([row, col]) = greatest(&operands[1], n, c, &window) {
                    *x_grad.at_mut(&[n, c, row, col]) += grad.at(index);
                }
            }
            PoolKind::Mean { .. } => {
                for [row, col] in window {
                    *x_grad.at_mut(&[n, c, row, col]) += grad.at(index) / count;
                }
            }
        }
        0.0
    });
    x_grad
}
