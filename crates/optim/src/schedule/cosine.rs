//! Half a cosine down, once or again and again.

use std::f64::consts::PI;

use super::{Schedule, finite, positive};

/// Half a cosine from `initial` down to the minimum over `period` steps (`CosineAnnealingLR`):
/// `minimum + (initial - minimum) * (1 + cos(pi * step / period)) / 2`.
///
/// Past the period it rises along the same cosine and falls again, as PyTorch's does.
///
/// Loshchilov and Hutter, [SGDR: Stochastic Gradient Descent with Warm Restarts](https://arxiv.org/abs/1608.03983).
///
/// ```
/// use hammerhead_optim::schedule::{Cosine, Schedule};
///
/// let rate = Cosine::new(0.1, 10).minimum(0.01);
/// assert_eq!([rate.at(0), rate.at(10), rate.at(20)], [0.1, 0.01, 0.1]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cosine {
    initial: f64,
    minimum: f64,
    period: usize,
}

impl Cosine {
    /// From `initial` down to 0 over so many steps.
    ///
    /// # Panics
    /// If `period` is 0 or `initial` is not finite.
    #[track_caller]
    pub fn new(initial: f64, period: usize) -> Self {
        Self {
            initial: finite("Cosine", "initial", initial),
            minimum: 0.0,
            period: positive("Cosine", "period", period),
        }
    }

    /// The value at the bottom; 0 unless set (`eta_min`).
    ///
    /// # Panics
    /// If it is not finite.
    #[must_use]
    #[track_caller]
    pub fn minimum(mut self, minimum: f64) -> Self {
        self.minimum = finite("Cosine", "minimum", minimum);
        self
    }
}

impl Schedule for Cosine {
    fn at(&self, step: usize) -> f64 {
        // Reduced first: the cosine of a large angle would lose digits.
        let within = step % (2 * self.period);
        half_cosine(
            self.initial,
            self.minimum,
            within as f64 / self.period as f64,
        )
    }
}

/// Half a cosine down that starts again at the top, each time over a period `multiplier` times as
/// long (`CosineAnnealingWarmRestarts`); the formula and the paper are those of [`Cosine`].
///
/// ```
/// use hammerhead_optim::schedule::{Schedule, WarmRestarts};
///
/// let rate = WarmRestarts::new(0.1, 5).multiplier(2);
/// assert_eq!([rate.at(0), rate.at(5), rate.at(15)], [0.1, 0.1, 0.1]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WarmRestarts {
    initial: f64,
    minimum: f64,
    period: usize,
    multiplier: usize,
}

impl WarmRestarts {
    /// From `initial` down to 0 over so many steps, again and again.
    ///
    /// # Panics
    /// If `period` is 0 or `initial` is not finite.
    #[track_caller]
    pub fn new(initial: f64, period: usize) -> Self {
        Self {
            initial: finite("WarmRestarts", "initial", initial),
            minimum: 0.0,
            period: positive("WarmRestarts", "period", period),
            multiplier: 1,
        }
    }

    /// How much longer each period is than the one before; 1 unless set (`T_mult`).
    ///
    /// # Panics
    /// If it is 0.
    #[must_use]
    #[track_caller]
    pub fn multiplier(mut self, multiplier: usize) -> Self {
        self.multiplier = positive("WarmRestarts", "multiplier", multiplier);
        self
    }

    /// The value at the bottom; 0 unless set (`eta_min`).
    ///
    /// # Panics
    /// If it is not finite.
    #[must_use]
    #[track_caller]
    pub fn minimum(mut self, minimum: f64) -> Self {
        self.minimum = finite("WarmRestarts", "minimum", minimum);
        self
    }
}

impl Schedule for WarmRestarts {
    fn at(&self, step: usize) -> f64 {
        let (mut within, mut period) = (step, self.period);
        if self.multiplier == 1 {
            within %= period;
        }
        while within >= period {
            within -= period;
            period = period.saturating_mul(self.multiplier);
        }
        half_cosine(self.initial, self.minimum, within as f64 / period as f64)
    }
}

/// From `top` at 0 to `bottom` at 1 along half a cosine.
pub(super) fn half_cosine(top: f64, bottom: f64, position: f64) -> f64 {
    bottom + (top - bottom) * (1.0 + (PI * position).cos()) / 2.0
}
