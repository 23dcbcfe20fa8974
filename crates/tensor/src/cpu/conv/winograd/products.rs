//! The products of all points of some tiles.
#![allow(unsafe_code)] // Packed panels are raw memory.

use std::ops::Range;

use super::point;
use crate::cpu::gemm::Store;
use crate::cpu::gemm::blocked::Blocking;
use crate::cpu::gemm::pack::Steps;
use crate::cpu::gemm::sides::{Access, Output, Right};

/// Transformed filters and tiles of a source, and room for their products.
pub(super) struct Products<'a> {
    pub blocking: &'a Blocking,
    /// The filters of all points, packed, and the values of each.
    pub filters: *const f32,
    pub left_len: usize,
    /// Of each point `[depth][width]`, as packed right operands, of which the first `columns` count.
    pub source: *const f32,
    pub depth: usize,
    pub width: usize,
    pub columns: usize,
    /// Of each point `[rows][width]`.
    pub sums: *mut f32,
    pub points: usize,
}

impl Products<'_> {
    /// Multiplies some panels of rows; the values from one point's sums to the next one's.
    ///
    /// # Safety
    ///
    /// The fields name what they say, with [`point`] values between points, and nobody else uses the sums.
    pub(super) unsafe fn multiply(&self, row_panels: Range<usize>) -> usize {
        let rows = self.blocking.rows(row_panels.clone());
        let source_point = point(self.depth * self.width);
        let sums_point = point(rows.len() * self.width);
        for at in 0..self.points {
            // SAFETY: the caller's contract.
            unsafe {
                let right = Right {
                    ptr: self.source.add(at * source_point),
                    depth: Steps::Stride(self.width as isize),
                    columns: Steps::Stride(1),
                    access: Access::Ready,
                };
                let sums = self.sums.add(at * sums_point);
                let output = Output::of_sums(
                    sums.wrapping_sub(rows.start * self.width),
                    self.width,
                    Store::Overwrite,
                );
                let left = self.filters.add(at * self.left_len);
                let (columns, panel) = (0..self.columns, std::ptr::null_mut());
                let row_panels = row_panels.clone();
                self.blocking
                    .multiply(left, &right, row_panels, columns, &output, panel);
            }
        }
        sums_point
    }
}
