//! The f32 product: orientation and the choice of an engine; scratch memory and tasks of the blocked one.
#![allow(unsafe_code)] // Raw views.

use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use smallvec::SmallVec;

#[cfg(target_arch = "x86_64")]
use super::along_depth::AlongDepth;
use super::blocked::Blocking;
use super::grid::{Cut, Grid};
use super::kernels::Isa;
use super::operands::{Bias, Epilogue, MatMut, MatRef, Size, Store};
use super::pack::Steps;
use super::places::Places;
use super::sides::{Access, Left, Output, Right, Shared};
use super::turned::Turned;
use super::vector;
use crate::cpu::scratch::Scratch;
use crate::cpu::tasks::{Parallel, run};
use crate::prim::Activation;

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
    let parallel = parallel.if_worth(size.flops());
    let kernels = isa.kernels();
    let turned = match store {
        Store::Overwrite => Turned::new(kernels, size, &left, &right, dst),
        Store::Accumulate => None,
    };
    let output = Output::new(dst, store, epilogue);
    #[cfg(target_arch = "x86_64")]
    if let Some(along_depth) = AlongDepth::new(isa, size, left, right, turned.is_some()) {
        // SAFETY: the caller's contract, and the columns of the destination lie side by side.
        return unsafe { along_depth.product(output, parallel) };
    }
    let (size, left, right, output) = match turned {
        Some(_) => (size.t(), right.t(), left.t(), output.with_biases_turned()),
        None => (size, left, right, output),
    };
    let Size { m, n, k } = size;
    let blocking = Blocking::of_product(isa, m, k);
    let places = Places::new(size, &left, &right);
    let grid = Grid::new(size, &blocking, &places);
    let apart = grid.has_all_columns();
    let lying = left;
    let (left_len, rows_len) = if places.left_in_place {
        (0, 0)
    } else if apart {
        let panels = grid.most_panels(blocking.row_panels);
        (0, blocking.block_len(panels).next_multiple_of(16))
    } else {
        (blocking.left_len(), 0)
    };
    let right_len = match grid.keeps_right {
        true => blocking.packed_columns(n).next_multiple_of(16),
        false => blocking.right_len(),
    };
    let most_rows = blocking.most_rows(grid.most_panels(blocking.row_panels));
    let sums_len = turned.map_or(0, |turned| turned.len(most_rows).next_multiple_of(16));
    let slot_len = rows_len + sums_len + right_len;
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
    let has_right: SmallVec<[AtomicBool; 4]> = (0..parallel.slots())
        .map(|_| AtomicBool::new(false))
        .collect();
    // SAFETY: the scratch block holds the packed operand, or the most rows of it that a task has for every slot, the sums
    // that a task turns, and a panel or all columns per slot; tasks cover disjoint blocks of the destination; the rest is
    // the caller's contract.
    unsafe {
        if !apart && !places.left_in_place {
            blocking.pack_left(left, packed.get(), parallel);
        }
        let multiply = |rows: Range<usize>, columns: Range<usize>, slot: usize| {
            let own = slots.get().add(slot * slot_len);
            let sums = own.add(rows_len);
            let panel = sums.add(sums_len);
            let mut right = right;
            if grid.keeps_right {
                if !has_right[slot].swap(true, Relaxed) {
                    (0..blocking.depth_blocks)
                        .for_each(|block| blocking.pack_columns(&right, n, block, panel));
                }
                right = Right {
                    ptr: panel,
                    access: Access::Ready,
                    ..right
                };
            }
            let own_rows = blocking.rows(rows.clone());
            let output = turned.map_or(output, |turned| turned.output(output, sums, &own_rows));
            let all = columns.clone();
            if places.left_in_place {
                blocking.multiply_lying(lying, &right, rows, all, &output, panel);
            } else if apart {
                blocking.pack_and_multiply(&left, own, &right, rows, all, &output, panel);
            } else {
                blocking.multiply(packed.get(), &right, rows, all, &output, panel);
            }
            if let Some(turned) = turned {
                turned.finish(kernels, sums, own_rows, columns);
            }
        };
        match grid.cut {
            Cut::Blocks {
                rows: row_blocks,
                columns: column_blocks,
            } => parallel.for_each(row_blocks * column_blocks, |task, slot| {
                let rows = run(blocking.row_panels, row_blocks, task % row_blocks);
                let units = run(grid.units(n), column_blocks, task / row_blocks);
                multiply(rows, grid.columns(n, units), slot);
            }),
            Cut::Rows { most, pieces } => {
                let (count, most) = (pieces.of(blocking.row_panels), pieces.of(most));
                parallel.for_some(count, most, |some, slot| {
                    for (panels, units) in pieces.lines(some, grid.units(n)) {
                        multiply(panels, grid.columns(n, units), slot);
                    }
                });
            }
            Cut::Columns { most } => parallel.for_some(grid.units(n), most, |units, slot| {
                multiply(0..blocking.row_panels, grid.columns(n, units), slot);
            }),
        }
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
