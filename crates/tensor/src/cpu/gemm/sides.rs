//! What a blocked product is told of its operands and of its destination.
#![allow(unsafe_code)] // Addresses that tasks share.

use super::operands::{RowNorm, Store};
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
