//! RMSprop.

use hammerhead_tensor::prim::Update;

use crate::Algorithm;

/// RMSprop (PyTorch's `optim.RMSprop`): steps by the gradient over the root of its mean square:
/// `v = alpha v + (1 - alpha) g^2`, `w <- w - lr * g / (sqrt(v) + epsilon)`.
///
/// Hinton, [lecture 6e](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf).
///
/// ```
/// use hammerhead_autograd::Autograd;
/// use hammerhead_optim::{Optimizer, RmsProp, Step};
/// use hammerhead_tensor::tensor;
///
/// let w = tensor([2.0, -30.0]).requires_grad_();
/// let mut optimizer = Optimizer::new([("w", w.clone())], RmsProp::new(0.05));
/// w.square().sum().backward();
/// optimizer.step(); // 0.05 / sqrt(1 - 0.99)
/// assert_eq!(w.detach().to_string(), "tensor([  1.5000, -29.5000])");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsProp {
    lr: f64,
    alpha: f64,
    epsilon: f64,
    weight_decay: f64,
    momentum: f64,
    centered: bool,
    /// Whether there is a velocity, also while a schedule holds momentum at 0.
    velocity: bool,
}

impl RmsProp {
    /// With alpha 0.99, epsilon 1e-8, and neither momentum nor weight decay.
    pub fn new(lr: f64) -> Self {
        Self {
            lr,
            alpha: 0.99,
            epsilon: 1e-8,
            weight_decay: 0.0,
            momentum: 0.0,
            centered: false,
            velocity: false,
        }
    }

    /// Decay of the mean square.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// Added to the denominator.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// L2 penalty added to the gradient.
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = weight_decay;
        self
    }

    /// Share of the last velocity kept.
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self.velocity |= momentum != 0.0;
        self
    }

    /// Divide by the variance instead of the mean square; off by default.
    pub fn centered(mut self, centered: bool) -> Self {
        self.centered = centered;
        self
    }
}

impl Algorithm for RmsProp {
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
        let mut states = vec!["square_avg"];
        if self.centered {
            states.push("grad_avg");
        }
        if self.velocity {
            states.push("momentum_buffer");
        }
        states
    }

    fn used_states(&self) -> usize {
        1 + self.centered as usize + (self.momentum != 0.0) as usize
    }

    fn update(&self, _step: u64) -> Update {
        let Self {
            lr,
            alpha,
            epsilon,
            weight_decay,
            momentum,
            centered,
            ..
        } = *self;
        Update::RmsProp {
            lr,
            alpha,
            epsilon,
            weight_decay,
            momentum,
            centered,
        }
    }
}
