//! What a product is split into, for its tasks to compute.

use std::ops::Range;

use super::blocked::Blocking;
use super::operands::Size;
use super::pieces::Pieces;
use super::places::Places;
use super::sides::Access;

/// Operations one task should at least do.
const TASK_FLOPS: usize = 1 << 21;

/// Operations of a piece at least: a thread waits that long for the last one.
pub(super) const PIECE_FLOPS: usize = 100_000;

/// Rows of the left operand that stay in the second-level cache while a task uses them.
const MAX_ROWS: usize = 1024;

/// Most columns that a task takes all of, where there are many rows of more values than the caches hold.
const FEW_COLUMNS: usize = 128;

/// Fewest rows of such a task.
const FEW_ROWS: usize = 64;

/// Fewest values of such rows.
const MANY_VALUES: usize = 1 << 21;

/// Values of a packed right operand that stay in the second-level cache beside the rows that use them.
pub(super) const KEPT_VALUES: usize = 1 << 16;

/// Tasks a large product should have at least, so that every thread finds some.
const MIN_TASKS: usize = 4;

/// How a product is split; from its size and where its operands lie, so that any number of threads does the same work.
pub(super) struct Grid {
    pub(super) cut: Cut,
    /// Columns come in multiples of this.
    unit: usize,
    /// Whether all tasks read one packed right operand, which each thread packs for itself once.
    pub(super) keeps_right: bool,
}

/// What a task has of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// One of so many blocks of rows by blocks of columns, which cost more the smaller they are: operands are packed for
    /// each.
    Blocks { rows: usize, columns: usize },
    /// Some panels of rows, at most so many, and all columns, or pieces of a panel.
    Rows { most: usize, pieces: Pieces },
    /// Some units of columns, at most so many, and all rows.
    Columns { most: usize },
}

/// Tasks that a product should have, if it has as many parts.
pub(super) fn wanted_tasks(size: Size) -> usize {
    even((size.flops() / TASK_FLOPS).clamp(1, 16))
}

/// An odd number of equal blocks would leave one of two threads idle at the end.
fn even(blocks: usize) -> usize {
    blocks + blocks % 2 * usize::from(blocks > 1)
}

impl Grid {
    pub(super) fn new(size: Size, blocking: &Blocking, places: &Places) -> Self {
        let wanted = wanted_tasks(size);
        let keeps_right = places.right == Access::Packed
            && blocking.packed_columns(size.n) <= KEPT_VALUES
            && size.n <= 2 * blocking.width();
        let cut = |cut| Self {
            cut,
            unit: blocking.width(),
            keeps_right,
        };
        // Columns that fill no register are packed even so.
        let nothing_is_packed =
            places.nothing_is_packed() && size.n.is_multiple_of(blocking.lanes());
        let fewest = size.m.div_ceil(MAX_ROWS);
        let most = |tasks: usize| blocking.row_panels.div_ceil(tasks.max(fewest));
        let packed_by_nobody_else = nothing_is_packed || keeps_right && size.m > FEW_ROWS;
        if packed_by_nobody_else && 2 * wanted <= blocking.row_panels {
            // Columns that were packed are found as a whole.
            let most_pieces = match keeps_right {
                true => 1,
                false => size.n.div_ceil(blocking.width()),
            };
            let flops = size.flops() / blocking.row_panels;
            return cut(Cut::Rows {
                most: most(wanted),
                pieces: Pieces::new(flops, most_pieces, PIECE_FLOPS),
            });
        }
        // Blocks of columns would read all rows once each, from memory.
        let many_rows = size.m >= (2 * size.n).max(MIN_TASKS * FEW_ROWS);
        if size.n <= FEW_COLUMNS && many_rows && size.m * size.k >= MANY_VALUES {
            let rows = wanted.min(size.m / FEW_ROWS / 2 * 2).max(fewest);
            return cut(Cut::Blocks { rows, columns: 1 });
        }
        let panels = size.n.div_ceil(blocking.width());
        let registers = size.n.div_ceil(blocking.lanes());
        if nothing_is_packed && panels >= 2 * MIN_TASKS && wanted > 1 {
            let of_panel = blocking.width() / blocking.lanes();
            let most = registers.div_ceil(panels.min(4 * wanted));
            return Self {
                cut: Cut::Columns {
                    most: most.next_multiple_of(of_panel),
                },
                unit: blocking.lanes(),
                keeps_right: false,
            };
        }
        // Shared out by registers, so that no block is much wider than another: about four to a block, or two if they are few.
        let (columns, unit) = if registers >= 2 * MIN_TASKS {
            let blocks = (registers / 8 * 2).max((registers / 4 * 2).min(2 * MIN_TASKS));
            (wanted.min(blocks), blocking.lanes())
        } else {
            (wanted.min(panels), blocking.width())
        };
        // Blocks of rows pack the right operand once each: only for want of columns, and twice as large.
        let wanted = even(wanted.div_ceil(2)).min(MIN_TASKS);
        let rows = fewest.max(wanted.div_ceil(columns));
        Self {
            cut: Cut::Blocks {
                rows: rows.min(blocking.row_panels),
                columns,
            },
            unit,
            keeps_right: false,
        }
    }

    /// Whether a task has all columns, so that what it packs of the left operand no other needs.
    pub(super) fn has_all_columns(&self) -> bool {
        matches!(self.cut, Cut::Rows { .. } | Cut::Blocks { columns: 1, .. })
    }

    /// Most panels of rows that a task has, of so many.
    pub(super) fn most_panels(&self, panels: usize) -> usize {
        match self.cut {
            Cut::Blocks { rows, .. } => panels.div_ceil(rows),
            Cut::Rows { most, .. } => most,
            Cut::Columns { .. } => panels,
        }
    }

    /// Units that so many columns come in.
    pub(super) fn units(&self, n: usize) -> usize {
        n.div_ceil(self.unit)
    }

    /// Columns of some units.
    pub(super) fn columns(&self, n: usize, units: Range<usize>) -> Range<usize> {
        units.start * self.unit..(units.end * self.unit).min(n)
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernels::Isa;
    use super::super::operands::MatRef;
    use super::*;

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
            let blocking = Blocking::of_product(Isa::detect(), m, k);
            let grid = Grid::new(size, &blocking, &places);
            match grid.cut {
                Cut::Blocks { rows, columns } => (rows, columns),
                Cut::Rows { most, .. } => (blocking.row_panels.div_ceil(most), 1),
                Cut::Columns { most } => (1, grid.units(n).div_ceil(most)),
            }
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
