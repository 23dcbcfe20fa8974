//! 2-D convolution over contiguous NCHW tensors, in its three directions.
#![allow(unsafe_code)] // Entry points take raw views.

mod shape;
mod unfold;

#[cfg(test)]
mod tests;

pub use shape::ConvShape;

use super::gemm::{Activation, Scalar};
use super::tasks::Parallel;

/// Tensors of the forward direction.
#[derive(Clone, Copy, Debug)]
pub struct ForwardArgs<T> {
    /// `[n, c, h, w]`.
    pub src: *const T,
    /// `[oc, c / groups, kh, kw]`.
    pub weight: *const T,
    /// `[oc]`.
    pub bias: Option<*const T>,
    /// Applied after the bias.
    pub activation: Activation,
    /// `[n, oc, oh, ow]`, overwritten.
    pub dst: *mut T,
}

/// Tensors of the gradient with respect to the source.
#[derive(Clone, Copy, Debug)]
pub struct InputGradArgs<T> {
    /// Gradient of the destination, `[n, oc, oh, ow]`.
    pub grad: *const T,
    /// `[oc, c / groups, kh, kw]`.
    pub weight: *const T,
    /// `[n, c, h, w]`, overwritten.
    pub dst: *mut T,
}

/// Tensors of the gradient with respect to the weight.
#[derive(Clone, Copy, Debug)]
pub struct WeightGradArgs<T> {
    /// Gradient of the destination, `[n, oc, oh, ow]`.
    pub grad: *const T,
    /// `[n, c, h, w]`.
    pub src: *const T,
    /// `[oc, c / groups, kh, kw]`, overwritten.
    pub dst: *mut T,
}

// SAFETY: addresses only; the functions that use them state what must hold.
unsafe impl<T: Send + Sync> Sync for ForwardArgs<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for InputGradArgs<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for WeightGradArgs<T> {}

/// Sets `len` values to zero.
unsafe fn clear<T: Scalar>(dst: *mut T, len: usize) {
    for at in 0..len {
        // SAFETY: the caller states that `len` values are valid.
        unsafe { dst.add(at).write(T::default()) };
    }
}

/// `dst = activation(src * weight + bias)`.
///
/// # Safety
///
/// The tensors are contiguous, valid for the shape, and `dst` overlaps none of the others.
pub unsafe fn forward<T: Scalar>(shape: &ConvShape, args: ForwardArgs<T>, parallel: Parallel) {
    if shape.dst_len() == 0 {
        return;
    }
    // SAFETY: the caller's contract.
    unsafe { unfold::forward(shape, args, parallel) }
}

/// Gradient of the convolution with respect to its source.
///
/// # Safety
///
/// The tensors are contiguous, valid for the shape, and `dst` overlaps none of the others.
pub unsafe fn input_grad<T: Scalar>(shape: &ConvShape, args: InputGradArgs<T>, parallel: Parallel) {
    // SAFETY: the caller's contract.
    unsafe {
        if shape.dst_len() == 0 || shape.depth() == 0 {
            return clear(args.dst, shape.source_len());
        }
        unfold::input_grad(shape, args, parallel);
    }
}

/// Gradient of the convolution with respect to its weight, summed over the batch.
///
/// # Safety
///
/// The tensors are contiguous, valid for the shape, and `dst` overlaps none of the others.
pub unsafe fn weight_grad<T: Scalar>(
    shape: &ConvShape,
    args: WeightGradArgs<T>,
    parallel: Parallel,
) {
    // SAFETY: the caller's contract.
    unsafe {
        if shape.dst_len() == 0 || shape.depth() == 0 {
            return clear(args.dst, shape.weight_len());
        }
        unfold::weight_grad(shape, args, parallel);
    }
}
