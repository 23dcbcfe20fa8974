//! Winograd's convolution by 3 x 3 filters: for a tile of four rows and two columns of results 24 multiplications instead
//! of 72, for one of two by two 16 instead of 36.
//!
//! | module | what it holds |
//! |---|---|
//! | `correlate` | forward direction and source gradient |
//! | `cut` | their tasks |
//! | `batch` | the same over batches of small images |
//! | `products` | what both multiply |
//! | `weight_grad` | the weight's gradient |
//! | `side` | the matrices along a side of a tile |
//! | `rows` | a tile in registers |
//! | `tiles` | the transforms of neighbouring tiles |
//! | `pairs` | those to operands of bf16 |
//! | `images` | those of neighbouring images |
//! | `channels` | those of neighbouring channels, for the weight's gradient |
//! | `transforms` | all of these, compiled for each instruction set |
//!
//! An infinite or undefined source pixel may reach all results of the tiles that read it.

pub(in crate::cpu) mod channels;
pub(in crate::cpu) mod images;
pub(in crate::cpu) mod pairs;
pub(in crate::cpu) mod side;
pub(in crate::cpu) mod tiles;
pub(in crate::cpu) mod transforms;

mod batch;
mod correlate;
mod cut;
mod products;
mod rows;
mod weight_grad;

pub(super) use correlate::{forward, forward_with, input_grad, is_batched};
pub(super) use weight_grad::weight_grad;

use std::ops::Range;

use smallvec::SmallVec;

use self::tiles::{MAX_RUNS, Run};
pub(super) use self::transforms::Height;
use super::shape::ConvShape;

/// Whether the algorithm computes this convolution and its source's gradient.
pub(super) fn fits(shape: &ConvShape) -> bool {
    [shape.kh, shape.kw] == [3, 3]
        && shape.stride == [1, 1]
        && shape.dilation == [1, 1]
        && shape.groups == 1
        && shape.padding.iter().all(|&padding| padding <= 2)
}

/// The tiles of results that the images consist of, counted row by row and image by image.
#[derive(Clone, Copy)]
struct Tiles {
    images: usize,
    height: usize,
    width: usize,
}

impl Tiles {
    fn of(images: usize, [height, width]: [usize; 2], tile: Height) -> Self {
        Self {
            images,
            height: height.div_ceil(tile.results()),
            width: width.div_ceil(2),
        }
    }

    fn count(&self) -> usize {
        self.images * self.height * self.width
    }

    /// At most [`MAX_RUNS`] tiles, cut where an image's row ends or a register is full.
    fn runs(&self, tiles: Range<usize>, lanes: usize) -> SmallVec<[Run; MAX_RUNS]> {
        let mut runs = SmallVec::new();
        let mut at = tiles.start;
        while at < tiles.end {
            let column = at % self.width;
            let count = (self.width - column).min(tiles.end - at).min(lanes);
            runs.push(Run {
                image: at / (self.height * self.width),
                place: [at / self.width % self.height, column],
                count,
                position: at - tiles.start,
            });
            at += count;
        }
        runs
    }
}

/// Values between points of so many each. Were it a multiple of a cache's way, as it often is, all points of a tile
/// would compete for one set of lines.
fn point(values: usize) -> usize {
    values.next_multiple_of(16) + 16
}
