//! Products whose operands both lie along the depth, as those of a linear layer do: `Y = X W'`.
//!
//! Tiles of the blocked product need the values of a step side by side, so one operand would be packed first. Here a
//! register holds values of sixteen steps instead, of a row or a column, and a tile's sums are made of as many partial
//! ones in the end. Nothing is packed, and no lane is left unused by a number of columns that fills no register.
#![allow(unsafe_code)] // Raw views, and instructions behind run-time detection.

#[cfg(target_arch = "x86_64")]
mod avx512;

use std::ops::Range;

use super::grid::{PIECE_FLOPS, wanted_tasks};
use super::kernels::Isa;
use super::operands::{Epilogue, MatMut, MatRef, Size, Store};
use super::pieces::Pieces;
use crate::cpu::tasks::{Parallel, run};
use crate::prim::Activation;

/// Most rows and columns of a tile. Those of any number from `FEWEST` on are shared out to tiles of three and four.
const SIDE: usize = 4;
const FEWEST: usize = 6;

/// Steps of a register.
const LANES: usize = 16;

/// Most rows or columns, whichever are fewer, which every panel of the others meets: they stay in the second-level cache.
const MOST_INNER: usize = 128;

/// Longest block of the depth: the values of a panel then take half the first-level cache.
const DEPTH_BLOCK: usize = 1024;

/// `[rows - 3][columns - 3]`.
type Kernels = [[unsafe fn(&Tile); 2]; 2];

/// Arguments of a kernel: rows of the left operand times columns of the right one.
///
/// The kernel requires that its rows, its columns, its part of the destination and the biases (unless null) are valid, and
/// that the depth is a multiple of [`LANES`].
struct Tile {
    left: *const f32,
    row_stride: isize,
    right: *const f32,
    column_stride: isize,
    depth: usize,
    dst: *mut f32,
    dst_stride: isize,
    store: Store,
    row_bias: *const f32,
    column_bias: *const f32,
    activation: Activation,
}

/// Rows or columns shared out to tiles, as [`run`] shares them, which divides each time.
#[derive(Clone, Copy)]
struct Panels {
    count: usize,
    least: usize,
    larger: usize,
}

impl Panels {
    fn new(len: usize) -> Self {
        let count = len.div_ceil(SIDE);
        Self {
            count,
            least: len / count,
            larger: len % count,
        }
    }

    fn panel(self, index: usize) -> Range<usize> {
        let first = index * self.least + index.min(self.larger);
        first..first + self.least + usize::from(index < self.larger)
    }
}

/// Whether panels have kernels, and the depth whole registers.
fn fits(size: Size) -> bool {
    (FEWEST..=MOST_INNER).contains(&size.m.min(size.n)) && size.k.is_multiple_of(LANES)
}

/// Whether packing would cost more, given how far apart rows and columns lie. All costs are parts of the time that the
/// multiplications take, as measured on Zen 4.
fn is_worth_it(size: Size, row_stride: isize, column_stride: isize) -> bool {
    let shorter = size.m.min(size.n);
    let unused = (shorter.next_multiple_of(LANES) - shorter) as f64 / shorter as f64;
    // A value is packed in the time of a dozen multiplications, and read by as many as the longer side has.
    let packing = 0.03 + 12.0 / size.m.max(size.n) as f64 + unused;
    // Partial sums are added up in the time of 32 steps.
    let summing = 32.0 / size.k as f64;
    // Lines so far apart push each other out of the first-level cache.
    let crowded = [row_stride, column_stride]
        .iter()
        .any(|stride| stride % 1024 == 0);
    summing + if crowded { 0.15 } else { 0.0 } < packing
}

/// A product of this kind.
pub(super) struct Inner(&'static Kernels);

impl Inner {
    /// If the product of these operands is better made so.
    pub(super) fn new(
        isa: Isa,
        size: Size,
        left: &MatRef<f32>,
        right: &MatRef<f32>,
    ) -> Option<Self> {
        let lies = left.col_stride == 1 && right.row_stride == 1;
        if !(lies && fits(size) && is_worth_it(size, left.row_stride, right.col_stride)) {
            return None;
        }
        Self::kernels(isa).map(Self)
    }

    fn kernels(isa: Isa) -> Option<&'static Kernels> {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => Some(&avx512::KERNELS),
            _ => None,
        }
    }

    /// Whether this instruction set has kernels for such products.
    #[cfg(test)]
    pub(super) fn has_kernels(isa: Isa) -> bool {
        Self::kernels(isa).is_some()
    }

    /// The product.
    ///
    /// # Safety
    ///
    /// The contract of [`gemm`](super::gemm) for the operands of [`new`](Self::new), a destination whose columns lie side
    /// by side, and the instruction set.
    pub(super) unsafe fn product(
        &self,
        size: Size,
        left: MatRef<f32>,
        right: MatRef<f32>,
        dst: MatMut<f32>,
        store: Store,
        epilogue: Epilogue<f32>,
        parallel: Parallel,
    ) {
        let Size { m, n, k } = size;
        let (rows, columns) = (Panels::new(m), Panels::new(n));
        // A panel of the longer side stays in the first-level cache while all of the shorter one pass.
        let by_rows = m >= n;
        let (outer, inner) = match by_rows {
            true => (rows.count, columns.count),
            false => (columns.count, rows.count),
        };
        let blocks = k.div_ceil(DEPTH_BLOCK);
        let (row_bias, column_bias) = epilogue.bias.pointers();
        let (row_bias, column_bias) = (MatRef::vector(row_bias), MatRef::vector(column_bias));
        let tile = |row_panel: usize, column_panel: usize, block: usize, steps: &Range<usize>| {
            let (rows, columns) = (rows.panel(row_panel), columns.panel(column_panel));
            let (row, column) = (rows.start as isize, columns.start as isize);
            let start = (steps.start * LANES) as isize;
            let last = block + 1 == blocks;
            let bias = |bias: MatRef<f32>, first: isize| match last && !bias.ptr.is_null() {
                true => bias.shifted(first).ptr,
                false => std::ptr::null(),
            };
            let tile = Tile {
                left: left.shifted(row * left.row_stride + start).ptr,
                row_stride: left.row_stride,
                right: right.shifted(column * right.col_stride + start).ptr,
                column_stride: right.col_stride,
                depth: steps.len() * LANES,
                dst: dst.shifted(row * dst.row_stride + column).ptr,
                dst_stride: dst.row_stride,
                store: if block == 0 { store } else { Store::Accumulate },
                row_bias: bias(row_bias, row),
                column_bias: bias(column_bias, column),
                activation: if last {
                    epilogue.activation
                } else {
                    Activation::None
                },
            };
            // SAFETY: the panels lie within the operands, whose depth is contiguous and a multiple of `LANES`, tiles of the
            // destination are disjoint, and the rest is the caller's contract.
            unsafe { self.0[rows.len() - 3][columns.len() - 3](&tile) };
        };
        let pieces = Pieces::new(size.flops() / outer, inner, PIECE_FLOPS);
        let most = outer.div_ceil(wanted_tasks(size));
        let parallel = parallel.if_worth(size.flops());
        parallel.for_some(pieces.of(outer), pieces.of(most), |some, _| {
            for (panels, others) in pieces.lines(some, inner) {
                for block in 0..blocks {
                    let steps = run(k / LANES, blocks, block);
                    for panel in panels.clone() {
                        for other in others.clone() {
                            match by_rows {
                                true => tile(panel, other, block, &steps),
                                false => tile(other, panel, block, &steps),
                            }
                        }
                    }
                }
            }
        });
    }
}
