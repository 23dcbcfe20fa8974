//! Folds over some dims.

use crate::layout::Dims;
use crate::prim::{Axes, Reduce};

use super::array::Array;

/// Folds in row-major order from the neutral element, which is what an empty fold gives.
pub(super) fn reduce(fold: Reduce, axes: &Axes, x: &Array, shape: &[usize]) -> Array {
    let (neutral, combine): (f64, fn(f64, f64) -> f64) = match fold {
        Reduce::Sum | Reduce::Mean => (0.0, |a, b| a + b),
        Reduce::Prod => (1.0, |a, b| a * b),
        Reduce::Max => (
            f64::NEG_INFINITY,
            |a, b| if a.is_nan() || a > b { a } else { b },
        ),
        Reduce::Min => (
            f64::INFINITY,
            |a, b| if a.is_nan() || a < b { a } else { b },
        ),
    };
    // With the folded dims kept at size 1, an element's index maps to its result's by zeroing them.
    let kept: Dims = x
        .shape
        .iter()
        .enumerate()
        .map(|(d, &size)| if axes.dims.contains(&d) { 1 } else { size })
        .collect();
    let mut y = Array::full(&kept, neutral);
    Array::from_fn(&x.shape, |index| {
        let target: Dims = index
            .iter()
            .enumerate()
            .map(|(d, &i)| if axes.dims.contains(&d) { 0 } else { i })
            .collect();
        let slot = y.at_mut(&target);
        *slot = combine(*slot, x.at(index));
        *slot
    });
    if fold == Reduce::Mean {
        let count = axes.count(&x.shape) as f64;
        y.values.iter_mut().for_each(|sum| *sum /= count);
    }
    Array {
        shape: shape.into(),
        values: y.values,
    }
}
