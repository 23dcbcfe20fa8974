//! Where an axis has its marks, and what stands beside them.

/// The greatest magnitude that is drawn; beyond it the difference of two numbers may overflow.
pub(crate) const LARGEST: f64 = 1e300;

/// Whether a number can be a point of a picture.
pub(crate) fn drawable(value: f64) -> bool {
    value.abs() <= LARGEST
}

/// The least and greatest of what can be drawn.
pub(crate) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .into_iter()
        .filter(|value| drawable(*value))
        .fold(None, |range, value| match range {
            None => Some((value, value)),
            Some((low, high)) => Some((low.min(value), high.max(value))),
        })
}

/// A range with an inside: equal or nearly equal ends are moved apart.
pub(crate) fn opened((low, high): (f64, f64)) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    if high - low > size * 1e-9 {
        return (low, high);
    }
    let by = if size == 0.0 { 1.0 } else { size * 0.1 };
    (low - by, high + by)
}

/// Marks and their labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ticks {
    pub at: Vec<f64>,
    pub labels: Vec<String>,
}

impl Ticks {
    /// About `count` round numbers within a range: steps of 1, 2 or 5 times a power of ten.
    pub fn linear((low, high): (f64, f64), count: usize) -> Self {
        Self::steps((low, high), (high - low) / count.max(1) as f64)
    }

    /// The same for whole things, of which there are no parts.
    pub fn whole((low, high): (f64, f64), count: usize) -> Self {
        let rough = (high - low) / count.max(1) as f64;
        Self::steps((low, high), rough.max(1.0))
    }

    fn steps((low, high): (f64, f64), rough: f64) -> Self {
        let power = rough.log10().floor();
        let unit = 10f64.powf(power);
        let times = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .find(|times| rough <= times * unit * 1.1)
            .unwrap_or(10.0);
        let step = times * unit;
        let exponent = power as i32 + i32::from(times == 10.0);
        let (first, last) = ((low / step - 1e-6).ceil(), (high / step + 1e-6).floor());
        if !(first.is_finite() && last.is_finite()) || last - first > 1000.0 {
            return Self::default();
        }
        let at: Vec<f64> = (0..=(last - first).max(0.0) as usize)
            .map(|i| clean((first + i as f64) * step, exponent))
            .filter(|value| *value >= low - step * 1e-6 && *value <= high + step * 1e-6)
            .collect();
        let size = at.iter().fold(0.0f64, |size, value| size.max(value.abs()));
        let labels = at
            .iter()
            .map(|&value| label(value, exponent, size))
            .collect();
        Self { at, labels }
    }

    /// Powers of ten within a range of exponents, thinned to about `count`; with 2 and 5 times them where there are few.
    pub fn powers((low, high): (f64, f64), count: usize) -> Self {
        let (first, last) = ((low - 1e-9).ceil() as i64, (high + 1e-9).floor() as i64);
        if last < first + 2 {
            let inside = |value: &f64| (low - 1e-9..=high + 1e-9).contains(&value.log10());
            let marks = |times: &[f64]| -> Vec<f64> {
                let units = (first - 1..=last).map(|power| 10f64.powi(power as i32));
                let places = units.flat_map(|unit| times.iter().map(move |times| times * unit));
                places.filter(inside).collect()
            };
            let few = marks(&[1.0, 2.0, 5.0]);
            let at = if few.len() > 2 || few.len() >= count {
                few
            } else {
                marks(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0])
            };
            let size = at.iter().copied().fold(0.0, f64::max);
            let labels = at
                .iter()
                .map(|&value| label(value, value.log10().floor() as i32, size));
            return Self {
                labels: labels.collect(),
                at: at.iter().map(|value| value.log10()).collect(),
            };
        }
        let powers = (last - first + 1) as usize;
        let every = powers.div_ceil(count.max(2)) as i64;
        let at: Vec<i64> = (first..=last).filter(|power| power % every == 0).collect();
        let plain = at.iter().all(|power| (-3..=3).contains(power));
        let label = |power: &i64| match power {
            0 | 1 => format!("{}", 10i64.pow(*power as u32)),
            _ if plain => format!("{}", 10f64.powi(*power as i32)),
            _ => power_of_ten(*power),
        };
        Self {
            labels: at.iter().map(label).collect(),
            at: at.into_iter().map(|power| power as f64).collect(),
        }
    }
}

/// The multiple of a power of ten that was meant, without the noise of its product.
fn clean(value: f64, exponent: i32) -> f64 {
    if (0..=300).contains(&-exponent) {
        let scale = 10f64.powi(-exponent);
        return (value * scale).round() / scale + 0.0;
    }
    value + 0.0
}

