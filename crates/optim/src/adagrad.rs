//! Adagrad.

use hammerhead_tensor::prim::Update;

use crate::Algorithm;

/// Adagrad (PyTorch's `optim.Adagrad`): steps by the gradient over the root of the sum of its squares:
/// `s = s + g^2`, `w <- w - lr / (1 + (t - 1) lr_decay) * g / (sqrt(s) + epsilon)`.
///
/// Duchi, Hazan and Singer, [Adaptive Subgradient
/// Methods](https://jmlr.org/papers/v12/duchi11a.html).
///
/// ```
/// use hammerhead_autograd::Autograd;
/// use hammerhead_optim::{Adagrad, Optimizer, Step};
/// use hammerhead_tensor::tensor;
///
/// let w = tensor([2.0, -30.0]).requires_grad_();
/// let mut optimizer = Optimizer::new([("w", w.clone())], Adagrad::new(0.5));
/// w.square().sum().backward();
/// optimizer.step();
/// assert_eq!(w.detach().to_string(), "tensor([  1.5000, -29.5000])");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adagrad {
    lr: f64,
    lr_decay: f64,
    weight_decay: f64,
    initial: f64,
    epsilon: f64,
}

impl Adagrad {
    /// With epsilon 1e-10, sums that start at 0, and no decay.
    pub fn new(lr: f64) -> Self {
        Self {
            lr,
            lr_decay: 0.0,
            weight_decay: 0.0,
            initial: 0.0,
            epsilon: 1e-10,
        }
    }

    /// The learning rate is divided by `1 + steps * lr_decay`.
    pub fn lr_decay(mut self, lr_decay: f64) -> Self {
        self.lr_decay = lr_decay;
        self
    }

    /// L2 penalty added to the gradient.
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = weight_decay;
        self
    }

    /// What the sums start at (PyTorch's `initial_accumulator_value`).
    pub fn initial(mut self, initial: f64) -> Self {
        self.initial = initial;
        self
    }

    /// Added to the denominator.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
}

impl Algorithm for Adagrad {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn set_lr(&mut self, lr: f64) {
        self.lr = lr;
    }

    fn momentum(&self) -> Option<f64> {
        None
    }

    fn set_momentum(&mut self, _momentum: f64) {}

    fn states(&self) -> Vec<&'static str> {
        vec!["sum"]
    }

    fn initial_state(&self) -> f64 {
        self.initial
    }

    fn update(&self, step: u64) -> Update {
        Update::Adagrad {
            lr: self.lr,
            lr_decay: self.lr_decay,
            epsilon: self.epsilon,
            weight_decay: self.weight_decay,
            step,
        }
    }
}
