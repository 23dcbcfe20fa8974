//! Stopping when nothing gets better.

use serde_json::{Value, json};

use crate::{Callback, Flow, Learner, Result};

/// Stops a fit when the validation loss has not fallen by `min_delta`, 0 by default, for `patience` epochs (Keras's
/// `EarlyStopping`, fastai's `EarlyStoppingCallback`).
///
/// ```
/// # use hammerhead_datasets::{DataLoader, TensorDataset};
/// # use hammerhead_nn::{Linear, ModuleExt, loss};
/// # use hammerhead_optim::{Optimizer, Sgd};
/// # use hammerhead_tensor::{Tensor, manual_seed};
/// use hammerhead_learner::{DataLoaders, EarlyStopping, Learner};
/// # manual_seed(1);
/// # let x = Tensor::randn([64, 2]);
/// # let y = &x * 3.0 - 1.0;
/// # let data = || DataLoader::new(TensorDataset::new(x.clone(), y.clone())).batch_size(16);
/// # let data = DataLoaders::new(data(), data());
/// # let model = Linear::new(2, 2);
/// # let optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.1));
/// let mut learner = Learner::new(data, model, optimizer, |p, t| loss::mse_loss(p, t))
///     .callback(EarlyStopping::new(2).min_delta(0.1));
/// learner.fit(100, 0.1)?;
/// assert!(learner.recorder.epochs.len() < 100);
/// # Ok::<(), hammerhead_learner::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EarlyStopping {
    patience: usize,
    min_delta: f64,
    best: f64,
    waited: usize,
}

impl EarlyStopping {
    /// Waits this many epochs for any improvement.
    pub fn new(patience: usize) -> Self {
        Self {
            patience,
            min_delta: 0.0,
            best: f64::INFINITY,
            waited: 0,
        }
    }

    /// What counts as an improvement.
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.min_delta = min_delta;
        self
    }
}

impl Callback for EarlyStopping {
    fn name(&self) -> &'static str {
        "early_stopping"
    }

    fn after_epoch(&mut self, learner: &mut Learner) -> Result<Flow> {
        let Some(loss) = learner
            .recorder
            .epochs
            .last()
            .and_then(|row| row.valid_loss)
        else {
            return Ok(Flow::Continue);
        };
        if loss < self.best - self.min_delta {
            (self.best, self.waited) = (loss, 0);
        } else {
            self.waited += 1;
        }
        Ok(if self.waited >= self.patience {
            Flow::Stop
        } else {
            Flow::Continue
        })
    }

    fn state(&self) -> Option<Value> {
        Some(json!({ "best": self.best.to_bits(), "waited": self.waited }))
    }

    fn restore(&mut self, state: &Value) -> Result<(), String> {
        let number = |key: &str| {
            state[key]
                .as_u64()
                .ok_or_else(|| format!("early_stopping: `{key}` is missing"))
        };
        (self.best, self.waited) = (f64::from_bits(number("best")?), number("waited")? as usize);
        Ok(())
    }
}
