//! The quantile function of the normal distribution: uniform in, normal out.
//!
//! One uniform makes one normal, so that the n-th normal of a seekable stream is a function of n
//! alone, which pairwise (Box-Muller) and rejecting (ziggurat) methods cannot offer.
//!
//! The rational approximations are those of Wichura, "Algorithm AS 241: The Percentage Points of
//! the Normal Distribution", Applied Statistics 37 (1988), routine PPND16, exact to about 1e-16.

#![allow(
    clippy::excessive_precision,
    reason = "the coefficients are written as published"
)]

use std::f64::consts::SQRT_2;

/// The value below which a standard normal falls with probability `p`, for `p` inside `(0, 1)`.
pub(super) fn normal_quantile(p: f64) -> f64 {
    let centred = p - 0.5;
    if centred.abs() <= 0.425 {
        let r = 0.180625 - centred * centred;
        return centred * ratio(r, &CENTRE);
    }
    let tail = if centred < 0.0 { p } else { 1.0 - p };
    let r = (-ln(tail)).sqrt();
    let size = if r <= 5.0 {
        ratio(r - 1.6, &SHOULDER)
    } else {
        ratio(r - 5.0, &TAIL)
    };
    size.copysign(centred)
}

/// Coefficients of a ratio of two polynomials, lowest order first.
struct Ratio {
    numerator: [f64; 8],
    denominator: [f64; 8],
}

fn ratio(x: f64, coefficients: &Ratio) -> f64 {
    horner(x, &coefficients.numerator) / horner(x, &coefficients.denominator)
}

fn horner(x: f64, coefficients: &[f64]) -> f64 {
    coefficients
        .iter()
        .rev()
        .fold(0.0, |value, coefficient| value * x + coefficient)
}

/// The natural logarithm of a number in `(0, 1)`, accurate to a unit in the last place: by arithmetic that every
/// machine and every device rounds alike, as the rest of the quantile, so that draws are the same everywhere.
fn ln(x: f64) -> f64 {
    // ln 2 with so few bits that its product with an exponent is exact, and the rest of it.
    const LN_2_HIGH: f64 = 0.693_147_180_559_890_3;
    const LN_2_LOW: f64 = 5.497_923_018_708_371e-14;
    const FRACTION: u64 = (1 << 52) - 1;
    let fraction = x.to_bits() & FRACTION;
    // From the root of 1/2 to the root of 2.
    let upper = fraction > SQRT_2.to_bits() & FRACTION;
    let one = if upper { 0.5_f64 } else { 1.0 };
    let f = f64::from_bits(one.to_bits() | fraction) - 1.0;
    let octaves = f64::from((x.to_bits() >> 52) as i32 - 1023 + i32::from(upper));
    // ln(1 + f) = 2 artanh(s) = 2 (s + s^3 / 3 + ...), and 2 s = f - s f.
    let s = f / (2.0 + f);
    let half_square = 0.5 * f * f;
    let small = s * (half_square + horner(s * s, &ARTANH)) + octaves * LN_2_LOW;
    octaves * LN_2_HIGH - ((half_square - small) - f)
}

/// Taylor's coefficients `2 / (2k + 1)` without the first.
const ARTANH: [f64; 12] = {
    let (mut coefficients, mut k) = ([0.0; 12], 1);
    while k < 12 {
        coefficients[k] = 2.0 / (2 * k + 1) as f64;
        k += 1;
    }
    coefficients
};

const CENTRE: Ratio = Ratio {
    numerator: [
        3.387_132_872_796_366_608,
        1.331_416_678_917_843_774_5e2,
        1.971_590_950_306_551_442_7e3,
        1.373_169_376_550_946_112_5e4,
        4.592_195_393_154_987_145_7e4,
        6.726_577_092_700_870_085_3e4,
        3.343_057_558_358_812_810_5e4,
        2.509_080_928_730_122_672_7e3,
    ],
    denominator: [
        1.0,
        4.231_333_070_160_091_125_2e1,
        6.871_870_074_920_579_083e2,
        5.394_196_021_424_751_107_7e3,
        2.121_379_430_158_659_586_7e4,
        3.930_789_580_009_271_061e4,
        2.872_908_573_572_194_267_4e4,
        5.226_495_278_852_854_561e3,
    ],
};

