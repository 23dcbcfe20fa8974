//! The f32 product on the blocked engine: orientation, task grid, scratch memory.
#![allow(unsafe_code)] // Raw views.

use super::blocked::Blocking;
use super::kernels::Isa;
use super::operands::{Bias, Epilogue, MatMut, MatRef, RowNorm, Size, Store};
use super::pack::Steps;
use super::places::Places;
use super::sides::{Left, Output, Right, Shared};
use super::vector;
use crate::cpu::scratch::Scratch;
use crate::cpu::tasks::{Parallel, run};
use crate::prim::Activation;

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

/// Tasks a large product should have at least, so that every thread finds some.
const MIN_TASKS: usize = 4;

/// The blocks a product is split into; from its size and where its operands lie, so that any number of threads does
/// the same work.
struct Grid {
    row_blocks: usize,
    column_blocks: usize,
    /// Columns come in multiples of this.
    unit: usize,
}

impl Grid {
    fn new(size: Size, blocking: &Blocking, places: &Places) -> Self {
        let wanted = (size.flops() / TASK_FLOPS).clamp(1, 16);
        // An odd number of equal blocks would leave one of two threads idle at the end.
        let even = |blocks: usize| blocks + blocks % 2 * usize::from(blocks > 1);
        let wanted = even(wanted);
        if places.nothing_is_packed() && 2 * wanted <= blocking.row_panels {
            return Self {
                row_blocks: equal_blocks(blocking.row_panels, wanted),
                column_blocks: 1,
                unit: blocking.width(),
            };
        }
        // Blocks of columns would read all rows once each, from memory.
        let many_rows = size.m >= (2 * size.n).max(MIN_TASKS * FEW_ROWS);
        if size.n <= FEW_COLUMNS && many_rows && size.m * size.k >= MANY_VALUES {
            let blocks = wanted.min(size.m / FEW_ROWS / 2 * 2);
            return Self {
                row_blocks: blocks.max(size.m.div_ceil(MAX_ROWS)),
                column_blocks: 1,
                unit: blocking.width(),
            };
        }
        let panels = size.n.div_ceil(blocking.width());
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
        let rows = size
            .m
            .div_ceil(MAX_ROWS)
            .max(wanted.div_ceil(column_blocks));
        Self {
            row_blocks: rows.min(blocking.row_panels),
            column_blocks,
            unit,
        }
    }

