//! The learning-rate finder: a short run at growing rates, and what its losses suggest.

use hammerhead_datasets::Position;
use hammerhead_nn::{ModuleState, StateDict, Strictness};

use crate::checkpoint::copies;
use crate::learner::Run;
use crate::unread::Unread;
use crate::{Error, Flow, Learner, Policy, Result, Smooth};
use hammerhead_optim::schedule::from_fn;
use hammerhead_tensor::{Tensor, with_current_generator};

/// The learning rates tried and the smoothed losses they gave.
///
/// ```
/// use hammerhead_learner::LrFind;
/// let found = LrFind { lrs: vec![1e-3, 1e-2, 1e-1, 1.0], losses: vec![2.0, 1.9, 1.0, 3.0] };
/// assert_eq!((found.steepest(), found.minimum()), (1e-2, 1e-1 / 10.0));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// Rates](https://arxiv.org/abs/1506.01186); fastai's `learn.lr_find()`).
    ///
    /// ```
    /// # use hammerhead_datasets::{DataLoader, TensorDataset};
    /// # use hammerhead_nn::{Linear, ModuleExt, loss};
    /// # use hammerhead_optim::{Optimizer, Sgd};
    /// # use hammerhead_tensor::{Tensor, manual_seed};
    /// use hammerhead_learner::{DataLoaders, Learner};
    /// # manual_seed(1);
    /// # let x = Tensor::randn([64, 2]);
    /// # let y = &x * 3.0 - 1.0;
    /// # let data = || DataLoader::new(TensorDataset::new(x.clone(), y.clone())).batch_size(16);
    /// # let data = DataLoaders::new(data(), data());
    /// # let model = Linear::new(2, 2);
    /// # let optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.1));
    /// let mut learner = Learner::new(data, model, optimizer, |p, t| loss::mse_loss(p, t));
    /// let found = learner.lr_find(100)?;
    /// assert!(found.lrs.len() == found.losses.len() && found.minimum() > 1e-6);
    /// # Ok::<(), hammerhead_learner::Error>(())
    /// ```
    ///
    /// # Errors
    /// When data fails, or a loss that the device owed from before is not finite.
    pub fn lr_find(&mut self, steps: usize) -> Result<LrFind> {
        // Called in the middle of a fit, its losses are not to be lost.
        self.sync()?;
        let model: StateDict = copies(self.model.state_dict());
        let optimizer: StateDict = copies(self.optimizer.state_dict());
        let (recorder, run) = (self.recorder.clone(), self.run.clone());
        let scaler = self.scaler.clone();
        let generator = with_current_generator(|generator| generator.state());
        let outcome = self.try_rates(steps.max(2));
        self.optimizer.zero_grad();
        self.model.load_state_dict(&model, Strictness::Strict)?;
        let restored = self.optimizer.load_state_dict(&optimizer);
        restored.map_err(|error| Error::Callback(error.to_string()))?;
        (self.recorder, self.run, self.scaler) = (recorder, run, scaler);
        self.forget_unread();
        // Dropout and its like drew from it.
        let restored = with_current_generator(|current| current.restore(&generator));
        restored.map_err(|error| Error::Callback(error.to_string()))?;
        outcome
    }

    fn try_rates(&mut self, steps: usize) -> Result<LrFind> {
        let policy = Policy::new(from_fn(move |step| {
            START * (END / START).powf(step as f64 / (steps - 1) as f64)
        }));
        let mut search = Search {
            steps,
            ..Search::default()
        };
        self.run = Run::default();
        self.run.shares.renew(&*self.optimizer);
        let mut epoch = 0;
        loop {
            let before = search.tried();
            for batch in self.data.train.resume(Position { epoch, batch: 0 }) {
                let (x, y) = self.placed(batch?)?;
                let lr = policy.lr(search.tried());
                self.run.shares.set(&mut *self.optimizer, lr);
                let loss = match self.backward(x, &y) {
                    Err(Error::NotFinite { .. }) => return search.end(),
                    loss => loss?,
                };
                self.step_optimizer();
                if search.goes_on(lr, &loss)? == Flow::Stop {
                    return search.end();
                }
            }
            if search.tried() == before {
                return search.end();
            }
            epoch += 1;
        }
    }
}

/// The losses of a search. A deferred device owes the last of them, so that some rates may have been tried
/// beyond the one that ends it: they are left out, as everything that they changed is put back.
#[derive(Default)]
struct Search {
    found: LrFind,
    smooth: Smooth,
    best: Option<f64>,
    steps: usize,
    /// The rates whose losses are not read yet.
    lrs: Vec<f64>,
    unread: Unread,
}

impl Search {
    /// How many rates.
    fn tried(&self) -> usize {
        self.found.lrs.len() + self.lrs.len()
    }

    /// Takes in the loss of one more rate.
    fn goes_on(&mut self, lr: f64, loss: &Tensor) -> Result<Flow> {
        self.lrs.push(lr);
        self.unread.push(loss);
        let last = self.tried() == self.steps;
        if last {
            return Ok(Flow::Stop);
        }
        if self.unread.is_full() {
            return self.read();
        }
        Ok(Flow::Continue)
    }

    /// Reads what is owed, up to a loss that diverged.
    fn read(&mut self) -> Result<Flow> {
        let lrs = std::mem::take(&mut self.lrs);
        for (lr, loss) in lrs.into_iter().zip(self.unread.take()?) {
            if !loss.is_finite() {
                return Ok(Flow::Stop);
            }
            self.smooth.add(loss);
            let smooth = self.smooth.value();
            let best = self.best.map_or(smooth, |best| best.min(smooth));
            self.best = Some(best);
            self.found.lrs.push(lr);
            self.found.losses.push(smooth);
            if smooth > DIVERGED * best {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }

    fn end(mut self) -> Result<LrFind> {
        self.read()?;
        Ok(self.found)
    }
}
