//! Where tiles read the operands of a product: in packed panels, or where they lie.

use super::operands::{MatRef, Size};
use super::sides::Access;

/// Columns from which on each packed value of the left operand is used often enough to be worth packing.
const PACKED_COLUMNS: usize = 512;

/// Distance of two steps of the left operand up to which packing would save no cache lines.
const CLOSE_STEPS: isize = 64;

/// Columns up to which rows are read in place however they lie.
const CROWDED_COLUMNS: usize = 128;

/// Rows up to which a value of the right operand is used too seldom to be worth packing: at any depth, and of products
/// that are not deep.
const UNPACKED_ROWS: usize = 64;
const UNPACKED_FLAT_ROWS: usize = 512;
const FLAT_DEPTH: usize = 64;

/// Whether lines lie so far apart that they push each other out of the caches.
pub(super) fn crowded(stride: isize) -> bool {
    stride != 0 && stride % 1024 == 0
}

/// How the operands are read; it changes no result. Packing costs about as much as a dozen uses of a value, and a first
/// pass over all of them that every thread waits for.
pub(crate) struct Places {
    pub(crate) left_in_place: bool,
    pub(crate) right: Access,
}

impl Places {
    pub(crate) fn new(size: Size, left: &MatRef<f32>, right: &MatRef<f32>) -> Self {
        let flat = size.k <= FLAT_DEPTH;
        let left_in_place = match (left.row_stride, left.col_stride) {
            // The rows of a step lie side by side, and the next step on the next lines.
            (1, stride) if (0..=CLOSE_STEPS).contains(&stride) => true,
            (1, stride) | (stride, 1) => {
                size.n <= CROWDED_COLUMNS || (size.n < PACKED_COLUMNS || flat) && !crowded(stride)
            }
            _ => false,
        };
        let right_crowded = crowded(right.row_stride) && size.m > UNPACKED_ROWS / 2;
        let seldom =
            size.m <= UNPACKED_ROWS || flat && left_in_place && size.m <= UNPACKED_FLAT_ROWS;
        let right = if right.col_stride == 1 && seldom && !right_crowded {
            Access::InPlace
        } else {
            Access::Packed
        };
        Self {
            left_in_place,
            right,
        }
    }

    /// Blocks of rows then have nothing to do twice. They lie side by side, so that a thread finds its own in its cache
    /// when an optimiser changes them next.
    pub(super) fn nothing_is_packed(&self) -> bool {
        self.left_in_place && self.right == Access::InPlace
    }
}
