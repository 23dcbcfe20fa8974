//! The columns of a correlation's product: what its blocks of images and rows read of the source.
#![allow(unsafe_code)] // Raw views into tensors and packed panels.

use std::ops::Range;

use super::correlate::Correlation;
use super::cut::Cut;
use super::patch::{Patch, Planes};
use crate::cpu::gemm::blocked::Blocking;
use crate::cpu::gemm::pack::Steps;
use crate::cpu::gemm::pairs::ImageKernels;
use crate::cpu::gemm::sides::{Access, Right};

/// Some images and rows of the results of a group, which are the columns of one product.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) group: usize,
    pub(super) images: Range<usize>,
    pub(super) rows: Range<usize>,
}

/// The source of a correlation, read block by block.
#[derive(Clone, Copy)]
pub(super) struct Source<'a, T: 'static> {
    pub(super) job: &'a Correlation<'a, T>,
    pub(super) cut: &'a Cut,
    pub(super) kernels: &'a ImageKernels<T>,
    pub(super) blocking: Blocking,
    /// Where every channel and tap lies from a column's place.
    pub(super) offsets: &'a [i32],
    pub(super) pixels: Steps<'a>,
    pub(super) access: Access,
}

// SAFETY: addresses only; its methods state what must hold.
unsafe impl<T> Sync for Source<'_, T> {}

impl<'a, T> Source<'a, T> {
    /// The blocks there are, groups innermost.
    pub(super) fn blocks(&self) -> usize {
        self.job.groups * self.image_blocks() * self.row_blocks()
    }

    fn image_blocks(&self) -> usize {
        self.job.n.div_ceil(self.cut.images)
    }

    fn row_blocks(&self) -> usize {
        self.job.out[0].div_ceil(self.cut.rows)
    }

    pub(super) fn block(&self, index: usize) -> Block {
        let Cut { images, rows, .. } = *self.cut;
        let (group, rest) = (index % self.job.groups, index / self.job.groups);
        let (row, image) = (rest % self.row_blocks(), rest / self.row_blocks());
        Block {
            group,
            images: image * images..((image + 1) * images).min(self.job.n),
            rows: row * rows..((row + 1) * rows).min(self.job.out[0]),
        }
    }

    /// Columns of a block's product.
    pub(super) fn columns(&self, block: &Block) -> usize {
        let (images, rows) = (block.images.len(), block.rows.len());
        self.cut.columns(self.job, images, rows)
    }

    /// Values of the working copy of a block.
    pub(super) fn local_len(&self) -> usize {
        let [height, width] = self.cut.local;
        match self.cut.inside {
            true => 0,
            false => self.cut.images * self.job.channels * height * width,
        }
    }

    /// Values of the packed columns of any block.
    pub(super) fn packed_len(&self) -> usize {
        let columns = self.cut.columns(self.job, self.cut.images, self.cut.rows);
        self.blocking.packed_columns(columns)
    }

    /// What a block reads, where it lies or from a working copy in `local`.
    ///
    /// # Safety
    ///
    /// The correlation is valid, `local` holds [`local_len`](Self::local_len) values that nothing else uses, and the
    /// machine has the instruction set of the kernels.
    pub(super) unsafe fn read(&self, block: &Block, local: *mut f32) -> Right<'a> {
        let channels = 0..self.job.channels;
        // SAFETY: the same contract.
        unsafe { self.read_channels(block, channels, local) }
    }

    /// As [`read`](Self::read), of some channels only, whose working copies lie where those of the first would.
    ///
    /// # Safety
    ///
    /// As for it.
    unsafe fn read_channels(
        &self,
        block: &Block,
        channels: Range<usize>,
        local: *mut f32,
    ) -> Right<'a> {
        let (job, cut) = (self.job, self.cut);
        let first = block.group * job.channels;
        let ptr = if cut.inside {
            let channel = block.images.start * job.groups * job.channels + first;
            let row = channel * job.size[0] + block.rows.start * job.stride[0];
            job.src.cast::<f32>().wrapping_add(row * job.size[1])
        } else {
            let plane = job.size[0] * job.size[1];
            let planes = Planes {
                ptr: job.src.wrapping_add((first + channels.start) * plane),
                channels: channels.len(),
                image_channels: job.groups * job.channels,
                size: job.size,
            };
            let image_len = job.channels * cut.local[0] * cut.local[1];
            let top = (block.rows.start * job.stride[0]) as isize + cut.reach[0];
            let patch = Patch {
                start: [top, cut.reach[1]],
                size: cut.local,
                row_step: cut.row_step,
            };
            for (at, image) in block.images.clone().enumerate() {
                let (image, local) = (image..image + 1, local.wrapping_add(at * image_len));
                let kernels = self.kernels;
                // SAFETY: the caller's contract.
                unsafe {
                    match cut.half {
                        0 => planes.widen(kernels.widen, image, patch, local),
                        half => planes.split(kernels.split_columns, image, patch, half, local),
                    }
                }
            }
            local
                .wrapping_sub(channels.start * patch.pixels())
                .cast_const()
        };
        Right {
            ptr,
            depth: Steps::Table(self.offsets),
            columns: self.pixels,
            access: self.access,
        }
    }

    /// Packs what a block reads in one block of the depth.
    ///
    /// # Safety
    ///
    /// As for [`read`](Self::read); `packed` holds [`packed_len`](Self::packed_len) values, of which nothing else uses
    /// those of this block of the depth.
    pub(super) unsafe fn pack(
        &self,
        block: &Block,
        depth_block: usize,
        local: *mut f32,
        packed: *mut f32,
    ) {
        let taps = self.job.taps.len();
        let numbers = self.blocking.numbers(depth_block);
        let channels = numbers.start / taps..numbers.end.div_ceil(taps);
        // SAFETY: the caller's contract.
        unsafe {
            let right = self.read_channels(block, channels, local);
            let columns = self.columns(block);
            self.blocking
                .pack_columns(&right, columns, depth_block, packed);
        }
    }
}
