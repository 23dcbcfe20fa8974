//! A working copy of the part of some images that a task reads, zeros where it reaches beyond.
#![allow(unsafe_code)] // Raw views into tensors.

use std::ops::Range;

use crate::cpu::gemm::kernels::Kernels;
use crate::cpu::gemm::rearrange::{Matrix, Rows};

/// The channels of one group of an NCHW tensor.
#[derive(Clone, Copy)]
pub(super) struct Planes<T = f32> {
    /// First image, first channel of the group.
    pub(super) ptr: *const T,
    /// Channels of the group.
    pub(super) channels: usize,
    /// Channels of an image.
    pub(super) image_channels: usize,
    /// Height and width.
    pub(super) size: [usize; 2],
}

/// A rectangle of pixels, possibly reaching beyond the image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patch {
    /// First row and column; negative ones lie before the image.
    pub(super) start: [isize; 2],
    /// Height and width.
    pub(super) size: [usize; 2],
    /// Rows of the image from one row to the next.
    pub(super) row_step: usize,
}

impl Patch {
    /// Pixels of the rectangle.
    pub(super) fn pixels(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Along one axis: zeros before the image, first source index, indices that exist.
    fn overlap(&self, axis: usize, size: usize) -> (usize, usize, usize) {
        let step = if axis == 0 { self.row_step } else { 1 };
        let outside = (-self.start[axis]).max(0) as usize;
        let before = outside.div_ceil(step).min(self.size[axis]);
        let first = (self.start[axis] + (before * step) as isize).clamp(0, size as isize) as usize;
        let left = (size - first).div_ceil(step);
        (before, first, left.min(self.size[axis] - before))
    }
}

impl<T> Planes<T> {
    fn plane(&self, image: usize, channel: usize) -> *const T {
        self.ptr
            .wrapping_add((image * self.image_channels + channel) * self.size[0] * self.size[1])
    }

    /// Copies the patch of every image as `[image][channel][row][column]`.
    ///
    /// # Safety
    ///
    /// The planes are valid for the images, `dst` holds `images * channels * pixels` values, and
    /// the machine has the instruction set of the kernels.
    pub(super) unsafe fn widen(
        &self,
        copy: unsafe fn(&Matrix<T, f32>),
        images: Range<usize>,
        patch: Patch,
        dst: *mut f32,
    ) {
        let (top, first_row, rows) = patch.overlap(0, self.size[0]);
        let (left, first_column, columns) = patch.overlap(1, self.size[1]);
        // SAFETY: rows and columns are clipped to the plane; the destination advances by the
        // pixels of a patch per plane. All-zero bytes are 0.0.
        unsafe {
            if rows * columns < patch.pixels() {
                dst.write_bytes(0, images.len() * self.channels * patch.pixels());
            }
            let mut plane = dst.add(top * patch.size[1] + left);
            for image in images {
                for channel in 0..self.channels {
                    let source = self
                        .plane(image, channel)
                        .wrapping_add(first_row * self.size[1] + first_column);
                    copy(&Matrix {
                        src: source,
                        src_stride: self.size[1] * patch.row_step,
                        rows,
                        columns,
                        dst: plane,
                        dst_stride: patch.size[1],
                    });
                    plane = plane.wrapping_add(patch.pixels());
                }
            }
        }
    }

    /// Copies the patch of every image as `[image][channel][row][column]`, in every row the `half` even columns first,
    /// then as many odd ones, if the patch has them.
    ///
    /// # Safety
    ///
    /// As [`widen`](Self::widen).
    pub(super) unsafe fn split(
        &self,
        split_columns: unsafe fn(&Rows<T>),
        images: Range<usize>,
        patch: Patch,
        half: usize,
        dst: *mut f32,
    ) {
        let (top, first_row, rows) = patch.overlap(0, self.size[0]);
        let odd = patch.size[1] > half;
        let covered = Patch {
            size: [patch.size[0], 2 * half],
            ..patch
        };
        let (before, first_column, columns) = covered.overlap(1, self.size[1]);
        // SAFETY: as in `widen`.
        unsafe {
            if rows < patch.size[0] {
                dst.write_bytes(0, images.len() * self.channels * patch.pixels());
            }
            let mut plane = dst.add(top * patch.size[1]);
            for image in images {
                for channel in 0..self.channels {
                    let first = first_row * self.size[1] + first_column;
                    split_columns(&Rows {
                        src: self.plane(image, channel).wrapping_add(first),
                        src_stride: self.size[1] * patch.row_step,
                        rows,
                        before,
                        columns,
                        dst: plane,
                        half,
                        odd,
                    });
                    plane = plane.wrapping_add(patch.pixels());
                }
            }
        }
    }
}

impl Planes {
    /// As [`widen`](Self::widen), of f32.
    ///
    /// # Safety
    ///
    /// As for it.
    pub(super) unsafe fn copy(
        &self,
        kernels: &Kernels,
        images: Range<usize>,
        patch: Patch,
        dst: *mut f32,
    ) {
        // SAFETY: the caller's contract.
        unsafe { self.widen(kernels.copy, images, patch, dst) }
    }

    /// Copies the patch of every image as `[image][row][column][channel]`.
    ///
    /// # Safety
    ///
    /// As [`copy`](Self::copy), and the machine has the instruction set of the kernels.
    pub(super) unsafe fn copy_channels_last(
        &self,
        kernels: &Kernels,
        images: Range<usize>,
        patch: Patch,
        dst: *mut f32,
    ) {
        debug_assert_eq!(patch.row_step, 1, "every row is copied");
        let (top, first_row, rows) = patch.overlap(0, self.size[0]);
        let (left, first_column, columns) = patch.overlap(1, self.size[1]);
        let values = patch.pixels() * self.channels;
        let plane = self.size[0] * self.size[1];
        let whole_rows = columns == self.size[1] && columns == patch.size[1];
        for (at, image) in images.enumerate() {
            let source = self
                .plane(image, 0)
                .wrapping_add(first_row * self.size[1] + first_column);
            let pixel = |y: usize| {
                dst.wrapping_add(at * values + ((top + y) * patch.size[1] + left) * self.channels)
            };
            // SAFETY: as in `copy`; the transposes write `channels` values per pixel.
            unsafe {
                if rows * columns < patch.pixels() {
                    dst.add(at * values).write_bytes(0, values);
                }
                if whole_rows {
                    kernels.transpose(
                        source,
                        plane,
                        self.channels,
                        rows * columns,
                        pixel(0),
                        self.channels,
                    );
                } else {
                    for y in 0..rows {
                        let row = source.add(y * self.size[1]);
                        kernels.transpose(
                            row,
                            plane,
                            self.channels,
                            columns,
                            pixel(y),
                            self.channels,
                        );
                    }
                }
            }
        }
    }
}
