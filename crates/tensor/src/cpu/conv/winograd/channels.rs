//! The transforms of the weight's gradient; `side` states the matrices.
//!
//! The sums run over tiles, so a register holds neighbouring channels of one place: operands come out as the products
//! want them, the channels of a tile side by side.
#![allow(unsafe_code)] // Raw views, and vector instructions behind run-time detection.

use super::rows::{ACROSS, points_of, spread_row, store_column, store_columns};
use super::side::{MAX_POINTS, Points, Side, Two};
use super::tiles::TAPS;
use crate::cpu::gemm::lanes::{Lanes, MAX_LANES, Square};

/// The tiles of a strip of an image that lies there channels last, with what its tiles reach beyond it.
pub(crate) struct Strip {
    /// `[row][column][channel]`.
    pub(crate) src: *const f32,
    /// Columns of the source.
    pub(crate) columns: usize,
    /// Rows and columns of tiles.
    pub(crate) tiles: [usize; 2],
    pub(crate) channels: usize,
    /// `[tile][channel]` for the first point.
    pub(crate) dst: *mut f32,
    /// Values between points.
    pub(crate) point: usize,
}

/// The sums over all tiles that become the gradients of one row's filters.
pub(crate) struct FilterSums {
    /// The row's first channel at the first point.
    pub(crate) sums: *const f32,
    /// Values between points.
    pub(crate) point: usize,
    /// Channels.
    pub(crate) count: usize,
    /// `[channel][tap]`.
    pub(crate) dst: *mut f32,
}

/// Transforms the tiles of the source, or of the results' gradient.
#[inline(always)]
unsafe fn spread<S: Side, L: Lanes, const GRAD: bool>(strip: &Strip) {
    let Strip {
        columns,
        tiles: [height, width],
        channels,
        point,
        ..
    } = *strip;
    let strides = [columns * channels, channels];
    for tile in 0..height * width {
        let place = S::RESULTS * (tile / width) * columns + Two::RESULTS * (tile % width);
        for channel in (0..channels).step_by(L::LEN) {
            let count = (channels - channel).min(L::LEN);
            // SAFETY: the strip holds the pixels of its tiles; counts keep to the channels.
            unsafe {
                let src = strip.src.add(place * channels + channel);
                let dst = strip.dst.add(tile * channels + channel);
                let pixels = |count: usize| Pixels {
                    src,
                    strides,
                    count,
                };
                match (GRAD, count == L::LEN) {
                    (false, true) => spread_source::<S, L>(pixels(L::LEN), dst, point),
                    (false, false) => spread_source::<S, L>(pixels(count), dst, point),
                    (true, true) => spread_grad::<S, L>(pixels(L::LEN), dst, point),
                    (true, false) => spread_grad::<S, L>(pixels(count), dst, point),
                }
            }
        }
    }
}

/// A register of channels of a tile's pixels; `strides` are those of rows and columns.
#[derive(Clone, Copy)]
struct Pixels {
    src: *const f32,
    strides: [usize; 2],
    count: usize,
}

impl Pixels {
    #[inline(always)]
    unsafe fn at<L: Lanes>(self, y: usize, x: usize) -> L {
        // SAFETY: the caller has the instruction set, and the tile the pixel.
        unsafe {
            let src = self.src.add(y * self.strides[0] + x * self.strides[1]);
            match self.count == L::LEN {
                true => L::load(src),
                false => L::load_first(src, self.count),
            }
        }
    }

    /// A row of the source, transformed; zeros if tiles have none.
    #[inline(always)]
    unsafe fn source_row<S: Side, L: Lanes>(self, y: usize) -> [L; ACROSS] {
        // SAFETY: the same contract.
        unsafe {
            match y < S::POINTS {
                true => spread_row([self.at(y, 0), self.at(y, 1), self.at(y, 2), self.at(y, 3)]),
                false => [L::zero(); ACROSS],
            }
        }
    }

    /// A row of the results' gradient, transformed; zeros if tiles have none.
    #[inline(always)]
    unsafe fn grad_row<S: Side, L: Lanes>(self, y: usize) -> Points<L> {
        // SAFETY: the same contract.
        unsafe {
            let zero = L::zero();
            match y < S::RESULTS {
                true => Two::spread_grad([self.at(y, 0), self.at(y, 1), zero, zero]),
                false => [zero; MAX_POINTS],
            }
        }
    }
}

