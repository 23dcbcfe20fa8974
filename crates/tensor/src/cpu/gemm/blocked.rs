//! The blocked f32 product: panels packed per block of the depth, tiles in registers.
//!
//! The left operand is packed once and shared; each task packs the right operand panel by panel
//! into memory that stays in the first-level cache. Convolutions use the same engine: there the
//! right operand lists the pixels and taps of an image instead of rows and columns.
#![allow(unsafe_code)] // Raw views and packed panels.

use std::ops::Range;

use super::kernels::{Isa, Kernels};
use super::operands::Store;
use super::pack::{LeftPanel, RightPanel, Steps};
use super::tile::Tile;
use crate::cpu::tasks::{Parallel, run};
use crate::prim::Activation;

/// Longest block of the depth: a panel of 32 columns then fits the first-level cache, and long
/// sums are made of short ones, which keeps their rounding error small.
const DEPTH_BLOCK: usize = 320;

/// The left operand, `m x k`.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub(crate) ptr: *const f32,
    pub(crate) rows: Steps<'a>,
    pub(crate) depth: Steps<'a>,
}

/// The right operand, `k x n`.
#[derive(Clone, Copy)]
pub(crate) struct Right<'a> {
    pub(crate) ptr: *const f32,
    pub(crate) depth: Steps<'a>,
    pub(crate) columns: Steps<'a>,
}

/// The destination, `m x n`, its columns side by side, and what is done to finished sums.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    pub(crate) ptr: *mut f32,
    pub(crate) row_stride: isize,
    pub(crate) store: Store,
    pub(crate) row_bias: *const f32,
    pub(crate) column_bias: *const f32,
    pub(crate) activation: Activation,
}

// SAFETY: addresses only; the functions that use them state what must hold.
unsafe impl Send for Left<'_> {}
// SAFETY: as above.
unsafe impl Sync for Left<'_> {}
// SAFETY: as above.
unsafe impl Send for Right<'_> {}
// SAFETY: as above.
unsafe impl Sync for Right<'_> {}
// SAFETY: as above; tasks write disjoint tiles.
unsafe impl Send for Output {}
// SAFETY: as above.
unsafe impl Sync for Output {}

/// How a product of `m` rows and depth `k` is cut into panels of rows and blocks of depth.
#[derive(Clone, Copy)]
pub(crate) struct Blocking {
    kernels: &'static Kernels,
    m: usize,
    k: usize,
    pub(crate) row_panels: usize,
    depth_blocks: usize,
}

impl Blocking {
    pub(crate) fn new(isa: Isa, m: usize, k: usize) -> Self {
        let kernels = isa.kernels();
        let row_panels = m.div_ceil(kernels.rows());
        Self {
            kernels,
            m,
            k,
            row_panels,
            depth_blocks: k.div_ceil(DEPTH_BLOCK),
        }
    }

    /// Most columns of a panel.
    pub(crate) fn width(&self) -> usize {
        self.kernels.width()
    }

    /// Values the packed left operand takes.
    pub(crate) fn left_len(&self) -> usize {
        self.m * self.k
    }

    /// Values one task needs for a panel of the right operand.
    pub(crate) fn right_len(&self) -> usize {
        self.width() * self.k.min(DEPTH_BLOCK)
    }

    /// Packs the left operand: blocks of depth, in each of them panels of rows.
    ///
    /// # Safety
    ///
    /// `left` names `m x k` valid elements and `dst` holds [`left_len`](Self::left_len) values.
    pub(crate) unsafe fn pack_left(&self, left: Left, dst: *mut f32, parallel: Parallel) {
        let dst = Shared(dst);
        // A packed value costs about as much as a dozen multiplications.
        let parallel = parallel.if_worth(12 * self.left_len());
        parallel.for_each(self.depth_blocks * self.row_panels, |task, _| {
            let left = left;
            let block = run(self.k, self.depth_blocks, task / self.row_panels);
            let rows = run(self.m, self.row_panels, task % self.row_panels);
            // SAFETY: the caller's contract; the panels partition the packed memory.
            unsafe {
                (self.kernels.pack_left)(&LeftPanel {
                    src: left.ptr,
                    row_steps: left.rows,
                    depth_steps: left.depth,
                    row: rows.start,
                    rows: rows.len(),
                    start: block.start,
                    depth: block.len(),
                    dst: dst
                        .get()
                        .add(block.start * self.m + rows.start * block.len()),
                });
            }
        });
    }

    /// Multiplies some panels of rows of the packed left operand with some columns of the right
    /// one, into the same rows and columns of the destination.
    ///
    /// # Safety
    ///
    /// `left` was written by [`pack_left`](Self::pack_left); `right` names valid elements for
    /// these columns; `panel` holds [`right_len`](Self::right_len) values no other task uses;
    /// the destination and the biases are valid for these rows and columns, and no other task
    /// touches these elements.
    pub(crate) unsafe fn multiply(
        &self,
        left: *const f32,
        right: &Right,
        row_panels: Range<usize>,
        columns: Range<usize>,
        output: &Output,
        panel: *mut f32,
    ) {
        let Kernels { lanes, .. } = *self.kernels;
        for block_index in 0..self.depth_blocks {
            let block = run(self.k, self.depth_blocks, block_index);
            let last = block_index + 1 == self.depth_blocks;
            let store = if block_index == 0 {
                output.store
            } else {
                Store::Accumulate
            };
            let mut column = columns.start;
            while column < columns.end {
                let count = (columns.end - column).min(self.width());
                let vectors = count.div_ceil(lanes);
                // SAFETY: the caller's contract.
                unsafe {
                    (self.kernels.pack_right)(&RightPanel {
                        src: right.ptr,
                        depth_steps: right.depth,
                        column_steps: right.columns,
                        start: block.start,
                        depth: block.len(),
                        column,
                        columns: count,
                        width: vectors * lanes,
                        dst: panel,
                    });
                }
                for row_panel in row_panels.clone() {
                    let rows = run(self.m, self.row_panels, row_panel);
                    let at = |bias: *const f32, index: usize| {
                        if bias.is_null() || !last {
                            std::ptr::null()
                        } else {
                            bias.wrapping_add(index)
                        }
                    };
                    let tile = Tile {
                        depth: block.len(),
                        left: left.wrapping_add(block.start * self.m + rows.start * block.len()),
                        right: panel,
                        dst: output
                            .ptr
                            .wrapping_offset(rows.start as isize * output.row_stride)
                            .wrapping_add(column),
                        dst_stride: output.row_stride,
                        columns: count,
                        store,
                        row_bias: at(output.row_bias, rows.start),
                        column_bias: at(output.column_bias, column),
                        activation: if last {
                            output.activation
                        } else {
                            Activation::None
                        },
                    };
                    // SAFETY: the panels were packed for these very sizes, the rest is the
                    // caller's contract.
                    unsafe { self.kernels.tiles[vectors - 1][rows.len() - 1](&tile) };
                }
                column += count;
            }
        }
    }
}

/// An address tasks may share, each using a part of its own.
#[derive(Clone, Copy)]
pub(crate) struct Shared(pub(crate) *mut f32);

// SAFETY: whoever dereferences it states why the parts are disjoint.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    /// The address (a method, so that closures capture the whole).
    pub(crate) fn get(self) -> *mut f32 {
        self.0
    }
}
