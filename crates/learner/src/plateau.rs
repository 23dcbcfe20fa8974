//! Lower learning rates when nothing gets better.

use hammerhead_optim::schedule::{Plateau, PlateauState};
use serde_json::Value;

use crate::{Callback, Flow, Learner, Result};

/// Multiplies every step's learning rate by a [`Plateau`]'s rate (start it at 1), which falls when the
/// validation loss does not (PyTorch's `ReduceLROnPlateau`).
///
/// ```
/// # use hammerhead_datasets::{DataLoader, TensorDataset};
/// # use hammerhead_nn::{Linear, ModuleExt, loss};
/// # use hammerhead_optim::{Optimizer, Sgd, schedule::Plateau};
/// # use hammerhead_tensor::{Tensor, manual_seed};
/// use hammerhead_learner::{DataLoaders, Learner, ReduceOnPlateau};
/// # manual_seed(1);
/// # let x = Tensor::randn([64, 2]);
/// # let y = &x * 3.0 - 1.0;
/// # let data = || DataLoader::new(TensorDataset::new(x.clone(), y.clone())).batch_size(16);
/// # let data = DataLoaders::new(data(), data());
/// # let model = Linear::new(2, 2);
/// # let optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.1));
/// let mut learner = Learner::new(data, model, optimizer, |p, t| loss::mse_loss(p, t))
///     .callback(ReduceOnPlateau::new(Plateau::new(1.0).factor(0.5).patience(1)));
/// learner.fit(60, 0.1)?;
/// assert!(*learner.recorder.lrs.last().unwrap() < 0.1);
/// # Ok::<(), hammerhead_learner::Error>(())
/// ```
pub struct ReduceOnPlateau {
    plateau: Plateau,
}

impl ReduceOnPlateau {
    /// By this schedule.
    pub fn new(plateau: Plateau) -> Self {
        Self { plateau }
    }
}

impl Callback for ReduceOnPlateau {
    fn name(&self) -> &'static str {
        "reduce_on_plateau"
    }

    fn after_backward(&mut self, learner: &mut Learner) -> Result<()> {
        let lrs: Vec<f64> = learner
            .optimizer
            .lrs()
            .iter()
            .map(|lr| lr * self.plateau.rate())
            .collect();
        learner.optimizer.set_lrs(&lrs);
        Ok(())
    }

    fn after_epoch(&mut self, learner: &mut Learner) -> Result<Flow> {
        if let Some(loss) = learner
            .recorder
            .epochs
            .last()
            .and_then(|row| row.valid_loss)
        {
            self.plateau.observe(loss);
        }
        Ok(Flow::Continue)
    }

    fn state(&self) -> Option<Value> {
        serde_json::to_value(self.plateau.state()).ok()
    }

    fn restore(&mut self, state: &Value) -> Result<(), String> {
        let state: PlateauState =
            serde_json::from_value(state.clone()).map_err(|error| error.to_string())?;
        self.plateau.restore(state);
        Ok(())
    }
}