/// Transforms a tile's source.
#[inline(always)]
unsafe fn spread_source<S: Side, L: Lanes>(pixels: Pixels, dst: *mut f32, point: usize) {
    // SAFETY: the caller has the instruction set, the pixels and room for the points.
    unsafe {
        let rows = [
            pixels.source_row::<S, L>(0),
            pixels.source_row::<S, L>(1),
            pixels.source_row::<S, L>(2),
            pixels.source_row::<S, L>(3),
            pixels.source_row::<S, L>(4),
            pixels.source_row::<S, L>(5),
        ];
        store_columns::<S, L>(&rows, dst, point, pixels.count);
    }
}

/// Transforms the gradient of a tile's results.
#[inline(always)]
unsafe fn spread_grad<S: Side, L: Lanes>(pixels: Pixels, dst: *mut f32, point: usize) {
    // SAFETY: the caller has the instruction set, the gradients and room for the points.
    unsafe {
        let a = pixels.grad_row::<S, L>(0);
        let b = pixels.grad_row::<S, L>(1);
        let c = pixels.grad_row::<S, L>(2);
        let d = pixels.grad_row::<S, L>(3);
        let columns = [
            S::spread_grad([a[0], b[0], c[0], d[0]]),
            S::spread_grad([a[1], b[1], c[1], d[1]]),
            S::spread_grad([a[2], b[2], c[2], d[2]]),
            S::spread_grad([a[3], b[3], c[3], d[3]]),
        ];
        store_column::<S, L>(columns[0], 0, dst, point, pixels.count);
        store_column::<S, L>(columns[1], 1, dst, point, pixels.count);
        store_column::<S, L>(columns[2], 2, dst, point, pixels.count);
        store_column::<S, L>(columns[3], 3, dst, point, pixels.count);
    }
}

/// Transforms the source.
///
/// # Safety
///
/// `src` has two rows and columns more than the tiles have results, and `dst` room for the tiles at every point; the machine
/// has the instruction set of `L`.
#[inline(always)]
pub(crate) unsafe fn spread_sources<S: Side, L: Lanes>(strip: &Strip) {
    // SAFETY: the same contract.
    unsafe { spread::<S, L, false>(strip) }
}

/// Transforms the results' gradient.
///
/// # Safety
///
/// `src` has the rows and columns of the tiles' results, and `dst` room for the tiles at every point; the machine has
/// the instruction set of `L`.
#[inline(always)]
pub(crate) unsafe fn spread_grads<S: Side, L: Lanes>(strip: &Strip) {
    // SAFETY: the same contract.
    unsafe { spread::<S, L, true>(strip) }
}

/// # Safety
///
/// `sums` has the channels at every point, and `dst` room for their filters; the machine has the instruction set of
/// `L`.
#[inline(always)]
pub(crate) unsafe fn gather_filters<S: Side, L: Lanes>(filters: &FilterSums) {
    let FilterSums {
        sums,
        point,
        count,
        dst,
    } = *filters;
    let mut taps = [0f32; TAPS * MAX_LANES];
    for channel in (0..count).step_by(L::LEN) {
        let channels = (count - channel).min(L::LEN);
        // SAFETY: the contract above; the local array takes a register for each tap.
        unsafe {
            let zero = L::zero();
            let at = |y: usize, x: usize| {
                L::load_first(sums.add((ACROSS * y + x) * point + channel), channels)
            };
            let [a, b, c, d] = [
                S::gather_filter(points_of::<S, L>(|y| at(y, 0))),
                S::gather_filter(points_of::<S, L>(|y| at(y, 1))),
                S::gather_filter(points_of::<S, L>(|y| at(y, 2))),
                S::gather_filter(points_of::<S, L>(|y| at(y, 3))),
            ];
            for y in 0..3 {
                let row = Two::gather_filter([a[y], b[y], c[y], d[y], zero, zero]);
                for x in 0..3 {
                    row[x].store(taps.as_mut_ptr().add((3 * y + x) * L::LEN));
                }
            }
            for first in (0..TAPS).step_by(L::LEN) {
                let rows = (TAPS - first).min(L::LEN);
                L::transpose(Square {
                    src: taps.as_ptr().add(first * L::LEN),
                    src_stride: L::LEN as isize,
                    rows,
                    columns: channels,
                    dst: dst.add(channel * TAPS + first),
                    dst_stride: TAPS,
                    width: rows,
                });
            }
        }
    }
}
