//! Decimal digits of floats: the shortest that identify a value, or rounded at a place.

use crate::DType;
use half::{bf16, f16};

/// Any half-precision value is identified by at most this many digits after the first.
const HALF_DIGITS: usize = 8;

/// A finite value's magnitude as `d.ddd x 10^exponent`, the digits without trailing zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: String,
    exponent: i32,
}

impl Decimal {
    /// The fewest digits that identify `value` among those of its dtype, and of these the nearest.
    pub(super) fn shortest(value: f64, dtype: DType) -> Self {
        let magnitude = value.abs();
        match dtype {
            DType::F32 => {
                let shortest = Self::parse(&format!("{:e}", magnitude as f32));
                shortest.even_if_tied(magnitude, |near| f64::from(near as f32))
            }
            DType::F16 => Self::search(magnitude, |near| f16::from_f64(near).to_f64()),
            DType::BF16 => Self::search(magnitude, |near| bf16::from_f64(near).to_f64()),
            _ => Self::parse(&format!("{magnitude:e}")).even_if_tied(magnitude, |near| near),
        }
    }

    /// Of two equally near texts Rust takes the larger, but numpy the one with an even last digit.
    fn even_if_tied(self, magnitude: f64, round_trip: impl Fn(f64) -> f64) -> Self {
        let text = format!("{magnitude:.*e}", self.scientific_places());
        match text.parse() {
            Ok(near) if round_trip(near) == magnitude => Self::parse(&text),
            _ => self,
        }
    }

    /// `value` rounded to `places` digits after the first, ties to even.
    pub(super) fn rounded(value: f64, places: usize) -> Self {
        Self::parse(&format!("{:.places$e}", value.abs()))
    }

    fn search(magnitude: f64, round_trip: impl Fn(f64) -> f64) -> Self {
        let mut texts = (0..=HALF_DIGITS).map(|places| format!("{magnitude:.places$e}"));
        let identifies =
            |text: &String| text.parse().is_ok_and(|near| round_trip(near) == magnitude);
        let text = texts.clone().find(identifies).or(texts.next_back());
        Self::parse(&text.expect("at least one candidate"))
    }

    /// Reads Rust's `{:e}` of a finite, non-negative value.
    fn parse(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').expect("`{:e}` writes an exponent");
        let digits = mantissa.replace('.', "");
        Self {
            digits: digits.trim_end_matches('0').to_owned(),
            exponent: exponent.parse().expect("`{:e}` writes an integer exponent"),
        }
    }

    /// Digits after the decimal point in scientific notation.
    pub(super) fn scientific_places(&self) -> usize {
        self.digits.len().saturating_sub(1)
    }

    /// Digits after the decimal point in positional notation.
    pub(super) fn positional_places(&self) -> usize {
        let places = self.digits.len() as i64 - 1 - i64::from(self.exponent);
        places.max(0) as usize
    }

    /// The power of ten of the first digit.
    pub(super) fn exponent(&self) -> i32 {
        self.exponent
    }

    /// `d.ddd`, or `d.` when there is one digit.
    pub(super) fn mantissa(&self) -> String {
        let (first, rest) = self.digits.split_at_checked(1).unwrap_or(("0", ""));
        format!("{first}.{rest}")
    }

    /// The value in full: `123.`, `0.00123`.
    pub(super) fn positional(&self) -> String {
        let point = i64::from(self.exponent) + 1;
        if point <= 0 {
            let zeros = if self.digits.is_empty() { 0 } else { -point };
            return format!("0.{}{}", "0".repeat(zeros as usize), self.digits);
        }
        let point = point as usize;
        let zeros = point.saturating_sub(self.digits.len());
        let padded = format!("{}{}", self.digits, "0".repeat(zeros));
        format!("{}.{}", &padded[..point], &padded[point..])
    }
}

/// Python's `{:.Ne}`: like Rust's, but with a sign and at least two digits in the exponent.
pub(super) fn python_scientific(value: f64, places: usize) -> String {
    let text = format!("{value:.places$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let exponent: i32 = exponent.parse().expect("`{:e}` writes an integer exponent");
            format!("{mantissa}e{}", signed_exponent(exponent, 2))
        }
        None => python_special(value),
    }
}

/// Python's `{:.Nf}`.
pub(super) fn python_fixed(value: f64, places: usize) -> String {
    if value.is_finite() {
        format!("{value:.places$}")
    } else {
        python_special(value)
    }
}

/// Python's text of a value that is not finite.
pub(super) fn python_special(value: f64) -> String {
    if value.is_nan() {
        "nan".to_owned()
    } else {
        format!("{value}")
    }
}

/// An exponent with its sign and at least `digits` digits.
pub(super) fn signed_exponent(exponent: i32, digits: usize) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{:0digits$}", exponent.unsigned_abs())
}
