//! Learning-rate, momentum and beta schedules: pure functions of the step.
//!
//! A [`Schedule`] answers which value to use at step `k`, counted from 0, with no memory of the steps
//! before it. A run that is resumed therefore needs nothing but the number of the step, and a schedule
//! can be looked at without training:
//!
//! ```
//! use hammerhead_optim::schedule::{Cosine, Schedule};
//!
//! let rate = Cosine::new(0.1, 90).warm_up(10, 0.1);
//! assert_eq!(rate.at(0), 0.1 * 0.1);
//! assert_eq!(rate.at(10), 0.1);
//! assert!(rate.at(100) < 1e-12);
//! ```
//!
//! | here | PyTorch |
//! |---|---|
//! | [`StepDecay`], [`MultiStep`], [`Exponential`] | `StepLR`, `MultiStepLR`, `ExponentialLR` |
//! | [`Cosine`], [`WarmRestarts`] | `CosineAnnealingLR`, `CosineAnnealingWarmRestarts` |
//! | [`Linear`], [`Polynomial`] | `LinearLR`, `PolynomialLR` |
//! | [`OneCycle`] | `OneCycleLR`; its [`fastai`](OneCycle::fastai) form is that library's `fit_one_cycle` |
//! | [`Plateau`] | `ReduceLROnPlateau`, the one that looks at a metric and so has a state |
//! | [`Schedule::then`], [`Schedule::times`] | `SequentialLR`, `ChainedScheduler` |

mod compose;
mod cosine;
mod curve;
mod decay;
mod one_cycle;
mod plateau;
mod ramp;

pub use compose::{Constant, FromFn, Then, Times, from_fn};
pub use cosine::{Cosine, WarmRestarts};
pub use curve::{Annealing, Curve};
pub use decay::{Exponential, MultiStep, StepDecay};
pub use one_cycle::{OneCycle, Phases};
pub use plateau::{Better, Plateau, PlateauState, Threshold};
pub use ramp::{Linear, Polynomial};

/// A value for every step: a learning rate, a momentum, a beta.
///
/// `at` is pure, so a schedule can be shared, plotted and asked in any order.
pub trait Schedule {
    /// The value step `step` uses, counted from 0. Past its end a schedule goes on, most of them with
    /// their last value.
    fn at(&self, step: usize) -> f64;

    /// This schedule for `steps` steps, then `next` from its own step 0 (`SequentialLR`).
    ///
    /// ```
    /// use hammerhead_optim::schedule::{Constant, Exponential, Schedule};
    ///
    /// let rate = Constant(0.1).then(3, Exponential::new(0.1, 0.5));
    /// let rates: Vec<f64> = (0..6).map(|step| rate.at(step)).collect();
    /// assert_eq!(rates, [0.1, 0.1, 0.1, 0.1, 0.05, 0.025]);
    /// ```
    fn then<S: Schedule>(self, steps: usize, next: S) -> Then<Self, S>
    where
        Self: Sized,
    {
        Then::new(self, steps, next)
    }

    /// The product of both at every step (`ChainedScheduler`, where `factor` starts at 1).
    ///
    /// ```
    /// use hammerhead_optim::schedule::{Constant, Exponential, Schedule};
    ///
    /// assert_eq!(Constant(0.2).times(Exponential::new(1.0, 0.5)).at(1), 0.1);
    /// ```
    fn times<S: Schedule>(self, factor: S) -> Times<Self, S>
    where
        Self: Sized,
    {
        Times::new(self, factor)
    }

    /// Rises linearly for `steps` steps from `start_factor` times the first value to the first value,
    /// then runs this schedule from its step 0.
    ///
    /// ```
    /// use hammerhead_optim::schedule::{Constant, Schedule};
    ///
    /// let rate = Constant(0.4).warm_up(2, 0.5);
    /// assert_eq!([rate.at(0), rate.at(2), rate.at(9)], [0.2, 0.4, 0.4]);
    /// ```
    ///
    /// # Panics
    /// If `start_factor` is not a finite number.
    #[track_caller]
    fn warm_up(self, steps: usize, start_factor: f64) -> Then<Linear, Self>
    where
        Self: Sized,
    {
        let ramp = Linear::new(self.at(0), steps).from(start_factor).to(1.0);
        Then::new(ramp, steps, self)
    }
}

impl<S: Schedule + ?Sized> Schedule for Box<S> {
    fn at(&self, step: usize) -> f64 {
        (**self).at(step)
    }
}

impl<S: Schedule + ?Sized> Schedule for &S {
    fn at(&self, step: usize) -> f64 {
        (**self).at(step)
    }
}

/// Refuses a number no schedule can work with, naming the schedule and the argument.
#[track_caller]
fn finite(schedule: &str, argument: &str, value: f64) -> f64 {
    assert!(
        value.is_finite(),
        "{schedule}: `{argument}` must be a finite number, got {value}"
    );
    value
}

/// Refuses a length of zero steps.
#[track_caller]
fn positive(schedule: &str, argument: &str, value: usize) -> usize {
    assert!(value > 0, "{schedule}: `{argument}` must be at least 1");
    value
}
