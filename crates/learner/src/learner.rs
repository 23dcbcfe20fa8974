//! Model, data, loss and optimiser, and the loop over them.

use std::time::Instant;

use hammerhead_datasets::Position;
use hammerhead_nn::Module;
use hammerhead_optim::{GradScaler, Step};
use hammerhead_tensor::Tensor;
use hammerhead_tensor::device::DeviceRef;

use crate::callback::{Callback, Flow};
use crate::guard::Guard;
use crate::metrics::Metric;
use crate::shares::Shares;
use crate::unread::Unread;
use crate::{DataLoaders, EpochRow, Error, Policy, Precision, Recorder, Result, Smooth};

/// A loss of predictions and targets.
pub type LossFn = Box<dyn Fn(&Tensor, &Tensor) -> Tensor>;

/// The training loop (fastai's `Learner`).
///
/// ```
/// use hammerhead_datasets::{DataLoader, TensorDataset};
/// use hammerhead_learner::{DataLoaders, Learner};
/// use hammerhead_nn::{Linear, ModuleExt, loss};
/// use hammerhead_optim::{Optimizer, Sgd};
/// use hammerhead_tensor::{Tensor, manual_seed};
///
/// manual_seed(1);
/// let x = Tensor::randn([64, 2]);
/// let y = &x * 3.0 - 1.0;
/// let data = || DataLoader::new(TensorDataset::new(x.clone(), y.clone())).batch_size(16);
/// let model = Linear::new(2, 2);
/// let optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.1));
/// let mut learner =
///     Learner::new(DataLoaders::new(data(), data()), model, optimizer, |p, t| loss::mse_loss(p, t));
/// learner.fit(20, 0.1)?;
/// assert!(learner.recorder.epochs[19].valid_loss.unwrap() < 1e-3);
/// # Ok::<(), hammerhead_learner::Error>(())
/// ```
pub struct Learner {
    /// The network.
    pub model: Box<dyn Module>,
    /// Its optimiser.
    pub optimizer: Box<dyn Step>,
    /// The data.
    pub data: DataLoaders,
    /// What was measured so far.
    pub recorder: Recorder,
    loss: LossFn,
    pub(crate) metrics: Vec<Box<dyn Metric>>,
    callbacks: Vec<Box<dyn Callback>>,
    device: Option<DeviceRef>,
    pub(crate) run: Run,
    /// The losses of the last steps, which a deferred device owes.
    pub(crate) unread: Unread,
    /// What only the device knows of those yet.
    pub(crate) guard: Option<Guard>,
    pub(crate) precision: Precision,
    pub(crate) scaler: Option<GradScaler>,
}

/// Where a fit stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    pub(crate) epochs: usize,
    pub(crate) position: Position,
    pub(crate) step: usize,
    pub(crate) smooth: Smooth,
    pub(crate) stopped: bool,
    /// Each group's share of the learning rate.
    pub(crate) shares: Shares,
    /// Seconds of this epoch that passed before the run was resumed.
    pub(crate) seconds: f64,
    /// Losses in a row up to here that were beyond 16 bits.
    pub(crate) overflows: usize,
}

impl Learner {
    /// A learner without metrics or callbacks.
    pub fn new(
        data: DataLoaders,
        model: impl Module,
        optimizer: impl Step + 'static,
        loss: impl Fn(&Tensor, &Tensor) -> Tensor + 'static,
    ) -> Self {
        Self {
            model: Box::new(model),
            optimizer: Box::new(optimizer),
            data,
            recorder: Recorder::default(),
            loss: Box::new(loss),
            metrics: Vec::new(),
            callbacks: Vec::new(),
            device: None,
            run: Run::default(),
            unread: Unread::default(),
            guard: None,
            precision: Precision::default(),
            scaler: None,
        }
    }

    /// Measures one thing more in validation.
    pub fn metric(mut self, metric: impl Metric + 'static) -> Self {
        self.recorder.names.push(metric.name());
        self.metrics.push(Box::new(metric));
        self
    }

