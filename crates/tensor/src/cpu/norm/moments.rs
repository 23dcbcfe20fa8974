//! Mean and variance of a tile's channels. Each sum is taken about the first value that it sees, so
//! that a mean far from zero costs no digits.

use std::ops::Range;

use super::super::float::Float;
use super::{BLOCK, Extent, WIDTH};

/// Independent sums over one channel.
const LANES: usize = 2 * BLOCK;

/// Mean and biased variance of one channel.
#[derive(Clone, Copy, Default)]
pub(super) struct Moments {
    pub(super) mean: f64,
    pub(super) variance: f64,
}

/// Writes the moments of `channels` to the beginning of `out`.
#[inline(always)]
pub(super) fn moments<T: Float>(
    extent: Extent,
    channels: &Range<usize>,
    x: &[T],
    out: &mut [Moments],
) {
    if extent.in_columns() {
        of_columns(extent, channels, x, out);
    } else {
        out[0] = of_channel(extent, channels, x);
    }
}

/// Rounding may leave a variance below 0; `max` would also make 0 of a NaN.
#[inline(always)]
fn at_least_zero(variance: f64) -> f64 {
    if variance < 0.0 { 0.0 } else { variance }
}

#[inline(always)]
fn of_channel<T: Float>(extent: Extent, channel: &Range<usize>, x: &[T]) -> Moments {
    let origin = x[extent.segment(0, channel).start].to_f64();
    let (mut sums, mut squares) = ([0.0; LANES], [0.0; LANES]);
    for item in 0..extent.n {
        extent.ask(x, item, channel);
        let (blocks, rest) = x[extent.segment(item, channel)].as_chunks::<LANES>();
        for block in blocks {
            for lane in 0..LANES {
                let distance = block[lane].to_f64() - origin;
                sums[lane] += distance;
                squares[lane] += distance * distance;
            }
        }
        for (lane, value) in rest.iter().enumerate() {
            let distance = value.to_f64() - origin;
            sums[lane] += distance;
            squares[lane] += distance * distance;
        }
    }
    let (sum, square): (f64, f64) = (sums.iter().sum(), squares.iter().sum());
    let shift = sum / extent.count();
    let variance = at_least_zero(square / extent.count() - shift * shift);
    Moments {
        mean: origin + shift,
        variance,
    }
}

#[inline(always)]
fn of_columns<T: Float>(extent: Extent, channels: &Range<usize>, x: &[T], out: &mut [Moments]) {
    let width = channels.len() * extent.s;
    let (mut origins, mut sums, mut squares) = ([0.0; WIDTH], [0.0; WIDTH], [0.0; WIDTH]);
    let (origins, sums, squares) = (
        &mut origins[..width],
        &mut sums[..width],
        &mut squares[..width],
    );
    for (origin, value) in origins.iter_mut().zip(&x[extent.segment(0, channels)]) {
        *origin = value.to_f64();
    }
    for item in 1..extent.n {
        extent.ask(x, item, channels);
        let x = &x[extent.segment(item, channels)];
        for column in 0..width {
            let distance = x[column].to_f64() - origins[column];
            sums[column] += distance;
            squares[column] += distance * distance;
        }
    }
    // Columns of one channel, each about its own origin, join by the parallel-variance formula.
    let n = extent.n as f64;
    for (index, moments) in out[..channels.len()].iter_mut().enumerate() {
        let columns = index * extent.s..(index + 1) * extent.s;
        let mean_of = |column: usize| origins[column] + sums[column] / n;
        let mean = columns.clone().map(mean_of).sum::<f64>() / extent.s as f64;
        let spread: f64 = columns
            .map(|column| {
                let within = squares[column] - sums[column] * sums[column] / n;
                let between = mean_of(column) - mean;
                within + n * between * between
            })
            .sum();
        *moments = Moments {
            mean,
            variance: at_least_zero(spread / extent.count()),
        };
    }
}
