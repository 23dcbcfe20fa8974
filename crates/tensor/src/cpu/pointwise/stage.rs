//! Conversion of elements, and their passage between operands and the dense scratch that the
//! loops work on.
#![allow(unsafe_code)] // Operands are read and written through pointers, since they may coincide.

use super::plan::runs;
use crate::DType;
use half::{bf16, f16};

/// A truth value as it lies in memory.
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub(super) struct Flag(u8);

/// Conversion as by PyTorch's `to`: floats are rounded once, towards zero into integers (which
/// saturate at 64 bits and wrap at 8), and everything but zero is true.
pub(super) trait CastTo<U> {
    fn cast(self) -> U;
}

macro_rules! casts {
    ($($from:ty => $($to:ty: |$x:ident| $cast:expr),+;)+) => { $( $(
        impl CastTo<$to> for $from {
            #[inline(always)]
            fn cast(self) -> $to {
                let $x = self;
                $cast
            }
        }
    )+ )+ };
}

casts! {
    f32 => f32: |x| x, f64: |x| f64::from(x), f16: |x| f16::from_f32(x), bf16: |x| bf16::from_f32(x),
        i64: |x| x as i64, u8: |x| x as i64 as u8, Flag: |x| Flag(u8::from(x != 0.0));
    f64 => f32: |x| x as f32, f64: |x| x, f16: |x| f16::from_f64(x), bf16: |x| bf16::from_f64(x),
        i64: |x| x as i64, u8: |x| x as i64 as u8, Flag: |x| Flag(u8::from(x != 0.0));
    f16 => f32: |x| x.to_f32(), f64: |x| x.to_f64(), f16: |x| x, bf16: |x| bf16::from_f32(x.to_f32()),
        i64: |x| x.to_f32() as i64, u8: |x| x.to_f32() as i64 as u8,
        Flag: |x| Flag(u8::from(x.to_f32() != 0.0));
    bf16 => f32: |x| x.to_f32(), f64: |x| x.to_f64(), f16: |x| f16::from_f32(x.to_f32()), bf16: |x| x,
        i64: |x| x.to_f32() as i64, u8: |x| x.to_f32() as i64 as u8,
        Flag: |x| Flag(u8::from(x.to_f32() != 0.0));
    i64 => f32: |x| x as f32, f64: |x| x as f64, f16: |x| f16::from_f64(x as f64),
        bf16: |x| bf16::from_f64(x as f64), i64: |x| x, u8: |x| x as u8, Flag: |x| Flag(u8::from(x != 0));
    u8 => f32: |x| f32::from(x), f64: |x| f64::from(x), f16: |x| f16::from_f32(f32::from(x)),
        bf16: |x| bf16::from_f32(f32::from(x)), i64: |x| i64::from(x), u8: |x| x,
        Flag: |x| Flag(u8::from(x != 0));
    Flag => f32: |x| f32::from(x.0), f64: |x| f64::from(x.0), f16: |x| f16::from_f32(f32::from(x.0)),
        bf16: |x| bf16::from_f32(f32::from(x.0)), i64: |x| i64::from(x.0), u8: |x| x.0, Flag: |x| x;
}

/// Runs `$body` with `$T` naming how elements of `$dtype` lie in memory.
macro_rules! with_stored {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            DType::F32 => {
                type $T = f32;
                $body
            }
            DType::F64 => {
                type $T = f64;
                $body
            }
            DType::F16 => {
                type $T = half::f16;
                $body
            }
            DType::BF16 => {
                type $T = half::bf16;
                $body
            }
            DType::I64 => {
                type $T = i64;
                $body
            }
            DType::U8 => {
                type $T = u8;
                $body
            }
            DType::Bool => {
                type $T = $crate::cpu::pointwise::stage::Flag;
                $body
            }
        }
    };
}
pub(super) use with_stored;

