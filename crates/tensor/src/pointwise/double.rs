//! `f64` as a [`Real`]: the reference interpretation of every formula.

use super::Real;
use std::f64::consts::{FRAC_1_SQRT_2, PI};

impl Real for f64 {
    type Mask = bool;

    #[inline(always)]
    fn lit(&self, value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn lt(&self, other: &Self) -> bool {
        self < other
    }
    #[inline(always)]
    fn le(&self, other: &Self) -> bool {
        self <= other
    }
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self == other
    }
    #[inline(always)]
    fn select(mask: bool, yes: Self, no: Self) -> Self {
        if mask { yes } else { no }
    }
    #[inline(always)]
    fn max(&self, other: &Self) -> Self {
        if self.is_nan() || self > other {
            *self
        } else {
            *other
        }
    }
    #[inline(always)]
    fn min(&self, other: &Self) -> Self {
        if self.is_nan() || self < other {
            *self
        } else {
            *other
        }
    }
    #[inline(always)]
    fn abs(&self) -> Self {
        f64::abs(*self)
    }
    #[inline(always)]
    fn floor(&self) -> Self {
        f64::floor(*self)
    }
    #[inline(always)]
    fn ceil(&self) -> Self {
        f64::ceil(*self)
    }
    #[inline(always)]
    fn round(&self) -> Self {
        f64::round_ties_even(*self)
    }
    #[inline(always)]
    fn trunc(&self) -> Self {
        f64::trunc(*self)
    }
    #[inline(always)]
    fn sqrt(&self) -> Self {
        f64::sqrt(*self)
    }
    fn exp(&self) -> Self {
        f64::exp(*self)
    }
    fn exp_m1(&self) -> Self {
        f64::exp_m1(*self)
    }
    fn ln(&self) -> Self {
        f64::ln(*self)
    }
    fn ln_1p(&self) -> Self {
        f64::ln_1p(*self)
    }
    fn log2(&self) -> Self {
        f64::log2(*self)
    }
    fn log10(&self) -> Self {
        f64::log10(*self)
    }
    fn sin(&self) -> Self {
        f64::sin(*self)
    }
    fn cos(&self) -> Self {
        f64::cos(*self)
    }
    fn tan(&self) -> Self {
        f64::tan(*self)
    }
    fn atan(&self) -> Self {
        f64::atan(*self)
    }
    fn atan2(&self, other: &Self) -> Self {
        f64::atan2(*self, *other)
    }
    fn tanh(&self) -> Self {
        f64::tanh(*self)
    }
    fn sigmoid(&self) -> Self {
        let e = (-f64::abs(*self)).exp();
        (if *self < 0.0 { e } else { 1.0 }) / (1.0 + e)
    }
    fn erf(&self) -> Self {
        if self.abs() < SERIES_BELOW {
            erf_series(*self)
        } else {
            (1.0 - erfc_tail(self.abs())).copysign(*self)
        }
    }
    fn normal_cdf(&self) -> Self {
        let z = f64::abs(*self) * FRAC_1_SQRT_2;
        if z < SERIES_BELOW {
            return 0.5 + 0.5 * erf_series(*self * FRAC_1_SQRT_2);
        }
        let tail = 0.5 * erfc_tail(z);
        if *self < 0.0 { tail } else { 1.0 - tail }
    }
    fn pow(&self, exponent: &Self) -> Self {
        f64::powf(*self, *exponent)
    }
    fn rem(&self, other: &Self) -> Self {
        *self % *other
    }
}

/// Where the series gives way to the continued fraction: both reach full precision here.
const SERIES_BELOW: f64 = 2.0;

/// `erf` by the series `2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!`, whose terms have one sign
/// (Abramowitz and Stegun 7.1.6), so that nothing cancels.
fn erf_series(x: f64) -> f64 {
    let (mut term, mut sum, mut odd) = (x, x, 1.0);
    while term.abs() > sum.abs() * 1e-17 {
        odd += 2.0;
        term *= 2.0 * x * x / odd;
        sum += term;
    }
    2.0 / PI.sqrt() * (-x * x).exp() * sum
}

/// `1 - erf(z)` for `z >= SERIES_BELOW` by its continued fraction (Abramowitz and Stegun 7.1.14),
/// evaluated from its 60th level up.
fn erfc_tail(z: f64) -> f64 {
    let mut fraction = z;
    for level in (1..=60).rev() {
        fraction = z + 0.5 * f64::from(level) / fraction;
    }
    (-z * z).exp() / (PI.sqrt() * fraction)
}

#[cfg(test)]
mod tests {
    use super::Real;

    #[test]
    fn erf_matches_published_values() {
        // Abramowitz and Stegun, table 7.1, and its complement at the boundary of the methods.
        for (x, y) in [
            (0.1, 0.112_462_916_018_284_9),
            (0.5, 0.520_499_877_813_046_5),
            (1.0, 0.842_700_792_949_714_9),
            (1.5, 0.966_105_146_475_310_7),
            (2.0, 0.995_322_265_018_952_7),
            (3.0, 0.999_977_909_503_001_4),
        ] {
            assert!((Real::erf(&x) - y).abs() < 4e-16, "erf({x})");
            assert_eq!(Real::erf(&-x), -Real::erf(&x));
        }
        assert_eq!(Real::erf(&f64::INFINITY), 1.0);
        assert!(Real::erf(&f64::NAN).is_nan());
        assert_eq!(Real::erf(&0.0), 0.0);
    }

    #[test]
    fn both_methods_for_erf_agree_where_they_meet() {
        for i in 0..100 {
            let z = 1.9 + 0.01 * f64::from(i);
            let (series, tail) = (super::erf_series(z), 1.0 - super::erfc_tail(z));
            assert!((series - tail).abs() < 1e-15, "at {z}: {series} and {tail}");
        }
    }

    #[test]
    fn normal_cdf_is_exact_in_the_left_tail() {
        // Φ(-10) = 7.619853024160527e-24 (any table of the normal distribution).
        let phi = (-10.0_f64).normal_cdf();
        assert!((phi / 7.619_853_024_160_527e-24 - 1.0).abs() < 1e-13);
        assert_eq!(f64::NEG_INFINITY.normal_cdf(), 0.0);
        assert_eq!(f64::INFINITY.normal_cdf(), 1.0);
        assert_eq!(0.0_f64.normal_cdf(), 0.5);
    }
}
