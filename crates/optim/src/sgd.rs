//! Stochastic gradient descent.

use hammerhead_tensor::prim::Update;

use crate::Algorithm;

/// Stochastic gradient descent (PyTorch's `optim.SGD`): `w <- w - lr * g`. With momentum, the velocity
/// `v = momentum * v + (1 - dampening) * g` replaces the gradient, with Nesterov's look-ahead `g + momentum * v` does;
/// weight decay first adds `weight_decay * w` to `g`.
///
/// Sutskever and others, [On the importance of initialization and momentum in deep
/// learning](https://proceedings.mlr.press/v28/sutskever13.html).
///
/// ```
/// use hammerhead_autograd::Autograd;
/// use hammerhead_optim::{Optimizer, Sgd, Step};
/// use hammerhead_tensor::tensor;
///
/// let w = tensor(2.0).requires_grad_();
/// let mut optimizer = Optimizer::new([("w", w.clone())], Sgd::new(0.25).momentum(0.5));
/// for expected in [1.0, 0.0] {
///     optimizer.zero_grad();
///     w.square().backward();
///     optimizer.step();
///     assert_eq!(w.item(), expected); // v = 4, then 0.5 * 4 + 2
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    lr: f64,
    momentum: f64,
    dampening: f64,
    weight_decay: f64,
    nesterov: bool,
    /// Whether there is a velocity, also while a schedule holds momentum at 0.
    velocity: bool,
}

impl Sgd {
    /// Plain descent with this learning rate.
    pub fn new(lr: f64) -> Self {
        Self {
            lr,
            momentum: 0.0,
            dampening: 0.0,
            weight_decay: 0.0,
            nesterov: false,
            velocity: false,
        }
    }

    /// Share of the last velocity kept; 0 by default.
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self.velocity |= momentum != 0.0;
        self
    }

    /// Share of the gradient left out of the velocity; 0 by default.
    pub fn dampening(mut self, dampening: f64) -> Self {
        self.dampening = dampening;
        self
    }

    /// L2 penalty added to the gradient; 0 by default.
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = weight_decay;
        self
    }

    /// Nesterov's look-ahead; off by default.
    pub fn nesterov(mut self, nesterov: bool) -> Self {
        self.nesterov = nesterov;
        self
    }
}

impl Algorithm for Sgd {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn set_lr(&mut self, lr: f64) {
        self.lr = lr;
    }

    fn momentum(&self) -> Option<f64> {
        Some(self.momentum)
    }

    fn set_momentum(&mut self, momentum: f64) {
        // Without a velocity there is nothing to keep a share of.
        if self.velocity {
            self.momentum = momentum;
        }
    }

    fn states(&self) -> Vec<&'static str> {
        if self.velocity {
            vec!["momentum_buffer"]
        } else {
            vec![]
        }
    }

    fn used_states(&self) -> usize {
        (self.momentum != 0.0) as usize
    }

    fn update(&self, step: u64) -> Update {
        let Self {
            lr,
            momentum,
            dampening,
            weight_decay,
            nesterov,
            ..
        } = *self;
        Update::Sgd {
            lr,
            momentum,
            dampening,
            weight_decay,
            nesterov,
            first: step == 1,
        }
    }
}
