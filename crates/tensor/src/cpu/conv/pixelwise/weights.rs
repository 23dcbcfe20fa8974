//! The weight, packed for the products of pixels.
#![allow(unsafe_code)] // Raw views into tensors and packed panels.

use std::ops::Range;

use smallvec::SmallVec;

use super::Sums;
use crate::cpu::gemm::blocked::DEPTH_BLOCK;
use crate::cpu::gemm::kernels::Kernels;
use crate::cpu::gemm::lanes::MAX_LANES;

/// With more taps in use the weights are packed by transposing whole filters, with fewer tap by tap.
const MAX_GATHERED: usize = 4;

/// The weight, and which way it is read.
#[derive(Clone, Copy)]
pub(super) struct Weight {
    pub(super) ptr: *const f32,
    pub(super) taps: usize,
    /// Values between columns (channels of the results) and between steps of the depth (of the source).
    pub(super) column: usize,
    pub(super) step: usize,
}

impl Weight {
    /// Where the taps of a column and a step of the depth lie.
    fn at(&self, column: usize, step: usize) -> *const f32 {
        let offset = column * self.column + step * self.step;
        self.ptr.wrapping_add(offset)
    }
}

// SAFETY: an address only; whoever reads through it states what must hold.
unsafe impl Sync for Weight {}

/// Packs the weights of some columns over a block of the depth: for each tap in use `[depth][columns]`.
pub(super) struct Packer<'a> {
    kernels: &'a Kernels,
    weight: Weight,
    width: usize,
    taps: SmallVec<[usize; 16]>,
    /// Where columns lie from the first.
    columns: SmallVec<[i32; 2 * MAX_LANES]>,
}

impl<'a> Packer<'a> {
    /// For blocks of so many columns and the pairs of some sums.
    pub(super) fn new(kernels: &'a Kernels, weight: Weight, sums: &Sums, width: usize) -> Self {
        let used = |tap: &usize| sums.pairs.iter().any(|pair| pair.tap == *tap);
        Self {
            kernels,
            weight,
            width,
            taps: (0..weight.taps).filter(used).collect(),
            columns: (0..width).map(|at| (at * weight.column) as i32).collect(),
        }
    }

    /// Values of a tap's block.
    pub(super) fn block_len(&self) -> usize {
        DEPTH_BLOCK * self.width
    }

    /// Values of the blocks, and of the filters of a register of columns on their way.
    pub(super) fn len(&self) -> usize {
        self.weight.taps * (self.block_len() + MAX_LANES * MAX_LANES)
    }

    /// Asks for the weights of a block, which may be an empty one.
    ///
    /// # Safety
    ///
    /// The machine has the instruction set.
    pub(super) unsafe fn fetch(&self, first: usize, columns: usize, depth: Range<usize>) {
        let Weight {
            taps, column, step, ..
        } = self.weight;
        let src = self.weight.at(first, depth.start);
        // SAFETY: the caller's contract.
        unsafe {
            match step == taps {
                true => self.kernels.fetch(src, column, columns, depth.len() * taps),
                false => self.kernels.fetch(src, step, depth.len(), columns * taps),
            }
        }
    }

    /// # Safety
    ///
    /// The weight has these columns and steps, `dst` room for [`len`](Self::len) values, and the machine has the
    /// instruction set.
    pub(super) unsafe fn pack(
        &self,
        first: usize,
        columns: usize,
        depth: Range<usize>,
        dst: *mut f32,
    ) {
        let Weight {
            taps, column, step, ..
        } = self.weight;
        let src = self.weight.at(first, depth.start);
        let width = columns.next_multiple_of(self.kernels.lanes);
        // SAFETY: the contract above; columns are taken by registers.
        unsafe {
            if self.taps.len() <= MAX_GATHERED.min(taps - 1) {
                for &tap in &self.taps {
                    let columns = &self.columns[..columns];
                    let dst = dst.add(tap * self.block_len());
                    let src = src.add(tap);
                    self.kernels
                        .pack_columns(src, columns, depth.len(), step, dst);
                }
                return;
            }
            if width > columns {
                dst.write_bytes(0, taps * self.block_len());
            }
            let filters = dst.add(taps * self.block_len());
            for start in (0..columns).step_by(self.kernels.lanes) {
                let count = (columns - start).min(self.kernels.lanes);
                let (src, dst) = (src.add(start * column), dst.add(start));
                if step == taps {
                    self.pack_filters(src, count, depth.len(), width, filters, dst);
                } else {
                    self.pack_turned(src, count, depth.len(), width, dst);
                }
            }
        }
    }

    /// A register of columns whose filters lie side by side along the depth.
    unsafe fn pack_filters(
        &self,
        src: *const f32,
        count: usize,
        depth: usize,
        width: usize,
        filters: *mut f32,
        dst: *mut f32,
    ) {
        let Weight { taps, column, .. } = self.weight;
        if taps == 1 {
            // SAFETY: the caller's contract.
            return unsafe {
                self.kernels
                    .transpose(src, column, count, depth, dst, width)
            };
        }
        for start in (0..depth).step_by(MAX_LANES) {
            let steps = (depth - start).min(MAX_LANES);
            // SAFETY: the caller's contract; the filters of so many steps fit behind the blocks.
            unsafe {
                let src = src.add(start * taps);
                self.kernels
                    .transpose(src, column, count, steps * taps, filters, MAX_LANES);
                for &tap in &self.taps {
                    let from = filters.add(tap * MAX_LANES);
                    let to = dst.add(tap * self.block_len() + start * width);
                    self.kernels
                        .copy(from, taps * MAX_LANES, steps, count, to, width);
                }
            }
        }
    }

    /// A register of columns whose filters lie side by side.
    unsafe fn pack_turned(
        &self,
        src: *const f32,
        count: usize,
        depth: usize,
        width: usize,
        dst: *mut f32,
    ) {
        let Weight { taps, step, .. } = self.weight;
        if taps == 1 {
            // SAFETY: the caller's contract.
            return unsafe { self.kernels.copy(src, step, depth, count, dst, width) };
        }
        for at in 0..depth {
            // SAFETY: the caller's contract.
            unsafe {
                let (src, dst) = (src.add(at * step), dst.add(at * width));
                self.kernels
                    .transpose(src, taps, count, taps, dst, self.block_len());
            }
        }
    }
}