/// A number that loops compute with. Other dtypes pass through the one that holds their values.
pub(super) trait Scalar: Copy + Default + PartialOrd + Send + Sync + 'static {
    /// Whether elements of a dtype can be used where they lie.
    fn lies_as(dtype: DType) -> bool;
    /// Copies `len` elements of an operand, from the plan's element `start` on, into `scratch`.
    ///
    /// # Safety
    /// `first` points at an operand of `dtype` that the dims and strides stay within, and the
    /// scratch has room for `len`.
    unsafe fn gather(walk: Walk<'_>, first: *const u8, dtype: DType, scratch: *mut Self);
    /// The reverse of [`Scalar::gather`].
    ///
    /// # Safety
    /// As for [`Scalar::gather`].
    unsafe fn scatter(walk: Walk<'_>, scratch: *const Self, first: *mut u8, dtype: DType);
}

/// A stretch of an operand's elements in the order of a plan.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    pub(super) dims: &'a [usize],
    pub(super) strides: &'a [isize],
    pub(super) start: usize,
    pub(super) len: usize,
}

macro_rules! scalars {
    ($($S:ty => $($dtype:ident)|+),+) => { $(
        impl Scalar for $S {
            fn lies_as(dtype: DType) -> bool {
                matches!(dtype, $(DType::$dtype)|+)
            }
            unsafe fn gather(walk: Walk<'_>, first: *const u8, dtype: DType, scratch: *mut Self) {
                // SAFETY: by the caller's promise.
                with_stored!(dtype, T => unsafe { gather::<T, $S>(walk, first.cast(), scratch) })
            }
            unsafe fn scatter(walk: Walk<'_>, scratch: *const Self, first: *mut u8, dtype: DType) {
                // SAFETY: by the caller's promise.
                with_stored!(dtype, T => unsafe { scatter::<$S, T>(walk, scratch, first.cast()) })
            }
        }
    )+ };
}
scalars!(f32 => F32, f64 => F64, i64 => I64, u8 => U8 | Bool);

/// # Safety
/// See [`Scalar::gather`].
unsafe fn gather<T: CastTo<S> + Copy, S>(walk: Walk<'_>, first: *const T, mut scratch: *mut S) {
    let inner = walk.strides[walk.strides.len() - 1];
    runs(
        walk.dims,
        [walk.strides],
        walk.start,
        walk.len,
        |[offset], run| {
            // SAFETY: the run lies within the operand, and the runs add up to the scratch's length.
            unsafe {
                convert(first.offset(offset), inner, scratch, 1, run);
                scratch = scratch.add(run);
            }
        },
    );
}

/// # Safety
/// See [`Scalar::scatter`].
unsafe fn scatter<S: CastTo<T> + Copy, T>(walk: Walk<'_>, mut scratch: *const S, first: *mut T) {
    let inner = walk.strides[walk.strides.len() - 1];
    runs(
        walk.dims,
        [walk.strides],
        walk.start,
        walk.len,
        |[offset], run| {
            // SAFETY: the run lies within the operand, and the runs add up to the scratch's length.
            unsafe {
                convert(scratch, 1, first.offset(offset), inner, run);
                scratch = scratch.add(run);
            }
        },
    );
}

/// Converts `len` elements between two strided places that do not overlap.
///
/// # Safety
/// Both places are valid for `len` elements at their strides.
#[inline(always)]
pub(super) unsafe fn convert<T: CastTo<U> + Copy, U>(
    src: *const T,
    src_stride: isize,
    dst: *mut U,
    dst_stride: isize,
    len: usize,
) {
    // SAFETY: by the caller's promise; the two dense cases are spelled out so that they vectorise.
    unsafe {
        match (src_stride, dst_stride) {
            (1, 1) => {
                for i in 0..len {
                    dst.add(i).write(src.add(i).read().cast());
                }
            }
            (0, 1) => {
                for i in 0..len {
                    dst.add(i).write(src.read().cast());
                }
            }
            _ => {
                for i in 0..len as isize {
                    dst.offset(i * dst_stride)
                        .write(src.offset(i * src_stride).read().cast());
                }
            }
        }
    }
}