    /// Moves every batch to the device of the model before it is used; move the model there first, and make
    /// the optimiser after that.
    pub fn device(mut self, device: &DeviceRef) -> Self {
        self.device = Some(device.clone());
        self
    }

    /// Computes in 16 bits where that pays, from now on: PyTorch's autocast, and with [`Precision::F16`] its
    /// gradient scaler, whose state is part of checkpoints. See [`with_autocast`](hammerhead_tensor::with_autocast)
    /// for what is computed in which dtype; parameters stay in `F32` and keep their names.
    ///
    /// ```
    /// # use hammerhead_datasets::{DataLoader, TensorDataset};
    /// # use hammerhead_learner::{DataLoaders, Learner, Precision};
    /// # use hammerhead_nn::{Linear, ModuleExt, loss};
    /// # use hammerhead_optim::{Optimizer, Sgd};
    /// # use hammerhead_tensor::{Tensor, manual_seed};
    /// # manual_seed(1);
    /// # let x = Tensor::randn([64, 2]);
    /// # let y = &x * 3.0 - 1.0;
    /// # let data = || DataLoader::new(TensorDataset::new(x.clone(), y.clone())).batch_size(16);
    /// # let model = Linear::new(2, 2);
    /// # let optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.1));
    /// let mut learner =
    ///     Learner::new(DataLoaders::new(data(), data()), model, optimizer, |p, t| loss::mse_loss(p, t))
    ///         .precision(Precision::F16);
    /// learner.fit(20, 0.1)?;
    /// assert!(learner.recorder.epochs[19].valid_loss.unwrap() < 1e-3);
    /// # Ok::<(), hammerhead_learner::Error>(())
    /// ```
    pub fn precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self.scaler = (precision == Precision::F16).then(GradScaler::new);
        self
    }

    /// Another scaler than [`Precision::F16`]'s usual one; with other precisions none is used unless it is given
    /// here.
    pub fn grad_scaler(mut self, scaler: GradScaler) -> Self {
        self.scaler = Some(scaler);
        self
    }

    /// The scaler of the losses, if there is one.
    pub fn scaler(&self) -> Option<&GradScaler> {
        self.scaler.as_ref()
    }

    /// A batch where the model is.
    pub(crate) fn placed(&self, (x, y): (Tensor, Tensor)) -> Result<(Tensor, Tensor)> {
        let Some(device) = &self.device else {
            return Ok((x, y));
        };
        let place = |tensor: Tensor| tensor.try_to(device).map_err(Error::Device);
        Ok((place(x)?, place(y)?))
    }

    /// Adds a callback.
    pub fn callback(mut self, callback: impl Callback + 'static) -> Self {
        self.callbacks.push(Box::new(callback));
        self.callbacks.sort_by_key(|callback| callback.order());
        self
    }

    /// The epoch being trained, counted from 0.
    pub fn epoch(&self) -> usize {
        self.run.position.epoch as usize
    }

    /// How many epochs the fit has.
    pub fn epochs(&self) -> usize {
        self.run.epochs
    }

    /// Batches of this epoch done so far.
    pub fn batch(&self) -> usize {
        self.run.position.batch
    }

    /// Steps of this fit done so far.
    pub fn step(&self) -> usize {
        self.run.step
    }

    /// Trains for some epochs at one learning rate. That is the rate of the optimiser's first group; other
    /// groups keep their proportion to it, in this and every other fit.
    ///
    /// # Errors
    /// When data fails, the loss is not finite or a callback gives up.
    pub fn fit(&mut self, epochs: usize, lr: f64) -> Result<()> {
        self.fit_policy(epochs, &Policy::constant(lr))
    }

    /// Trains for some epochs by the one-cycle policy: Smith, [A disciplined approach to neural network
    /// hyper-parameters](https://arxiv.org/abs/1803.09820), in fastai's form: up to the peak in a quarter of
    /// the steps and down to nearly nothing, the momentum the other way round.
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
    /// learner.fit_one_cycle(10, 0.3)?;
    /// assert!(learner.recorder.epochs[9].valid_loss.unwrap() < 0.1);
    /// # Ok::<(), hammerhead_learner::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Learner::fit`].
    pub fn fit_one_cycle(&mut self, epochs: usize, peak_lr: f64) -> Result<()> {
        let steps = epochs.saturating_mul(self.data.train.len()).max(1);
        self.fit_policy(epochs, &Policy::one_cycle(peak_lr, steps))
    }

    /// Trains for some epochs with learning rate and momentum by step.
    ///
    /// ```
    /// # use hammerhead_datasets::{DataLoader, TensorDataset};
    /// # use hammerhead_nn::{Linear, ModuleExt, loss};
    /// # use hammerhead_optim::{Optimizer, Sgd, schedule::{self, Exponential}};
    /// # use hammerhead_tensor::{Tensor, manual_seed};
    /// use hammerhead_learner::{DataLoaders, Learner, Policy};
    /// # manual_seed(1);
    /// # let x = Tensor::randn([64, 2]);
    /// # let y = &x * 3.0 - 1.0;
    /// # let data = || DataLoader::new(TensorDataset::new(x.clone(), y.clone())).batch_size(16);
    /// # let data = DataLoaders::new(data(), data());
    /// # let model = Linear::new(2, 2);
    /// # let optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.1));
    /// let mut learner = Learner::new(data, model, optimizer, |p, t| loss::mse_loss(p, t));
    /// let shrinking = Exponential::new(0.2, 0.9);
    /// learner.fit_policy(2, &Policy::new(shrinking).momentum(schedule::Constant(0.0)))?;
    /// assert_eq!(learner.recorder.lrs[..2], [0.2, 0.2 * 0.9]);
    /// # Ok::<(), hammerhead_learner::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Learner::fit`].
    pub fn fit_policy(&mut self, epochs: usize, policy: &Policy) -> Result<()> {
        self.forget_unread();
        let first = self.recorder.epochs.len() as u64;
        let position = Position {
            epoch: first,
            batch: 0,
        };
        self.run = Run {
            epochs: epochs + first as usize,
            position,
            shares: std::mem::take(&mut self.run.shares),
            ..Run::default()
        };
        self.run.shares.renew(&*self.optimizer);
        self.run_fit(policy)
    }

    /// Trains on from where a restored run stands, to the end of its epochs.
    ///
    /// # Errors
    /// As [`Learner::fit`].
    pub fn continue_fit(&mut self, policy: &Policy) -> Result<()> {
        if self.run.shares.0.is_empty() {
            self.run.shares.renew(&*self.optimizer);
        }
        self.run_fit(policy)
    }

    fn run_fit(&mut self, policy: &Policy) -> Result<()> {
        // All room is taken now, so that no later step asks the system for any.
        let steps = self.run.epochs.saturating_mul(self.data.train.len());
        let steps = steps.saturating_sub(self.run.step);
        // Without room for all of them, the records grow as they come.
        let records = [&mut self.recorder.losses, &mut self.recorder.lrs];
        let _ = records.map(|record| record.try_reserve(steps));
        self.each_callback(|callback, learner| callback.before_fit(learner))?;
        while self.epoch() < self.run.epochs && !self.run.stopped {
            if let Err(error) = self.fit_epoch(policy) {
                // The records are whole whatever ended the fit; the first error is the one to tell.
                let _ = self.sync();
                return Err(error);
            }
        }
        self.each_callback(|callback, learner| callback.after_fit(learner))
    }

    fn fit_epoch(&mut self, policy: &Policy) -> Result<()> {
        let (start, before) = (Instant::now(), self.run.seconds);
        self.each_callback(|callback, learner| callback.before_epoch(learner))?;
        let mut items = 0;
        for batch in self.data.train.resume(self.run.position) {
            let (x, y) = self.placed(batch?)?;
            items += x.shape().first().copied().unwrap_or(1);
            self.train_batch(x, &y, policy)?;
            self.run.seconds = before + start.elapsed().as_secs_f64();
            if self.each_flow(|callback, learner| callback.after_batch(learner))? == Flow::Stop {
                self.run.stopped = true;
                break;
            }
        }
        self.sync()?;
        let train_seconds = start.elapsed().as_secs_f64();
        let valid_loss = self.validate_metrics()?;
        if let Some(loss) = valid_loss.filter(|loss| !loss.is_finite()) {
            let epoch = self.epoch();
            return Err(Error::ValidNotFinite { epoch, loss });
        }
        let seconds = before + start.elapsed().as_secs_f64();
        self.recorder.epochs.push(EpochRow {
            epoch: self.epoch(),
            train_loss: self.train_loss(),
            valid_loss,
            metrics: self.metric_values(),
            seconds,
            items_per_second: items as f64 / train_seconds.max(1e-9),
        });
        self.run.position = Position {
            epoch: self.run.position.epoch + 1,
            batch: 0,
        };
        self.run.seconds = 0.0;
        if self.each_flow(|callback, learner| callback.after_epoch(learner))? == Flow::Stop {
            self.run.stopped = true;
        }
        Ok(())
    }

    /// The loss of some predictions.
    pub fn loss(&self, predictions: &Tensor, targets: &Tensor) -> Tensor {
        (self.loss)(predictions, targets)
    }

    /// Saves the callbacks' states, by name.
    pub(crate) fn callback_states(&self, skip: &str) -> Vec<(String, serde_json::Value)> {
        let others = self
            .callbacks
            .iter()
            .filter(|callback| callback.name() != skip);
        others
            .filter_map(|callback| Some((callback.name().to_owned(), callback.state()?)))
            .collect()
    }

    pub(crate) fn restore_callbacks(
        &mut self,
        states: &[(String, serde_json::Value)],
    ) -> Result<(), String> {
        for callback in &mut self.callbacks {
            if let Some((_, state)) = states.iter().find(|(name, _)| name == callback.name()) {
                callback.restore(state)?;
            }
        }
        Ok(())
    }

    /// Drops what a fit that was abandoned left behind.
    pub(crate) fn forget_unread(&mut self) {
        (self.unread, self.guard) = (Unread::default(), None);
    }

    /// Runs an event of every callback, which may change the learner; the callbacks are put back after.
    pub(crate) fn each_callback(
        &mut self,
        mut event: impl FnMut(&mut dyn Callback, &mut Learner) -> Result<()>,
    ) -> Result<()> {
        self.each_flow(|callback, learner| event(callback, learner).map(|()| Flow::Continue))
            .map(|_| ())
    }

    fn each_flow(
        &mut self,
        mut event: impl FnMut(&mut dyn Callback, &mut Learner) -> Result<Flow>,
    ) -> Result<Flow> {
        let mut flow = Flow::Continue;
        for index in 0..self.callbacks.len() {
            // While a callback runs, a placeholder keeps its place, so that it may see the learner whole.
            let mut callback = std::mem::replace(&mut self.callbacks[index], Box::new(Placeholder));
            let outcome = event(&mut *callback, self);
            self.callbacks[index] = callback;
            if outcome? == Flow::Stop {
                flow = Flow::Stop;
                // The callbacks after this one, checkpoints above all, are to know.
                self.run.stopped = true;
            }
        }
        Ok(flow)
    }
}

/// Stands for a callback that is running.
struct Placeholder;

impl Callback for Placeholder {}

impl Error {
    pub(crate) fn checkpoint(path: &std::path::Path, reason: impl ToString) -> Self {
        Error::Checkpoint {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }
}
