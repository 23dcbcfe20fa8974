//! `y = (x - mean) * scale + bias`, plus the residual, then the activation.
#![allow(unsafe_code)] // Tasks write their channels of shared outputs.

use std::ops::Range;

use super::super::float::Float;
use super::super::instruction_set::{HotLoop, fastest};
use super::super::split::ranges;
use super::super::workspace::Shared;
use super::coefficients::Coefficients;
use super::moments::{Moments, moments};
use super::{BLOCK, Extent, WIDTH};

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
        let line = Line {
            mean: Coefficients::new(extent, &means[..self.channels.len()]),
            scale: Coefficients::new(extent, &scales[..self.channels.len()]),
            bias: Coefficients::new(extent, &biases[..self.channels.len()]),
            relu,
        };
        for item in 0..extent.n {
            let segment = extent.segment(item, &self.channels);
            // SAFETY: no other task writes these channels.
            let y = unsafe { self.y.part(segment.start, segment.len()) };
            line.apply(
                &x[segment.clone()],
                residual.map(|residual| &residual[segment]),
                y,
            );
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
    fn apply<T: Float>(&self, x: &[T], residual: Option<&[T]>, y: &mut [T]) {
        let (blocks, rest) = x.as_chunks::<BLOCK>();
        let (y_blocks, y_rest) = y.as_chunks_mut::<BLOCK>();
        for (index, (x, y)) in blocks.iter().zip(y_blocks).enumerate() {
            let start = index * BLOCK;
            self.block(
                start,
                x,
                residual.map(|residual| &residual[start..][..BLOCK]),
                y,
            );
        }
        let start = blocks.len() * BLOCK;
        for (index, (x, y)) in rest.iter().zip(y_rest).enumerate() {
            let start = start + index;
            let (x, y) = (std::array::from_ref(x), std::array::from_mut(y));
            self.block(
                start,
                x,
                residual.map(|residual| &residual[start..][..1]),
                y,
            );
        }
    }

    #[inline(always)]
    fn block<T: Float, const LANES: usize>(
        &self,
        start: usize,
        x: &[T; LANES],
        residual: Option<&[T]>,
        y: &mut [T; LANES],
    ) {
        let mean = self.mean.at::<LANES>(start);
        let scale = self.scale.at::<LANES>(start);
        let bias = self.bias.at::<LANES>(start);
        let mut values = [0.0; LANES];
        for lane in 0..LANES {
            values[lane] = (x[lane].to_f64() - mean[lane]) * scale[lane] + bias[lane];
        }
        if let Some(residual) = residual {
            for lane in 0..LANES {
                values[lane] += residual[lane].to_f64();
            }
        }
        if self.relu {
            for lane in 0..LANES {
                values[lane] = if values[lane] < 0.0 {
                    0.0
                } else {
                    values[lane]
                };
            }
        }
        for lane in 0..LANES {
            y[lane] = T::from_f64(values[lane]);
        }
    }
}
