//! Single panels: packed, asked for and multiplied one by one, for products whose operands consist of many matrices.
#![allow(unsafe_code)] // Raw panels, and kernels behind run-time detection.

use super::kernels::Kernels;
use super::operands::{RowNorm, Store};
use super::pack::{RightPanel, Steps};
use super::rearrange::Matrix;
use super::tile::{Columns, Factors, Tile};
use crate::prim::Activation;

impl Kernels {
    /// Asks for `rows x columns` values, so that they arrive while others are at work.
    ///
    /// # Safety
    ///
    /// The machine has the instruction set.
    pub(crate) unsafe fn fetch(
        &self,
        src: *const f32,
        src_stride: usize,
        rows: usize,
        columns: usize,
    ) {
        // SAFETY: the same contract.
        unsafe {
            (self.fetch)(&Matrix {
                src,
                src_stride,
                rows,
                columns,
                dst: std::ptr::null_mut(),
                dst_stride: 0,
            })
        }
    }
}

/// A panel of rows times a panel of columns, over one block of the depth.
pub(crate) struct Product {
    /// Packed `[depth][rows]`.
    pub(crate) left: *const f32,
    pub(crate) rows: usize,
    /// Packed `[depth][columns]`, filled up to whole registers.
    pub(crate) right: *const f32,
    pub(crate) columns: usize,
    pub(crate) depth: usize,
    pub(crate) dst: *mut f32,
    pub(crate) dst_stride: usize,
    pub(crate) store: Store,
    /// A value for each column, or null.
    pub(crate) bias: *const f32,
    pub(crate) activation: Activation,
}

impl Kernels {
    /// Multiplies one panel with another; over no depth the product is zero.
    ///
    /// # Safety
    ///
    /// Panels, destination and bias are valid for the sizes, which fit a tile, and the machine has the instruction set.
    pub(crate) unsafe fn multiply(&self, product: &Product) {
        let tile = Tile {
            depth: product.depth,
            left: Factors::packed(product.left, product.rows),
            right: Columns::adjacent(
                product.right,
                product.columns.next_multiple_of(self.lanes) as isize,
            ),
            dst: product.dst,
            dst_stride: product.dst_stride as isize,
            columns: product.columns,
            store: product.store,
            row_norm: RowNorm::NONE,
            row_bias: std::ptr::null(),
            column_bias: product.bias,
            activation: product.activation,
        };
        let kernels = self.tiles[product.columns.div_ceil(self.lanes) - 1];
        // SAFETY: the same contract.
        unsafe { kernels[product.rows - 1](&tile) }
    }

    /// Packs columns of a matrix, which may lie anywhere at the listed places, as `[depth][columns]`, filled up to
    /// whole registers.
    ///
    /// # Safety
    ///
    /// The matrix has these columns and steps, `dst` room for them, and the machine has the instruction set.
    pub(crate) unsafe fn pack_columns(
        &self,
        src: *const f32,
        columns: &[i32],
        depth: usize,
        depth_stride: usize,
        dst: *mut f32,
    ) {
        // SAFETY: the same contract.
        unsafe {
            (self.pack_right)(&RightPanel {
                src,
                depth_steps: Steps::Stride(depth_stride as isize),
                column_steps: Steps::Table(columns),
                start: 0,
                depth,
                column: 0,
                columns: columns.len(),
                width: columns.len().next_multiple_of(self.lanes),
                steps: depth,
                dst,
            });
        }
    }
}
