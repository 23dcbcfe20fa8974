//! Lower learning rates when nothing gets better.

use hammerhead_optim::schedule::{Plateau, PlateauState};
use serde_json::Value;

use crate::{Callback, Flow, Learner, Result};

/// Multiplies every step's learning rate by a [`Plateau`]'s rate (start it at 1), which falls when the
/// validation loss does not.
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
