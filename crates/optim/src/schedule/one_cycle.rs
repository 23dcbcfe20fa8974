//! One cycle: the rate up to a peak and far down again, the momentum the other way round.

use super::{Annealing, Curve, finite, positive};

/// The parts of a one-cycle schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phases {
    /// Up to the peak, then down to the final rate.
    Two,
    /// Up to the peak, down to the initial rate in as many steps, then down to the final rate.
    Three,
}

/// The one-cycle policy (`OneCycleLR`): a learning rate and, if wanted, a momentum or beta1.
///
/// Smith and Topin, [Super-Convergence: Very Fast Training of Neural Networks Using Large Learning
/// Rates](https://arxiv.org/abs/1708.07120). The defaults are PyTorch's; [`fastai`](Self::fastai) has that library's.
///
/// ```
/// use hammerhead_optim::schedule::{OneCycle, Schedule};
///
/// let cycle = OneCycle::new(0.1, 20);
/// let (rate, momentum) = (cycle.rate(), cycle.momentum());
/// assert!((rate.at(0) - 0.1 / 25.0).abs() < 1e-15);
/// assert_eq!([rate.at(5), momentum.at(5)], [0.1, 0.85]);
/// assert_eq!(momentum.at(19), 0.95);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OneCycle {
    peak: f64,
    warm_up: f64,
    divisor: f64,
    final_divisor: f64,
    low_momentum: f64,
    high_momentum: f64,
    annealing: Annealing,
    phases: Phases,
    span: Span,
}

/// Which step counts as the end of the cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Span {
    /// The last of `steps` steps uses the final rate itself.
    LastStep(usize),
    /// The final rate would be the step's after the last.
    PastLastStep(usize),
}

impl OneCycle {
    /// PyTorch's form over `steps` steps with the given peak rate: 30 % up from a 25th of the peak, then
    /// down to a 10,000th of where it started, along cosines; momentum from 0.95 to 0.85 and back.
    ///
    /// # Panics
    /// If `steps` is 0 or `peak` is not finite.
    #[track_caller]
    pub fn new(peak: f64, steps: usize) -> Self {
        Self {
            peak: finite("OneCycle", "peak", peak),
            warm_up: 0.3,
            divisor: 25.0,
            final_divisor: 1e4,
            low_momentum: 0.85,
            high_momentum: 0.95,
            annealing: Annealing::Cosine,
            phases: Phases::Two,
            span: Span::LastStep(positive("OneCycle", "steps", steps)),
        }
    }

    /// fastai's `fit_one_cycle` form: 25 % up from a 25th of the peak, then down to a 100,000th *of the
    /// peak*, with the position of step `k` being `k / steps`, so that no step reaches the very end.
    ///
    /// # Panics
    /// If `steps` is 0 or `peak` is not finite.
    ///
    /// ```
    /// use hammerhead_optim::schedule::{OneCycle, Schedule};
    ///
    /// let rate = OneCycle::fastai(0.1, 100).rate();
    /// assert_eq!(rate.at(25), 0.1);
    /// assert!(rate.at(99) > 1e-6 && (rate.at(100) - 1e-6).abs() < 1e-18);
    /// ```
    #[track_caller]
    pub fn fastai(peak: f64, steps: usize) -> Self {
        Self {
            warm_up: 0.25,
            final_divisor: 1e5 / 25.0,
            span: Span::PastLastStep(steps),
            ..Self::new(peak, steps)
        }
    }

    /// The share of the steps spent on the way up (`pct_start`).
    ///
    /// # Panics
    /// If it is not between 0 and 1, or, with three phases, above one half.
    #[must_use]
    #[track_caller]
    pub fn warm_up_share(mut self, share: f64) -> Self {
        self.warm_up = share;
        self.check_shares();
        self
    }

    /// What the peak is divided by for the initial rate (`div_factor`).
    ///
    /// # Panics
    /// If it is not above 0.
    #[must_use]
    #[track_caller]
    pub fn divisor(mut self, divisor: f64) -> Self {
        self.divisor = above_zero("divisor", divisor);
        self
    }

    /// What the *initial* rate is divided by for the final one (`final_div_factor`).
    ///
    /// # Panics
    /// If it is not above 0.
    #[must_use]
    #[track_caller]
    pub fn final_divisor(mut self, divisor: f64) -> Self {
        self.final_divisor = above_zero("final_divisor", divisor);
        self
    }

    /// The momentum at the peak of the rate and at both ends (`base_momentum`, `max_momentum`).
    ///
    /// # Panics
    /// If one is not finite.
    #[must_use]
    #[track_caller]
    pub fn momentum_range(mut self, low: f64, high: f64) -> Self {
        self.low_momentum = finite("OneCycle", "low momentum", low);
        self.high_momentum = finite("OneCycle", "high momentum", high);
        self
    }

    /// The way between the points (`anneal_strategy`).
    #[must_use]
    pub fn annealing(mut self, annealing: Annealing) -> Self {
        self.annealing = annealing;
        self
    }

    /// Two phases or three (`three_phase`).
    ///
    /// # Panics
    /// If there are to be three and the way up takes more than half of the steps.
    #[must_use]
    #[track_caller]
    pub fn phases(mut self, phases: Phases) -> Self {
        self.phases = phases;
        self.check_shares();
        self
    }

    /// The learning rate.
    pub fn rate(&self) -> Curve {
        let initial = self.peak / self.divisor;
        self.curve(initial, self.peak, initial / self.final_divisor)
    }

    /// The momentum of SGD, or the first beta of Adam, that goes with it.
    pub fn momentum(&self) -> Curve {
        self.curve(self.high_momentum, self.low_momentum, self.high_momentum)
    }

    fn curve(&self, initial: f64, peak: f64, last: f64) -> Curve {
        let (steps, back) = match self.span {
            Span::LastStep(steps) => (steps as f64, 1.0),
            Span::PastLastStep(steps) => (steps as f64, 0.0),
        };
        // In a cycle of very few steps the way up may have no step at all.
        let top = (self.warm_up * steps - back).max(0.0);
        let end = steps - back;
        let points = match self.phases {
            Phases::Two => vec![(0.0, initial), (top, peak), (end, last)],
            Phases::Three => vec![
                (0.0, initial),
                (top, peak),
                (2.0 * top, initial),
                (end, last),
            ],
        };
        Curve::new(self.annealing, points)
    }

    #[track_caller]
    fn check_shares(&self) {
        let most = match self.phases {
            Phases::Two => 1.0,
            Phases::Three => 0.5,
        };
        let share = self.warm_up;
        assert!(
            (0.0..=most).contains(&share),
            "OneCycle: the warm-up must take between 0 and {most} of the steps, got {share}"
        );
    }
}

#[track_caller]
fn above_zero(argument: &str, value: f64) -> f64 {
    assert!(
        value.is_finite() && value > 0.0,
        "OneCycle: `{argument}` must be finite and above 0, got {value}"
    );
    value
}
