//! `f32` functions evaluated in double precision: trigonometry and powers.
//!
//! Their argument reduction needs more bits than `f32` has. In `f64` the textbook series suffice,
//! nearly every result is correctly rounded, and since nothing branches the compiler still
//! vectorises the loop.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, LN_2, PI, SQRT_2};

/// `2/π` cut into pieces of 28 bits: the product of one with an `f32` is exact, and together they
/// reach below the smallest fraction of the largest `f32` (Payne and Hanek 1983).
const TWO_OVER_PI: [f64; 8] = {
    let bits = [
        0x0a2f_9836_u32,
        0x0e4e_4415,
        0x029f_c275,
        0x07d1_f534,
        0x0ddc_0db6,
        0x0295_993c,
        0x0439_041f,
        0x0e51_63ab,
    ];
    let (mut pieces, mut scale, mut i) = ([0.0; 8], 1.0, 0);
    while i < 8 {
        scale /= (1_u32 << 28) as f64;
        pieces[i] = bits[i] as f64 * scale;
        i += 1;
    }
    pieces
};

/// Adding `1.5 * 2^52` leaves an integer in the low bits of the mantissa.
const TO_LOW_BITS: f64 = 6_755_399_441_055_744.0;

/// The angle within a quarter turn around 0, and which quarter it was moved from (its low two bits).
#[inline(always)]
fn quarter(x: f32) -> (f64, u64) {
    let x = f64::from(x);
    // Whole turns drop out of every piece exactly; the small pieces are added first.
    let mut turns = 0.0;
    for i in (0..TWO_OVER_PI.len()).rev() {
        let product = x * TWO_OVER_PI[i];
        turns += product - 4.0 * (product * 0.25).round_ties_even();
    }
    let nearest = turns.round_ties_even();
    (
        (turns - nearest) * FRAC_PI_2,
        (nearest + TO_LOW_BITS).to_bits(),
    )
}

/// A polynomial, highest coefficient first.
#[inline(always)]
fn polynomial<const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    let mut sum = coefficients[0];
    for c in 1..N {
        sum = sum * x + coefficients[c];
    }
    sum
}

/// Taylor's series on an eighth of a turn to either side.
#[inline(always)]
fn sin_near_zero(z: f64) -> f64 {
    const C: [f64; 6] = [
        -1.0 / 39_916_800.0,
        1.0 / 362_880.0,
        -1.0 / 5_040.0,
        1.0 / 120.0,
        -1.0 / 6.0,
        1.0,
    ];
    z * polynomial(z * z, C)
}

/// Taylor's series on an eighth of a turn to either side.
#[inline(always)]
fn cos_near_zero(z: f64) -> f64 {
    const C: [f64; 7] = [
        1.0 / 479_001_600.0,
        -1.0 / 3_628_800.0,
        1.0 / 40_320.0,
        -1.0 / 720.0,
        1.0 / 24.0,
        -1.0 / 2.0,
        1.0,
    ];
    polynomial(z * z, C)
}

/// The sine and cosine of an angle in radians, however large.
#[inline(always)]
fn sin_cos(x: f32) -> (f64, f64) {
    let (z, quarter) = quarter(x);
    let (s, c) = (sin_near_zero(z), cos_near_zero(z));
    let (s, c) = if quarter & 1 == 0 { (s, c) } else { (c, -s) };
    if quarter & 2 == 0 { (s, c) } else { (-s, -c) }
}

#[inline(always)]
pub(super) fn sin(x: f32) -> f32 {
    let y = sin_cos(x).0 as f32;
    // The reduction drops the sign of a zero.
    if x == 0.0 { x } else { y }
}

#[inline(always)]
pub(super) fn cos(x: f32) -> f32 {
    sin_cos(x).1 as f32
}

#[inline(always)]
pub(super) fn tan(x: f32) -> f32 {
    let (s, c) = sin_cos(x);
    let y = (s / c) as f32;
    if x == 0.0 { x } else { y }
}

/// The arc tangent of a number in `[0, 1]`, by Gregory's series after halving the range at 45°.
#[inline(always)]
fn atan_unit(t: f64) -> f64 {
    let upper = t > SQRT_2 - 1.0;
    let u = if upper { (t - 1.0) / (t + 1.0) } else { t };
    const C: [f64; 12] = [
        -1.0 / 23.0,
        1.0 / 21.0,
        -1.0 / 19.0,
        1.0 / 17.0,
        -1.0 / 15.0,
        1.0 / 13.0,
        -1.0 / 11.0,
        1.0 / 9.0,
        -1.0 / 7.0,
        1.0 / 5.0,
        -1.0 / 3.0,
        1.0,
    ];
    polynomial(u * u, C) * u + if upper { FRAC_PI_4 } else { 0.0 }
}

