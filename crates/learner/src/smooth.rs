//! The running loss that the progress shows.

use serde::{Deserialize, Serialize};

/// An exponentially weighted mean, corrected for its start at 0 (fastai's `AvgSmoothLoss`):
/// `m = 0.98 m + 0.02 x`, and the value after `t` of them is `m / (1 - 0.98^t)`.
///
/// ```
/// use hammerhead_learner::Smooth;
/// let mut smooth = Smooth::default();
/// smooth.add(2.0);
/// assert!((smooth.value() - 2.0).abs() < 1e-12);
/// smooth.add(4.0);
/// assert!((smooth.value() - 5.96 / 1.98).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Smooth {
    beta: f64,
    #[serde(with = "crate::number")]
    mean: f64,
    count: u64,
}

impl Default for Smooth {
    fn default() -> Self {
        Self {
            beta: 0.98,
            mean: 0.0,
            count: 0,
        }
    }
}

impl Smooth {
    /// Takes one more value.
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        self.mean = self.beta * self.mean + (1.0 - self.beta) * value;
    }

    /// The mean so far; NaN before the first value.
    pub fn value(&self) -> f64 {
        self.mean / (1.0 - self.beta.powi(self.count as i32))
    }
}

#[cfg(test)]
mod tests {
    use super::Smooth;

    #[test]
    fn a_constant_is_its_own_mean_from_the_first_value_on() {
        let mut smooth = Smooth::default();
        for _ in 0..5 {
            smooth.add(3.0);
            assert!((smooth.value() - 3.0).abs() < 1e-12);
        }
    }
}
