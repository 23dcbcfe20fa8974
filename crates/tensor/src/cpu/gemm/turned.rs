//! Products whose columns are made as rows: `Y = X W` as the transpose of `W' X'`.
//!
//! A right operand that lies by columns, as the weight of a linear layer does, is packed before tiles can read it, and
//! with few rows each value is used too seldom to be worth that. Turned, it is read where it lies, the smaller left
//! operand is packed instead, once by each thread, and finished sums are transposed while they are in a cache.
#![allow(unsafe_code)] // Raw sums and destination.

use std::ops::Range;

use super::grid::KEPT_VALUES;
use super::kernels::Kernels;
use super::operands::{MatMut, MatRef, Size};
use super::sides::{Output, Shared};

/// Columns from which on turning pays, for each row.
const COLUMNS_PER_ROW: usize = 3;

/// Whether the product of these operands is better made turned.
pub(super) fn is_worth_it(
    kernels: &Kernels,
    size: Size,
    left: &MatRef<f32>,
    right: &MatRef<f32>,
) -> bool {
    let Size { m, n, k } = size;
    let filled = m.next_multiple_of(kernels.lanes);
    // Rows become columns, which should leave few lanes of a register unused.
    let fills_registers = 3 * filled <= 4 * m;
    // Each thread then keeps them packed.
    let are_kept = m <= 2 * kernels.width() && filled * k <= KEPT_VALUES;
    left.col_stride == 1
        && right.row_stride == 1
        && right.col_stride != 1
        && n >= COLUMNS_PER_ROW * m
        && fills_registers
        && are_kept
}

/// The destination of a turned product, and how many columns its sums have.
#[derive(Clone, Copy)]
pub(super) struct Turned {
    dst: Shared,
    stride: usize,
    columns: usize,
}

impl Turned {
    /// Of a product whose destination's columns lie side by side, if it is better made turned and the destination's rows
    /// do not lie backwards.
    pub(super) fn new(
        kernels: &Kernels,
        size: Size,
        left: &MatRef<f32>,
        right: &MatRef<f32>,
        dst: MatMut<f32>,
    ) -> Option<Self> {
        let stride = usize::try_from(dst.row_stride).ok()?;
        is_worth_it(kernels, size, left, right).then_some(Self {
            dst: Shared(dst.ptr),
            stride,
            columns: size.m,
        })
    }

    /// Sums of so many rows.
    pub(super) fn len(&self, rows: usize) -> usize {
        rows * self.columns
    }

    /// Where a task makes its rows: in `sums`.
    pub(super) fn output(&self, output: Output, sums: *mut f32, rows: &Range<usize>) -> Output {
        Output {
            ptr: sums.wrapping_sub(self.len(rows.start)),
            row_stride: self.columns as isize,
            ..output
        }
    }

    /// Writes finished sums where they belong.
    ///
    /// # Safety
    ///
    /// `sums` holds these columns of these rows, which the destination has and no other task writes, and the machine has
    /// the instruction set.
    pub(super) unsafe fn finish(
        &self,
        kernels: &Kernels,
        sums: *const f32,
        rows: Range<usize>,
        columns: Range<usize>,
    ) {
        let first = columns.start * self.stride + rows.start;
        // SAFETY: the caller's contract.
        unsafe {
            kernels.transpose(
                sums.add(columns.start),
                self.columns,
                rows.len(),
                columns.len(),
                self.dst.get().add(first),
                self.stride,
            );
        }
    }
}
