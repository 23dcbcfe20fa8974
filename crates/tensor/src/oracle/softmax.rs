//! Shares of powers.

use super::array::Array;

/// `e^x / sum(e^x)` along the last dim.
pub(super) fn softmax(x: &Array) -> Array {
    let mut y = x.clone();
    let length = x.shape.last().copied().unwrap_or(1).max(1);
    for row in y.values.chunks_mut(length) {
        let greatest =
            row.iter().copied().fold(
                f64::NEG_INFINITY,
                |a, b| {
                    if a.is_nan() || a > b { a } else { b }
                },
            );
        row.iter_mut().for_each(|x| *x = (*x - greatest).exp());
        let sum: f64 = row.iter().sum();
        row.iter_mut().for_each(|power| *power /= sum);
    }
    y
}
