//! Instructions along one dim that depend on order: positions of extremes, running sums, sorting.

use std::cmp::Ordering;

use smallvec::smallvec;

use crate::layout::Dims;
use crate::prim::Extreme;

use super::Arrays;
use super::array::Array;

/// Calls `f` with the elements along `dim`, and a function from places in it to indices of `x`, for
/// every line of `x`.
fn for_each_line(x: &Array, dim: usize, mut f: impl FnMut(&[f64], &dyn Fn(usize) -> Dims)) {
    let mut others = x.shape.clone();
    others[dim] = 1;
    Array::from_fn(&others, |start| {
        let index = |i: usize| -> Dims {
            start
                .iter()
                .enumerate()
                .map(|(d, &s)| if d == dim { i } else { s })
                .collect()
        };
        let line: Vec<f64> = (0..x.shape[dim]).map(|i| x.at(&index(i))).collect();
        f(&line, &index);
        0.0
    });
}

/// The first greatest or least element; a NaN is either.
pub(super) fn arg_reduce(extreme: Extreme, dim: usize, x: &Array, shape: &[usize]) -> Array {
    let mut positions = Vec::new();
    for_each_line(x, dim, |line, _| {
        let beats = |a: f64, b: f64| match extreme {
            Extreme::Max => !b.is_nan() && (a.is_nan() || a > b),
            Extreme::Min => !b.is_nan() && (a.is_nan() || a < b),
        };
        let best = (1..line.len()).fold(
            0,
            |best, i| if beats(line[i], line[best]) { i } else { best },
        );
        positions.push(best as f64);
    });
    Array {
        shape: shape.into(),
        values: positions,
    }
}

pub(super) fn cumsum(dim: usize, x: &Array) -> Array {
    let mut y = x.clone();
    for_each_line(x, dim, |line, index| {
        let mut sum = 0.0;
        for (i, &value) in line.iter().enumerate() {
            sum += value;
            *y.at_mut(&index(i)) = sum;
        }
    });
    y
}

/// Sorted values and their positions; equal ones stay in order, a NaN is greater than all.
pub(super) fn sort(dim: usize, descending: bool, x: &Array) -> Arrays {
    let (mut sorted, mut positions) = (x.clone(), x.clone());
    for_each_line(x, dim, |line, index| {
        let mut order: Vec<usize> = (0..line.len()).collect();
        order.sort_by(|&i, &j| {
            let ascending = nan_last(line[i], line[j]);
            if descending {
                ascending.reverse()
            } else {
                ascending
            }
        });
        for (rank, &i) in order.iter().enumerate() {
            *sorted.at_mut(&index(rank)) = line[i];
            *positions.at_mut(&index(rank)) = i as f64;
        }
    });
    smallvec![sorted, positions]
}

fn nan_last(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}
