//! The blocks that a product is split into, which its tasks compute.

use std::ops::Range;

use super::blocked::Blocking;
use super::operands::Size;
use super::places::Places;
use super::sides::Access;
use crate::cpu::tasks::run;

/// Operations one task should at least do.
const TASK_FLOPS: usize = 1 << 21;

/// Rows of the left operand that stay in the second-level cache while a task uses them.
const MAX_ROWS: usize = 1024;

/// Most columns that a task takes all of, where there are many rows of more values than the caches hold.
const FEW_COLUMNS: usize = 128;

/// Fewest rows of such a task.
const FEW_ROWS: usize = 64;

/// Fewest values of such rows.
const MANY_VALUES: usize = 1 << 21;

/// Values of a packed right operand that stay in the second-level cache beside the rows that use them.
const KEPT_VALUES: usize = 1 << 16;

/// Tasks a large product should have at least, so that every thread finds some.
const MIN_TASKS: usize = 4;

/// The blocks a product is split into; from its size and where its operands lie, so that any number of threads does
/// the same work.
pub(super) struct Grid {
    pub(super) row_blocks: usize,
    pub(super) column_blocks: usize,
    /// Columns come in multiples of this.
    unit: usize,
    /// Whether all blocks read one packed right operand, which each thread packs for itself once.
    pub(super) keeps_right: bool,
    /// What blocks may as well have less of, as they have nothing to do but their part.
    pub(super) free: Free,
}

/// What a product may be cut by anywhere: whoever is done early then takes over little pieces.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Free {
    Neither,
    /// Panels of rows, in blocks of rows alone.
    Rows,
    /// Units of columns, in blocks of columns alone.
    Columns,
}

impl Grid {
    pub(super) fn new(size: Size, blocking: &Blocking, places: &Places) -> Self {
        let wanted = (size.flops() / TASK_FLOPS).clamp(1, 16);
        // An odd number of equal blocks would leave one of two threads idle at the end.
        let even = |blocks: usize| blocks + blocks % 2 * usize::from(blocks > 1);
        let wanted = even(wanted);
        let keeps_right = places.right == Access::Packed
            && blocking.packed_columns(size.n) <= KEPT_VALUES
            && size.n <= blocking.width();
        let of_rows = |row_blocks| Self {
            row_blocks,
            column_blocks: 1,
            unit: blocking.width(),
            keeps_right,
            free: match keeps_right || places.right == Access::InPlace {
                true => Free::Rows,
                false => Free::Neither,
            },
        };
        if places.nothing_is_packed() && 2 * wanted <= blocking.row_panels {
            return of_rows(equal_blocks(blocking.row_panels, wanted));
        }
        let fewest = size.m.div_ceil(MAX_ROWS);
        if keeps_right && size.m > FEW_ROWS && 2 * wanted <= blocking.row_panels {
            return of_rows(equal_blocks(blocking.row_panels, 2 * wanted).max(fewest));
        }
        // Blocks of columns would read all rows once each, from memory.
        let many_rows = size.m >= (2 * size.n).max(MIN_TASKS * FEW_ROWS);
        if size.n <= FEW_COLUMNS && many_rows && size.m * size.k >= MANY_VALUES {
            return of_rows(wanted.min(size.m / FEW_ROWS / 2 * 2).max(fewest));
        }
        let panels = size.n.div_ceil(blocking.width());
        if places.nothing_is_packed() && panels >= 2 * MIN_TASKS && wanted > 1 {
            return Self {
                row_blocks: 1,
                column_blocks: panels.min(4 * wanted),
                unit: blocking.lanes(),
                keeps_right: false,
                free: Free::Columns,
            };
        }
        let registers = size.n.div_ceil(blocking.lanes());
        // Shared out by registers, so that no block is much wider than another: about four to a block, or two if they are few.
        let (column_blocks, unit) = if registers >= 2 * MIN_TASKS {
            let blocks = (registers / 8 * 2).max((registers / 4 * 2).min(2 * MIN_TASKS));
            (wanted.min(blocks), blocking.lanes())
        } else {
            (wanted.min(panels), blocking.width())
        };
        // Blocks of rows pack the right operand once each: only for want of columns, and twice as large.
        let wanted = even(wanted.div_ceil(2)).min(MIN_TASKS);
        let rows = fewest.max(wanted.div_ceil(column_blocks));
        Self {
            row_blocks: rows.min(blocking.row_panels),
            column_blocks,
            unit,
            keeps_right: false,
            free: Free::Neither,
        }
    }

    /// Columns of a block.
    pub(super) fn columns(&self, n: usize, index: usize) -> Range<usize> {
        self.columns_of(n, run(self.units(n), self.column_blocks, index))
    }

    /// Units that so many columns come in.
    pub(super) fn units(&self, n: usize) -> usize {
        n.div_ceil(self.unit)
    }

    /// Columns of some units.
    pub(super) fn columns_of(&self, n: usize, units: Range<usize>) -> Range<usize> {
        units.start * self.unit..(units.end * self.unit).min(n)
    }
}

/// The number of blocks, at most so many and more than half of that, and even unless that is one, that panels fill most
/// equally: with 3 panels in some and 2 in others, one of two threads ends late.
fn equal_blocks(panels: usize, most: usize) -> usize {
    let missing = |blocks: usize| panels.next_multiple_of(blocks) - panels;
    let even = (most / 2 + 1..=most).filter(|blocks| blocks.is_multiple_of(2));
    even.rev()
        .min_by_key(|&blocks| missing(blocks))
        .unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::super::kernels::Isa;
    use super::super::operands::MatRef;
    use super::*;

    #[test]
    fn panels_fill_blocks_equally() {
        assert_eq!(equal_blocks(32, 12), 8);
        assert_eq!(equal_blocks(36, 12), 12);
        assert_eq!(equal_blocks(49, 16), 10);
        assert_eq!(equal_blocks(7, 1), 1);
    }

    #[test]
    fn large_products_have_tasks_for_every_thread() {
        let blocks = |m, n, k| {
            let size = Size { m, n, k };
            let matrix = MatRef {
                ptr: std::ptr::null(),
                row_stride: k as isize,
                col_stride: 1,
            };
            let places = Places::new(size, &matrix, &matrix.t());
            let grid = Grid::new(size, &Blocking::new(Isa::detect(), m, k), &places);
            (grid.row_blocks, grid.column_blocks)
        };
        assert_eq!(blocks(1024, 128, 9216), (16, 1));
        assert_eq!(blocks(256, 128, 9216), (4, 1));
        // No task has more rows than stay in the second-level cache.
        assert_eq!(blocks(60_000, 128, 9216), (59, 1));
        for [m, n, k] in [[127, 60, 20_000], [192, 60, 20_000], [64, 32, 32_768]] {
            let (rows, columns) = blocks(m, n, k);
            assert!(rows * columns >= MIN_TASKS, "{m} x {n} x {k}");
        }
    }
}
