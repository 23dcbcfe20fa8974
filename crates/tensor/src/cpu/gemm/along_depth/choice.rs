//! Which products are made along the depth.

use super::DEPTH_BLOCK;
use super::tile::LANES;
use crate::cpu::gemm::operands::Size;
use crate::cpu::gemm::places::crowded;

/// Fewest rows and columns: five are no panels of three and four.
pub(super) const FEWEST: usize = 6;

/// Most rows or columns, whichever are fewer: every panel of the others meets all of them, in the second-level cache.
const MOST_SHORTER: usize = 128;

/// Whether there are tiles and caches for the sizes.
pub(super) fn fits(size: Size) -> bool {
    let shorter = size.m.min(size.n);
    (FEWEST..=MOST_SHORTER).contains(&shorter) && size.k.is_multiple_of(LANES)
}

/// Whether the blocked product, which would be turned or not, would take longer. All costs are parts of the time that the
/// multiplications take, as measured on Zen 4.
pub(super) fn is_better(size: Size, strides: [isize; 2], turned: bool) -> bool {
    let Size { m, n, .. } = size;
    let (rows, columns) = if turned { (n, m) } else { (m, n) };
    // A packed value takes the time of a dozen multiplications, and each row uses it once.
    let packing = 12.0 / rows as f64;
    // Its columns fill registers of as many lanes.
    let unused = (columns.next_multiple_of(LANES) - columns) as f64 / columns as f64;
    // The lanes of a register of partial sums are added up in the time of 32 steps.
    let summing = 32.0 / size.k as f64;
    // Lines that crowd each other out of the first-level cache, deep ones out of the second-level cache too.
    let crowding = match strides.into_iter().any(crowded) {
        false => 0.0,
        true if size.k <= 2 * DEPTH_BLOCK => 0.15,
        true => 0.25,
    };
    summing + crowding < packing + unused + 0.03
}
