//! 2-D convolution over contiguous NCHW tensors, in its three directions.
//!
//! | module | what it holds |
//! |---|---|
//! | `plan` | the choice of an algorithm |
//! | `implicit`, `correlate`, `cut`, `columns` | forward and source gradient as products over panels packed from the image |
//! | `winograd` | all three directions of 3 x 3 kernels with fewer multiplications |
//! | `pixelwise` | all three directions over batches of tiny images |
//! | `weight_grad` | the weight's gradient as a product over pixels |
//! | `unfold` | every element type and size, by writing the patches out |
//! | `patch` | working copies of the part of an image a task reads |
#![allow(unsafe_code)] // Entry points take raw views.

mod columns;
mod correlate;
mod cut;
mod implicit;
mod patch;
mod pixelwise;
mod plan;
mod shape;
mod unfold;
mod weight_grad;
pub(in crate::cpu) mod winograd;

#[cfg(test)]
mod tests;

pub use shape::ConvShape;

use half::bf16;
use half::slice::HalfFloatSliceExt;

use plan::{Algorithm, Direction, plan};

use super::gemm::kernels::Isa;
use super::gemm::pairs::{ImageKernels, PairKernels};
use super::gemm::{RowNorm, Scalar};
use super::prepared::Prepared;
use super::scratch::Scratch;
use super::tasks::Parallel;
use crate::prim::Activation;

/// Tensors of the forward direction.
#[derive(Clone, Copy, Debug)]
pub struct ForwardArgs<'a, T, W = *const T, B = T> {
    /// `[n, c, h, w]`.
    pub src: *const T,
    /// `[oc, c / groups, kh, kw]`.
    pub weight: W,
    /// What was made of the weight before, to be used again.
    pub(crate) prepared: Option<Weights<'a>>,
    /// `[oc]` each; only of what [`fuses`].
    pub(crate) norm: Option<RowNorm>,
    /// `[oc]`.
    pub bias: Option<*const B>,
    /// Of the destination's shape, added after the bias; only of what [`fuses`].
    pub(crate) residual: Option<*const T>,
    /// Applied last.
    pub activation: Activation,
    /// `[n, oc, oh, ow]`, overwritten.
    pub dst: *mut T,
}

/// Where a weight lies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Weight {
    Single(*const f32),
    Narrow(*const bf16),
}

impl From<*const f32> for Weight {
    fn from(ptr: *const f32) -> Self {
        Self::Single(ptr)
    }
}

impl Weight {
    /// Gives `make` the values as f32.
    ///
    /// # Safety
    ///
    /// It holds so many.
    unsafe fn widened(self, len: usize, make: impl FnOnce(*const f32)) {
        match self {
            Self::Single(ptr) => make(ptr),
            Self::Narrow(ptr) => {
                let mut wide = Scratch::<f32>::take(len);
                let wide = wide.filled(0.0);
                // SAFETY: the caller's contract.
                let narrow = unsafe { std::slice::from_raw_parts(ptr, len) };
                narrow.convert_to_f32_slice(wide);
                make(wide.as_ptr());
            }
        }
    }
}

/// A weight whose packed or transformed values are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weights<'a> {
    pub(crate) prepared: &'a Prepared,
    /// Where the weight begins in its memory.
    pub(crate) offset: usize,
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
unsafe impl<T: Send + Sync, W, B> Sync for ForwardArgs<'_, T, W, B> {}
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

/// An element type with a convolution: `f32` or `f64`.
pub trait ConvScalar: Scalar {
    /// Forward, for sizes that are not zero.
    ///
    /// # Safety
    ///
    /// As for [`forward`].
    #[doc(hidden)]
    unsafe fn forward(shape: &ConvShape, args: ForwardArgs<'_, Self>, parallel: Parallel) {
        // SAFETY: the caller's contract.
        unsafe { unfold::forward(shape, args, parallel) }
    }

    /// Source gradient, for sizes that are not zero.
    ///
    /// # Safety
    ///
    /// As for [`input_grad`].
    #[doc(hidden)]
    unsafe fn input_grad(shape: &ConvShape, args: InputGradArgs<Self>, parallel: Parallel) {
        // SAFETY: the caller's contract.
        unsafe { unfold::input_grad(shape, args, parallel) }
    }

    /// Weight gradient, for sizes that are not zero.
    ///
    /// # Safety
    ///
    /// As for [`weight_grad`].
    #[doc(hidden)]
    unsafe fn weight_grad(shape: &ConvShape, args: WeightGradArgs<Self>, parallel: Parallel) {
        // SAFETY: the caller's contract.
        unsafe { unfold::weight_grad(shape, args, parallel) }
    }
}

impl ConvScalar for f64 {}

impl ConvScalar for f32 {
    unsafe fn forward(shape: &ConvShape, args: ForwardArgs<'_, f32>, parallel: Parallel) {
        let kernels = ImageKernels::of(Isa::detect());
        // SAFETY: the caller's contract, and an instruction set that was just detected.
        unsafe {
            match plan(shape, Direction::Forward) {
                Algorithm::Pixelwise => pixelwise::forward(Isa::detect(), shape, args, parallel),
                Algorithm::Winograd(height) => {
                    winograd::forward(Isa::detect(), shape, height, args, parallel)
                }
                Algorithm::Implicit => implicit::forward(&kernels, shape, args, parallel),
                Algorithm::Unfold => unfold::forward(shape, args, parallel),
            }
        }
    }

