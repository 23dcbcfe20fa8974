//! The machine number of the hot loops: one or more `f32` in a register.
//!
//! [`Lanes`] is what a polynomial needs (arithmetic, rounding, selection, access to exponent and
//! mantissa); everything that implements it is a [`Real`] through the functions in
//! [`math`](super::math). Two types do:
//!
//! - [`Fused`](super::Fused), a single `f32` with fused multiply-add, whose loops the compiler vectorises to the
//!   width of the instruction set they are compiled for;
//! - [`Portable`](super::Portable), eight `f32` from the `wide` crate, for processors about which nothing is known.

use super::{Real, extended, math};
use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// One or more `f32` in a register.
///
/// Implementations are `#[inline(always)]` throughout: a call left in a hot loop costs more than
/// everything around it.
pub trait Lanes:
    Copy
    + Send
    + Sync
    + Debug
    + 'static
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
    + Div<f64, Output = Self>
{
    /// The outcome of a comparison, per lane.
    type Mask: Copy;

    /// `value` in every lane.
    fn splat(value: f32) -> Self;
    /// `self * factor + term`, rounded once where the hardware can.
    fn mul_add(self, factor: Self, term: Self) -> Self;

    /// `self < other`; false for NaN.
    fn lt(self, other: Self) -> Self::Mask;
    /// `self <= other`; false for NaN.
    fn le(self, other: Self) -> Self::Mask;
    /// `self == other`; false for NaN.
    fn eq(self, other: Self) -> Self::Mask;
    /// `yes` where the mask holds, else `no`.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;

    /// Absolute value.
    fn abs(self) -> Self;
    /// `self` with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// Largest integer not above.
    fn floor(self) -> Self;
    /// Smallest integer not below.
    fn ceil(self) -> Self;
    /// Nearest integer, halves to even.
    fn round(self) -> Self;
    /// Integer part.
    fn trunc(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;

    /// `2^n` for `self = TO_LOW_BITS + n` with an integral `n` from -126 to 127.
    fn two_to_low_bits(self) -> Self;
    /// The mantissa in `[√½, √2)` and the exponent of a positive normal number.
    fn split_exponent(self) -> (Self, Self);
    /// The leading 12 bits of the mantissa: a square of it is exact.
    fn head(self) -> Self;

    /// `f` of every lane, for what has no vector form.
    fn map(self, f: impl Fn(f32) -> f32) -> Self;
    /// `f` of every pair of lanes.
    fn map2(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self;
}

/// A constant that the polynomials and formulas add or compare with.
#[inline(always)]
pub(super) fn constant<L: Lanes>(value: f64) -> L {
    L::splat(value as f32)
}

impl<L: Lanes> Real for L {
    type Mask = L::Mask;

    #[inline(always)]
    fn lit(&self, value: f64) -> Self {
        constant(value)
    }
    #[inline(always)]
    fn lt(&self, other: &Self) -> L::Mask {
        Lanes::lt(*self, *other)
    }
    #[inline(always)]
    fn le(&self, other: &Self) -> L::Mask {
        Lanes::le(*self, *other)
    }
    #[inline(always)]
    fn eq(&self, other: &Self) -> L::Mask {
        Lanes::eq(*self, *other)
    }
    #[inline(always)]
    fn select(mask: L::Mask, yes: Self, no: Self) -> Self {
        <L as Lanes>::select(mask, yes, no)
    }
    #[inline(always)]
    fn max(&self, other: &Self) -> Self {
        math::larger(*self, *other)
    }
    #[inline(always)]
    fn min(&self, other: &Self) -> Self {
        math::smaller(*self, *other)
    }
    #[inline(always)]
    fn abs(&self) -> Self {
        Lanes::abs(*self)
    }
    #[inline(always)]
    fn floor(&self) -> Self {
        Lanes::floor(*self)
    }
    #[inline(always)]
    fn ceil(&self) -> Self {
        Lanes::ceil(*self)
    }
    #[inline(always)]
    fn round(&self) -> Self {
        Lanes::round(*self)
    }
    #[inline(always)]
    fn trunc(&self) -> Self {
        Lanes::trunc(*self)
    }
    #[inline(always)]
    fn sqrt(&self) -> Self {
        Lanes::sqrt(*self)
    }
    #[inline(always)]
    fn exp(&self) -> Self {
        math::exp(*self)
    }
    #[inline(always)]
    fn exp_m1(&self) -> Self {
        math::exp_m1(*self)
    }
    #[inline(always)]
    fn ln(&self) -> Self {
        math::ln(*self)
    }
    #[inline(always)]
    fn ln_1p(&self) -> Self {
        math::ln_1p(*self)
    }
    #[inline(always)]
    fn log2(&self) -> Self {
        math::log2(*self)
    }
    #[inline(always)]
    fn log10(&self) -> Self {
        math::log10(*self)
    }
    #[inline(always)]
    fn sin(&self) -> Self {
        self.map(extended::sin)
    }
    #[inline(always)]
    fn cos(&self) -> Self {
        self.map(extended::cos)
    }
    #[inline(always)]
    fn tan(&self) -> Self {
        self.map(extended::tan)
    }
    #[inline(always)]
    fn atan(&self) -> Self {
        self.map(extended::atan)
    }
    #[inline(always)]
    fn atan2(&self, other: &Self) -> Self {
        self.map2(*other, extended::atan2)
    }
    #[inline(always)]
    fn tanh(&self) -> Self {
        math::tanh(*self)
    }
    #[inline(always)]
    fn sigmoid(&self) -> Self {
        math::sigmoid(*self)
    }
    #[inline(always)]
    fn erf(&self) -> Self {
        math::erf(*self)
    }
    #[inline(always)]
    fn normal_cdf(&self) -> Self {
        math::normal_cdf(*self)
    }
    #[inline(always)]
    fn pow(&self, exponent: &Self) -> Self {
        self.map2(*exponent, |x, y| extended::pow(f64::from(x), f64::from(y)))
    }
    #[inline(always)]
    fn powf(&self, exponent: f64) -> Self {
        self.map(|x| extended::pow(f64::from(x), exponent))
    }
    #[inline(always)]
    fn rem(&self, other: &Self) -> Self {
        self.map2(*other, |a, b| a % b)
    }
}

/// Implements the operators of a tuple struct around a number, constants included.
macro_rules! operators {
    ($Type:ident: $($Trait:ident $method:ident),+) => {
        impl Neg for $Type {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        $(
            impl $Trait for $Type {
                type Output = Self;
                #[inline(always)]
                fn $method(self, other: Self) -> Self {
                    Self(self.0.$method(other.0))
                }
            }
            impl $Trait<f64> for $Type {
                type Output = Self;
                #[inline(always)]
                fn $method(self, other: f64) -> Self {
                    self.$method(constant::<Self>(other))
                }
            }
        )+
    };
}
pub(super) use operators;

/// The bits of `√½`, where [`Lanes::split_exponent`] moves to the next exponent.
pub(super) const SQRT_HALF_BITS: u32 = 0x3f35_04f3;
pub(super) const MANTISSA_BITS: u32 = 0x007f_ffff;
pub(super) const HEAD_BITS: u32 = 0xffff_f000;
/// Adding `1.5 * 2^23` rounds to an integer and leaves it in the low bits of the mantissa.
pub(super) const TO_LOW_BITS: f32 = 12_582_912.0;
