//! `y = (x - mean) * scale + bias`, plus the residual, then the activation.
#![allow(unsafe_code)] // Tasks write their channels of shared outputs.

use std::marker::PhantomData;
use std::ops::Range;

use super::super::float::Float;
use super::super::instruction_set::{HotLoop, fastest};
use super::super::split::ranges;
use super::super::workspace::Shared;
use super::coefficients::Coefficients;
use super::moments::{Moments, moments};
use super::{Extent, WIDTH};

/// What both modes read.
#[derive(Clone, Copy)]
pub(super) struct Operands<'a, T> {
    pub(super) extent: Extent,
    pub(super) epsilon: f64,
    pub(super) relu: bool,
    pub(super) x: &'a [T],
    pub(super) residual: Option<&'a [T]>,
    /// Weight and bias.
    pub(super) affine: Option<(&'a [T], &'a [T])>,
}

/// Normalises with the given statistics.
pub(super) fn eval<T: Float>(operands: Operands<'_, T>, mean: &[T], variance: &[T], y: &mut [T]) {
    let y = Shared::new(y);
    // In the dtype, as what follows a convolution in the same pass.
    run::<T, T>(operands, y, Statistics::Given { mean, variance });
}

/// Normalises with the batch's own statistics, and gives those too.
pub(super) fn train<T: Float>(
    operands: Operands<'_, T>,
    y: &mut [T],
    mean: &mut [T],
    variance: &mut [T],
) {
    if operands.x.is_empty() {
        mean.fill(T::from_f64(f64::NAN));
        variance.fill(T::from_f64(f64::NAN));
    }
    let statistics = Statistics::Own {
        mean: Shared::new(mean),
        variance: Shared::new(variance),
    };
    run::<T, f64>(operands, Shared::new(y), statistics);
}

#[derive(Clone, Copy)]
enum Statistics<'a, T> {
    Given {
        mean: &'a [T],
        variance: &'a [T],
    },
    Own {
        mean: Shared<'a, T>,
        variance: Shared<'a, T>,
    },
}

fn run<T: Float, C: Float>(
    operands: Operands<'_, T>,
    y: Shared<'_, T>,
    statistics: Statistics<'_, T>,
) {
    let extent = operands.extent;
    if operands.x.is_empty() {
        return;
    }
    ranges(extent.tiles(), extent.cost(), |tiles| {
        for tile in tiles {
            fastest(Tile::<T, C> {
                operands,
                y,
                statistics,
                channels: extent.channels(tile),
                computed: PhantomData,
            });
        }
    });
}

struct Tile<'a, T, C> {
    operands: Operands<'a, T>,
    y: Shared<'a, T>,
    statistics: Statistics<'a, T>,
    channels: Range<usize>,
    computed: PhantomData<C>,
}

impl<T: Float, C: Float> HotLoop for Tile<'_, T, C> {
    type Output = ();
    const HOT: bool = T::HOT;

    #[inline(always)]
    fn run(self) {
        let Operands {
            extent,
            epsilon,
            relu,
            x,
            residual,
            affine,
        } = self.operands;
        let of_channels = self.moments();
        let mut lines = [[C::default(); WIDTH]; 3];
        for (index, channel) in self.channels.clone().enumerate() {
            let affine = affine.map(|(weight, bias)| [weight[channel], bias[channel]]);
            let line = line::<C>(
                of_channels[index],
                epsilon,
                affine.map(|both| both.map(T::to_f64)),
            );
            for (of_all, of_one) in lines.iter_mut().zip(line) {
                of_all[index] = of_one;
            }
        }
        let count = self.channels.len();
        let [mean, scale, bias] = lines.map(|values| Coefficients::new(extent, &values[..count]));
        let line = Line {
            mean,
            scale,
            bias,
            relu,
        };
        for item in 0..extent.n {
            let segment = extent.segment(item, &self.channels);
            if let Some(residual) = residual {
                extent.ask(residual, item, &self.channels);
            }
            // SAFETY: no other task writes these channels.
            let y = unsafe { self.y.part(segment.start, segment.len()) };
            let (x, residual) = (
                &x[segment.clone()],
                residual.map(|residual| &residual[segment]),
            );
            if extent.in_columns() {
                line.apply::<T, true>(x, residual, y);
            } else {
                line.apply::<T, false>(x, residual, y);
            }
        }
    }
}

/// Mean, scale and bias of a channel.
#[inline(always)]
pub(super) fn line<C: Float>(moments: Moments, epsilon: f64, affine: Option<[f64; 2]>) -> [C; 3] {
    let [weight, bias] = affine.unwrap_or([1.0, 0.0]);
    let scale = weight / (moments.variance + epsilon).sqrt();
    [moments.mean, scale, bias].map(C::from_f64)
}

impl<T: Float, C> Tile<'_, T, C> {
    #[inline(always)]
    fn moments(&self) -> [Moments; WIDTH] {
        let mut out = [Moments::default(); WIDTH];
        match self.statistics {
            Statistics::Given { mean, variance } => {
                for (moments, channel) in out.iter_mut().zip(self.channels.clone()) {
                    moments.mean = mean[channel].to_f64();
                    moments.variance = variance[channel].to_f64();
                }
            }
            Statistics::Own { mean, variance } => {
                moments(
                    self.operands.extent,
                    &self.channels,
                    self.operands.x,
                    &mut out,
                );
                for (moments, channel) in out.iter().zip(self.channels.clone()) {
                    // SAFETY: no other task writes this channel.
                    unsafe {
                        mean.write(channel, T::from_f64(moments.mean));
                        variance.write(channel, T::from_f64(moments.variance));
                    }
                }
            }
        }
        out
    }
}

/// The line through a tile's elements.
struct Line<C> {
    mean: Coefficients<C>,
    scale: Coefficients<C>,
    bias: Coefficients<C>,
    relu: bool,
}

impl<C: Float> Line<C> {
    #[inline(always)]
    fn apply<T: Float, const COLUMNS: bool>(&self, x: &[T], residual: Option<&[T]>, y: &mut [T]) {
        let len = x.len();
        let mean = self.mean.of::<COLUMNS>(len);
        let scale = self.scale.of::<COLUMNS>(len);
        let bias = self.bias.of::<COLUMNS>(len);
        let zero = C::default();
        // Without a residual the loop reads x again, for nothing, and stays one loop.
        let (added, y) = (&residual.unwrap_or(x)[..len], &mut y[..len]);
        for index in 0..len {
            let at = |values: &[T]| C::from_f64(values[index].to_f64());
            let mut value = (at(x) - mean(index)) * scale(index) + bias(index);
            if residual.is_some() {
                value += at(added);
            }
            let kept = if self.relu & (value < zero) {
                zero
            } else {
                value
            };
            y[index] = T::from_f64(kept.to_f64());
        }
    }
}
