//! One step: forward, backward, optimiser.

use hammerhead_autograd::Autograd;
use hammerhead_nn::Mode;
use hammerhead_tensor::Tensor;

use crate::guard::Guard;
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
        let kept = x.clone();
        let predictions = self.forward(x, Mode::Train);
        let loss = self.loss(&predictions, y);
        // Not the batch's, which the model may have moved.
        let at_once = !loss.device().is_deferred();
        if at_once && self.precision.overflows() == 0 {
            self.check(loss.item(), kept)?;
        }
        let finite = || loss.detach().is_finite().all();
        if !at_once {
            let finite = finite();
            let failed = self.run.overflows;
            self.guard
                .get_or_insert_with(|| Guard::new(failed, &finite))
                .watch(&finite, self.precision.overflows());
        }
        match &mut self.scaler {
            None => loss.backward(),
            Some(scaler) => {
                scaler.scale(&loss).backward();
                scaler.unscale(&*self.optimizer);
                scaler.require(&finite());
            }
        }
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
            layer: self.first_layer_not_finite(x),
        })
    }

    /// Changes the parameters, unless the device found a loss that ends the fit.
    pub(crate) fn step_optimizer(&mut self) {
        let alive = self.guard.as_ref().map(Guard::alive);
        match (&mut self.scaler, alive) {
            (Some(scaler), alive) => {
                alive.into_iter().for_each(|alive| scaler.require(alive));
                scaler.step(&mut *self.optimizer);
                scaler.update();
            }
            (None, Some(alive)) => self.optimizer.step_if(alive),
            (None, None) => self.optimizer.step(),
        }
        self.optimizer.zero_grad();
    }
}
