//! The gradients: two sums per channel, then, in training,
//! `(grad - mean grad - (x - mean) * slope) * weight / std`; in evaluation `grad * weight / std`.
#![allow(unsafe_code)] // Tasks write their channels of shared outputs.

use std::ops::Range;

use super::super::float::Float;
use super::super::instruction_set::{HotLoop, fastest};
use super::super::split::ranges;
use super::super::workspace::Shared;
use super::coefficients::Coefficients;
use super::{BLOCK, Extent, WIDTH};
use crate::prim::NormMode;

/// Independent sums over one channel.
const LANES: usize = 2 * BLOCK;

/// Gradients stopped by the activation before they are summed, at a time.
const STRIP: usize = 16 * LANES;

/// What the gradients are made of.
#[derive(Clone, Copy)]
pub(super) struct Operands<'a, T> {
    pub(super) extent: Extent,
    pub(super) epsilon: f64,
    pub(super) mode: NormMode,
    pub(super) grad: &'a [T],
    pub(super) x: &'a [T],
    /// The output, which tells where a ReLU stopped the gradient.
    pub(super) y: Option<&'a [T]>,
    pub(super) mean: &'a [T],
    pub(super) variance: &'a [T],
    pub(super) weight: Option<&'a [T]>,
}

/// Gradients of the input, of weight and bias, and of the residual.
pub(super) fn run<T: Float>(
    operands: Operands<'_, T>,
    gx: &mut [T],
    affine: Option<(&mut [T], &mut [T])>,
    residual: Option<&mut [T]>,
) {
    let extent = operands.extent;
    if operands.x.is_empty() {
        for grads in affine.into_iter().flat_map(|(weight, bias)| [weight, bias]) {
            grads.fill(T::default());
        }
        return;
    }
    let outputs = Outputs {
        gx: Shared::new(gx),
        affine: affine.map(|(weight, bias)| (Shared::new(weight), Shared::new(bias))),
        residual: residual.map(Shared::new),
    };
    ranges(extent.tiles(), 2 * extent.cost(), |tiles| {
        for tile in tiles {
            fastest(Tile {
                operands,
                outputs,
                channels: extent.channels(tile),
            });
        }
    });
}

#[derive(Clone, Copy)]
struct Outputs<'a, T> {
    gx: Shared<'a, T>,
    affine: Option<(Shared<'a, T>, Shared<'a, T>)>,
    residual: Option<Shared<'a, T>>,
}

struct Tile<'a, T> {
    operands: Operands<'a, T>,
    outputs: Outputs<'a, T>,
    channels: Range<usize>,
}

/// Of one channel: the sum of gradients, and of gradients times distances from the mean.
#[derive(Clone, Copy, Default)]
struct Sums {
    grad: f64,
    product: f64,
}

impl<T: Float> HotLoop for Tile<'_, T> {
    type Output = ();
    const HOT: bool = T::HOT;

    #[inline(always)]
    fn run(self) {
        let Operands {
            extent,
            epsilon,
            mode,
            grad,
            x,
            y,
            mean,
            variance,
            weight,
        } = self.operands;
        let channels = self.channels.clone();
        let mut means = [0.0; WIDTH];
        for (to, channel) in means.iter_mut().zip(channels.clone()) {
            *to = mean[channel].to_f64();
        }
        let means = &means[..channels.len()];
        let mean = Coefficients::new(extent, means);
        let mut sums = [Sums::default(); WIDTH];
        if mode == NormMode::Train || self.outputs.affine.is_some() {
            self.sums(&mean, means, &mut sums);
        }
        let (mut offsets, mut slopes, mut scales) = ([0.0; WIDTH], [0.0; WIDTH], [0.0; WIDTH]);
        for (index, channel) in channels.clone().enumerate() {
            let inverse = 1.0 / (variance[channel].to_f64() + epsilon).sqrt();
            let Sums { grad, product } = sums[index];
            scales[index] = weight.map_or(1.0, |weight| weight[channel].to_f64()) * inverse;
            if mode == NormMode::Train {
                offsets[index] = grad / extent.count();
                slopes[index] = product * inverse * inverse / extent.count();
            }
            if let Some((weight, bias)) = self.outputs.affine {
                // SAFETY: no other task writes this channel.
                unsafe {
                    weight.write(channel, T::from_f64(product * inverse));
                    bias.write(channel, T::from_f64(grad));
                }
            }
        }
        let count = channels.len();
        let line = Line {
            mode,
            mean,
            offset: Coefficients::new(extent, &offsets[..count]),
            slope: Coefficients::new(extent, &slopes[..count]),
            scale: Coefficients::new(extent, &scales[..count]),
        };
        for item in 0..extent.n {
            let segment = extent.segment(item, &channels);
            let (start, len) = (segment.start, segment.len());
            // SAFETY: no other task writes these channels.
            let gx = unsafe { self.outputs.gx.part(start, len) };
            let (mut grad, mut y) = (&grad[segment.clone()], y.map(|y| &y[segment.clone()]));
            if let Some(residual) = self.outputs.residual {
                // SAFETY: as above.
                let residual = unsafe { residual.part(start, len) };
                stop(grad, y, residual);
                (grad, y) = (residual, None);
            }
            if extent.in_columns() {
                line.apply::<T, true>(grad, &x[segment], y, gx);
            } else {
                line.apply::<T, false>(grad, &x[segment], y, gx);
            }
        }
    }
}