    /// Columns of a block.
    fn columns(&self, n: usize, index: usize) -> std::ops::Range<usize> {
        let units = run(n.div_ceil(self.unit), self.column_blocks, index);
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

/// # Safety
///
/// The contract of [`gemm`](super::gemm), sizes not zero, and the instruction set of `isa`.
pub(super) unsafe fn product(
    isa: Isa,
    size: Size,
    left: MatRef<f32>,
    right: MatRef<f32>,
    dst: MatMut<f32>,
    store: Store,
    epilogue: Epilogue<f32>,
    parallel: Parallel,
) {
    let Size { m, n, k } = size;
    if n == 1 && (left.row_stride == 1 || left.col_stride == 1) {
        // SAFETY: the caller's contract.
        return unsafe { vector::product(isa, size, left, right, dst, store, epilogue, parallel) };
    }
    if m == 1 && (right.row_stride == 1 || right.col_stride == 1) {
        let size = Size { m: n, n: 1, k };
        let (left, right, dst) = (right.t(), left.t(), dst.t());
        // SAFETY: the transposed problem reads and writes the same elements.
        return unsafe {
            vector::product(isa, size, left, right, dst, store, epilogue.t(), parallel)
        };
    }
    let single_column = n == 1;
    if dst.col_stride != 1 && !single_column {
        if dst.row_stride == 1 || m == 1 {
            let size = Size { m: n, n: m, k };
            // SAFETY: the transposed problem reads and writes the same elements.
            return unsafe {
                product(
                    isa,
                    size,
                    right.t(),
                    left.t(),
                    dst.t(),
                    store,
                    epilogue.t(),
                    parallel,
                )
            };
        }
        // SAFETY: the caller's contract.
        return unsafe { scattered(isa, size, left, right, dst, store, epilogue, parallel) };
    }
    let blocking = Blocking::of_columns(isa, m, k, n);
    let parallel = parallel.if_worth(size.flops());
    let places = Places::new(size, &left, &right);
    let grid = Grid::new(size, &blocking, &places);
    // Blocks of rows alone have nothing packed in common.
    let apart = grid.column_blocks == 1;
    let lying = left;
    let (left_len, rows_len) = if places.left_in_place {
        (0, 0)
    } else if apart {
        let panels = blocking.row_panels.div_ceil(grid.row_blocks);
        (0, blocking.block_len(panels).next_multiple_of(16))
    } else {
        (blocking.left_len(), 0)
    };
    let slot_len = rows_len + blocking.right_len();
    let scratch = Scratch::<f32>::take(left_len + parallel.slots() * slot_len);
    let packed = Shared(scratch.as_ptr());
    let slots = Shared(scratch.as_ptr().wrapping_add(left_len));
    let steps = |stride| Steps::Stride(stride);
    let left = Left {
        ptr: left.ptr,
        rows: steps(left.row_stride),
        depth: steps(left.col_stride),
    };
    let right = Right {
        ptr: right.ptr,
        depth: steps(right.row_stride),
        columns: steps(right.col_stride),
        access: places.right,
    };
    let (row_bias, column_bias) = epilogue.bias.pointers();
    let output = Output {
        ptr: dst.ptr,
        row_stride: dst.row_stride,
        store,
        row_norm: RowNorm::NONE,
        row_bias,
        column_bias,
        activation: epilogue.activation,
    };
    // SAFETY: the scratch block holds the packed operand, or every slot's rows of it, and a panel per slot; tasks
    // cover disjoint blocks of the destination; the rest is the caller's contract.
    unsafe {
        if !apart && !places.left_in_place {
            blocking.pack_left(left, packed.get(), parallel);
        }
        parallel.for_each(grid.row_blocks * grid.column_blocks, |task, slot| {
            let rows = run(blocking.row_panels, grid.row_blocks, task % grid.row_blocks);
            let columns = grid.columns(n, task / grid.row_blocks);
            let own = slots.get().add(slot * slot_len);
            let panel = own.add(rows_len);
            if places.left_in_place {
                blocking.multiply_lying(lying, &right, rows, columns, &output, panel);
            } else if apart {
                blocking.pack_and_multiply(&left, own, &right, rows, columns, &output, panel);
            } else {
                blocking.multiply(packed.get(), &right, rows, columns, &output, panel);
            }
        });
    }
}

/// A destination without a unit stride: computed densely, then scattered.
unsafe fn scattered(
    isa: Isa,
    size: Size,
    left: MatRef<f32>,
    right: MatRef<f32>,
    dst: MatMut<f32>,
    store: Store,
    epilogue: Epilogue<f32>,
    parallel: Parallel,
) {
    let dense = Scratch::<f32>::take(size.m * size.n);
    let view = MatMut {
        ptr: dense.as_ptr(),
        row_stride: size.n as isize,
        col_stride: 1,
    };
    // SAFETY: the scratch block holds the `m x n` values of `view`; the rest is the caller's
    // contract.
    unsafe {
        product(
            isa,
            size,
            left,
            right,
            view,
            Store::Overwrite,
            Epilogue::NONE,
            parallel,
        );
        let source = MatRef {
            ptr: dense.as_ptr().cast_const(),
            row_stride: view.row_stride,
            col_stride: 1,
        };
        finish(size, source, dst, store, epilogue);
    }
}

/// Stores finished sums one by one, with bias and activation.
///
/// # Safety
///
/// Both views are valid for `size.m x size.n` elements, and the bias for its dimension.
pub(super) unsafe fn finish<T>(
    size: Size,
    src: MatRef<T>,
    dst: MatMut<T>,
    store: Store,
    epilogue: Epilogue<T>,
) where
    T: Copy + Default + PartialOrd + std::ops::Add<Output = T>,
{
    for i in 0..size.m {
        for j in 0..size.n {
            let at = |row: isize, col: isize| i as isize * row + j as isize * col;
            // SAFETY: `i` and `j` are within the sizes the contract covers.
            unsafe {
                let slot = dst.ptr.offset(at(dst.row_stride, dst.col_stride));
                let mut value = *src.ptr.offset(at(src.row_stride, src.col_stride));
                if store == Store::Accumulate {
                    value = *slot + value;
                }
                value = match epilogue.bias {
                    Bias::None => value,
                    Bias::Rows(bias) => value + *bias.add(i),
                    Bias::Columns(bias) => value + *bias.add(j),
                };
                if epilogue.activation == Activation::Relu && value < T::default() {
                    value = T::default();
                }
                *slot = value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
