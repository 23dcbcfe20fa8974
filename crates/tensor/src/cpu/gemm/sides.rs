//! What an f32 product is told of its operands and of its destination.
#![allow(unsafe_code)] // Addresses that tasks share.

use super::operands::{Epilogue, MatMut, RowNorm, Store};
use super::pack::Steps;
use super::tile::Factors;
use crate::prim::Activation;

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
    /// Whether panels are worth packing.
    pub(crate) access: Access,
}

/// How tiles read the right operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// From packed panels: any layout, and the fastest reads when many rows share a panel.
    Packed,
    /// From where it lies, if its columns fill registers and lie side by side in each of them.
    InPlace,
    /// From panels that were packed before, all of them.
    Ready,
}

/// The destination, `m x n`, its columns side by side, and what is done to finished sums.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    pub(crate) ptr: *mut f32,
    pub(crate) row_stride: isize,
    pub(crate) store: Store,
    pub(crate) row_norm: RowNorm,
    pub(crate) row_bias: *const f32,
    pub(crate) column_bias: *const f32,
    pub(crate) activation: Activation,
}

impl Output {
    /// Sums alone, whose rows begin so far apart.
    pub(crate) fn of_sums(ptr: *mut f32, row_stride: usize, store: Store) -> Self {
        Self {
            ptr,
            row_stride: row_stride as isize,
            store,
            row_norm: RowNorm::NONE,
            row_bias: std::ptr::null(),
            column_bias: std::ptr::null(),
            activation: Activation::None,
        }
    }

    /// A matrix whose columns lie side by side.
    pub(super) fn new(dst: MatMut<f32>, store: Store, epilogue: Epilogue<f32>) -> Self {
        let (row_bias, column_bias) = epilogue.bias.pointers();
        Self {
            row_stride: dst.row_stride,
            row_bias,
            column_bias,
            activation: epilogue.activation,
            ..Self::of_sums(dst.ptr, 0, store)
        }
    }

    /// Of one of the passes over the depth that sums are made in: only the first finds what was there, and only the last
    /// ends them.
    pub(super) fn of_pass(self, first: bool, last: bool) -> Self {
        let store = if first { self.store } else { Store::Accumulate };
        match last {
            true => Self { store, ..self },
            false => Self {
                store,
                row_norm: RowNorm::NONE,
                row_bias: std::ptr::null(),
                column_bias: std::ptr::null(),
                activation: Activation::None,
                ..self
            },
        }
    }

    /// Of the transposed product; where it lies is left to whoever turns it.
    pub(super) fn with_biases_turned(self) -> Self {
        debug_assert!(self.row_norm.mean.is_null(), "columns have no norm");
        Self {
            row_bias: self.column_bias,
            column_bias: self.row_bias,
            ..self
        }
    }

    /// The part that begins at a row and a column.
    #[inline(always)]
    pub(super) fn from(self, row: usize, column: usize) -> Self {
        let bias = |first: *const f32, index: usize| match first.is_null() {
            true => first,
            false => first.wrapping_add(index),
        };
        let first = self.ptr.wrapping_offset(row as isize * self.row_stride);
        Self {
            ptr: first.wrapping_add(column),
            row_norm: self.row_norm.from(row),
            row_bias: bias(self.row_bias, row),
            column_bias: bias(self.column_bias, column),
            ..self
        }
    }
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

/// Where tiles read the left operand.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// From panels that begin here.
    Packed(*const f32),
    /// From where it lies, its rows and steps at equal distances.
    Lying(Factors),
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
