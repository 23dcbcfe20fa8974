//! Products whose operands both lie along the depth, as those of a linear layer do: `Y = X W'`.
//!
//! Tiles of the blocked product need the values of a step side by side, so one operand would be packed first. Here a
//! register holds values of sixteen steps instead, of a row or a column, and a tile's sums are made of as many partial
//! ones in the end. Nothing is packed, and no lane is left unused by a number of columns that fills no register.
#![allow(unsafe_code)] // Raw views, and kernels with contracts.

mod choice;
#[cfg(test)]
mod tests;
mod tile;

use std::ops::Range;

use super::grid::{PIECE_FLOPS, wanted_tasks};
use super::kernels::Isa;
use super::operands::{MatRef, Size};
use super::pieces::Pieces;
use super::places::crowded;
use super::sides::Output;
use crate::cpu::tasks::{Parallel, Runs};
use tile::{LANES, SIDE, Tile};

/// Longest block of the depth: the values of a panel then take half the first-level cache.
const DEPTH_BLOCK: usize = 1024;

/// Values of the longer side, more than the second-level cache holds, from which on a panel is asked for while the one before is
/// used: rows are too short for the processor to foresee the next ones. Fewer than four others leave some of it out.
const MANY_VALUES: usize = 1 << 19;

/// A product of this kind.
pub(super) struct AlongDepth {
    size: Size,
    left: MatRef<f32>,
    right: MatRef<f32>,
}

impl AlongDepth {
    /// If the instruction set has kernels for it, and the product of these operands is better made so. `turned` says whether
    /// the blocked product would be.
    pub(super) fn new(
        isa: Isa,
        size: Size,
        left: MatRef<f32>,
        right: MatRef<f32>,
        turned: bool,
    ) -> Option<Self> {
        let lies = left.col_stride == 1 && right.row_stride == 1;
        let strides = [left.row_stride, right.col_stride];
        let chosen = isa == Isa::Avx512
            && lies
            && choice::fits(size)
            && choice::is_better(size, strides, turned);
        chosen.then_some(Self { size, left, right })
    }

    /// The product.
    ///
    /// # Safety
    ///
    /// The contract of [`gemm`](super::gemm), for the operands of [`new`](Self::new) and a destination whose columns lie side
    /// by side.
    pub(super) unsafe fn product(&self, output: Output, parallel: Parallel) {
        debug_assert!(
            output.row_norm.mean.is_null(),
            "tiles here normalise nothing"
        );
        let Size { m, n, k } = self.size;
        let (row_panels, column_panels) = (panels(m), panels(n));
        let (rows, columns) = (Runs::new(m, row_panels), Runs::new(n, column_panels));
        // A panel of the longer side stays in the first-level cache while all of the shorter one pass.
        let by_rows = m >= n;
        let (outer, inner) = match by_rows {
            true => (row_panels, column_panels),
            false => (column_panels, row_panels),
        };
        // Nothing more may come where lines crowd each other out.
        let is_crowded = crowded(self.left.row_stride) || crowded(self.right.col_stride);
        let from_memory = m.max(n) * k >= MANY_VALUES && !is_crowded;
        let blocks = k.div_ceil(DEPTH_BLOCK);
        let registers = Runs::new(k / LANES, blocks);
        let pieces = Pieces::new(self.size.flops() / outer, inner, PIECE_FLOPS);
        let most = outer.div_ceil(wanted_tasks(self.size));
        parallel.for_some(pieces.of(outer), pieces.of(most), |some, _| {
            for (panels, others) in pieces.lines(some, inner) {
                for block in 0..blocks {
                    let depth = registers.at(block);
                    let depth = LANES * depth.start..LANES * depth.end;
                    let output = output.of_pass(block == 0, block + 1 == blocks);
                    for panel in panels.clone() {
                        let next = (from_memory && panel + 1 < panels.end).then(|| match by_rows {
                            true => lines(self.left, rows.at(panel + 1), depth.start),
                            false => lines(self.right.t(), columns.at(panel + 1), depth.start),
                        });
                        for other in others.clone() {
                            let (row, column) = match by_rows {
                                true => (panel, other),
                                false => (other, panel),
                            };
                            let (rows, columns) = (rows.at(row), columns.at(column));
                            let ahead =
                                next.map_or(std::ptr::null(), |next| next[other % next.len()]);
                            // SAFETY: the panels lie within the sizes, no two tiles overlap, and the rest is the caller's
                            // contract.
                            unsafe { self.tile(&rows, &columns, &depth, ahead, &output) };
                        }
                    }
                }
            }
        });
    }

    /// One tile over a block of the depth.
    ///
    /// # Safety
    ///
    /// As for [`product`](Self::product), for these rows, columns and steps.
    #[inline(always)]
    unsafe fn tile(
        &self,
        rows: &Range<usize>,
        columns: &Range<usize>,
        depth: &Range<usize>,
        ahead: *const f32,
        output: &Output,
    ) {
        let (left, right) = (&self.left, &self.right);
        let first = |line: usize, stride: isize| line as isize * stride + depth.start as isize;
        let tile = Tile {
            left: left.shifted(first(rows.start, left.row_stride)).ptr,
            row_stride: left.row_stride,
            right: right.shifted(first(columns.start, right.col_stride)).ptr,
            column_stride: right.col_stride,
            depth: depth.len(),
            ahead,
            output: output.from(rows.start, columns.start),
        };
        // SAFETY: the caller's contract.
        unsafe { tile::KERNELS[rows.len() - 3][columns.len() - 3](&tile) };
    }
}

/// Where a block of the depth begins in the rows of a panel; the last one stands for those it does not have.
fn lines(matrix: MatRef<f32>, rows: Range<usize>, step: usize) -> [*const f32; SIDE] {
    std::array::from_fn(|index| {
        let row = (rows.start + index).min(rows.end - 1) as isize;
        matrix.shifted(row * matrix.row_stride + step as isize).ptr
    })
}

/// Panels that so many rows or columns are shared out to.
fn panels(len: usize) -> usize {
    len.div_ceil(SIDE)
}
