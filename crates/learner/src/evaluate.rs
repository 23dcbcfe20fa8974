//! The model in use: validation and predictions.

use hammerhead_datasets::DataLoader;
use hammerhead_nn::Mode;
use hammerhead_tensor::{Tensor, cat, no_grad, with_autocast};

use crate::weighted_mean::WeightedMean;
use crate::{Learner, Result};

impl Learner {
    /// The model's outputs for a batch, in `F32` if it computes in 16 bits.
    pub(crate) fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        let narrow = self.precision.dtype();
        let predictions = with_autocast(narrow, || self.model.forward(x, mode));
        if narrow == Some(predictions.dtype()) {
            predictions.float()
        } else {
            predictions
        }
    }

    /// Runs the model over the validation data and gives the mean loss, `None` where there are no items, and
    /// the metrics' values (fastai's `learn.validate()`).
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
    /// let (loss, metrics) = learner.validate()?;
    /// assert!(loss.unwrap() > 1.0 && metrics.is_empty());
    /// # Ok::<(), hammerhead_learner::Error>(())
    /// ```
    ///
    /// # Errors
    /// When data fails.
    pub fn validate(&mut self) -> Result<(Option<f64>, Vec<f64>)> {
        let loss = self.validate_metrics()?;
        Ok((loss, self.metric_values()))
    }

    pub(crate) fn validate_metrics(&mut self) -> Result<Option<f64>> {
        self.metrics.iter_mut().for_each(|metric| metric.reset());
        let Some(valid) = &self.data.valid else {
            return Ok(None);
        };
        let mut losses = WeightedMean::default();
        for batch in valid.epoch(0) {
            let (x, y) = self.placed(batch?)?;
            let count = x.shape().first().copied().unwrap_or(1);
            no_grad(|| {
                let predictions = self.forward(x, Mode::Eval);
                self.metrics
                    .iter_mut()
                    .for_each(|metric| metric.update(&predictions, &y));
                losses.push(&self.loss(&predictions, &y), count as f64)
            })?;
        }
        (losses.weight() > 0.0).then(|| losses.mean()).transpose()
    }

    /// The values of the metrics over the last validation.
    pub(crate) fn metric_values(&self) -> Vec<f64> {
        self.metrics.iter().map(|metric| metric.value()).collect()
    }

    /// The model's outputs and the targets for a whole loader, in its order (fastai's `learn.get_preds()`).
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
    /// learner.fit(1, 0.1)?;
    /// let (outputs, targets) = learner.predict(learner.data.valid.as_ref().unwrap())?;
    /// assert_eq!((outputs.shape(), targets.shape()), (&[64, 2][..], &[64, 2][..]));
    /// # Ok::<(), hammerhead_learner::Error>(())
    /// ```
    ///
    /// # Errors
    /// When data fails.
    ///
    /// # Panics
    /// If the loader is empty.
    pub fn predict(&self, data: &DataLoader<(Tensor, Tensor)>) -> Result<(Tensor, Tensor)> {
        let (mut predictions, mut targets) = (Vec::new(), Vec::new());
        for batch in data.epoch(0) {
            let (x, y) = self.placed(batch?)?;
            predictions.push(no_grad(|| self.forward(x, Mode::Eval)));
            targets.push(y);
        }
        Ok((cat(&predictions, 0), cat(&targets, 0)))
    }
}
