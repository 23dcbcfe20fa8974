//! One `f32` per register lane: the compiler makes vectors of the loop around it.

use super::lanes::{HEAD_BITS, Lanes, MANTISSA_BITS, SQRT_HALF_BITS, constant, operators};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// One `f32` with fused multiply-add: only for loops compiled for a processor that has it, since
/// it is a library call elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Fused(pub f32);

operators!(Fused: Add add, Sub sub, Mul mul, Div div);

impl Lanes for Fused {
    type Mask = bool;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(value)
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        Self(self.0.mul_add(factor.0, term.0))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> bool {
        self.0 < other.0
    }
    #[inline(always)]
    fn le(self, other: Self) -> bool {
        self.0 <= other.0
    }
    #[inline(always)]
    fn eq(self, other: Self) -> bool {
        self.0 == other.0
    }
    #[inline(always)]
    fn select(mask: bool, yes: Self, no: Self) -> Self {
        if mask { yes } else { no }
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.abs())
    }
    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        Self(self.0.copysign(sign.0))
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Self(self.0.floor())
    }
    #[inline(always)]
    fn ceil(self) -> Self {
        Self(self.0.ceil())
    }
    #[inline(always)]
    fn round(self) -> Self {
        Self(self.0.round_ties_even())
    }
    #[inline(always)]
    fn trunc(self) -> Self {
        Self(self.0.trunc())
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.sqrt())
    }
    #[inline(always)]
    fn two_to_low_bits(self) -> Self {
        let exponent = self.0.to_bits() << 23;
        Self(f32::from_bits(exponent.wrapping_add(1.0_f32.to_bits())))
    }
    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        let bits = self.0.to_bits().wrapping_sub(SQRT_HALF_BITS);
        let mantissa = f32::from_bits((bits & MANTISSA_BITS).wrapping_add(SQRT_HALF_BITS));
        (Self(mantissa), Self((bits.cast_signed() >> 23) as f32))
    }
    #[inline(always)]
    fn head(self) -> Self {
        Self(f32::from_bits(self.0.to_bits() & HEAD_BITS))
    }
    #[inline(always)]
    fn map(self, f: impl Fn(f32) -> f32) -> Self {
        Self(f(self.0))
    }
    #[inline(always)]
    fn map2(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(f(self.0, other.0))
    }
}
