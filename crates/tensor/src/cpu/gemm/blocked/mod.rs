//! The blocked f32 product: panels packed per block of the depth, tiles in registers.
//!
//! The left operand is packed once and shared, or read where it lies; each task packs the right operand panel by panel
//! into memory that stays in the first-level cache, unless it finds panels ready. Convolutions use the same engine: there the
//! right operand lists the pixels and taps of an image instead of rows and columns.
#![allow(unsafe_code)] // Raw views and packed panels.

mod multiply;

use std::ops::Range;

use super::kernels::{Isa, Kernels};
use super::operands::MatRef;
use super::pack::{LeftPanel, RightPanel};
use super::sides::{Left, Output, Place, Right, Shared};
use super::tile::Factors;
use crate::cpu::tasks::{Parallel, Runs};

/// Longest block of the depth of a convolution: long sums are made of short ones, which keeps their rounding error small.
/// With blocks of 224 the gradients of a deep network on a few small images were further from float64 than 1e-5.
pub(crate) const DEPTH_BLOCK: usize = 64;

/// The same of a product of two matrices, of which a network has few, one after the other: reading and writing the destination once per
/// block takes longer than rounding is worth. A panel of 48 columns still fits the first-level cache.
const PRODUCT_DEPTH_BLOCK: usize = 128;

/// The same for steps of several numbers each, whose rounding weighs more than that of their sums.
const NARROW_DEPTH_BLOCK: usize = 128;

/// Most panels of the right operand packed at a time; they stay in the second-level cache.
const STRIP_PANELS: usize = 8;

/// How a product of `m` rows and depth `k` is cut into panels of rows and blocks of depth.
#[derive(Clone, Copy)]
pub(crate) struct Blocking {
    kernels: &'static Kernels,
    m: usize,
    k: usize,
    /// Numbers along the depth.
    steps: usize,
    /// So many of them are one step.
    at_once: usize,
    pub(crate) row_panels: usize,
    /// The rows of each panel.
    panels: Runs,
    /// Most steps of a block of the depth.
    longest: usize,
    pub(crate) depth_blocks: usize,
}

impl Blocking {
    pub(crate) fn new(isa: Isa, m: usize, k: usize) -> Self {
        Self::with(isa.kernels(), m, k, 1)
    }

    /// For a product of two matrices.
    pub(crate) fn of_product(isa: Isa, m: usize, k: usize) -> Self {
        Self {
            longest: PRODUCT_DEPTH_BLOCK,
            depth_blocks: k.div_ceil(PRODUCT_DEPTH_BLOCK),
            ..Self::new(isa, m, k)
        }
    }

    /// For kernels that take so many numbers of the depth at a step.
    pub(crate) fn with(kernels: &'static Kernels, m: usize, steps: usize, at_once: usize) -> Self {
        let row_panels = m.div_ceil(kernels.rows());
        let k = steps.div_ceil(at_once);
        let longest = match at_once {
            1 => DEPTH_BLOCK,
            _ => NARROW_DEPTH_BLOCK,
        };
        Self {
            kernels,
            m,
            k,
            steps,
            at_once,
            longest,
            row_panels,
            panels: Runs::new(m, row_panels.max(1)),
            depth_blocks: k.div_ceil(longest),
        }
    }

    /// A block of the depth; all but the last are of one length, whole cache lines of a row.
    pub(crate) fn depth_block(&self, index: usize) -> Range<usize> {
        let len = self.k.div_ceil(self.depth_blocks).next_multiple_of(16);
        (index * len).min(self.k)..((index + 1) * len).min(self.k)
    }

    /// The numbers along the depth of one of its blocks.
    pub(crate) fn numbers(&self, index: usize) -> Range<usize> {
        let block = self.depth_block(index);
        let first = |step: usize| (step * self.at_once).min(self.steps);
        first(block.start)..first(block.end)
    }

    /// Most columns of a panel.
    pub(crate) fn width(&self) -> usize {
        self.kernels.width()
    }

    /// Columns of the panels that some columns are cut into: of one width, so that no last one leaves most of a tile's
    /// registers unused.
    fn panel_width(&self, columns: usize) -> usize {
        let registers = columns.div_ceil(self.lanes()).max(1);
        let panels = registers.div_ceil(self.kernels.vectors);
        registers.div_ceil(panels) * self.lanes()
    }

    /// Columns of a register.
    pub(crate) fn lanes(&self) -> usize {
        self.kernels.lanes
    }

    /// Values the packed left operand takes.
    pub(crate) fn left_len(&self) -> usize {
        (self.m * self.k).next_multiple_of(16)
    }

    /// Values one task needs for panels of the right operand.
    pub(crate) fn right_len(&self) -> usize {
        STRIP_PANELS * self.width() * self.k.next_multiple_of(16).min(self.longest)
    }

    /// Values that so many columns of the right operand take when they are packed as a whole.
    pub(crate) fn packed_columns(&self, columns: usize) -> usize {
        columns.next_multiple_of(self.lanes()) * self.k
    }

    /// Packs a block of the depth of the right operand's first columns, for products that find them
    /// [`Ready`](Access::Ready) at `dst`.
    ///
    /// # Safety
    ///
    /// `right` names valid elements for these columns and this depth, `dst` holds
    /// [`packed_columns`](Self::packed_columns) values, and the machine has the instruction set.
    pub(crate) unsafe fn pack_columns(
        &self,
        right: &Right,
        columns: usize,
        depth_block: usize,
        dst: *mut f32,
    ) {
        let (block, width) = (self.depth_block(depth_block), self.panel_width(columns));
        let dst = dst.wrapping_add(block.start * columns.next_multiple_of(self.lanes()));
        // SAFETY: the caller's contract.
        unsafe { self.pack_right(right, &block, 0..columns, width, dst) };
    }

