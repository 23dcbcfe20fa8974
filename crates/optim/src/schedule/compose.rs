//! Schedules made of schedules.

use super::Schedule;

/// The same value at every step.
///
/// ```
/// use hammerhead_optim::schedule::{Constant, Schedule};
/// assert_eq!(Constant(0.1).at(1_000), 0.1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant(
    /// The value.
    pub f64,
);

impl Schedule for Constant {
    fn at(&self, _step: usize) -> f64 {
        self.0
    }
}

/// One schedule, then another; made by [`Schedule::then`] (`SequentialLR`).
///
/// ```
/// use hammerhead_optim::schedule::{Constant, Schedule};
/// let rate = Constant(0.1).then(3, Constant(0.01));
/// assert_eq!([rate.at(2), rate.at(3)], [0.1, 0.01]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Then<A, B> {
    first: A,
    steps: usize,
    next: B,
}

impl<A, B> Then<A, B> {
    pub(super) fn new(first: A, steps: usize, next: B) -> Self {
        Self { first, steps, next }
    }
}

impl<A: Schedule, B: Schedule> Schedule for Then<A, B> {
    fn at(&self, step: usize) -> f64 {
        match step.checked_sub(self.steps) {
            Some(later) => self.next.at(later),
            None => self.first.at(step),
        }
    }
}

/// The product of two schedules; made by [`Schedule::times`] (`ChainedScheduler`).
///
/// ```
/// use hammerhead_optim::schedule::{Constant, Schedule, StepDecay};
/// let rate = Constant(0.5).times(StepDecay::new(1.0, 10, 0.5));
/// assert_eq!([rate.at(0), rate.at(10)], [0.5, 0.25]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Times<A, B> {
    schedule: A,
    factor: B,
}

impl<A, B> Times<A, B> {
    pub(super) fn new(schedule: A, factor: B) -> Self {
        Self { schedule, factor }
    }
}

impl<A: Schedule, B: Schedule> Schedule for Times<A, B> {
    fn at(&self, step: usize) -> f64 {
        self.schedule.at(step) * self.factor.at(step)
    }
}

/// A schedule written as a function; made by [`from_fn`].
///
/// ```
/// use hammerhead_optim::schedule::{Schedule, from_fn};
/// assert_eq!(from_fn(|step| step as f64 * 0.5).at(3), 1.5);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct FromFn<F>(F);

/// A schedule from a function of the step (`LambdaLR`).
///
/// ```
/// use hammerhead_optim::schedule::{Schedule, from_fn};
///
/// let inverse_root = from_fn(|step| 0.1 / ((step + 1) as f64).sqrt());
/// assert_eq!(inverse_root.at(3), 0.05);
/// ```
pub fn from_fn<F: Fn(usize) -> f64>(function: F) -> FromFn<F> {
    FromFn(function)
}

impl<F: Fn(usize) -> f64> Schedule for FromFn<F> {
    fn at(&self, step: usize) -> f64 {
        (self.0)(step)
    }
}
