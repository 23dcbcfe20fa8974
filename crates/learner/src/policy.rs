//! Learning rate and momentum over a whole fit.

use hammerhead_optim::schedule::{Constant, OneCycle, Schedule};

/// What every step of a fit uses.
///
/// ```
/// use hammerhead_learner::Policy;
/// let policy = Policy::one_cycle(0.1, 100);
/// assert_eq!((policy.lr(25), policy.momentum_at(25)), (0.1, Some(0.85)));
/// assert_eq!(Policy::constant(0.1).momentum_at(25), None);
/// ```
pub struct Policy {
    rate: Box<dyn Schedule + Send>,
    momentum: Option<Box<dyn Schedule + Send>>,
}

impl Policy {
    /// A learning rate by step; momentum stays as the optimiser has it.
    pub fn new(rate: impl Schedule + Send + 'static) -> Self {
        Self {
            rate: Box::new(rate),
            momentum: None,
        }
    }

    /// The same learning rate at all steps.
    pub fn constant(lr: f64) -> Self {
        Self::new(Constant(lr))
    }

    /// Momentum (or Adam's first beta) by step too.
    pub fn momentum(mut self, momentum: impl Schedule + Send + 'static) -> Self {
        self.momentum = Some(Box::new(momentum));
        self
    }

    /// fastai's one-cycle over this many steps: up to `peak` in a quarter of them and down to nearly
    /// nothing, the momentum mirrored.
    ///
    /// # Panics
    /// If there are no steps or the peak is not finite.
    #[track_caller]
    pub fn one_cycle(peak: f64, steps: usize) -> Self {
        let cycle = OneCycle::fastai(peak, steps);
        Self::new(cycle.rate()).momentum(cycle.momentum())
    }

    /// The learning rate of a step, counted from 0.
    pub fn lr(&self, step: usize) -> f64 {
        self.rate.at(step)
    }

    /// The momentum of a step, if it is scheduled.
    pub fn momentum_at(&self, step: usize) -> Option<f64> {
        self.momentum.as_ref().map(|schedule| schedule.at(step))
    }
}