    unsafe fn input_grad(shape: &ConvShape, args: InputGradArgs<f32>, parallel: Parallel) {
        // SAFETY: as above.
        unsafe {
            match plan(shape, Direction::InputGrad) {
                Algorithm::Pixelwise => pixelwise::input_grad(Isa::detect(), shape, args, parallel),
                Algorithm::Winograd(height) => {
                    winograd::input_grad(Isa::detect(), shape, height, args, parallel)
                }
                Algorithm::Implicit => implicit::input_grad(Isa::detect(), shape, args, parallel),
                Algorithm::Unfold => unfold::input_grad(shape, args, parallel),
            }
        }
    }

    unsafe fn weight_grad(shape: &ConvShape, args: WeightGradArgs<f32>, parallel: Parallel) {
        // SAFETY: as above.
        unsafe {
            match plan(shape, Direction::WeightGrad) {
                Algorithm::Pixelwise => {
                    pixelwise::weight_grad(Isa::detect(), shape, args, parallel)
                }
                Algorithm::Winograd(height) => {
                    winograd::weight_grad(Isa::detect(), shape, height, args, parallel)
                }
                Algorithm::Implicit => {
                    weight_grad::weight_grad(Isa::detect(), shape, args, parallel)
                }
                Algorithm::Unfold => unfold::weight_grad(shape, args, parallel),
            }
        }
    }
}

/// Whether a norm, and perhaps a residual, can be part of the forward pass of f32.
pub(crate) fn fuses(shape: &ConvShape, residual: bool) -> bool {
    match plan(shape, Direction::Forward) {
        Algorithm::Winograd(_) => !winograd::is_batched(shape),
        Algorithm::Implicit => !residual,
        Algorithm::Pixelwise | Algorithm::Unfold => false,
    }
}

/// Whether images of 16 bits are convolved as they are, and what [`fuses`] says of f32 is true of them.
pub(crate) fn fuses_narrow(shape: &ConvShape, residual: bool) -> bool {
    match plan(shape, Direction::Forward) {
        Algorithm::Winograd(_) => true,
        Algorithm::Implicit | Algorithm::Pixelwise => !residual,
        Algorithm::Unfold => false,
    }
}

/// `dst = activation(norm(src * weight) + bias + residual)`.
///
/// # Safety
///
/// The tensors are contiguous, valid for the shape, and `dst` overlaps none of the others.
pub unsafe fn forward<T: ConvScalar>(
    shape: &ConvShape,
    args: ForwardArgs<'_, T>,
    parallel: Parallel,
) {
    if shape.dst_len() == 0 {
        return;
    }
    // SAFETY: the caller's contract.
    unsafe { T::forward(shape, args, parallel) }
}

/// [`forward`] on images of 16 bits and a weight of 16 or 32, of which products are made in 16, with sums in f32: of what
/// [`fuses_narrow`].
///
/// # Safety
///
/// As for [`forward`].
pub(crate) unsafe fn forward_narrow(
    shape: &ConvShape,
    args: ForwardArgs<'_, bf16, Weight, f32>,
    parallel: Parallel,
) {
    if shape.dst_len() == 0 {
        return;
    }
    let kernels = PairKernels::detect().images;
    // SAFETY: the caller's contract, and kernels for this machine.
    unsafe {
        match plan(shape, Direction::Forward) {
            // Taller tiles would lose more of the 8 bits than a few roundings.
            Algorithm::Winograd(_) => {
                winograd::forward_with(&kernels, shape, winograd::Height::Two, args, parallel)
            }
            Algorithm::Implicit | Algorithm::Pixelwise => {
                implicit::forward(&kernels, shape, args, parallel)
            }
            Algorithm::Unfold => unreachable!("the caller looked whether it fuses"),
        }
    }
}

/// Gradient of the convolution with respect to its source.
///
/// # Safety
///
/// The tensors are contiguous, valid for the shape, and `dst` overlaps none of the others.
pub unsafe fn input_grad<T: ConvScalar>(
    shape: &ConvShape,
    args: InputGradArgs<T>,
    parallel: Parallel,
) {
    // SAFETY: the caller's contract.
    unsafe {
        if shape.dst_len() == 0 || shape.depth() == 0 {
            return clear(args.dst, shape.source_len());
        }
        T::input_grad(shape, args, parallel);
    }
}

/// Gradient of the convolution with respect to its weight, summed over the batch.
///
/// # Safety
///
/// The tensors are contiguous, valid for the shape, and `dst` overlaps none of the others.
pub unsafe fn weight_grad<T: ConvScalar>(
    shape: &ConvShape,
    args: WeightGradArgs<T>,
    parallel: Parallel,
) {
    // SAFETY: the caller's contract.
    unsafe {
        if shape.dst_len() == 0 || shape.depth() == 0 {
            return clear(args.dst, shape.weight_len());
        }
        T::weight_grad(shape, args, parallel);
    }
}
