//! Forward and backward of one batch.

use hammerhead_autograd::Autograd;
use hammerhead_nn::Mode;
use hammerhead_tensor::Tensor;

use crate::not_finite::first_layer_not_finite;
use crate::{Error, Learner, Result};

impl Learner {
    /// The loss of a batch, its gradients left with the parameters.
    pub(crate) fn step_forward(&mut self, x: Tensor, y: &Tensor) -> Result<f64> {
        let predictions = self.model.forward(x.clone(), Mode::Train);
        let loss = self.loss(&predictions, y);
        let value = loss.item();
        if !value.is_finite() {
            let layer = first_layer_not_finite(&*self.model, x);
            return Err(Error::NotFinite {
                epoch: self.epoch(),
                batch: self.batch(),
                loss: value,
                layer,
            });
        }
        loss.backward();
        Ok(value)
    }
}
