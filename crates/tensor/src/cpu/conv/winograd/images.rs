//! The transforms of small images; `side` states the matrices.
//!
//! A register holds the same pixel of neighbouring images of a batch: rows of small images would fill a part of it only.
#![allow(unsafe_code)] // Raw views, and vector instructions behind run-time detection.

use std::ops::Range;

use super::rows::{ACROSS, gather_row, gather_rows, spread_row, store_columns};
use super::side::{MAX_POINTS, Side, Two};
use crate::cpu::gemm::lanes::Lanes;
use crate::prim::Activation;

/// Some tiles of a register of images.
pub(crate) struct ImageTiles {
    /// `[channel][pixel][image]`.
    pub(crate) src: *const f32,
    pub(crate) channels: usize,
    /// Height and width of a channel.
    pub(crate) size: [usize; 2],
    /// Rows and columns of zeros before the image.
    pub(crate) padding: [usize; 2],
    /// Numbers of the tiles, counted row by row.
    pub(crate) numbers: Range<usize>,
    /// Tiles in a row.
    pub(crate) across: usize,
    /// `[channel][tile][image]` for the first point.
    pub(crate) dst: *mut f32,
    /// Values between points.
    pub(crate) point: usize,
}

/// The sums of some tiles of a register of images.
pub(crate) struct ImageSums {
    /// `[channel][tile][image]` for the first point.
    pub(crate) sums: *const f32,
    /// Values between points.
    pub(crate) point: usize,
    pub(crate) channels: usize,
    /// Numbers of the tiles, counted row by row.
    pub(crate) numbers: Range<usize>,
    /// Tiles in a row.
    pub(crate) across: usize,
    /// A value for each channel, or null.
    pub(crate) bias: *const f32,
    pub(crate) activation: Activation,
    /// `[channel][pixel][image]`.
    pub(crate) dst: *mut f32,
    /// Height and width of a channel.
    pub(crate) size: [usize; 2],
}

/// # Safety
///
/// `src` has the images' channels and `dst` room for the tiles at every point and channel; the machine has the
/// instruction set of `L`.
#[inline(always)]
pub(crate) unsafe fn transform_images<S: Side, L: Lanes>(tiles: &ImageTiles) {
    let [height, width] = tiles.size;
    let count = tiles.numbers.len();
    for (index, number) in tiles.numbers.clone().enumerate() {
        let corner = [number / tiles.across, number % tiles.across];
        // Where a pixel of the tile lies in a channel, if the image has it.
        let place = |y: usize, x: usize| {
            let y = (S::RESULTS * corner[0] + y).checked_sub(tiles.padding[0])?;
            let x = (Two::RESULTS * corner[1] + x).checked_sub(tiles.padding[1])?;
            (y < height && x < width).then_some((y * width + x) * L::LEN)
        };
        let places: [[Option<usize>; ACROSS]; MAX_POINTS] = std::array::from_fn(|y| {
            std::array::from_fn(|x| if y < S::POINTS { place(y, x) } else { None })
        });
        for channel in 0..tiles.channels {
            // SAFETY: the contract above; only pixels of the image are read.
            unsafe {
                let src = tiles.src.add(channel * height * width * L::LEN);
                let dst = tiles.dst.add((channel * count + index) * L::LEN);
                let lines = [
                    source_line(src, &places[0]),
                    source_line(src, &places[1]),
                    source_line(src, &places[2]),
                    source_line(src, &places[3]),
                    source_line(src, &places[4]),
                    source_line(src, &places[5]),
                ];
                store_columns::<S, L>(&lines, dst, tiles.point, L::LEN);
            }
        }
    }
}

/// A row of the tiles, transformed, with zeros where the images have no pixel.
#[inline(always)]
unsafe fn source_line<L: Lanes>(src: *const f32, places: &[Option<usize>; ACROSS]) -> [L; ACROSS] {
    // SAFETY: the caller has the instruction set, and the pixels.
    unsafe {
        let pixel = |place: Option<usize>| match place {
            Some(place) => L::load(src.add(place)),
            None => L::zero(),
        };
        let [a, b, c, d] = *places;
        spread_row([pixel(a), pixel(b), pixel(c), pixel(d)])
    }
}

/// # Safety
///
/// `sums` has the tiles at every point and channel, and `dst` room for the images' channels; the machine has the
/// instruction set of `L`.
#[inline(always)]
pub(crate) unsafe fn transform_sums<S: Side, L: Lanes>(tiles: &ImageSums) {
    let [height, width] = tiles.size;
    let count = tiles.numbers.len();
    for (index, number) in tiles.numbers.clone().enumerate() {
        let top = S::RESULTS * (number / tiles.across);
        let left = Two::RESULTS * (number % tiles.across);
        for channel in 0..tiles.channels {
            // SAFETY: the contract above; only pixels of the image are written.
            unsafe {
                let sums = tiles.sums.add((channel * count + index) * L::LEN);
                let lines =
                    gather_rows::<S, L>(|y, x| L::load(sums.add((ACROSS * y + x) * tiles.point)));
                for y in 0..(height - top).min(S::RESULTS) {
                    let mut results = gather_row(lines[y]);
                    if !tiles.bias.is_null() {
                        let bias = L::splat(*tiles.bias.add(channel));
                        results = results.map(|result| result.add(bias));
                    }
                    if tiles.activation == Activation::Relu {
                        results = results.map(|result| result.relu());
                    }
                    let place = (channel * height + top + y) * width + left;
                    for x in 0..(width - left).min(Two::RESULTS) {
                        results[x].store(tiles.dst.add((place + x) * L::LEN));
                    }
                }
            }
        }
    }
}
