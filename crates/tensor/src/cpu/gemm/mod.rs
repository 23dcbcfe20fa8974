//! The matrix product: one function for every element type, layout and size.
//!
//! `single` (f32) multiplies along the depth where both operands lie so (`along_depth`). Else it runs own micro-kernels
//! (`tile`, compiled per instruction set in `avx512`, `avx2` and `portable`) over packed panels, or operands where they lie
//! (`pack`, `blocked`), which `pairs` has of bf16. `double` (f64) is one short kernel that the compiler vectorises.
//! Work is split over the library's threads into blocks or lines (`grid`, `pieces`; `turned` makes columns as rows) that
//! sizes and strides fix, as they fix the order of a sum, and no split cuts its depth, so results are the same bits for any
//! number of threads.
#![allow(unsafe_code)] // Entry points take raw views.

mod ahead;
#[cfg(target_arch = "x86_64")]
mod along_depth;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(crate) mod blocked;
mod double;
mod grid;
pub(crate) mod kernels;
pub(crate) mod lanes;
mod operands;
pub(crate) mod pack;
pub(crate) mod pairs;
pub(crate) mod panels;
mod peak;
mod pieces;
pub(crate) mod places;
mod portable;
pub(crate) mod rearrange;
pub(crate) mod sides;
mod single;
mod tile;
mod turned;
mod vector;

#[cfg(test)]
pub(crate) mod tests;

use kernels::Isa;
pub(crate) use operands::RowNorm;
pub use operands::{Bias, Epilogue, MatMut, MatRef, Size, Store};

use super::tasks::Parallel;

/// An element type with a matrix product: `f32` or `f64`.
pub trait Scalar:
    Copy + Default + PartialOrd + Send + Sync + std::ops::Add<Output = Self> + 'static
{
    /// The product for sizes that are not zero; [`gemm`] states the contract.
    ///
    /// # Safety
    ///
    /// As for [`gemm`], and the processor has the instruction set.
    #[doc(hidden)]
    unsafe fn product(
        isa: Isa,
        size: Size,
        left: MatRef<Self>,
        right: MatRef<Self>,
        dst: MatMut<Self>,
        store: Store,
        epilogue: Epilogue<Self>,
        parallel: Parallel,
    );
}

impl Scalar for f32 {
    unsafe fn product(
        isa: Isa,
        size: Size,
        left: MatRef<f32>,
        right: MatRef<f32>,
        dst: MatMut<f32>,
        store: Store,
        epilogue: Epilogue<f32>,
        parallel: Parallel,
    ) {
        // SAFETY: the caller's contract.
        unsafe { single::product(isa, size, left, right, dst, store, epilogue, parallel) }
    }
}

impl Scalar for f64 {
    unsafe fn product(
        isa: Isa,
        size: Size,
        left: MatRef<f64>,
        right: MatRef<f64>,
        dst: MatMut<f64>,
        store: Store,
        epilogue: Epilogue<f64>,
        parallel: Parallel,
    ) {
        // SAFETY: the caller's contract.
        unsafe { double::product(isa, size, left, right, dst, store, epilogue, parallel) }
    }
}

/// `dst = activation(left x right (+ dst) + bias)`, for views of any strides.
///
/// A depth of zero gives zeros plus bias. The destination must not overlap an operand.
///
/// # Safety
///
/// Every element the views and sizes name is valid, to read in `left`, `right` and the bias, to
/// write in `dst`; when accumulating `dst` is initialised. Distinct indices of `dst` are distinct
/// addresses, and nothing else accesses it meanwhile.
pub unsafe fn gemm<T: Scalar>(
    size: Size,
    left: MatRef<T>,
    right: MatRef<T>,
    dst: MatMut<T>,
    store: Store,
    epilogue: Epilogue<T>,
    parallel: Parallel,
) {
    if size.m == 0 || size.n == 0 {
        return;
    }
    // SAFETY: the caller's contract; with no depth a single zero stands for the empty sums.
    unsafe {
        if size.k == 0 {
            let zero = T::default();
            let sums = MatRef {
                ptr: &zero,
                row_stride: 0,
                col_stride: 0,
            };
            return single::finish(size, sums, dst, store, epilogue);
        }
        T::product(
            Isa::detect(),
            size,
            left,
            right,
            dst,
            store,
            epilogue,
            parallel,
        );
    }
}

/// Elements between consecutive matrices of a batch; zero repeats one matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchStrides {
    /// Of the left operand.
    pub left: isize,
    /// Of the right operand.
    pub right: isize,
    /// Of the destination; zero only for a batch of one.
    pub dst: isize,
}

/// [`gemm`] for `batch` products of one size; the bias is shared.
///
/// # Safety
///
/// As for [`gemm`], for every matrix of the batch.
pub unsafe fn gemm_batched<T: Scalar>(
    batch: usize,
    strides: BatchStrides,
    size: Size,
    left: MatRef<T>,
    right: MatRef<T>,
    dst: MatMut<T>,
    store: Store,
    epilogue: Epilogue<T>,
    parallel: Parallel,
) {
    let one = |index: usize, parallel: Parallel| {
        let index = index as isize;
        let left = left.shifted(index * strides.left);
        let right = right.shifted(index * strides.right);
        let dst = dst.shifted(index * strides.dst);
        // SAFETY: the caller's contract; destinations of a batch do not overlap.
        unsafe { gemm(size, left, right, dst, store, epilogue, parallel) };
    };
    // Large products and single ones are split inside, many small ones by the batch.
    if batch == 1 || size.flops() >= 1 << 24 {
        (0..batch).for_each(|index| one(index, parallel));
    } else {
        let parallel = parallel.if_worth(size.flops().saturating_mul(batch));
        parallel.for_each(batch, |index, _| one(index, Parallel::Off));
    }
}
