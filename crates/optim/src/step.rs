//! The face that every optimiser shows.

use hammerhead_tensor::Tensor;

use crate::StateError;

/// What a training loop needs of any optimiser.
pub trait Step: Send {
    /// Changes every parameter that has a gradient (PyTorch's `step()`).
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{Optimizer, Sgd, Step};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// w.square().backward();
    /// optimizer.step();
    /// assert_eq!(w.item(), 0.8f32.into());
    /// ```
    ///
    /// # Panics
    /// If a gradient has another shape, dtype or device than its parameter.
    fn step(&mut self);

    /// As [`Step::step`], if `go` holds, a bool of rank 0 on the parameters' device: otherwise parameters,
    /// states and the number of steps stay as they are. [`Optimizer`](crate::Optimizer) leaves the decision to the device and
    /// waits for nothing; the default waits for `go`.
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{Optimizer, Sgd, Step};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// w.square().backward();
    /// optimizer.step_if(&w.grad().unwrap().gt(100).all());
    /// assert_eq!(w.item(), 1.0);
    /// ```
    ///
    /// # Panics
    /// As [`Step::step`], and if `go` is no bool of rank 0 or on another device.
    fn step_if(&mut self, go: &Tensor) {
        if go.to_scalar::<bool>() {
            self.step();
        }
    }

    /// Forgets all gradients (PyTorch's `zero_grad()`).
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{Optimizer, Sgd, Step};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// w.square().backward();
    /// optimizer.zero_grad();
    /// assert!(w.grad().is_none());
    /// ```
    fn zero_grad(&mut self);

    /// The parameters of all groups.
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{Optimizer, Sgd, Step};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// assert!(optimizer.parameters()[0].is_same(&w));
    /// ```
    fn parameters(&self) -> Vec<Tensor>;

    /// The learning rate of each group.
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{Optimizer, Sgd, Step};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// assert_eq!(optimizer.lrs(), [0.1]);
    /// ```
    fn lrs(&self) -> Vec<f64>;

    /// Sets one learning rate for all groups; to keep groups apart, see [`Step::set_lrs`] (PyTorch's
    /// `param_groups[..]["lr"] = lr`).
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{Optimizer, Sgd, Step};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// optimizer.set_lr(0.01);
    /// assert_eq!(optimizer.lrs(), [0.01]);
    /// ```
    fn set_lr(&mut self, lr: f64);

    /// Sets the learning rate of each group.
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{Optimizer, Sgd, Step};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// optimizer.set_lrs(&[0.01]);
    /// assert_eq!(optimizer.lrs(), [0.01]);
    /// ```
    fn set_lrs(&mut self, lrs: &[f64]);

    /// Momentum (or first beta) of the first group, if its formula has any.
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{Adam, Optimizer, Step};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let optimizer = Optimizer::new([("w", w.clone())], Adam::new(0.1));
    /// assert_eq!(optimizer.momentum(), Some(0.9));
    /// ```
    fn momentum(&self) -> Option<f64>;

    /// Sets momentum (or the first beta) of all groups.
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{Optimizer, Sgd, Step};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1).momentum(0.9));
    /// optimizer.set_momentum(0.8);
    /// assert_eq!(optimizer.momentum(), Some(0.8));
    /// ```
    fn set_momentum(&mut self, momentum: f64);

    /// Everything that decides the steps to come, besides the parameters themselves (PyTorch's `state_dict()`).
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{Optimizer, Sgd, Step};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1).momentum(0.9));
    /// w.square().backward();
    /// optimizer.step();
    /// let state = optimizer.state_dict();
    /// assert!(state.iter().any(|(name, _)| name.contains("momentum_buffer")));
    /// ```
    fn state_dict(&self) -> Vec<(String, Tensor)>;

    /// Takes over a saved state; nothing changes unless all fits (PyTorch's `load_state_dict`).
    ///
    /// ```
    /// # use hammerhead_autograd::Autograd;
    /// # use hammerhead_optim::{Optimizer, Sgd, Step};
    /// # use hammerhead_tensor::tensor;
    /// let w = tensor(1.0).requires_grad_();
    /// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.1));
    /// let saved = optimizer.state_dict();
    /// optimizer.load_state_dict(&saved)?;
    /// # Ok::<(), hammerhead_optim::StateError>(())
    /// ```
    ///
    /// # Errors
    /// When an entry is missing, unexpected or of another shape.
    fn load_state_dict(&mut self, state: &[(String, Tensor)]) -> Result<(), StateError>;
}
