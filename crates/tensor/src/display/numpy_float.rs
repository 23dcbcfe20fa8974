//! How numpy writes the floats of one array, by the rules of `FloatingFormat` in its
//! `_core/arrayprint.py` (2.4): the shortest digits that identify each value, up to the precision.

use half::f16;

use super::PrintOptions;
use super::decimal::{Decimal, python_special, signed_exponent};
use crate::DType;

const SMALLEST: f64 = 1e-4;
const LARGEST_RATIO: f64 = 1000.0;

/// One notation for all floats of an array, so that their decimal points are in line.
pub(super) struct FloatFormat {
    dtype: DType,
    form: Form,
    /// Characters in front of the decimal point.
    left: usize,
    /// Characters behind it, an exponent included.
    right: usize,
}

enum Form {
    Positional {
        precision: usize,
    },
    Scientific {
        places: usize,
        exponent_digits: usize,
    },
}

impl FloatFormat {
    pub(super) fn of(values: &[f64], dtype: DType, options: &PrintOptions) -> Self {
        let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        let precision = usize::from(options.precision);
        let scientific = options
            .scientific
            .unwrap_or_else(|| wants_exponents(&finite, dtype));
        let mut format = if scientific && !finite.is_empty() {
            Self::scientific(&finite, dtype, precision)
        } else {
            Self::positional(&finite, dtype, precision)
        };
        if finite.len() < values.len() {
            let special = if values.contains(&f64::NEG_INFINITY) {
                4
            } else {
                3
            };
            format.left = format.left.max(special - special.min(format.right + 1));
        }
        format
    }

    fn positional(finite: &[f64], dtype: DType, precision: usize) -> Self {
        let texts: Vec<String> = finite
            .iter()
            .map(|value| positional(*value, dtype, precision))
            .collect();
        let points = || {
            texts
                .iter()
                .map(|text| text.find('.').unwrap_or(text.len()))
        };
        let behind = texts
            .iter()
            .zip(points())
            .map(|(text, point)| text.len() - point - 1);
        Self {
            dtype,
            form: Form::Positional { precision },
            left: points().max().unwrap_or(0),
            right: behind.max().unwrap_or(0),
        }
    }

    fn scientific(finite: &[f64], dtype: DType, precision: usize) -> Self {
        let decimals: Vec<Decimal> = finite
            .iter()
            .map(|value| {
                let shortest = Decimal::shortest(*value, dtype);
                if shortest.scientific_places() > precision {
                    Decimal::rounded(*value, precision)
                } else {
                    shortest
                }
            })
            .collect();
        let exponent_digits = |decimal: &Decimal| signed_exponent(decimal.exponent(), 2).len() - 1;
        let places = decimals.iter().map(Decimal::scientific_places).max();
        let (places, exponent_digits) = (
            places.unwrap_or(0),
            decimals.iter().map(exponent_digits).max().unwrap_or(2),
        );
        let negative = finite.iter().any(|value| value.is_sign_negative());
        Self {
            dtype,
            form: Form::Scientific {
                places,
                exponent_digits,
            },
            left: if negative { 2 } else { 1 },
            right: places + "e+".len() + exponent_digits,
        }
    }

    /// The value's text, padded so that every value of the array takes the same room.
    pub(super) fn text(&self, value: f64) -> String {
        if !value.is_finite() {
            let width = self.left + self.right + 1;
            return format!("{:>width$}", python_special(value));
        }
        let text = match self.form {
            Form::Positional { precision } => positional(value, self.dtype, precision),
            Form::Scientific {
                places,
                exponent_digits,
            } => scientific(value, self.dtype, places, exponent_digits),
        };
        let point = text.find('.').unwrap_or(text.len());
        let (left, right) = (self.left.saturating_sub(point), point + 1 + self.right);
        format!("{}{text:<right$}", " ".repeat(left))
    }
}

/// The text of a value that stands alone, as Python's `str` of a numpy scalar.
pub(super) fn scalar(value: f64, dtype: DType) -> String {
    if !value.is_finite() {
        return python_special(value);
    }
    let magnitude = value.abs();
    let decimal = Decimal::shortest(value, dtype);
    let sign = sign(value);
    if magnitude != 0.0 && (magnitude < SMALLEST || magnitude >= scalar_cutoff(dtype)) {
        let mantissa = decimal.mantissa();
        let exponent = signed_exponent(decimal.exponent(), 2);
        return format!("{sign}{}e{exponent}", mantissa.trim_end_matches('.'));
    }
    let text = decimal.positional();
    let zero = if text.ends_with('.') { "0" } else { "" };
    format!("{sign}{text}{zero}")
}

/// From here on a scalar has an exponent.
fn scalar_cutoff(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => 1e16,
        _ => cutoff(dtype),
    }
}

/// From here on an array has exponents: its digits would say more than the dtype knows.
fn cutoff(dtype: DType) -> f64 {
    match dtype {
        DType::F16 => 1e3,
        DType::BF16 => 1e2,
        DType::F32 => 1e6,
        _ => 1e8,
    }
}

fn wants_exponents(finite: &[f64], dtype: DType) -> bool {
    let magnitudes = || finite.iter().map(|v| v.abs()).filter(|v| *v != 0.0);
    let (smallest, largest) = (
        magnitudes().fold(f64::INFINITY, f64::min),
        magnitudes().fold(0.0, f64::max),
    );
    // numpy compares in the array's own dtype, where 1e-4 is another number.
    largest >= cutoff(dtype)
        || smallest < round_to(SMALLEST, dtype)
        || round_to(largest / smallest, dtype) > LARGEST_RATIO
}

fn round_to(value: f64, dtype: DType) -> f64 {
    match dtype {
        DType::F16 => f16::from_f64(value).to_f64(),
        DType::F32 | DType::BF16 => f64::from(value as f32),
        _ => value,
    }
}

fn sign(value: f64) -> &'static str {
    if value.is_sign_negative() { "-" } else { "" }
}

/// The shortest digits, or when they are more than `precision` the value rounded there.
fn positional(value: f64, dtype: DType, precision: usize) -> String {
    let shortest = Decimal::shortest(value, dtype);
    if shortest.positional_places() <= precision {
        return format!("{}{}", sign(value), shortest.positional());
    }
    let mut text = format!("{value:.precision$}");
    if precision == 0 {
        text.push('.');
    }
    text.truncate(text.trim_end_matches('0').len());
    text
}

/// Exactly `places` digits after the point: the shortest if they are as many, else rounded.
fn scientific(value: f64, dtype: DType, places: usize, exponent_digits: usize) -> String {
    let shortest = Decimal::shortest(value, dtype);
    let decimal = if shortest.scientific_places() == places {
        shortest
    } else {
        Decimal::rounded(value, places)
    };
    let exponent = signed_exponent(decimal.exponent(), exponent_digits);
    let width = places + 2;
    format!("{}{:0<width$}e{exponent}", sign(value), decimal.mantissa())
}
