//! The elementary functions on [`Lanes`]: own polynomials, without branches, accurate to a few
//! units in the last place, with IEEE 754's results for zeros, infinities and NaN.
//!
//! The coefficients are minimax fits (weighted least squares, reweighted as by Lawson) with every
//! coefficient rounded to `f32` before the next one is fitted.

use super::lanes::{Lanes, TO_LOW_BITS, constant};
use std::f64::consts::{LN_2, LN_10, LOG2_E, LOG10_2};

/// The larger of the two, NaN if either is NaN.
#[inline(always)]
pub(super) fn larger<L: Lanes>(a: L, b: L) -> L {
    L::select(b.lt(a), a, L::select(a.eq(a), b, a))
}

/// The smaller of the two, NaN if either is NaN.
#[inline(always)]
pub(super) fn smaller<L: Lanes>(a: L, b: L) -> L {
    L::select(a.lt(b), a, L::select(a.eq(a), b, a))
}

/// `bound` where `x` is above it; NaN stays.
#[inline(always)]
fn at_most<L: Lanes>(x: L, bound: f64) -> L {
    let bound = constant::<L>(bound);
    L::select(bound.lt(x), bound, x)
}

/// `bound` where `x` is below it; NaN stays.
#[inline(always)]
fn at_least<L: Lanes>(x: L, bound: f64) -> L {
    let bound = constant::<L>(bound);
    L::select(x.lt(bound), bound, x)
}

/// A polynomial, highest coefficient first.
#[inline(always)]
fn polynomial<L: Lanes, const N: usize>(x: L, coefficients: [f32; N]) -> L {
    let mut sum = L::splat(coefficients[0]);
    for c in 1..N {
        sum = sum.mul_add(x, L::splat(coefficients[c]));
    }
    sum
}

/// `ln 2` with so few bits that its product with an exponent is exact, and the rest of it.
const LN_2_HIGH: f64 = 0.693359375;
const LN_2_LOW: f64 = LN_2 - LN_2_HIGH;

/// `x + extra = 2n ln 2 + r` with integral `n` and `|r| <= ln 2`: returns `2^n`, `2^-n` and
/// `e^r - 1`. Steps of two octaves, because `2^(2n)` itself may be subnormal or overflow.
#[inline(always)]
fn reduce_exp<L: Lanes>(x: L, extra: Option<L>) -> (L, L, L) {
    let to_low_bits = L::splat(TO_LOW_BITS);
    let shifted = x.mul_add(constant(LOG2_E / 2.0), to_low_bits);
    let n = shifted - to_low_bits;
    let r = n.mul_add(constant(-2.0 * LN_2_HIGH), x);
    let r = n.mul_add(constant(-2.0 * LN_2_LOW), r);
    let r = match extra {
        Some(extra) => r + extra,
        None => r,
    };
    let p = polynomial(
        r,
        [
            2.481_501_7e-5,
            2.009_202_9e-4,
            1.388_995_1e-3,
            8.332_659e-3,
            4.166_664e-2,
            0.166_666_72,
            0.5,
        ],
    );
    let inverse = (to_low_bits - n).two_to_low_bits();
    (shifted.two_to_low_bits(), inverse, (r * r).mul_add(p, r))
}

/// `e^(x + extra)` for a small `extra` that carries the bits `x` has no room for.
#[inline(always)]
fn exp_sum<L: Lanes>(x: L, extra: Option<L>) -> L {
    // Beyond these bounds the result is 0 or infinite anyway.
    exp_within(at_least(at_most(x, 89.0), -105.0), extra)
}

/// [`exp_sum`] of an `x` from -105 to 89.
#[inline(always)]
fn exp_within<L: Lanes>(x: L, extra: Option<L>) -> L {
    let (scale, _, above_one) = reduce_exp(x, extra);
    (above_one + 1.0) * scale * scale
}

/// `e^x`.
#[inline(always)]
pub(super) fn exp<L: Lanes>(x: L) -> L {
    exp_sum(x, None)
}

/// `e^x - 1`, exact near zero.
#[inline(always)]
pub(super) fn exp_m1<L: Lanes>(x: L) -> L {
    let (scale, inverse, above_one) = reduce_exp(at_least(at_most(x, 89.0), -20.0), None);
    let y = above_one.mul_add(scale, scale - inverse) * scale;
    L::select(x.abs().lt(constant(1e-8)), x, y)
}

/// The logarithm of a positive finite number as `n`, the exponent of 2, and the logarithm of the
/// mantissa as `f + rest`.
#[inline(always)]
fn split_ln<L: Lanes>(x: L) -> (L, L, L) {
    let subnormal = x.lt(constant(f64::from(f32::MIN_POSITIVE)));
    let normal = L::select(subnormal, x * 8_388_608.0, x);
    let (m, n) = normal.split_exponent();
    let n = L::select(subnormal, n - 23.0, n);
    let f = m - 1.0;
    let q = polynomial(
        f,
        [
            6.729_693e-2,
            -0.116_588_67,
            0.118_866_056,
            -0.124_084_71,
            0.142_202_23,
            -0.166_678_44,
            0.200_020_73,
            -0.250_000_12,
            0.333_333_13,
        ],
    );
    let f2 = f * f;
    (n, f, (f2 * f).mul_add(q, f2 * -0.5))
}

