//! The transforms of Winograd's convolution by 3 x 3 filters, in tiles of two or four rows and two columns of results.
//!
//! With the filter `g`, a tile's source pixels `d` and results `y`, `y = A' [(G g H') . (B' d C)] D`, and with results'
//! gradients `e` the filter's gradient is `G' [(A e D') . (B' d C)] H`, where `.` multiplies point by point, `A`, `B`
//! and `G` are a column's matrices, `D`, `C` and `H` a row's (`side`).
//!
//! A register holds the same place of neighbouring tiles (or of neighbouring filters).
#![allow(unsafe_code)] // Raw views, and vector instructions behind run-time detection.

use super::rows::{ACROSS, Rows, gather_row, gather_rows, spread_row, store_columns};
use super::side::{MAX_POINTS, Points, Side, Two};
use crate::cpu::gemm::RowNorm;
use crate::cpu::gemm::lanes::{Lanes, MAX_LANES, Pixel, Square};
use crate::prim::Activation;

/// Taps of a filter.
pub(super) const TAPS: usize = 9;

/// Steps of the depth whose filters are asked for in advance; they lie too far apart for the machine to foresee.
const STEPS_AHEAD: usize = 8;

/// Filters of some rows of the product, at most a register of them, over a block of its depth.
pub(crate) struct Filters {
    /// The filter of the first row and step.
    pub(crate) src: *const f32,
    /// Values between rows, and between steps of the depth.
    pub(crate) strides: [usize; 2],
    pub(crate) rows: usize,
    pub(crate) depth: usize,
    /// Whether filters are turned by half a circle, as for the gradient of the source.
    pub(crate) turned: bool,
    /// `[depth][rows]` for the first point.
    pub(crate) dst: *mut f32,
    /// Values between points.
    pub(crate) point: usize,
}

/// Tiles side by side in one image, at most a register of them.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    pub(crate) image: usize,
    /// Row and column of the first tile, in tiles.
    pub(crate) place: [usize; 2],
    pub(crate) count: usize,
    /// The first tile's number in its panel.
    pub(crate) position: usize,
}

/// The source of a panel of tiles, in all channels.
pub(crate) struct SourceTiles<'a, T = f32> {
    pub(crate) runs: &'a [Run],
    /// The first image's first channel.
    pub(crate) src: *const T,
    pub(crate) channels: usize,
    /// Channels of an image.
    pub(crate) image_channels: usize,
    /// Height and width of a channel.
    pub(crate) size: [usize; 2],
    /// Rows and columns of zeros before the image.
    pub(crate) padding: [usize; 2],
    /// `[point][channel][width]`.
    pub(crate) dst: *mut f32,
    pub(crate) width: usize,
    /// Values between points.
    pub(crate) point: usize,
}

/// The sums of a panel of tiles, of some channels.
pub(crate) struct TargetTiles<'a, T = f32> {
    pub(crate) runs: &'a [Run],
    /// `[point][channel][width]`.
    pub(crate) sums: *const f32,
    pub(crate) width: usize,
    /// Values between points.
    pub(crate) point: usize,
    pub(crate) channels: usize,
    pub(crate) norm: RowNorm,
    /// A value for each channel, or null.
    pub(crate) bias: *const f32,
    /// Of the target's layout, or null.
    pub(crate) residual: *const T,
    pub(crate) activation: Activation,
    /// The first image's first of the channels.
    pub(crate) dst: *mut T,
    /// Channels of an image.
    pub(crate) image_channels: usize,
    /// Height and width of a channel.
    pub(crate) size: [usize; 2],
}

/// # Safety
///
/// `src` has the filters and `dst` room for them at every point; the machine has the instruction set of `L`.
#[inline(always)]
pub(crate) unsafe fn transform_filters<S: Side, L: Lanes>(filters: &Filters) {
    let Filters {
        rows, depth, dst, ..
    } = *filters;
    let mut taps = [0f32; TAPS * MAX_LANES];
    for step in 0..depth {
        // SAFETY: the contract above.
        unsafe {
            let points = transform_filter::<S, L>(filters, step, &mut taps);
            for y in 0..S::POINTS {
                for x in 0..ACROSS {
                    let place = (ACROSS * y + x) * filters.point + step * rows;
                    points[y][x].store_first(dst.add(place), rows);
                }
            }
        }
    }
}

