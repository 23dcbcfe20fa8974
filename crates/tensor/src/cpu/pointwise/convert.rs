//! Conversion of elements between dtypes, a row at a time.
#![allow(unsafe_code)] // Rows are read and written through pointers, since operands may coincide.

use crate::DType;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use std::slice::{from_raw_parts, from_raw_parts_mut};

/// A truth value as it lies in memory.
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
struct Flag(u8);

/// Conversion as by PyTorch's `to`: floats are rounded once, towards zero into integers (which
/// saturate at 64 bits and wrap at 8), and everything but zero is true.
trait CastTo<U> {
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

/// Copies `len` elements from one strided place to another, converting them on the way. Strides
/// count elements.
pub(super) type RowCopy = unsafe fn(*const u8, isize, *mut u8, isize, usize);

/// The row copy between two dtypes.
///
/// # Safety (of the function returned)
/// Both places are valid for `len` elements at their strides and are the same or apart.
pub(super) fn row_copy(from: DType, to: DType) -> RowCopy {
    use DType::{BF16, Bool, F16, F32, F64, I64, U8};
    macro_rules! table {
        ($($dtype:ident: $stored:ty),+) => {
            match from {
                $( $dtype => table!(@to $stored), )+
            }
        };
        (@to $from:ty) => {
            match to {
                F32 => copy::<$from, f32>,
                F64 => copy::<$from, f64>,
                F16 => copy::<$from, f16>,
                BF16 => copy::<$from, bf16>,
                I64 => copy::<$from, i64>,
                U8 => copy::<$from, u8>,
                Bool => copy::<$from, Flag>,
            }
        };
    }
    match (from, to) {
        (F16, F32) => widen,
        (F32, F16) => narrow,
        _ => table!(F32: f32, F64: f64, F16: f16, BF16: bf16, I64: i64, U8: u8, Bool: Flag),
    }
}

/// # Safety
/// See [`row_copy`].
unsafe fn copy<T: CastTo<U> + Copy, U>(
    src: *const u8,
    src_stride: isize,
    dst: *mut u8,
    dst_stride: isize,
    len: usize,
) {
    let (src, dst) = (src.cast::<T>(), dst.cast::<U>());
    // SAFETY: by the caller's promise; the dense cases are spelled out so that they vectorise.
    unsafe {
        match (src_stride, dst_stride) {
            (1, 1) => {
                for i in 0..len {
                    dst.add(i).write(src.add(i).read().cast());
                }
            }
            (0, 1) => {
                let value = src.read();
                for i in 0..len {
                    dst.add(i).write(value.cast());
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

/// `f16` to `f32`, by the processor's own conversion where rows are dense.
///
/// # Safety
/// See [`row_copy`].
unsafe fn widen(src: *const u8, src_stride: isize, dst: *mut u8, dst_stride: isize, len: usize) {
    // SAFETY: by the caller's promise; elements of different sizes never share a place.
    unsafe {
        if (src_stride, dst_stride) == (1, 1) {
            from_raw_parts(src.cast::<f16>(), len)
                .convert_to_f32_slice(from_raw_parts_mut(dst.cast(), len));
        } else {
            copy::<f16, f32>(src, src_stride, dst, dst_stride, len);
        }
    }
}

/// `f32` to `f16`, by the processor's own conversion where rows are dense.
///
/// # Safety
/// See [`row_copy`].
unsafe fn narrow(src: *const u8, src_stride: isize, dst: *mut u8, dst_stride: isize, len: usize) {
    // SAFETY: by the caller's promise; elements of different sizes never share a place.
    unsafe {
        if (src_stride, dst_stride) == (1, 1) {
            from_raw_parts_mut(dst.cast::<f16>(), len)
                .convert_from_f32_slice(from_raw_parts(src.cast(), len));
        } else {
            copy::<f32, f16>(src, src_stride, dst, dst_stride, len);
        }
    }
}
