//! The blocked f32 product: panels packed per block of the depth, tiles in registers.
//!
//! The left operand is packed once and shared, or read where it lies; each task packs the right operand panel by panel
//! into memory that stays in the first-level cache, unless it finds panels ready. Convolutions use the same engine: there the
//! right operand lists the pixels and taps of an image instead of rows and columns.
#![allow(unsafe_code)] // Raw views and packed panels.

use std::ops::Range;

use super::ahead::Ahead;
use super::kernels::{Isa, Kernels};
use super::operands::{MatRef, RowNorm, Store};
use super::pack::{LeftPanel, RightPanel, Steps, are_adjacent};
use super::sides::{Access, Left, Output, Place, Right, Shared};
use super::tile::{Columns, Factors, MAX_VECTORS, Tile};
use crate::cpu::tasks::{Parallel, run};
use crate::prim::Activation;

/// Longest block of the depth: a panel of 48 columns then fits the first-level cache, and long
/// sums are made of short ones, which keeps their rounding error small. With blocks of 224 the
/// gradients of a deep network on a few small images were further from float64 than 1e-5.
pub(crate) const DEPTH_BLOCK: usize = 64;

/// The same for products with so many rows and columns that reading and writing the destination once per block takes
/// longer than rounding is worth: a twenty-fifth of all time with the shorter blocks.
const LARGE_DEPTH_BLOCK: usize = 128;

/// Fewest rows and columns of such products. A row then rounds otherwise than in a product of fewer.
const LARGE: usize = 256;

/// The same for steps of several numbers each, whose rounding weighs more than that of their sums.
const NARROW_DEPTH_BLOCK: usize = 128;

/// Most panels of the right operand packed at a time; they stay in the second-level cache.
const STRIP_PANELS: usize = 8;

/// Panels of rows that are used with every panel of columns before the next ones are: they stay
/// in the second-level cache.
const CACHED_PANELS: usize = 48;

/// One block of the depth on its way into the destination.
struct Stage<'a> {
    left: Place,
    output: &'a Output,
    block: Range<usize>,
    store: Store,
    /// Whether the sums are finished after it.
    last: bool,
    /// What will be packed after it.
    ahead: Option<Ahead>,
}

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
    /// Most steps of a block of the depth.
    longest: usize,
    pub(crate) depth_blocks: usize,
}

impl Blocking {
    pub(crate) fn new(isa: Isa, m: usize, k: usize) -> Self {
        Self::with(isa.kernels(), m, k, 1)
    }