    /// # Safety
    ///
    /// `right` names valid elements for these columns and this depth, `dst` has room for them and for those that fill
    /// up the last register.
    unsafe fn pack_right(
        &self,
        right: &Right,
        block: &Range<usize>,
        columns: Range<usize>,
        width: usize,
        dst: *mut f32,
    ) {
        // SAFETY: the caller's contract.
        unsafe {
            (self.kernels.pack_right)(&RightPanel {
                src: right.ptr,
                depth_steps: right.depth,
                column_steps: right.columns,
                start: block.start,
                depth: block.len(),
                column: columns.start,
                columns: columns.len(),
                width,
                steps: self.steps,
                dst,
            });
        }
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
        parallel.for_each(self.left_panels(), |task, _| {
            // SAFETY: the caller's contract; the panels partition the packed memory.
            unsafe { self.pack_left_panel(&left, task, dst.get()) };
        });
    }

    /// Packs one of [`left_panels`](Self::left_panels) of the left operand.
    ///
    /// # Safety
    ///
    /// As for [`pack_left`](Self::pack_left).
    pub(crate) unsafe fn pack_left_panel(&self, left: &Left, index: usize, dst: *mut f32) {
        let (rows, block, offset) = self.left_panel(index);
        // SAFETY: the caller's contract.
        unsafe {
            (self.kernels.pack_left)(&LeftPanel {
                src: left.ptr,
                row_steps: left.rows,
                depth_steps: left.depth,
                row: rows.start,
                rows: rows.len(),
                start: block.start,
                depth: block.len(),
                steps: self.steps,
                dst: dst.wrapping_add(offset),
            });
        }
    }

    /// Panels that the packed left operand consists of.
    pub(crate) fn left_panels(&self) -> usize {
        self.depth_blocks * self.row_panels
    }

    /// Rows and depth of a panel of the packed left operand, and where its `[depth][rows]` values begin.
    pub(crate) fn left_panel(&self, index: usize) -> (Range<usize>, Range<usize>, usize) {
        let block = self.depth_block(index / self.row_panels);
        let panel = index % self.row_panels;
        let rows = self.rows(panel..panel + 1);
        let offset = block.start * self.m + rows.start * block.len();
        (rows, block, offset)
    }

    /// The rows of some panels.
    pub(crate) fn rows(&self, row_panels: Range<usize>) -> Range<usize> {
        self.panels.of(row_panels)
    }

    /// Most rows of so many panels.
    pub(crate) fn most_rows(&self, row_panels: usize) -> usize {
        self.rows(0..row_panels).len()
    }

    /// Multiplies some panels of rows of the packed left operand with some columns of the right
    /// one, into the same rows and columns of the destination.
    ///
    /// # Safety
    ///
    /// `left` was written by [`pack_left`](Self::pack_left); `right` names valid elements for
    /// these columns; `panel` holds [`right_len`](Self::right_len) values no other task uses, or
    /// `right` is [`Ready`](Access::Ready); the destination and the biases are valid for these
    /// rows and columns, and no other task touches these elements.
    pub(crate) unsafe fn multiply(
        &self,
        left: *const f32,
        right: &Right,
        row_panels: Range<usize>,
        columns: Range<usize>,
        output: &Output,
        panel: *mut f32,
    ) {
        // SAFETY: the same contract.
        unsafe {
            let left = |_| Place::Packed(left);
            self.multiply_blocks(left, right, row_panels, columns, output, panel);
        }
    }

    /// As [`multiply`](Self::multiply), of a left operand that is read where it lies, if it lies at equal distances.
    ///
    /// # Safety
    ///
    /// As for [`multiply`](Self::multiply) and [`pack_left`](Self::pack_left).
    pub(crate) unsafe fn multiply_lying(
        &self,
        left: MatRef<f32>,
        right: &Right,
        row_panels: Range<usize>,
        columns: Range<usize>,
        output: &Output,
        panel: *mut f32,
    ) {
        let place = Place::Lying(Factors {
            first: left.ptr,
            row: left.row_stride,
            step: left.col_stride,
        });
        // SAFETY: the same contract.
        unsafe { self.multiply_blocks(|_| place, right, row_panels, columns, output, panel) }
    }

    /// Values that [`pack_and_multiply`](Self::pack_and_multiply) needs for so many panels of rows.
    pub(crate) fn block_len(&self, row_panels: usize) -> usize {
        row_panels * self.kernels.rows() * self.depth_block(0).len()
    }

    /// As [`multiply`](Self::multiply), of a left operand that is not packed yet: its panels are packed block by block,
    /// each over the one before, so that the thread that packed them reads them from its cache.
    ///
    /// # Safety
    ///
    /// As for [`multiply`](Self::multiply) and [`pack_left`](Self::pack_left), but that `packed` holds
    /// [`block_len`](Self::block_len) values no other task uses.
    pub(crate) unsafe fn pack_and_multiply(
        &self,
        left: &Left,
        packed: *mut f32,
        right: &Right,
        row_panels: Range<usize>,
        columns: Range<usize>,
        output: &Output,
        panel: *mut f32,
    ) {
        let rows = row_panels.clone();
        let pack = |block: usize| {
            let first = block * self.row_panels;
            let (_, _, offset) = self.left_panel(first + rows.start);
            // Where the whole packed operand would begin.
            let whole = packed.wrapping_sub(offset);
            for row_panel in rows.clone() {
                // SAFETY: the caller's contract.
                unsafe { self.pack_left_panel(left, first + row_panel, whole) };
            }
            Place::Packed(whole.cast_const())
        };
        // SAFETY: the same contract.
        unsafe { self.multiply_blocks(pack, right, row_panels, columns, output, panel) }
    }
}
