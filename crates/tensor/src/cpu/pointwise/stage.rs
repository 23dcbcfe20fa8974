//! The passage of elements between operands and the dense scratch that the loops work on.
#![allow(unsafe_code)] // Operands are read and written through pointers, since they may coincide.

use super::convert::row_copy;
use super::plan::runs;
use crate::DType;

/// A number that loops compute with. Other dtypes pass through the one that holds their values.
pub(super) trait Scalar: Copy + Default + PartialOrd + Send + Sync + 'static {
    /// The dtype of a scratch.
    const DTYPE: DType;

    /// Whether elements of a dtype can be used where they lie.
    fn lies_as(dtype: DType) -> bool {
        dtype == Self::DTYPE
    }
}

impl Scalar for f32 {
    const DTYPE: DType = DType::F32;
}

impl Scalar for f64 {
    const DTYPE: DType = DType::F64;
}

impl Scalar for i64 {
    const DTYPE: DType = DType::I64;
}

impl Scalar for u8 {
    const DTYPE: DType = DType::U8;

    fn lies_as(dtype: DType) -> bool {
        matches!(dtype, DType::U8 | DType::Bool)
    }
}

/// A stretch of an operand's elements in the order of a plan.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    pub(super) dims: &'a [usize],
    pub(super) strides: &'a [isize],
    pub(super) start: usize,
    pub(super) len: usize,
}

/// Copies a stretch of an operand into a dense scratch.
///
/// # Safety
/// `first` points at an operand of dtype `from` that the dims and strides stay within, and the
/// scratch has room for the stretch in the dtype `to`.
pub(super) unsafe fn gather(
    walk: Walk<'_>,
    first: *const u8,
    from: DType,
    mut scratch: *mut u8,
    to: DType,
) {
    let (inner, copy) = (walk.strides[walk.strides.len() - 1], row_copy(from, to));
    runs(
        walk.dims,
        [walk.strides],
        walk.start,
        walk.len,
        |[offset], run| {
            // SAFETY: the run lies within the operand, and the runs add up to the stretch.
            unsafe {
                copy(
                    first.offset(offset * from.size() as isize),
                    inner,
                    scratch,
                    1,
                    run,
                );
                scratch = scratch.add(run * to.size());
            }
        },
    );
}

/// Copies a dense scratch into a stretch of an operand.
///
/// # Safety
/// As for [`gather`], the other way round.
pub(super) unsafe fn scatter(
    walk: Walk<'_>,
    mut scratch: *const u8,
    from: DType,
    first: *mut u8,
    to: DType,
) {
    let (inner, copy) = (walk.strides[walk.strides.len() - 1], row_copy(from, to));
    runs(
        walk.dims,
        [walk.strides],
        walk.start,
        walk.len,
        |[offset], run| {
            // SAFETY: the run lies within the operand, and the runs add up to the stretch.
            unsafe {
                copy(
                    scratch,
                    1,
                    first.offset(offset * to.size() as isize),
                    inner,
                    run,
                );
                scratch = scratch.add(run * from.size());
            }
        },
    );
}
