//! Batch norm and its gradient (Ioffe and Szegedy 2015).

use smallvec::smallvec;

use crate::prim::{BatchNorm, NormMode};

use super::Arrays;
use super::array::Array;
use super::matmul::{activate, activate_grad};

/// Per channel, the mean of `value(place, channel)` over all places of an array shaped `[n, c, ..]`.
fn channel_means(shape: &[usize], value: impl Fn(usize, usize) -> f64) -> Array {
    let channels = shape[1];
    let mut sums = channel_sums(shape, value);
    let count = shape.iter().product::<usize>() / channels.max(1);
    sums.values.iter_mut().for_each(|sum| *sum /= count as f64);
    sums
}

fn channel_sums(shape: &[usize], value: impl Fn(usize, usize) -> f64) -> Array {
    let mut sums = Array::zeros(&[shape[1]]);
    for place in 0..shape.iter().product() {
        let channel = channel_of(shape, place);
        sums.values[channel] += value(place, channel);
    }
    sums
}

fn channel_of(shape: &[usize], place: usize) -> usize {
    place / shape[2..].iter().product::<usize>() % shape[1]
}

/// Train: `(x, [weight, bias], [residual]) -> (y, mean, biased variance)`;
/// eval: `(x, mean, variance, [weight, bias], [residual]) -> y`.
pub(super) fn forward(norm: &BatchNorm, operands: &[Array]) -> Arrays {
    let mut operands = operands.iter();
    let mut next = || operands.next().expect("arity was checked");
    let x = next();
    let (mean, variance) = match norm.mode {
        NormMode::Eval => (next().clone(), next().clone()),
        NormMode::Train => {
            let mean = channel_means(&x.shape, |place, _| x.values[place]);
            let variance = channel_means(&x.shape, |place, c| {
                (x.values[place] - mean.values[c]).powi(2)
            });
            (mean, variance)
        }
    };
    let affine = norm.affine.then(|| (next(), next()));
    let residual = norm.residual.then(next);
    let mut y = Array::zeros(&x.shape);
    for place in 0..x.values.len() {
        let c = channel_of(&x.shape, place);
        let normal =
            (x.values[place] - mean.values[c]) / (variance.values[c] + norm.epsilon).sqrt();
        let scaled = affine.map_or(normal, |(weight, bias)| {
            normal * weight.values[c] + bias.values[c]
        });
        let added = residual.map_or(scaled, |residual| scaled + residual.values[place]);
        y.values[place] = activate(norm.activation, added);
    }
    match norm.mode {
        NormMode::Train => smallvec![y, mean, variance],
        NormMode::Eval => smallvec![y],
    }
}

/// `(grad, x, mean, variance, [weight], [y]) -> (grad of x, [of weight, of bias], [of the residual])`.
pub(super) fn grad(norm: &BatchNorm, operands: &[Array]) -> Arrays {
    let mut operands = operands.iter();
    let mut next = || operands.next().expect("arity was checked");
    let (grad, x, mean, variance) = (next(), next(), next(), next());
    let weight = norm.affine.then(&mut next);
    let y = operands.next();
    let shape = &x.shape;

    let mut inner = grad.clone();
    if let Some(y) = y {
        for (inner, &y) in inner.values.iter_mut().zip(&y.values) {
            *inner = activate_grad(norm.activation, *inner, y);
        }
    }
    let deviation = |c: usize| (variance.values[c] + norm.epsilon).sqrt();
    let normal = |place: usize, c: usize| (x.values[place] - mean.values[c]) / deviation(c);
    let scale = |c: usize| weight.map_or(1.0, |weight| weight.values[c]) / deviation(c);

    let mean_grad = channel_means(shape, |place, _| inner.values[place]);
    let mean_grad_normal = channel_means(shape, |place, c| inner.values[place] * normal(place, c));
    let mut x_grad = Array::zeros(shape);
    for place in 0..x.values.len() {
        let c = channel_of(shape, place);
        // In training the batch's own mean and variance move with x.
        let moved = match norm.mode {
            NormMode::Train => mean_grad.values[c] + normal(place, c) * mean_grad_normal.values[c],
            NormMode::Eval => 0.0,
        };
        x_grad.values[place] = scale(c) * (inner.values[place] - moved);
    }
    let mut grads: Arrays = smallvec![x_grad];
    if norm.affine {
        grads.push(channel_sums(shape, |place, c| {
            inner.values[place] * normal(place, c)
        }));
        grads.push(channel_sums(shape, |place, _| inner.values[place]));
    }
    if norm.residual {
        grads.push(inner);
    }
    grads
}
