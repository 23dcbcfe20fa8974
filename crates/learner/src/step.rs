//! One step: forward, backward, optimiser.

use hammerhead_autograd::Autograd;
use hammerhead_nn::Mode;
use hammerhead_tensor::Tensor;

use crate::not_finite::first_layer_not_finite;
use crate::{Error, Learner, Policy, Result};

impl Learner {
    pub(crate) fn train_batch(&mut self, x: Tensor, y: &Tensor, policy: &Policy) -> Result<()> {
        let lr = policy.lr(self.run.step);
        self.run.shares.set(&mut *self.optimizer, lr);
        if let Some(momentum) = policy.momentum_at(self.run.step) {
            self.optimizer.set_momentum(momentum);
        }
        let loss = self.backward(x, y)?;
        self.each_callback(|callback, learner| callback.after_backward(learner))?;
        self.step_optimizer();
        self.run.step += 1;
        self.run.position.batch += 1;
        // Not the policy's, which a callback may have changed before the step.
        let lr = self.run.shares.rate(&*self.optimizer);
        self.recorder.lrs.push(lr);
        self.unread.push(&loss);
        if self.unread.is_full() {
            self.sync()?;
        }
        Ok(())
    }

    /// The loss of a batch, its gradients left with the parameters.
    pub(crate) fn backward(&mut self, x: Tensor, y: &Tensor) -> Result<Tensor> {
        let at_once = (!x.device().is_deferred()).then(|| x.clone());
        let predictions = self.model.forward(x, Mode::Train);
        let loss = self.loss(&predictions, y);
        match at_once {
            Some(x) => self.check(loss.item(), x)?,
            None => self.check_later(&loss.detach()),
        }
        loss.backward();
        Ok(loss.detach())
    }

    /// Refuses a loss that is not finite.
    fn check(&self, loss: f64, x: Tensor) -> Result<()> {
        if loss.is_finite() {
            return Ok(());
        }
        Err(Error::NotFinite {
            epoch: self.epoch(),
            batch: self.batch(),
            loss,
            layer: first_layer_not_finite(&*self.model, x),
        })
    }

    /// Has the device remember whether all losses are finite that it owes.
    fn check_later(&mut self, loss: &Tensor) {
        let finite = loss.is_finite().all();
        self.alive = Some(match self.alive.take() {
            Some(alive) => alive.logical_and(&finite),
            None => finite,
        });
    }

    /// Changes the parameters, unless the device found a loss that ends the fit.
    pub(crate) fn step_optimizer(&mut self) {
        match &self.alive {
            Some(alive) => self.optimizer.step_if(alive),
            None => self.optimizer.step(),
        }
        self.optimizer.zero_grad();
    }
}
