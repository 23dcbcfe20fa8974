//! The rate goes down when a metric stops getting better.

use serde::{Deserialize, Serialize};

use super::finite;

/// Which way a metric gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Better {
    /// A loss.
    Lower,
    /// An accuracy.
    Higher,
}

/// How much better than the best a metric must be to count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Threshold {
    /// By this share of the best.
    Relative(f64),
    /// By this much.
    Absolute(f64),
}

/// Multiplies the rate by a factor once a metric has not improved for more than `patience` looks
/// (`ReduceLROnPlateau`).
///
/// Unlike the other schedules it depends on what happened, so it has a [`state`](Self::state) that a
/// checkpoint keeps and [`restore`](Self::restore) takes back.
///
/// ```
/// use hammerhead_optim::schedule::Plateau;
///
/// let mut plateau = Plateau::new(0.1).factor(0.5).patience(1);
/// let rates: Vec<f64> = [1.0, 1.0, 1.0, 0.5].map(|loss| plateau.observe(loss)).into();
/// assert_eq!(rates, [0.1, 0.1, 0.05, 0.05]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Plateau {
    better: Better,
    factor: f64,
    patience: usize,
    threshold: Threshold,
    cooldown: usize,
    minimum: f64,
    smallest_change: f64,
    state: PlateauState,
}

/// What a [`Plateau`] remembers between two looks at the metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlateauState {
    /// The rate now.
    pub rate: f64,
    /// The best metric so far; none before the first.
    pub best: Option<f64>,
    /// Looks since the last improvement.
    pub bad: usize,
    /// Looks left in which no improvement is expected.
    pub cooling: usize,
}

impl Plateau {
    /// PyTorch's defaults: lower is better by a relative 1e-4, factor 0.1, patience 10, no cooldown.
    ///
    /// # Panics
    /// If `initial` is not finite.
    #[track_caller]
    pub fn new(initial: f64) -> Self {
        let rate = finite("Plateau", "initial", initial);
        Self {
            better: Better::Lower,
            factor: 0.1,
            patience: 10,
            threshold: Threshold::Relative(1e-4),
            cooldown: 0,
            minimum: 0.0,
            smallest_change: 1e-8,
            state: PlateauState {
                rate,
                best: None,
                bad: 0,
                cooling: 0,
            },
        }
    }

    /// Which way the metric gets better (`mode`).
    #[must_use]
    pub fn better(mut self, better: Better) -> Self {
        self.better = better;
        self
    }

    /// What the rate is multiplied by.
    ///
    /// # Panics
    /// If it is not between 0 and 1, both excluded.
    #[must_use]
    #[track_caller]
    pub fn factor(mut self, factor: f64) -> Self {
        assert!(
            factor > 0.0 && factor < 1.0,
            "Plateau: `factor` must lie between 0 and 1, or the rate would not go down, got {factor}"
        );
        self.factor = factor;
        self
    }

    /// How many looks without improvement are borne.
    #[must_use]
    pub fn patience(mut self, looks: usize) -> Self {
        self.patience = looks;
        self
    }

    /// How much better counts as better (`threshold`, `threshold_mode`).
    #[must_use]
    pub fn threshold(mut self, threshold: Threshold) -> Self {
        self.threshold = threshold;
        self
    }

    /// How many looks to wait after a reduction before counting again.
    #[must_use]
    pub fn cooldown(mut self, looks: usize) -> Self {
        self.cooldown = looks;
        self
    }

    /// The rate never goes below this (`min_lr`).
    ///
    /// # Panics
    /// If it is not finite.
    #[must_use]
    #[track_caller]
    pub fn minimum(mut self, minimum: f64) -> Self {
        self.minimum = finite("Plateau", "minimum", minimum);
        self
    }

    /// A reduction by no more than this is not made (`eps`).
    ///
    /// # Panics
    /// If it is not finite.
    #[must_use]
    #[track_caller]
    pub fn smallest_change(mut self, change: f64) -> Self {
        self.smallest_change = finite("Plateau", "smallest_change", change);
        self
    }

    /// The rate now.
    pub fn rate(&self) -> f64 {
        self.state.rate
    }

    /// Looks at the metric and returns the rate from now on. A NaN is never better than the best.
    pub fn observe(&mut self, metric: f64) -> f64 {
        let state = &mut self.state;
        if improves(self.better, self.threshold, metric, state.best) {
            state.best = Some(metric);
            state.bad = 0;
        } else {
            state.bad += 1;
        }
        if state.cooling > 0 {
            state.cooling -= 1;
            state.bad = 0;
        }
        if state.bad > self.patience {
            let rate = (state.rate * self.factor).max(self.minimum);
            if state.rate - rate > self.smallest_change {
                state.rate = rate;
            }
            state.cooling = self.cooldown;
            state.bad = 0;
        }
        state.rate
    }

    /// What to keep in a checkpoint.
    pub fn state(&self) -> &PlateauState {
        &self.state
    }

    /// Goes on from a kept state.
    pub fn restore(&mut self, state: PlateauState) {
        self.state = state;
    }
}

fn improves(better: Better, threshold: Threshold, metric: f64, best: Option<f64>) -> bool {
    let Some(best) = best else {
        return !metric.is_nan();
    };
    match (better, threshold) {
        (Better::Lower, Threshold::Relative(share)) => metric < best * (1.0 - share),
        (Better::Lower, Threshold::Absolute(amount)) => metric < best - amount,
        (Better::Higher, Threshold::Relative(share)) => metric > best * (share + 1.0),
        (Better::Higher, Threshold::Absolute(amount)) => metric > best + amount,
    }
}
