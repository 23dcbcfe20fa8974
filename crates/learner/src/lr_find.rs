//! The learning-rate finder: a short run at growing rates, and what its losses suggest.

use hammerhead_datasets::Position;
use hammerhead_nn::{ModuleState, StateDict, Strictness};

use crate::checkpoint::copies;
use crate::learner::Run;
use crate::{Error, Learner, Policy, Result, Smooth};
use hammerhead_optim::schedule::from_fn;
use hammerhead_tensor::with_current_generator;

/// The learning rates tried and the smoothed losses they gave.
#[derive(Clone, Debug, PartialEq)]
pub struct LrFind {
    /// The rates, growing by one factor.
    pub lrs: Vec<f64>,
    /// The smoothed loss at each.
    pub losses: Vec<f64>,
}

const START: f64 = 1e-7;
const END: f64 = 10.0;
/// A loss this many times the best one ends the search.
const DIVERGED: f64 = 4.0;

impl LrFind {
    /// The rate where the loss falls most steeply over the logarithm of the rate.
    pub fn steepest(&self) -> f64 {
        let slope = |i: usize| self.losses[i + 1] - self.losses[i];
        let best =
            (0..self.losses.len().saturating_sub(1)).min_by(|&a, &b| slope(a).total_cmp(&slope(b)));
        best.map_or(START, |i| self.lrs[i])
    }

    /// A tenth of the rate with the least loss.
    pub fn minimum(&self) -> f64 {
        let best =
            (0..self.losses.len()).min_by(|&a, &b| self.losses[a].total_cmp(&self.losses[b]));
        best.map_or(START, |i| self.lrs[i] / 10.0)
    }

    /// fastai's default: two thirds down the longest valley.
    pub fn valley(&self) -> f64 {
        let n = self.losses.len();
        let mut lengths = vec![1usize; n];
        let (mut start, mut end) = (0, 0);
        for i in 1..n {
            for j in 0..i {
                if self.losses[i] < self.losses[j] && lengths[i] < lengths[j] + 1 {
                    lengths[i] = lengths[j] + 1;
                }
            }
            if lengths[i] > lengths[end] {
                end = i;
                start = end + 1 - lengths[end];
            }
        }
        let section = (end - start) as f64 / 3.0;
        let at = start as f64 + section + section / 2.0;
        self.lrs.get(at as usize).copied().unwrap_or(START)
    }
}

impl Learner {
    /// Tries up to `steps` batches at learning rates growing from 1e-7 to 10, until the loss diverges;
    /// model, optimiser, records and random numbers are as before after it (Smith, [Cyclical Learning
    /// Rates](https://arxiv.org/abs/1506.01186)).
    ///
    /// # Errors
    /// When data fails.
    pub fn lr_find(&mut self, steps: usize) -> Result<LrFind> {
        let model: StateDict = copies(self.model.state_dict());
        let optimizer: StateDict = copies(self.optimizer.state_dict());
        let (recorder, run) = (self.recorder.clone(), self.run.clone());
        let generator = with_current_generator(|generator| generator.state());
        let outcome = self.try_rates(steps.max(2));
        self.optimizer.zero_grad();
        self.model.load_state_dict(&model, Strictness::Strict)?;
        let restored = self.optimizer.load_state_dict(&optimizer);
        restored.map_err(|error| Error::Callback(error.to_string()))?;
        (self.recorder, self.run) = (recorder, run);
        // Dropout and its like drew from it.
        let restored = with_current_generator(|current| current.restore(&generator));
        restored.map_err(|error| Error::Callback(error.to_string()))?;
        outcome
    }

    fn try_rates(&mut self, steps: usize) -> Result<LrFind> {
        let policy = Policy::new(from_fn(move |step| {
            START * (END / START).powf(step as f64 / (steps - 1) as f64)
        }));
        let (mut found, mut smooth, mut best) = (
            LrFind {
                lrs: vec![],
                losses: vec![],
            },
            Smooth::default(),
            f64::INFINITY,
        );
        self.run = Run::default();
        self.run.shares.renew(&*self.optimizer);
        let mut epoch = 0;
        while found.lrs.len() < steps {
            let before = found.lrs.len();
            for batch in self.data.train.resume(Position { epoch, batch: 0 }) {
                let (x, y) = self.placed(batch?)?;
                let lr = policy.lr(found.lrs.len());
                self.run.shares.set(&mut *self.optimizer, lr);
                let loss = match self.step_forward(x, &y) {
                    Err(Error::NotFinite { .. }) => return Ok(found),
                    loss => loss?,
                };
                self.optimizer.step();
                self.optimizer.zero_grad();
                smooth.add(loss);
                best = best.min(smooth.value());
                found.lrs.push(lr);
                found.losses.push(smooth.value());
                if smooth.value() > DIVERGED * best || found.lrs.len() == steps {
                    return Ok(found);
                }
            }
            if found.lrs.len() == before {
                break;
            }
            epoch += 1;
        }
        Ok(found)
    }
}
