//! The number-like trait that pointwise formulas are generic over.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// A real number, or anything that can stand for one in a pointwise formula.
///
/// Values are `Clone` and not `Copy`, so that a tensor can be a `Real` too; a formula clones what
/// it uses twice. Functions borrow, operators consume. Constants stand on the right of an
/// operator as plain `f64` (`x * 0.5 + 1.0`); where a value is needed, [`Real::lit`] makes one.
///
/// Special values follow IEEE 754 and, where that leaves a choice, PyTorch: [`Real::max`] and
/// [`Real::min`] propagate NaN, [`Real::round`] rounds half to even.
pub trait Real:
    Clone
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
    /// The outcome of a comparison, one per element.
    type Mask: Clone;

    /// The constant `value`, of the same kind (precision, shape, device) as `self`.
    fn lit(&self, value: f64) -> Self;

    /// `self < other`; false where either is NaN.
    fn lt(&self, other: &Self) -> Self::Mask;
    /// `self <= other`; false where either is NaN.
    fn le(&self, other: &Self) -> Self::Mask;
    /// `self == other`; false where either is NaN.
    fn eq(&self, other: &Self) -> Self::Mask;
    /// `self > other`; false where either is NaN.
    fn gt(&self, other: &Self) -> Self::Mask {
        other.lt(self)
    }
    /// `self >= other`; false where either is NaN.
    fn ge(&self, other: &Self) -> Self::Mask {
        other.le(self)
    }
    /// `yes` where the mask holds, `no` elsewhere; the value not chosen has no influence.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;

    /// `self > bound`.
    fn above(&self, bound: f64) -> Self::Mask {
        self.gt(&self.lit(bound))
    }
    /// `self < bound`.
    fn below(&self, bound: f64) -> Self::Mask {
        self.lt(&self.lit(bound))
    }
    /// `self >= bound`.
    fn at_least(&self, bound: f64) -> Self::Mask {
        self.ge(&self.lit(bound))
    }
    /// `self <= bound`.
    fn at_most(&self, bound: f64) -> Self::Mask {
        self.le(&self.lit(bound))
    }
    /// `self == value`.
    fn equals(&self, value: f64) -> Self::Mask {
        self.eq(&self.lit(value))
    }

    /// The larger of the two; NaN if either is NaN.
    fn max(&self, other: &Self) -> Self;
    /// The smaller of the two; NaN if either is NaN.
    fn min(&self, other: &Self) -> Self;
    /// Absolute value.
    fn abs(&self) -> Self;
    /// Largest integer not above.
    fn floor(&self) -> Self;
    /// Smallest integer not below.
    fn ceil(&self) -> Self;
    /// Nearest integer, halves to the even one.
    fn round(&self) -> Self;
    /// Integer part, towards zero.
    fn trunc(&self) -> Self;

    /// Square root; NaN below zero.
    fn sqrt(&self) -> Self;
    /// `e^self`.
    fn exp(&self) -> Self;
    /// `e^self - 1`, exact near zero.
    fn exp_m1(&self) -> Self;
    /// Natural logarithm; NaN below zero.
    fn ln(&self) -> Self;
    /// `ln(1 + self)`, exact near zero.
    fn ln_1p(&self) -> Self;
    /// Base-2 logarithm.
    fn log2(&self) -> Self;
    /// Base-10 logarithm.
    fn log10(&self) -> Self;
    /// Sine of an angle in radians.
    fn sin(&self) -> Self;
    /// Cosine of an angle in radians.
    fn cos(&self) -> Self;
    /// Tangent of an angle in radians.
    fn tan(&self) -> Self;
    /// Arc tangent, in radians.
    fn atan(&self) -> Self;
    /// The angle of the point (`other`, `self`), in radians.
    fn atan2(&self, other: &Self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(&self) -> Self;
    /// Logistic function `1 / (1 + e^-self)`.
    fn sigmoid(&self) -> Self;
    /// Error function.
    fn erf(&self) -> Self;
    /// The standard normal distribution function, exact in the left tail too.
    fn normal_cdf(&self) -> Self;
    /// `self` to the power of `exponent`, with C's `pow` rules for special values.
    fn pow(&self, exponent: &Self) -> Self;
    /// The exact remainder of `self / other` with the sign of `self`, as C's `fmod`.
    fn rem(&self, other: &Self) -> Self;
    /// `self` to a constant power.
    fn powf(&self, exponent: f64) -> Self {
        self.pow(&self.lit(exponent))
    }

    /// `self` times itself.
    fn square(&self) -> Self {
        self.clone() * self.clone()
    }
    /// `1 / self`.
    fn recip(&self) -> Self {
        self.lit(1.0) / self.clone()
    }
}
