//! Eight lanes of the `wide` crate, for the baseline of any processor.

use super::lanes::{
    HEAD_BITS, Lanes, MANTISSA_BITS, SQRT_HALF_BITS, TO_LOW_BITS, constant, operators,
};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// Eight `f32` by the `wide` crate, in whatever registers the baseline instruction set has.
#[derive(Debug, Clone, Copy)]
pub struct Portable(pub wide::f32x8);

operators!(Portable: Add add, Sub sub, Mul mul, Div div);

impl Portable {
    #[inline(always)]
    fn bits(self) -> wide::i32x8 {
        bytemuck::cast(self.0)
    }
    #[inline(always)]
    fn from_bits(bits: wide::i32x8) -> Self {
        Self(bytemuck::cast(bits))
    }
    #[inline(always)]
    fn each(self, f: impl Fn(f32) -> f32) -> Self {
        Self(wide::f32x8::new(self.0.to_array().map(f)))
    }
}

impl Lanes for Portable {
    type Mask = wide::f32x8;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(wide::f32x8::splat(value))
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        Self(self.0.mul_add(factor.0, term.0))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> Self::Mask {
        self.0.simd_lt(other.0)
    }
    #[inline(always)]
    fn le(self, other: Self) -> Self::Mask {
        self.0.simd_le(other.0)
    }
    #[inline(always)]
    fn eq(self, other: Self) -> Self::Mask {
        self.0.simd_eq(other.0)
    }
    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(mask.bitselect(yes.0, no.0))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.abs())
    }
    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        let mask = wide::i32x8::splat(i32::MIN);
        Self::from_bits((self.bits() & !mask) | (sign.bits() & mask))
    }
    #[inline(always)]
    fn floor(self) -> Self {
        let rounded = Lanes::round(self);
        let above = Lanes::lt(self, rounded);
        <Self as Lanes>::select(above, rounded - 1.0, rounded)
    }
    #[inline(always)]
    fn ceil(self) -> Self {
        -Lanes::floor(-self)
    }
    #[inline(always)]
    fn round(self) -> Self {
        // Beyond 2^23 every number is an integer; below, the sum rounds to one.
        let size = Lanes::abs(self);
        let shift = Self::splat(8_388_608.0);
        let rounded = ((size + shift) - shift).copysign(self);
        <Self as Lanes>::select(Lanes::lt(size, shift), rounded, self)
    }
    #[inline(always)]
    fn trunc(self) -> Self {
        Lanes::floor(Lanes::abs(self)).copysign(self)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.sqrt())
    }
    #[inline(always)]
    fn two_to_low_bits(self) -> Self {
        Self::from_bits((self.bits() << 23) + Self::splat(1.0).bits())
    }
    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        let start = wide::i32x8::splat(SQRT_HALF_BITS.cast_signed());
        let bits = self.bits() - start;
        let mantissa = (bits & wide::i32x8::splat(MANTISSA_BITS.cast_signed())) + start;
        // 1.5 * 2^23 plus a small integer: the integer back as a float, without a conversion.
        let exponent = Self::from_bits((bits >> 23) + Self::splat(TO_LOW_BITS).bits());
        (
            Self::from_bits(mantissa),
            exponent - Self::splat(TO_LOW_BITS),
        )
    }
    #[inline(always)]
    fn head(self) -> Self {
        Self::from_bits(self.bits() & wide::i32x8::splat(HEAD_BITS.cast_signed()))
    }
    #[inline(always)]
    fn map(self, f: impl Fn(f32) -> f32) -> Self {
        self.each(f)
    }
    #[inline(always)]
    fn map2(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let (a, b) = (self.0.to_array(), other.0.to_array());
        Self(wide::f32x8::new(std::array::from_fn(|lane| {
            f(a[lane], b[lane])
        })))
    }
}
