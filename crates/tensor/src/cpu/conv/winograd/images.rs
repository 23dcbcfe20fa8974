//! The transforms of small images; `tiles` states the matrices.
//!
//! A register holds the same pixel of neighbouring images of a batch: rows of small images would fill a part of it only.
#![allow(unsafe_code)] // Raw views, and vector instructions behind run-time detection.

use std::ops::Range;

use super::tiles::{gather_target, spread_source};
use crate::cpu::gemm::lanes::Lanes;
use crate::prim::Activation;

/// Some squares of a register of images.
pub(crate) struct ImageTiles {
    /// `[channel][pixel][image]`.
    pub(crate) src: *const f32,
    pub(crate) channels: usize,
    /// Height and width of a channel.
    pub(crate) size: [usize; 2],
    /// Rows and columns of zeros before the image.
    pub(crate) padding: [usize; 2],
    pub(crate) squares: Range<usize>,
    /// Squares in a row.
    pub(crate) across: usize,
    /// `[channel][square][image]` for the first point.
    pub(crate) dst: *mut f32,
    /// Values between points.
    pub(crate) point: usize,
}

/// The sums of some squares of a register of images.
pub(crate) struct ImageSums {
    /// `[channel][square][image]` for the first point.
    pub(crate) sums: *const f32,
    /// Values between points.
    pub(crate) point: usize,
    pub(crate) channels: usize,
    pub(crate) squares: Range<usize>,
    /// Squares in a row.
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
/// `src` has the images' channels and `dst` room for the squares at every point and channel; the machine has the
/// instruction set of `L`.
#[inline(always)]
pub(crate) unsafe fn spread_images<L: Lanes>(tiles: &ImageTiles) {
    let [height, width] = tiles.size;
    let count = tiles.squares.len();
    for (index, square) in tiles.squares.clone().enumerate() {
        let corner = [square / tiles.across, square % tiles.across];
        // Where a pixel of the square lies in a channel, if the image has it.
        let place = |y: usize, x: usize| {
            let y = (2 * corner[0] + y).checked_sub(tiles.padding[0])?;
            let x = (2 * corner[1] + x).checked_sub(tiles.padding[1])?;
            (y < height && x < width).then_some((y * width + x) * L::LEN)
        };
        let places: [[Option<usize>; 4]; 4] =
            std::array::from_fn(|y| std::array::from_fn(|x| place(y, x)));
        for channel in 0..tiles.channels {
            // SAFETY: the contract above; only pixels of the image are read.
            unsafe {
                let src = tiles.src.add(channel * height * width * L::LEN);
                let dst = tiles.dst.add((channel * count + index) * L::LEN);
                let mut lines = [[L::zero(); 4]; 4];
                for y in 0..4 {
                    let mut pixels = [L::zero(); 4];
                    for x in 0..4 {
                        if let Some(place) = places[y][x] {
                            pixels[x] = L::load(src.add(place));
                        }
                    }
                    lines[y] = spread_source(pixels);
                }
                for x in 0..4 {
                    let column =
                        spread_source([lines[0][x], lines[1][x], lines[2][x], lines[3][x]]);
                    for y in 0..4 {
                        column[y].store(dst.add((4 * y + x) * tiles.point));
                    }
                }
            }
        }
    }
}

/// # Safety
///
/// `sums` has the squares at every point and channel, and `dst` room for the images' channels; the machine has the
/// instruction set of `L`.
#[inline(always)]
pub(crate) unsafe fn gather_images<L: Lanes>(tiles: &ImageSums) {
    let [height, width] = tiles.size;
    let count = tiles.squares.len();
    for (index, square) in tiles.squares.clone().enumerate() {
        let [top, left] = [2 * (square / tiles.across), 2 * (square % tiles.across)];
        for channel in 0..tiles.channels {
            // SAFETY: the contract above; only pixels of the image are written.
            unsafe {
                let sums = tiles.sums.add((channel * count + index) * L::LEN);
                let mut lines = [[L::zero(); 4]; 2];
                for x in 0..4 {
                    let at = |y: usize| L::load(sums.add((4 * y + x) * tiles.point));
                    let column = gather_target([at(0), at(1), at(2), at(3)]);
                    lines[0][x] = column[0];
                    lines[1][x] = column[1];
                }
                for y in 0..(height - top).min(2) {
                    let mut results = gather_target(lines[y]);
                    if !tiles.bias.is_null() {
                        let bias = L::splat(*tiles.bias.add(channel));
                        results = results.map(|result| result.add(bias));
                    }
                    if tiles.activation == Activation::Relu {
                        results = results.map(|result| result.relu());
                    }
                    let place = (channel * height + top + y) * width + left;
                    for x in 0..(width - left).min(2) {
                        results[x].store(tiles.dst.add((place + x) * L::LEN));
                    }
                }
            }
        }
    }
}
