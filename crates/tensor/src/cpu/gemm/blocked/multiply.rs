//! The loops of the blocked product: blocks of the depth, strips of columns, tiles.

use std::ops::Range;

use super::{Blocking, STRIP_PANELS};
use crate::cpu::gemm::ahead::Ahead;
use crate::cpu::gemm::operands::RowNorm;
use crate::cpu::gemm::pack::{Steps, are_adjacent};
use crate::cpu::gemm::sides::{Access, Output, Place, Right};
use crate::cpu::gemm::tile::{Columns, Factors, MAX_VECTORS, Tile};

/// Panels of rows that are used with every panel of columns before the next ones are: they stay
/// in the second-level cache.
const CACHED_PANELS: usize = 48;

/// One block of the depth on its way into the destination.
struct Stage {
    left: Place,
    output: Output,
    block: Range<usize>,
    /// What will be packed after it.
    ahead: Option<Ahead>,
}

impl Blocking {
    /// Multiplies; `left` gives where the left operand is, of which the block of the depth with this number must be
    /// there.
    ///
    /// # Safety
    ///
    /// As for [`multiply`](Self::multiply).
    pub(super) unsafe fn multiply_blocks(
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
            let output = output.of_pass(block_index == 0, last);
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
            ahead,
        } = *stage;
        let width = columns.next_multiple_of(self.kernels.lanes) as isize;
        let kernels = match left {
            _ if !right.steps.is_null() => self.kernels.listed_tiles,
            Place::Packed(_) if right.step == width => self.kernels.tiles,
            _ => self.kernels.strided_tiles,
        };
        let kernels = kernels[columns.div_ceil(self.kernels.lanes) - 1];
        // What the tiles have in common is written once: a tile takes less time than it would take to write again.
        let mut tile = Tile {
            depth: block.len(),
            left: Factors::packed(std::ptr::null(), 0),
            right,
            dst: std::ptr::null_mut(),
            dst_stride: output.row_stride,
            columns,
            store: output.store,
            row_norm: RowNorm::NONE,
            row_bias: std::ptr::null(),
            column_bias: output.from(0, column).column_bias,
            activation: output.activation,
        };
        let mut ahead = ahead.map(|ahead| ahead.parts(row_panels.len()));
        for row_panel in row_panels {
            if let Some(parts) = &mut ahead {
                parts.ask_next();
            }
            let rows = self.rows(row_panel..row_panel + 1);
            tile.left = self.factors(left, &rows, block);
            let part = output.from(rows.start, column);
            (tile.dst, tile.row_norm, tile.row_bias) = (part.ptr, part.row_norm, part.row_bias);
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
