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
        let line = Line {
            mode,
            mean,
            offset: Coefficients::new(extent, &offsets[..channels.len()]),
            slope: Coefficients::new(extent, &slopes[..channels.len()]),
            scale: Coefficients::new(extent, &scales[..channels.len()]),
        };
        for item in 0..extent.n {
            let segment = extent.segment(item, &channels);
            let (start, len) = (segment.start, segment.len());
            // SAFETY: no other task writes these channels.
            let gx = unsafe { self.outputs.gx.part(start, len) };
            // SAFETY: as above.
            let residual = self
                .outputs
                .residual
                .map(|to| unsafe { to.part(start, len) });
            let y = y.map(|y| &y[segment.clone()]);
            line.apply(&grad[segment.clone()], &x[segment], y, gx, residual);
        }
    }
}

/// The gradient before the activation.
#[inline(always)]
fn before<T: Float>(grad: T, y: T) -> T {
    if y <= T::default() {
        T::default()
    } else {
        grad
    }
}

impl<T: Float> Tile<'_, T> {
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
            let segment = extent.segment(item, &self.channels);
            let (grad, x) = (&grad[segment.clone()], &x[segment.clone()]);
            let y = y.map(|y| &y[segment]);
            let (grads, grad_rest) = grad.as_chunks::<LANES>();
            for (index, (grad, x)) in grads.iter().zip(x.as_chunks::<LANES>().0).enumerate() {
                let mut grad = *grad;
                if let Some(y) = y {
                    let y = &y[index * LANES..][..LANES];
                    for lane in 0..LANES {
                        grad[lane] = before(grad[lane], y[lane]);
                    }
                }
                for lane in 0..LANES {
                    sums[lane] += grad[lane].to_f64();
                    products[lane] += grad[lane].to_f64() * (x[lane].to_f64() - mean);
                }
            }
            let start = grads.len() * LANES;
            for (lane, &grad) in grad_rest.iter().enumerate() {
                let grad = y.map_or(grad, |y| before(grad, y[start + lane])).to_f64();
                sums[lane] += grad;
                products[lane] += grad * (x[start + lane].to_f64() - mean);
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
        let mean = &mean.at::<WIDTH>(0)[..width];
        for item in 0..extent.n {
            let segment = extent.segment(item, &self.channels);
            let (grad, x) = (&grad[segment.clone()], &x[segment.clone()]);
            let mut add = |column: usize, grad: T| {
                sums[column] += grad.to_f64();
                products[column] += grad.to_f64() * (x[column].to_f64() - mean[column]);
            };
            match y.map(|y| &y[segment]) {
                None => (0..width).for_each(|column| add(column, grad[column])),
                Some(y) => {
                    (0..width).for_each(|column| add(column, before(grad[column], y[column])));
                }
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
    fn apply<T: Float>(
        &self,
        grad: &[T],
        x: &[T],
        y: Option<&[T]>,
        gx: &mut [T],
        mut residual: Option<&mut [T]>,
    ) {
        let (blocks, rest) = grad.as_chunks::<BLOCK>();
        let tail = blocks.len() * BLOCK;
        for (index, grad) in blocks.iter().enumerate() {
            let start = index * BLOCK;
            let residual = residual.as_mut().map(|to| &mut to[start..][..BLOCK]);
            let y = y.map(|y| &y[start..][..BLOCK]);
            self.block(
                start,
                grad,
                &x[start..][..BLOCK],
                y,
                &mut gx[start..][..BLOCK],
                residual,
            );
        }
        for (index, grad) in rest.iter().enumerate() {
            let (start, grad) = (tail + index, std::array::from_ref(grad));
            let residual = residual.as_mut().map(|to| &mut to[start..][..1]);
            let y = y.map(|y| &y[start..][..1]);
            self.block(
                start,
                grad,
                &x[start..][..1],
                y,
                &mut gx[start..][..1],
                residual,
            );
        }
    }

    #[inline(always)]
    fn block<T: Float, const LANES: usize>(
        &self,
        start: usize,
        grad: &[T; LANES],
        x: &[T],
        y: Option<&[T]>,
        gx: &mut [T],
        residual: Option<&mut [T]>,
    ) {
        let mut grad = *grad;
        if let Some(y) = y {
            for lane in 0..LANES {
                grad[lane] = before(grad[lane], y[lane]);
            }
        }
        if let Some(residual) = residual {
            residual.copy_from_slice(&grad);
        }
        let scale = self.scale.at::<LANES>(start);
        let mut values = [0.0; LANES];
        for lane in 0..LANES {
            values[lane] = grad[lane].to_f64();
        }
        if self.mode == NormMode::Train {
            let mean = self.mean.at::<LANES>(start);
            let offset = self.offset.at::<LANES>(start);
            let slope = self.slope.at::<LANES>(start);
            for lane in 0..LANES {
                let distance = x[lane].to_f64() - mean[lane];
                values[lane] = values[lane] - offset[lane] - distance * slope[lane];
            }
        }
        for lane in 0..LANES {
            gx[lane] = T::from_f64(values[lane] * scale[lane]);
        }
    }
}