const SHOULDER: Ratio = Ratio {
    numerator: [
        1.423_437_110_749_683_577_34,
        4.630_337_846_156_545_295_9,
        5.769_497_221_460_691_405_5,
        3.647_848_324_763_204_605_04,
        1.270_458_252_452_368_382_58,
        2.417_807_251_774_506_117_7e-1,
        2.272_384_498_926_918_458_33e-2,
        7.745_450_142_783_414_076_4e-4,
    ],
    denominator: [
        1.0,
        2.053_191_626_637_758_821_87,
        1.676_384_830_183_803_849_4,
        6.897_673_349_851_000_045_5e-1,
        1.481_039_764_274_800_745_9e-1,
        1.519_866_656_361_645_719_66e-2,
        5.475_938_084_995_344_946e-4,
        1.050_750_071_644_416_843_24e-9,
    ],
};

const TAIL: Ratio = Ratio {
    numerator: [
        6.657_904_643_501_103_777_2,
        5.463_784_911_164_114_369_9,
        1.784_826_539_917_291_335_8,
        2.965_605_718_285_048_912_3e-1,
        2.653_218_952_657_612_309_3e-2,
        1.242_660_947_388_078_438_6e-3,
        2.711_555_568_743_487_578_15e-5,
        2.010_334_399_292_288_132_65e-7,
    ],
    denominator: [
        1.0,
        5.998_322_065_558_879_376_9e-1,
        1.369_298_809_227_358_053_1e-1,
        1.487_536_129_085_061_485_25e-2,
        7.868_691_311_456_132_591e-4,
        1.846_318_317_510_054_681_8e-5,
        1.421_511_758_316_445_888_7e-7,
        2.044_263_103_389_939_785_64e-15,
    ],
};

#[cfg(test)]
mod tests {
    use super::{ln, normal_quantile};

    #[test]
    fn the_logarithm_is_the_standard_librarys_to_the_last_place() {
        for i in 1..200_000 {
            for x in [f64::from(i) / 200_000.0, (f64::from(i) / -4000.0).exp2()] {
                let (ours, theirs) = (ln(x), x.ln());
                let steps = ours.to_bits().abs_diff(theirs.to_bits());
                assert!(steps <= 1, "ln({x:e}) is {ours:e}, not {theirs:e}");
            }
        }
    }

    #[test]
    fn agrees_with_fifty_digit_values() {
        // Roots of ncdf(x) = p found with 50-digit arithmetic; one in every region and at its edges.
        let cases = [
            (5.551115123125783e-17, -8.292361075813595),
            (1.1641532182693481e-10, -6.337957754553789),
            (1e-12, -7.034483825301132),
            (1e-6, -4.753424308822899),
            (0.001, -3.0902323061678136),
            (0.02, -2.053748910631823),
            (0.0749, -1.4402382675279636),
            (0.075, -1.439531470938456),
            (0.0751, -1.4388253927525399),
            (0.2, -0.8416212335729142),
            (0.4, -0.2533471031357997),
            (0.499, -0.002506630899571766),
            (0.5, 0.0),
            (0.75, 0.6744897501960817),
            (0.9, 1.2815515655446006),
            (0.99, 2.326347874040841),
            (0.9999999, 5.199337582290661),
        ];
        for (p, expected) in cases {
            let value = normal_quantile(p);
            let scale = f64::max(1.0, f64::abs(expected));
            assert!(
                (value - expected).abs() <= 2e-15 * scale,
                "quantile({p}) = {value}, not {expected}"
            );
        }
    }

    #[test]
    fn is_odd_around_one_half() {
        for p in [0.25, 0.0625, 2f64.powi(-30)] {
            assert_eq!(normal_quantile(p), -normal_quantile(1.0 - p));
        }
    }
}
