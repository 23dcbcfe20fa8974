//! Samples of folds and of what depends on order.

use hammerhead_tensor::prim::{Axes, Extreme, Prim, Reduce};

use super::{Input, Sample};

/// Shapes with dims to fold: inner, outer, between, all, several, none, and empty ones.
const FOLDS: [(&[usize], &[usize]); 11] = [
    (&[5, 37], &[1]),
    (&[5, 37], &[0]),
    (&[5, 37], &[0, 1]),
    (&[3, 4, 5], &[1]),
    (&[3, 4, 5], &[0, 2]),
    (&[3, 4, 5], &[]),
    (&[2, 3, 4, 5], &[0, 2, 3]),
    (&[400, 301], &[0]),
    (&[400, 301], &[1]),
    (&[150_001], &[0]),
    (&[0, 3], &[1]),
];

/// Shapes with the dim that a line runs along.
const LINES: [(&[usize], usize); 6] = [
    (&[7], 0),
    (&[5, 37], 0),
    (&[5, 37], 1),
    (&[3, 4, 5], 1),
    (&[300, 257], 1),
    (&[300, 257], 0),
];

pub(super) fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for (shape, dims) in FOLDS {
        for keepdim in [false, true] {
            let axes = Axes {
                dims: dims.into(),
                keepdim,
            };
            for fold in [Reduce::Sum, Reduce::Mean, Reduce::Max, Reduce::Min] {
                samples.push(Sample::new(
                    Prim::Reduce(fold, axes.clone()),
                    vec![Input::any(shape)],
                ));
            }
            // As close to 1 as keeps a product of so many near 1.
            let spread = 0.5 / (shape.iter().product::<usize>().max(25) as f64).sqrt();
            let factors = Input::between(shape, 1.0 - spread, 1.0 + spread);
            samples.push(Sample::new(Prim::Reduce(Reduce::Prod, axes), vec![factors]));
        }
    }
    for (shape, dim) in LINES {
        for extreme in [Extreme::Max, Extreme::Min] {
            for keepdim in [false, true] {
                let prim = Prim::ArgReduce {
                    extreme,
                    dim,
                    keepdim,
                };
                samples.push(Sample::new(prim, vec![Input::any(shape)]));
            }
        }
        samples.push(Sample::new(Prim::CumSum { dim }, vec![Input::any(shape)]));
        samples.push(Sample::new(
            Prim::Softmax,
            vec![Input::between(shape, -4.0, 4.0)],
        ));
        for descending in [false, true] {
            samples.push(Sample::new(
                Prim::Sort { dim, descending },
                vec![Input::any(shape)],
            ));
        }
    }
    samples
}