/// The points of one step's filters.
///
/// # Safety
///
/// As for [`transform_filters`].
#[inline(always)]
pub(super) unsafe fn transform_filter<S: Side, L: Lanes>(
    filters: &Filters,
    step: usize,
    taps: &mut [f32; TAPS * MAX_LANES],
) -> [Points<L>; MAX_POINTS] {
    let Filters {
        src,
        strides,
        rows,
        turned,
        ..
    } = *filters;
    // SAFETY: the contract above; the local array takes a register for each tap.
    unsafe {
        let filter = src.add(step * strides[1]);
        let ahead = filter.wrapping_add(STEPS_AHEAD * strides[1]);
        for row in 0..rows {
            L::prefetch(ahead.wrapping_add(row * strides[0]));
        }
        for first in (0..TAPS).step_by(L::LEN) {
            L::transpose(Square {
                src: filter.add(first),
                src_stride: strides[0] as isize,
                rows,
                columns: (TAPS - first).min(L::LEN),
                dst: taps.as_mut_ptr().add(first * L::LEN),
                dst_stride: L::LEN,
                width: L::LEN,
            });
        }
        let tap = |index: usize| {
            let index = if turned { TAPS - 1 - index } else { index };
            L::load(taps.as_ptr().add(index * L::LEN))
        };
        let mut lines = [[L::zero(); 3]; MAX_POINTS];
        for x in 0..3 {
            let column = S::spread_filter([tap(x), tap(3 + x), tap(6 + x)]);
            for y in 0..S::POINTS {
                lines[y][x] = column[y];
            }
        }
        let mut points = [[L::zero(); MAX_POINTS]; MAX_POINTS];
        for y in 0..S::POINTS {
            points[y] = Two::spread_filter(lines[y]);
        }
        points
    }
}

/// Most runs of a panel: a tile each of the widest.
pub(crate) const MAX_RUNS: usize = 48;

/// Channels that pixels are asked for in advance; those of neighbouring channels lie too far apart for the machine to
/// foresee.
pub(super) const CHANNELS_AHEAD: usize = 4;

/// How a run's pixels are read, the same in every channel.
#[derive(Clone, Copy, Default)]
pub(super) struct Reading {
    /// The first channel's first row that the tiles read, if the image has it.
    rows: [Option<usize>; MAX_POINTS],
    /// First columns of two registers, and of two that are two columns further.
    starts: [isize; 4],
    /// Their lanes that lie in the image and are needed.
    masks: [u32; 4],
}

impl Reading {
    pub(super) fn new<S: Side, L: Lanes, P>(tiles: &SourceTiles<P>, run: &Run) -> Self {
        let [height, columns] = tiles.size;
        let corner = |axis: usize, results: usize| {
            (results * run.place[axis]) as isize - tiles.padding[axis] as isize
        };
        let (top, left) = (corner(0, S::RESULTS), corner(1, Two::RESULTS));
        let len = L::LEN as isize;
        let end = (left + 2 * run.count as isize + 2).min(columns as isize);
        let mask = |first: isize| {
            let within = |at: isize| at.clamp(0, len) as u32;
            let below = |bits: u32| ((1u64 << bits) - 1) as u32;
            below(within(end - first)) & !below(within(-first))
        };
        let starts = [left, left + len, left + 2, left + 2 + len];
        let first = run.image * tiles.image_channels * height * columns;
        let row = |index: isize| {
            let y = usize::try_from(top + index).ok().filter(|&y| y < height)?;
            Some(first + y * columns)
        };
        Self {
            rows: std::array::from_fn(|y| row(y as isize).filter(|_| y < S::POINTS)),
            starts,
            masks: starts.map(mask),
        }
    }

    /// Asks for the pixels in a channel.
    #[inline(always)]
    pub(super) unsafe fn ask<L: Lanes, P>(&self, src: *const P) {
        for first in self.rows.into_iter().flatten() {
            let row = src.wrapping_add(first).wrapping_offset(self.starts[0]);
            // SAFETY: the caller has the instruction set.
            unsafe { ask_row::<L, P>(row) };
        }
    }
}

/// Asks for the two lines of memory in which most runs' rows begin and end.
#[inline(always)]
unsafe fn ask_row<L: Lanes, P>(row: *const P) {
    const LINE: usize = 16;
    // SAFETY: the caller has the instruction set.
    unsafe {
        L::prefetch(row.cast());
        L::prefetch(row.cast::<f32>().wrapping_add(LINE));
    }
}

/// # Safety
///
/// `src` has the images' channels and `dst` room for the tiles at every point and channel; there are at most
/// [`MAX_RUNS`] runs; the machine has the instruction set of `L`.
#[inline(always)]
pub(crate) unsafe fn transform_source<S: Side, L: Lanes>(tiles: &SourceTiles) {
    let mut readings = [Reading::default(); MAX_RUNS];
    for (reading, run) in readings.iter_mut().zip(tiles.runs) {
        *reading = Reading::new::<S, L, f32>(tiles, run);
    }
    let plane = tiles.size[0] * tiles.size[1];
    // Channel by channel, so that the lines of a panel that its runs share are written while they are near.
    for channel in 0..tiles.channels {
        for (reading, run) in readings.iter().zip(tiles.runs) {
            // SAFETY: the contract above; masks keep loads to pixels of the image.
            unsafe {
                let src = tiles.src.add(channel * plane);
                let dst = tiles.dst.add(channel * tiles.width + run.position);
                reading.ask::<L, f32>(src.wrapping_add(CHANNELS_AHEAD * plane));
                // Few tiles lie in the first register of each row.
                if 2 * run.count <= L::LEN {
                    transform_run::<S, L, false>(reading, src, run.count, dst, tiles.point);
                } else {
                    transform_run::<S, L, true>(reading, src, run.count, dst, tiles.point);
                }
            }
        }
    }
}