#[inline(always)]
pub(super) fn atan(x: f32) -> f32 {
    let wide = f64::from(x);
    let a = wide.abs();
    let steep = a > 1.0;
    let angle = atan_unit(if steep { 1.0 / a } else { a });
    let angle = if steep { FRAC_PI_2 - angle } else { angle };
    angle.copysign(wide) as f32
}

#[inline(always)]
pub(super) fn atan2(y: f32, x: f32) -> f32 {
    let (y, x) = (f64::from(y), f64::from(x));
    let (rise, run) = (y.abs(), x.abs());
    let steep = rise > run;
    let (small, large) = if steep { (run, rise) } else { (rise, run) };
    // Two zeros point along the axis, two infinities along the diagonal.
    let ratio = if large == 0.0 { 0.0 } else { small / large };
    let ratio = if small == f64::INFINITY { 1.0 } else { ratio };
    let angle = atan_unit(ratio);
    let angle = if steep { FRAC_PI_2 - angle } else { angle };
    let angle = if x.is_sign_negative() {
        PI - angle
    } else {
        angle
    };
    let angle = if y.is_nan() || x.is_nan() {
        f64::NAN
    } else {
        angle
    };
    angle.copysign(y) as f32
}

/// The logarithm to base 2 of a positive `f32`; garbage for 0, infinity and NaN.
#[inline(always)]
fn log2(x: f64) -> f64 {
    const SQRT_HALF_BITS: u64 = 0x3fe6_a09e_667f_3bcd;
    let bits = x.to_bits().wrapping_sub(SQRT_HALF_BITS);
    let mantissa = f64::from_bits((bits & ((1 << 52) - 1)).wrapping_add(SQRT_HALF_BITS));
    let exponent = f64::from_bits(
        (bits.cast_signed() >> 52)
            .cast_unsigned()
            .wrapping_add(TO_LOW_BITS.to_bits()),
    ) - TO_LOW_BITS;
    // ln m = 2 artanh((m - 1) / (m + 1)), where the quotient is at most 0.172.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    const C: [f64; 9] = [
        1.0 / 17.0,
        1.0 / 15.0,
        1.0 / 13.0,
        1.0 / 11.0,
        1.0 / 9.0,
        1.0 / 7.0,
        1.0 / 5.0,
        1.0 / 3.0,
        1.0,
    ];
    exponent + s * polynomial(s * s, C) * (2.0 / LN_2)
}

/// `2^t` for `t` within the exponents of `f64`.
#[inline(always)]
fn exp2(t: f64) -> f64 {
    let shifted = t + TO_LOW_BITS;
    let scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0_f64.to_bits()));
    let r = (t - (shifted - TO_LOW_BITS)) * LN_2;
    const C: [f64; 11] = [
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        1.0 / 2.0,
        1.0,
        1.0,
    ];
    scale * polynomial(r, C)
}

/// `x^y` with the special values of C's `pow`.
#[inline(always)]
pub(super) fn pow(x: f64, y: f64) -> f32 {
    let a = x.abs();
    let log = log2(a);
    let log = if a == 0.0 { f64::NEG_INFINITY } else { log };
    let log = if a < f64::INFINITY { log } else { a };
    let t = y * log;
    let t = if t > 1000.0 { 1000.0 } else { t };
    let t = if t < -1000.0 { -1000.0 } else { t };
    let size = exp2(t);
    // 1 to any power and any power of 0 are 1, even with NaN.
    let size = if a == 1.0 { 1.0 } else { size };
    let integral = y == y.round_ties_even();
    let half = y * 0.5;
    let odd = integral && half != half.round_ties_even();
    let negative = x.is_sign_negative();
    let signed = if negative && odd { -size } else { size };
    let outside = x < 0.0 && !integral && a < f64::INFINITY;
    let result = if outside { f64::NAN } else { signed };
    let result = if x == 1.0 || y == 0.0 { 1.0 } else { result };
    let nan = (x.is_nan() && y != 0.0) || (y.is_nan() && x != 1.0);
    (if nan { f64::NAN } else { result }) as f32
}
