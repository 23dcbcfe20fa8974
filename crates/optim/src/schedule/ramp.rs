//! Straight and bent ramps over a fixed number of steps.

use super::{Schedule, finite, positive};

/// A factor that goes in a straight line from a start to an end (`LinearLR`), mostly to warm up:
/// `initial * (start + (end - start) * step / steps)`, and `initial * end` from then on.
///
/// ```
/// use hammerhead_optim::schedule::{Linear, Schedule};
///
/// let rate = Linear::new(0.1, 4).from(0.5);
/// assert_eq!([rate.at(0), rate.at(2), rate.at(9)], [0.05, 0.1 * 0.75, 0.1]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    initial: f64,
    steps: usize,
    start: f64,
    end: f64,
}

impl Linear {
    /// From a third of `initial` to all of it over `steps` steps; with 0 steps, `initial` at once.
    ///
    /// # Panics
    /// If `initial` is not finite.
    #[track_caller]
    pub fn new(initial: f64, steps: usize) -> Self {
        Self {
            initial: finite("Linear", "initial", initial),
            steps,
            start: 1.0 / 3.0,
            end: 1.0,
        }
    }

    /// The factor at step 0 (`start_factor`).
    ///
    /// # Panics
    /// If it is not finite.
    #[must_use]
    #[track_caller]
    pub fn from(mut self, factor: f64) -> Self {
        self.start = finite("Linear", "from", factor);
        self
    }

    /// The factor from the last step on (`end_factor`).
    ///
    /// # Panics
    /// If it is not finite.
    #[must_use]
    #[track_caller]
    pub fn to(mut self, factor: f64) -> Self {
        self.end = finite("Linear", "to", factor);
        self
    }
}

impl Schedule for Linear {
    fn at(&self, step: usize) -> f64 {
        if step >= self.steps {
            return self.initial * self.end;
        }
        let position = step as f64 / self.steps as f64;
        self.initial * (self.start + (self.end - self.start) * position)
    }
}

/// Down to 0 over `steps` steps (`PolynomialLR`): `initial * (1 - step / steps)^power`.
///
/// ```
/// use hammerhead_optim::schedule::{Polynomial, Schedule};
///
/// let rate = Polynomial::new(0.4, 10, 2.0);
/// assert_eq!([rate.at(0), rate.at(5), rate.at(10)], [0.4, 0.1, 0.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Polynomial {
    initial: f64,
    steps: usize,
    power: f64,
}

impl Polynomial {
    /// `initial`, falling to 0 over so many steps.
    ///
    /// # Panics
    /// If `steps` is 0, `power` is not above 0, or a number is not finite.
    #[track_caller]
    pub fn new(initial: f64, steps: usize, power: f64) -> Self {
        assert!(
            power.is_finite() && power > 0.0,
            "Polynomial: `power` must be finite and above 0, got {power}"
        );
        Self {
            initial: finite("Polynomial", "initial", initial),
            steps: positive("Polynomial", "steps", steps),
            power,
        }
    }
}

impl Schedule for Polynomial {
    fn at(&self, step: usize) -> f64 {
        let left = self.steps.saturating_sub(step);
        self.initial * (left as f64 / self.steps as f64).powf(self.power)
    }
}
