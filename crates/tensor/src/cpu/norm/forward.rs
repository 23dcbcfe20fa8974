//! `y = (x - mean) * scale + bias`, plus the residual, then the activation.
#![allow(unsafe_code)] // Tasks write their channels of shared outputs.

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
    run(operands, y, Statistics::Given { mean, variance });
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
    run(operands, Shared::new(y), statistics);
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

fn run<T: Float>(operands: Operands<'_, T>, y: Shared<'_, T>, statistics: Statistics<'_, T>) {
    let extent = operands.extent;
    if operands.x.is_empty() {
        return;
    }
    ranges(extent.tiles(), extent.cost(), |tiles| {
        for tile in tiles {
            fastest(Tile {
                operands,
                y,
                statistics,
                channels: extent.channels(tile),
            });
        }
    });
}

struct Tile<'a, T> {
    operands: Operands<'a, T>,
    y: Shared<'a, T>,
    statistics: Statistics<'a, T>,
    channels: Range<usize>,
}

impl<T: Float> HotLoop for Tile<'_, T> {
    type Output = ();

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
        let (mut means, mut scales, mut biases) = ([0.0; WIDTH], [0.0; WIDTH], [0.0; WIDTH]);
        for (index, channel) in self.channels.clone().enumerate() {
            let Moments { mean, variance } = of_channels[index];
            let (weight, bias) = affine.map_or((1.0, 0.0), |(w, b)| {
                (w[channel].to_f64(), b[channel].to_f64())
            });
            means[index] = mean;
            scales[index] = weight / (variance + epsilon).sqrt();
            biases[index] = bias;
        }
        let count = self.channels.len();
        let line = Line {
            mean: Coefficients::new(extent, &means[..count]),
            scale: Coefficients::new(extent, &scales[..count]),
            bias: Coefficients::new(extent, &biases[..count]),
            relu,
        };
        for item in 0..extent.n {
            let segment = extent.segment(item, &self.channels);
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

impl<T: Float> Tile<'_, T> {
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
struct Line {
    mean: Coefficients,
    scale: Coefficients,
    bias: Coefficients,
    relu: bool,
}

impl Line {
    #[inline(always)]
    fn apply<T: Float, const COLUMNS: bool>(&self, x: &[T], residual: Option<&[T]>, y: &mut [T]) {
        let len = x.len();
        let mean = self.mean.of::<COLUMNS>(len);
        let scale = self.scale.of::<COLUMNS>(len);
        let bias = self.bias.of::<COLUMNS>(len);
        // Without a residual the loop reads x again, for nothing, and stays one loop.
        let (added, y) = (&residual.unwrap_or(x)[..len], &mut y[..len]);
        for index in 0..len {
            let mut value = (x[index].to_f64() - mean(index)) * scale(index) + bias(index);
            value += if residual.is_some() {
                added[index].to_f64()
            } else {
                0.0
            };
            y[index] = T::from_f64(if self.relu & (value < 0.0) {
                0.0
            } else {
                value
            });
        }
    }
}