/// The gradient before the activation: nothing where it gave nothing.
#[inline(always)]
fn before<T: Float>(stopped: bool, grad: T, y: T) -> T {
    if stopped & (y <= T::default()) {
        T::default()
    } else {
        grad
    }
}

/// [`before`] of a whole segment.
#[inline(always)]
fn stop<T: Float>(grad: &[T], y: Option<&[T]>, out: &mut [T]) {
    let (len, stopped) = (grad.len(), y.is_some());
    let (y, out) = (&y.unwrap_or(grad)[..len], &mut out[..len]);
    for index in 0..len {
        out[index] = before(stopped, grad[index], y[index]);
    }
}

impl<T: Float> Tile<'_, T> {
    /// Asks for all that the sums read.
    #[inline(always)]
    fn ask(&self, item: usize) {
        let Operands {
            extent, grad, x, y, ..
        } = self.operands;
        for values in [Some(grad), Some(x), y].into_iter().flatten() {
            extent.ask(values, item, &self.channels);
        }
    }

    #[inline(always)]
    fn sums(&self, mean: &Coefficients, means: &[f64], out: &mut [Sums]) {
        let Operands {
            extent, grad, x, y, ..
        } = self.operands;
        if extent.in_columns() {
            return self.sums_of_columns(mean, out);
        }
        let mean = means[0];
        let (mut sums, mut products) = ([0.0; LANES], [0.0; LANES]);
        for item in 0..extent.n {
            self.ask(item);
            let segment = extent.segment(item, &self.channels);
            for start in segment.clone().step_by(STRIP) {
                let strip = start..segment.end.min(start + STRIP);
                let mut stopped = [T::default(); STRIP];
                let mut grad = &grad[strip.clone()];
                if let Some(y) = y {
                    let stopped = &mut stopped[..strip.len()];
                    stop(grad, Some(&y[strip.clone()]), stopped);
                    grad = stopped;
                }
                let (grads, rest) = grad.as_chunks::<LANES>();
                let (blocks, x_rest) = x[strip].as_chunks::<LANES>();
                for (grad, x) in grads.iter().zip(blocks) {
                    for lane in 0..LANES {
                        sums[lane] += grad[lane].to_f64();
                        products[lane] += grad[lane].to_f64() * (x[lane].to_f64() - mean);
                    }
                }
                for (lane, (grad, x)) in rest.iter().zip(x_rest).enumerate() {
                    sums[lane] += grad.to_f64();
                    products[lane] += grad.to_f64() * (x.to_f64() - mean);
                }
            }
        }
        out[0] = Sums {
            grad: sums.iter().sum(),
            product: products.iter().sum(),
        };
    }

    #[inline(always)]
    fn sums_of_columns(&self, mean: &Coefficients, out: &mut [Sums]) {
        let Operands {
            extent, grad, x, y, ..
        } = self.operands;
        let width = self.channels.len() * extent.s;
        let (mut sums, mut products) = ([0.0; WIDTH], [0.0; WIDTH]);
        let (sums, products) = (&mut sums[..width], &mut products[..width]);
        let mean = mean.columns(width);
        for item in 0..extent.n {
            self.ask(item);
            let segment = extent.segment(item, &self.channels);
            let (grad, x) = (
                &grad[segment.clone()][..width],
                &x[segment.clone()][..width],
            );
            let (stopped, y) = (y.is_some(), &y.map_or(grad, |y| &y[segment])[..width]);
            for column in 0..width {
                let grad = before(stopped, grad[column], y[column]).to_f64();
                sums[column] += grad;
                products[column] += grad * (x[column].to_f64() - mean[column]);
            }
        }
        for (index, to) in out[..self.channels.len()].iter_mut().enumerate() {
            let columns = index * extent.s..(index + 1) * extent.s;
            *to = Sums {
                grad: sums[columns.clone()].iter().sum(),
                product: products[columns].iter().sum(),
            };
        }
    }
}

/// The line through a tile's gradients.
struct Line {
    mode: NormMode,
    mean: Coefficients,
    offset: Coefficients,
    slope: Coefficients,
    scale: Coefficients,
}

impl Line {
    #[inline(always)]
    fn apply<T: Float, const COLUMNS: bool>(
        &self,
        grad: &[T],
        x: &[T],
        y: Option<&[T]>,
        gx: &mut [T],
    ) {
        let len = grad.len();
        let scale = self.scale.of::<COLUMNS>(len);
        let (stopped, y) = (y.is_some(), &y.unwrap_or(grad)[..len]);
        let (x, gx) = (&x[..len], &mut gx[..len]);
        match self.mode {
            NormMode::Eval => {
                for index in 0..len {
                    let grad = before(stopped, grad[index], y[index]).to_f64();
                    gx[index] = T::from_f64(grad * scale(index));
                }
            }
            NormMode::Train => {
                let mean = self.mean.of::<COLUMNS>(len);
                let offset = self.offset.of::<COLUMNS>(len);
                let slope = self.slope.of::<COLUMNS>(len);
                for index in 0..len {
                    let grad = before(stopped, grad[index], y[index]).to_f64();
                    let distance = x[index].to_f64() - mean(index);
                    let own = grad - offset(index) - distance * slope(index);
                    gx[index] = T::from_f64(own * scale(index));
                }
            }
        }
    }
}
