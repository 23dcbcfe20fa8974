//! Rates that shrink by a factor, again and again.

use super::{Schedule, finite, positive};

/// Multiplied by `factor` after every `every` steps (`StepLR`): `initial * factor^floor(step / every)`.
///
/// ```
/// use hammerhead_optim::schedule::{Schedule, StepDecay};
///
/// let rate = StepDecay::new(1.0, 2, 0.5);
/// assert_eq!([rate.at(1), rate.at(2), rate.at(4)], [1.0, 0.5, 0.25]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct StepDecay {
    initial: f64,
    every: usize,
    factor: f64,
}

impl StepDecay {
    /// `initial`, multiplied by `factor` after every `every` steps.
    ///
    /// # Panics
    /// If `every` is 0 or a number is not finite.
    #[track_caller]
    pub fn new(initial: f64, every: usize, factor: f64) -> Self {
        Self {
            initial: finite("StepDecay", "initial", initial),
            every: positive("StepDecay", "every", every),
            factor: finite("StepDecay", "factor", factor),
        }
    }
}

impl Schedule for StepDecay {
    fn at(&self, step: usize) -> f64 {
        self.initial * power(self.factor, step / self.every)
    }
}

/// Multiplied by `factor` when each of the milestones is reached (`MultiStepLR`): `initial * factor^reached`.
///
/// ```
/// use hammerhead_optim::schedule::{MultiStep, Schedule};
///
/// let rate = MultiStep::new(1.0, [30, 80], 0.1);
/// assert_eq!([rate.at(29), rate.at(30)], [1.0, 0.1]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MultiStep {
    initial: f64,
    milestones: Vec<usize>,
    factor: f64,
}

impl MultiStep {
    /// `initial`, multiplied by `factor` at each milestone. They may come in any order; one that is named twice counts
    /// twice.
    ///
    /// # Panics
    /// If a number is not finite.
    #[track_caller]
    pub fn new(initial: f64, milestones: impl Into<Vec<usize>>, factor: f64) -> Self {
        Self {
            initial: finite("MultiStep", "initial", initial),
            milestones: milestones.into(),
            factor: finite("MultiStep", "factor", factor),
        }
    }
}

impl Schedule for MultiStep {
    fn at(&self, step: usize) -> f64 {
        let reached = self
            .milestones
            .iter()
            .filter(|milestone| **milestone <= step)
            .count();
        self.initial * power(self.factor, reached)
    }
}

/// Multiplied by `factor` at every step (`ExponentialLR`): `initial * factor^step`.
///
/// ```
/// use hammerhead_optim::schedule::{Exponential, Schedule};
///
/// assert_eq!(Exponential::new(0.1, 0.5).at(2), 0.025);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Exponential {
    initial: f64,
    factor: f64,
}

impl Exponential {
    /// `initial`, multiplied by `factor` at every step.
    ///
    /// # Panics
    /// If a number is not finite.
    #[track_caller]
    pub fn new(initial: f64, factor: f64) -> Self {
        Self {
            initial: finite("Exponential", "initial", initial),
            factor: finite("Exponential", "factor", factor),
        }
    }
}

impl Schedule for Exponential {
    fn at(&self, step: usize) -> f64 {
        self.initial * power(self.factor, step)
    }
}

/// `base` to a whole power, which may be larger than `powi` takes.
fn power(base: f64, exponent: usize) -> f64 {
    match i32::try_from(exponent) {
        Ok(exponent) => base.powi(exponent),
        Err(_) => base.powf(exponent as f64),
    }
}