/// Transforms a run in one channel, with one or two registers of pixels for a row.
#[inline(always)]
unsafe fn transform_run<S: Side, L: Lanes, const WIDE: bool>(
    reading: &Reading,
    src: *const f32,
    count: usize,
    dst: *mut f32,
    point: usize,
) {
    // SAFETY: masks keep loads to pixels of the image, and counts stores to the tiles.
    unsafe {
        let lines = source_lines::<S, L, f32, WIDE>(reading, src);
        store_columns::<S, L>(&lines, dst, point, count);
    }
}

/// The rows of a run's tiles in one channel, each transformed along itself.
///
/// # Safety
///
/// The image has the pixels that the reading names; the machine has the instruction set of `L`.
#[inline(always)]
pub(super) unsafe fn source_lines<S: Side, L: Lanes, P: Pixel<L>, const WIDE: bool>(
    reading: &Reading,
    src: *const P,
) -> Rows<L> {
    // SAFETY: masks keep loads to pixels of the image.
    unsafe {
        [
            source_line::<S, L, P, WIDE>(reading, src, 0),
            source_line::<S, L, P, WIDE>(reading, src, 1),
            source_line::<S, L, P, WIDE>(reading, src, 2),
            source_line::<S, L, P, WIDE>(reading, src, 3),
            source_line::<S, L, P, WIDE>(reading, src, 4),
            source_line::<S, L, P, WIDE>(reading, src, 5),
        ]
    }
}

/// A row of them; zeros if the tiles or the image lack it.
#[inline(always)]
unsafe fn source_line<S: Side, L: Lanes, P: Pixel<L>, const WIDE: bool>(
    reading: &Reading,
    src: *const P,
    y: usize,
) -> [L; ACROSS] {
    // SAFETY: masks keep loads to pixels of the image.
    unsafe {
        let row = if y < S::POINTS { reading.rows[y] } else { None };
        let Some(first) = row else {
            return [L::zero(); ACROSS];
        };
        let pixels = src.add(first);
        let split = |at: usize| {
            let beside = if WIDE { reading.masks[at + 1] } else { 0 };
            let start = pixels.wrapping_offset(reading.starts[at]);
            P::split(start, [reading.masks[at], beside])
        };
        let ((first, second), (third, fourth)) = (split(0), split(2));
        spread_row([first, second, third, fourth])
    }
}

/// # Safety
///
/// `sums` has the tiles at every point and channel, and the target's images are valid; the machine has the
/// instruction set of `L`.
#[inline(always)]
pub(crate) unsafe fn transform_target<S: Side, L: Lanes, P: Pixel<L>>(tiles: &TargetTiles<P>) {
    let [height, columns] = tiles.size;
    for channel in 0..tiles.channels {
        for run in tiles.runs {
            // SAFETY: counts keep loads to the tiles, and stores to results that exist.
            unsafe {
                let sums = tiles.sums.add(channel * tiles.width + run.position);
                let lines = gather_rows::<S, L>(|y, x| {
                    L::load_first(sums.add((ACROSS * y + x) * tiles.point), run.count)
                });
                let (top, left) = (S::RESULTS * run.place[0], Two::RESULTS * run.place[1]);
                let width = (columns - left).min(Two::RESULTS * run.count);
                let plane = (run.image * tiles.image_channels + channel) * height * columns;
                let ahead = plane + CHANNELS_AHEAD * height * columns;
                for y in 0..S::RESULTS.min(height - top) {
                    let place = ahead + (top + y) * columns + left;
                    ask_row::<L, P>(tiles.dst.wrapping_add(place));
                    let mut results = gather_row(lines[y]);
                    if !tiles.norm.mean.is_null() {
                        let mean = L::splat(*tiles.norm.mean.add(channel));
                        let scale = L::splat(*tiles.norm.scale.add(channel));
                        results = results.map(|result| result.sub(mean).mul(scale));
                    }
                    if !tiles.bias.is_null() {
                        let bias = L::splat(*tiles.bias.add(channel));
                        results = results.map(|result| result.add(bias));
                    }
                    let place = plane + (top + y) * columns + left;
                    if !tiles.residual.is_null() {
                        let bits = |count: usize| ((1u64 << count) - 1) as u32;
                        let masks = [width.min(L::LEN), width.saturating_sub(L::LEN)].map(bits);
                        let (even, odd) = P::split(tiles.residual.add(place), masks);
                        results = [results[0].add(even), results[1].add(odd)];
                    }
                    if tiles.activation == Activation::Relu {
                        results = results.map(|result| result.relu());
                    }
                    P::join(results[0], results[1], tiles.dst.add(place), width);
                }
            }
        }
    }
}