fn label(value: f64, exponent: i32, size: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if size >= 1e6 || exponent < -5 {
        let power = value.abs().log10().floor() as i32;
        let digits = (power - exponent).clamp(0, 15) as usize;
        let mantissa = value / 10f64.powi(power);
        return minus(&format!("{mantissa:.digits$}")) + "×" + &power_of_ten(i64::from(power));
    }
    let digits = (-exponent).max(0) as usize;
    let text = format!("{value:.digits$}");
    minus(&if size >= 1e4 { grouped(&text) } else { text })
}

fn power_of_ten(power: i64) -> String {
    crate::tex::tex(&format!("$10^{{{power}}}$"))
}

/// Thousands apart.
fn grouped(text: &str) -> String {
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() < 4 {
        return text.to_owned();
    }
    let (head, tail) = whole.split_at(whole.len() - 3);
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{head},{tail}{point}{fraction}")
}

/// The minus sign instead of the hyphen.
pub(crate) fn minus(text: &str) -> String {
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(low: f64, high: f64, count: usize) -> String {
        Ticks::linear((low, high), count).labels.join(" ")
    }

    #[test]
    fn steps_are_round() {
        assert_eq!(labels(-2.1, 2.1, 5), "−2 −1 0 1 2");
        assert_eq!(
            labels(-2.1, 2.1, 9),
            "−2.0 −1.5 −1.0 −0.5 0 0.5 1.0 1.5 2.0"
        );
        assert_eq!(labels(0.0, 1.0, 5), "0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(
            labels(0.0, 25_823.8, 5),
            "0 5,000 10,000 15,000 20,000 25,000"
        );
        assert_eq!(labels(0.95, 0.98, 4), "0.95 0.96 0.97 0.98");
        assert_eq!(Ticks::whole((-0.2, 3.2), 8).labels, ["0", "1", "2", "3"]);
        assert_eq!(labels(0.0, 2.5e6, 3), "0 1×10⁶ 2×10⁶");
        assert_eq!(labels(0.0, 3e-7, 3), "0 1×10⁻⁷ 2×10⁻⁷ 3×10⁻⁷");
    }

    #[test]
    fn powers_are_thinned_and_short_ranges_have_more_marks() {
        let labels = |low, high, count| Ticks::powers((low, high), count).labels.join(" ");
        assert_eq!(
            labels(-7.0, 1.0, 9),
            "10⁻⁷ 10⁻⁶ 10⁻⁵ 10⁻⁴ 10⁻³ 10⁻² 10⁻¹ 1 10"
        );
        assert_eq!(labels(-7.0, 1.0, 5), "10⁻⁶ 10⁻⁴ 10⁻² 1");
        assert_eq!(labels(-2.0, 3.0, 9), "0.01 0.1 1 10 100 1000");
        assert_eq!(labels(0.1, 0.9, 2), "2 5");
        assert_eq!(labels(0.1, 0.9, 4), "2 3 4 5 6");
        assert_eq!(labels(3.1, 4.2, 4), "2,000 5,000 10,000");
        let short = Ticks::powers((0.1, 0.9), 2);
        assert!((short.at[0] - 2f64.log10()).abs() < 1e-12);
    }

    #[test]
    fn equal_ends_are_moved_apart() {
        assert_eq!(opened((0.0, 0.0)), (-1.0, 1.0));
        assert_eq!(opened((10.0, 10.0)), (9.0, 11.0));
        assert_eq!(opened((1.0, 2.0)), (1.0, 2.0));
    }

    proptest! {
        #[test]
        fn every_range_has_increasing_marks_inside(a in -1e9f64..1e9, exponent in -12i32..9, count in 2usize..12) {
            let span = 10f64.powi(exponent);
            let (low, high) = opened((a, a + span));
            let ticks = Ticks::linear((low, high), count);
            prop_assert_eq!(ticks.at.len(), ticks.labels.len());
            prop_assert!(ticks.at.len() <= count * 2 + 1, "{:?}", ticks);
            let slack = (high - low) * 1e-3;
            prop_assert!(ticks.at.iter().all(|v| *v >= low - slack && *v <= high + slack), "{:?}", ticks);
            prop_assert!(ticks.at.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", ticks);
            let mut seen = ticks.labels.clone();
            seen.dedup();
            prop_assert_eq!(seen.len(), ticks.labels.len(), "{:?}", ticks);
        }
    }
}
