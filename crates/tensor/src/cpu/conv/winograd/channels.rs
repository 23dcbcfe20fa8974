//! The transforms of the weight's gradient; `tiles` states the matrices.
//!
//! The sums run over squares, so a register holds neighbouring channels of one place: operands come out as the products
//! want them, the channels of a square side by side.
#![allow(unsafe_code)] // Raw views, and vector instructions behind run-time detection.

use super::tiles::{TAPS, spread_source};
use crate::cpu::gemm::lanes::{Lanes, MAX_LANES, Square};

/// The squares of a strip of an image that lies there channels last, with what its squares reach beyond it.
pub(crate) struct Strip {
    /// `[row][column][channel]`.
    pub(crate) src: *const f32,
    /// Columns of the source.
    pub(crate) columns: usize,
    /// Rows and columns of squares.
    pub(crate) squares: [usize; 2],
    pub(crate) channels: usize,
    /// `[square][channel]` for the first point.
    pub(crate) dst: *mut f32,
    /// Values between points.
    pub(crate) point: usize,
}

/// The sums over all squares that become the gradients of one row's filters.
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

/// `A` times two values.
#[inline(always)]
unsafe fn spread_grad<L: Lanes>(e: [L; 2]) -> [L; 4] {
    // SAFETY: the caller has the instruction set.
    unsafe { [e[0], e[0].add(e[1]), e[0].sub(e[1]), L::zero().sub(e[1])] }
}

/// `G'` times four values.
#[inline(always)]
unsafe fn gather_filter<L: Lanes>(s: [L; 4]) -> [L; 3] {
    // SAFETY: the caller has the instruction set.
    unsafe {
        let half = L::splat(0.5);
        let even = s[1].add(s[2]);
        [
            even.mul_add(half, s[0]),
            s[1].sub(s[2]).mul_add(half, L::zero()),
            even.mul_add(half, s[3]),
        ]
    }
}

/// A line of a square: four values of the source, or two of the results' gradient.
#[inline(always)]
unsafe fn line<L: Lanes, const SIDE: usize>(values: [L; SIDE]) -> [L; 4] {
    // SAFETY: the caller has the instruction set.
    unsafe {
        match SIDE {
            2 => spread_grad([values[0], values[1]]),
            _ => spread_source([values[0], values[1], values[2], values[3]]),
        }
    }
}

/// Transforms the squares of 4 x 4 pixels of the source, or of 2 x 2 of the results' gradient.
#[inline(always)]
unsafe fn spread<L: Lanes, const SIDE: usize>(strip: &Strip) {
    let Strip {
        columns,
        squares: [height, width],
        channels,
        point,
        ..
    } = *strip;
    for square in 0..height * width {
        let place = 2 * (square / width) * columns + 2 * (square % width);
        for channel in (0..channels).step_by(L::LEN) {
            let count = (channels - channel).min(L::LEN);
            // SAFETY: the strip holds the pixels of its squares; counts keep to the channels.
            unsafe {
                let src = strip.src.add(place * channels + channel);
                let dst = strip.dst.add(square * channels + channel);
                let mut lines = [[L::zero(); 4]; SIDE];
                for y in 0..SIDE {
                    let mut pixels = [L::zero(); SIDE];
                    for x in 0..SIDE {
                        let src = src.add((y * columns + x) * channels);
                        pixels[x] = match count == L::LEN {
                            true => L::load(src),
                            false => L::load_first(src, count),
                        };
                    }
                    lines[y] = line(pixels);
                }
                for x in 0..4 {
                    let mut pixels = [L::zero(); SIDE];
                    for y in 0..SIDE {
                        pixels[y] = lines[y][x];
                    }
                    let column = line(pixels);
                    for y in 0..4 {
                        let dst = dst.add((4 * y + x) * point);
                        match count == L::LEN {
                            true => column[y].store(dst),
                            false => column[y].store_first(dst, count),
                        }
                    }
                }
            }
        }
    }
}

/// Transforms the source.
///
/// # Safety
///
/// `src` has two rows and columns more than twice the squares, and `dst` room for the squares at every point; the machine
/// has the instruction set of `L`.
#[inline(always)]
pub(crate) unsafe fn spread_sources<L: Lanes>(strip: &Strip) {
    // SAFETY: the same contract.
    unsafe { spread::<L, 4>(strip) }
}

/// Transforms the results' gradient.
///
/// # Safety
///
/// `src` has twice as many rows and columns as squares, and `dst` room for the squares at every point; the machine has
/// the instruction set of `L`.
#[inline(always)]
pub(crate) unsafe fn spread_grads<L: Lanes>(strip: &Strip) {
    // SAFETY: the same contract.
    unsafe { spread::<L, 2>(strip) }
}

/// # Safety
///
/// `sums` has the channels at every point, and `dst` room for their filters; the machine has the instruction set of
/// `L`.
#[inline(always)]
pub(crate) unsafe fn gather_filters<L: Lanes>(filters: &FilterSums) {
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
            let mut lines = [[L::zero(); 4]; 3];
            for x in 0..4 {
                let at =
                    |y: usize| L::load_first(sums.add((4 * y + x) * point + channel), channels);
                let column = gather_filter([at(0), at(1), at(2), at(3)]);
                for y in 0..3 {
                    lines[y][x] = column[y];
                }
            }
            for y in 0..3 {
                let line = gather_filter(lines[y]);
                for x in 0..3 {
                    line[x].store(taps.as_mut_ptr().add((3 * y + x) * L::LEN));
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
