//! The two float types that kernels compute in.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use bytemuck::Zeroable;

use super::pointwise;
use crate::dtype::Element;

/// `f32` or `f64`.
pub(crate) trait Float:
    Element
    + Zeroable
    + Add<Output = Self>
    + AddAssign
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// Whether loops over it are compiled for every instruction set.
    const HOT: bool;
    /// Below every number.
    const NEG_INFINITY: Self;
    fn sqrt(self) -> Self;
    /// Replaces every number by `e` raised to it.
    fn exp_all(values: &mut [Self]);
    fn is_nan(self) -> bool;
}

macro_rules! float {
    ($($float:ident, $hot:literal, $exp_all:expr;)*) => {$(
        impl Float for $float {
            const HOT: bool = $hot;
            const NEG_INFINITY: Self = $float::NEG_INFINITY;
            #[inline(always)]
            fn sqrt(self) -> Self { $float::sqrt(self) }
            fn exp_all(values: &mut [Self]) { ($exp_all)(values) }
            #[inline(always)]
            fn is_nan(self) -> bool { $float::is_nan(self) }
        }
    )*};
}

float! {
    f32, true, pointwise::exp_all;
    f64, false, |values: &mut [f64]| values.iter_mut().for_each(|x| *x = x.exp());
}

/// Runs `$body` with `$T` naming the float type of `$dtype`; 16-bit floats have been widened and
/// shape rules let no others through, but a device refuses rather than trusts.
macro_rules! for_float {
    ($name:expr, $dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
            other => Err($crate::Error::new(
                $crate::ErrorKind::DType,
                format!(
                    "{}: takes float32 or float64 on the cpu, got {other}",
                    $name
                ),
            )),
        }
    };
}

pub(crate) use for_float;