    /// For a product of `n` columns.
    pub(crate) fn of_columns(isa: Isa, m: usize, k: usize, n: usize) -> Self {
        let blocking = Self::new(isa, m, k);
        if m.min(n) < LARGE {
            return blocking;
        }
        Self {
            longest: LARGE_DEPTH_BLOCK,
            depth_blocks: k.div_ceil(LARGE_DEPTH_BLOCK),
            ..blocking
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
        let rows = run(self.m, self.row_panels, index % self.row_panels);
        let offset = block.start * self.m + rows.start * block.len();
        (rows, block, offset)
    }

    /// The rows of some panels.
    pub(crate) fn rows(&self, row_panels: Range<usize>) -> Range<usize> {
        let of = |panel| run(self.m, self.row_panels, panel);
        of(row_panels.start).start..of(row_panels.end - 1).end
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

    /// Multiplies; `left` gives where the left operand is, of which the block of the depth with this number must be
    /// there.
    ///
    /// # Safety
    ///
    /// As for [`multiply`](Self::multiply).
    unsafe fn multiply_blocks(
        &self,
        left: impl Fn(usize) -> Place,
        right: &Right,
        row_panels: Range<usize>,
        columns: Range<usize>,
        output: &Output,
        panel: *mut f32,
    ) {
        let width = self.panel_width(columns.len());
        for block_index in 0..self.depth_blocks {
            let left = left(block_index);
            let block = self.depth_block(block_index);
            let last = block_index + 1 == self.depth_blocks;
            let store = if block_index == 0 {
                output.store
            } else {
                Store::Accumulate
            };
            let mut strip = columns.start;
            while strip < columns.end {
                let strip_end = columns.end.min(strip + self.strip(right, width));
                let in_place = match right.access {
                    Access::Packed => None,
                    Access::InPlace => self.in_place(right, &block, strip..strip_end),
                    Access::Ready => Some(self.ready(right, &block, &columns, strip..strip_end)),
                };
                if in_place.is_none() {
                    // SAFETY: the caller's contract.
                    unsafe { self.pack_right(right, &block, strip..strip_end, width, panel) };
                }
                let stage = Stage {
                    left,
                    output,
                    block: block.clone(),
                    store,
                    last,
                    ahead: self.ahead(right, block_index + 1, strip..strip_end),
                };
                let mut first = row_panels.start;
                while first < row_panels.end {
                    let rows = first..row_panels.end.min(first + CACHED_PANELS);
                    for column in (strip..strip_end).step_by(width) {
                        let count = (strip_end - column).min(width);
                        let values = in_place.unwrap_or_else(|| {
                            let width = count.next_multiple_of(self.kernels.lanes);
                            let panel = panel.wrapping_add((column - strip) * block.len());
                            Columns::adjacent(panel, width as isize)
                        });
                        // SAFETY: the panels were packed for these very sizes, the rest is the
                        // caller's contract.
                        unsafe { self.tiles(&stage, rows.clone(), column, count, values) };
                    }
                    first = rows.end;
                }
                strip = strip_end;
            }
        }
    }

    /// Multiplies some panels of rows with one panel of columns.
    ///
    /// # Safety
    ///
    /// As for [`multiply`](Self::multiply), for these rows and columns.
    unsafe fn tiles(
        &self,
        stage: &Stage,
        row_panels: Range<usize>,
        column: usize,
        columns: usize,
        right: Columns,
    ) {
        let Stage {
            left,
            output,
            ref block,
            store,
            last,
            ref ahead,
        } = *stage;
        let width = columns.next_multiple_of(self.kernels.lanes) as isize;
        let kernels = match left {
            _ if !right.steps.is_null() => self.kernels.listed_tiles,
            Place::Packed(_) if right.step == width => self.kernels.tiles,
            _ => self.kernels.strided_tiles,
        };
        let kernels = kernels[columns.div_ceil(self.kernels.lanes) - 1];
        let at = |bias: *const f32, index: usize| {
            if bias.is_null() || !last {
                std::ptr::null()
            } else {
                bias.wrapping_add(index)
            }
        };
        let panels = row_panels.len();
        for (index, row_panel) in row_panels.enumerate() {
            if let Some(ahead) = ahead {
                ahead.ask(index, panels);
            }
            let rows = run(self.m, self.row_panels, row_panel);
            let first = output
                .ptr
                .wrapping_offset(rows.start as isize * output.row_stride);
            let tile = Tile {
                depth: block.len(),
                left: self.factors(left, &rows, block),
                right,
                dst: first.wrapping_add(column),
                dst_stride: output.row_stride,
                columns,
                store,
                row_norm: if last {
                    output.row_norm.from(rows.start)
                } else {
                    RowNorm::NONE
                },
                row_bias: at(output.row_bias, rows.start),
                column_bias: at(output.column_bias, column),
                activation: if last {
                    output.activation
                } else {
                    Activation::None
                },
            };
            // SAFETY: the caller's contract.
            unsafe { kernels[rows.len() - 1](&tile) };
        }
    }

    /// Some rows of the left operand over a block of the depth.
    fn factors(&self, left: Place, rows: &Range<usize>, block: &Range<usize>) -> Factors {
        match left {
            Place::Packed(first) => {
                let at = block.start * self.m + rows.start * block.len();
                Factors::packed(first.wrapping_add(at), rows.len())
            }
            Place::Lying(factors) => {
                let at = block.start as isize * factors.step + rows.start as isize * factors.row;
                Factors {
                    first: factors.first.wrapping_offset(at),
                    ..factors
                }
            }
        }
    }

    /// Columns treated at a time: rows of a matrix are read in long runs, patches of an image a
    /// panel at a time, so that they are used while in the first-level cache.
    fn strip(&self, right: &Right, width: usize) -> usize {
        match (right.columns, right.access) {
            (Steps::Stride(1), Access::Packed) => STRIP_PANELS * width,
            _ => width,
        }
    }

    /// The columns of the right operand that a block will pack by squares, from lines of memory of their own.
    fn ahead(&self, right: &Right, block: usize, columns: Range<usize>) -> Option<Ahead> {
        match (right.access, right.columns, right.depth) {
            (Access::Packed, Steps::Stride(stride), Steps::Stride(1))
                if stride != 1 && block < self.depth_blocks =>
            {
                let block = self.depth_block(block);
                let first = right.ptr.wrapping_add(block.start);
                Some(Ahead {
                    first: first.wrapping_offset(columns.start as isize * stride),
                    stride,
                    columns: columns.len(),
                    depth: block.len(),
                })
            }
            _ => None,
        }
    }

    /// Where some of all columns lie that were [packed](Self::pack_columns) before.
    fn ready(
        &self,
        right: &Right,
        block: &Range<usize>,
        all: &Range<usize>,
        columns: Range<usize>,
    ) -> Columns {
        let lanes = self.kernels.lanes;
        let before = block.start * all.len().next_multiple_of(lanes);
        let panel = before + (columns.start - all.start) * block.len();
        let width = columns.len().next_multiple_of(lanes);
        Columns::adjacent(right.ptr.wrapping_add(panel), width as isize)
    }

    /// The columns where they lie, if tiles can read them there.
    fn in_place(
        &self,
        right: &Right,
        block: &Range<usize>,
        columns: Range<usize>,
    ) -> Option<Columns> {
        let lanes = self.kernels.lanes;
        if !columns.len().is_multiple_of(lanes) {
            return None;
        }
        let steps = match (right.depth, right.columns) {
            (Steps::Table(steps), _) => steps,
            (Steps::Stride(step), Steps::Stride(1)) => {
                let first = right.ptr.wrapping_offset(block.start as isize * step);
                return Some(Columns::adjacent(first.wrapping_add(columns.start), step));
            }
            _ => return None,
        };
        let mut registers = [right.ptr; MAX_VECTORS];
        for (register, first) in registers.iter_mut().zip(columns.step_by(lanes)) {
            match right.columns {
                Steps::Stride(1) => {}
                Steps::Table(offsets) if are_adjacent(&offsets[first..first + lanes]) => {}
                _ => return None,
            }
            *register = right.ptr.wrapping_offset(right.columns.at(first));
        }
        Some(Columns {
            registers,
            step: 0,
            steps: steps[block.clone()].as_ptr(),
        })
    }
}