/// Puts a logarithm's special values in place: of 0, of negative numbers, of infinity and NaN.
#[inline(always)]
fn with_domain<L: Lanes>(x: L, y: L) -> L {
    let zero = constant::<L>(0.0);
    let at_zero = L::select(x.eq(zero), constant(f64::NEG_INFINITY), constant(f64::NAN));
    let y = L::select(x.le(zero), at_zero, y);
    L::select(x.lt(constant(f64::INFINITY)), y, x)
}

/// The natural logarithm.
#[inline(always)]
pub(super) fn ln<L: Lanes>(x: L) -> L {
    let (n, f, rest) = split_ln(x);
    let y = n.mul_add(constant(LN_2_LOW), rest) + f;
    with_domain(x, n.mul_add(constant(LN_2_HIGH), y))
}

/// `ln(1 + x)`: the logarithm of the rounded sum, corrected by what rounding lost.
#[inline(always)]
pub(super) fn ln_1p<L: Lanes>(x: L) -> L {
    let sum = x + 1.0;
    let lost = x - (sum - 1.0);
    let (n, f, rest) = split_ln(sum);
    let y = n.mul_add(constant(LN_2_LOW), rest + lost / sum) + f;
    let y = with_domain(sum, n.mul_add(constant(LN_2_HIGH), y));
    L::select(x.abs().lt(constant(1e-8)), x, y)
}

/// The logarithm to base 2.
#[inline(always)]
pub(super) fn log2<L: Lanes>(x: L) -> L {
    let (n, f, rest) = split_ln(x);
    with_domain(x, scale_ln(f, rest, 1.0 / LN_2) + n)
}

/// The logarithm to base 10.
#[inline(always)]
pub(super) fn log10<L: Lanes>(x: L) -> L {
    // Seven bits: exact times any exponent.
    const HIGH: f64 = 0.30078125;
    let (n, f, rest) = split_ln(x);
    let y = n.mul_add(constant(LOG10_2 - HIGH), scale_ln(f, rest, 1.0 / LN_10));
    with_domain(x, n.mul_add(constant(HIGH), y))
}

/// `(f + rest) * factor`, with the factor's bits beyond `f32` and without rounding the sum first.
#[inline(always)]
fn scale_ln<L: Lanes>(f: L, rest: L, factor: f64) -> L {
    let high = f64::from(f32::from_bits((factor as f32).to_bits() & 0xffff_f000));
    let head = f.head();
    let tail = (f - head) + rest;
    let low = tail.mul_add(constant(factor), head * (factor - high));
    head.mul_add(constant(high), low)
}

/// The hyperbolic tangent: `(e^2x - 1) / (e^2x + 1)`, which is ±1 where `2x` is beyond 20. Its sign is
/// that of `x`, as that of a zero is lost on the way.
#[inline(always)]
pub(super) fn tanh<L: Lanes>(x: L) -> L {
    let (scale, inverse, above_one) = reduce_exp(at_least(at_most(x * 2.0, 20.0), -20.0), None);
    let e = above_one.mul_add(scale, scale - inverse) * scale;
    (e / (e + 2.0)).copysign(x)
}

/// The logistic function, by an exponential that cannot overflow.
#[inline(always)]
pub(super) fn sigmoid<L: Lanes>(x: L) -> L {
    let e = exp_within(at_least(-x.abs(), -105.0), None);
    L::select(x.lt(constant(0.0)), e, constant(1.0)) / (e + 1.0)
}

/// The error function.
#[inline(always)]
pub(super) fn erf<L: Lanes>(x: L) -> L {
    let a = x.abs();
    let small = polynomial(
        x * x,
        [
            8.205_863e-5,
            -8.103_596_6e-4,
            5.197_580_4e-3,
            -2.685_801_1e-2,
            0.112_836_7,
            -0.376_126_32,
            0.128_379_17,
        ],
    );
    let small = x.mul_add(small, x);
    let log = polynomial(
        at_most(a, 4.0),
        [
            -1.936_196_2e-4,
            3.020_394_8e-3,
            -2.213_554e-2,
            0.103_741_09,
            0.637_400_5,
            1.127_545_2,
            2.274_366e-4,
        ],
    );
    let large = (-exp(-log) + 1.0).copysign(x);
    L::select(a.lt(constant(0.945)), small, large)
}

/// The standard normal distribution function, with full relative accuracy in its left tail.
#[inline(always)]
pub(super) fn normal_cdf<L: Lanes>(x: L) -> L {
    let centre = polynomial(
        x * x,
        [
            -9.763_505e-6,
            1.183_478e-4,
            -1.190_444_6e-3,
            9.974_873e-3,
            -6.649_060_5e-2,
            0.398_942_3,
        ],
    );
    let centre = x.mul_add(centre, constant(0.5));

    // Mills' ratio as a polynomial of (a - 3) / (a + 3), times e^(-a²/2) with a² in two parts.
    let a = at_most(x.abs(), 14.5);
    let scale = constant::<L>(1.0) / (a + 3.0);
    let ratio = polynomial(
        (a - 3.0) * scale,
        [
            -3.962_768_5e-5,
            -9.455_074_3e-4,
            8.940_084_4e-4,
            6.951_000_5e-3,
            -1.043_340_9e-2,
            -4.726_139_5e-2,
            0.230_015_5,
            -0.509_332,
            0.729_083_7,
        ],
    );
    let head = a.head();
    let tail = exp_sum(head * head * -0.5, Some((head - a) * (a + head) * 0.5)) * ratio * scale;
    let outer = L::select(x.lt(constant(0.0)), tail, -tail + 1.0);
    L::select(x.abs().lt(constant(0.87)), centre, outer)
}
