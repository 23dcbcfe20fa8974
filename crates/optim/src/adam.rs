//! Adam and AdamW.

use hammerhead_tensor::prim::Update;

use crate::Algorithm;

/// Adam and AdamW (PyTorch's `optim.Adam`, `optim.AdamW`): steps by the mean gradient over the root of
/// the mean squared one, both corrected for their start at 0: `m = beta1 m + (1 - beta1) g`,
/// `v = beta2 v + (1 - beta2) g^2`, `w <- w - lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)`. Weight
/// decay adds `weight_decay * w` to `g`; AdamW shrinks `w` by `lr * weight_decay` instead.
///
/// Kingma and Ba, [Adam](https://arxiv.org/abs/1412.6980); Loshchilov and Hutter, [Decoupled Weight Decay
/// Regularization](https://arxiv.org/abs/1711.05101); Reddi and others, [On the Convergence of Adam and
/// Beyond](https://arxiv.org/abs/1904.09237) for amsgrad.
///
/// ```
/// use hammerhead_autograd::Autograd;
/// use hammerhead_optim::{Adam, Optimizer, Step};
/// use hammerhead_tensor::tensor;
///
/// let w = tensor([2.0, -30.0]).requires_grad_();
/// let mut optimizer = Optimizer::new([("w", w.clone())], Adam::new(0.5));
/// w.square().sum().backward();
/// optimizer.step(); // the first step is lr, whatever the gradient's size
/// assert_eq!(w.detach().to_string(), "tensor([  1.5000, -29.5000])");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    lr: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    weight_decay: f64,
    decoupled: bool,
    amsgrad: bool,
}

impl Adam {
    /// Adam with betas 0.9 and 0.999, epsilon 1e-8 and no weight decay.
    pub fn new(lr: f64) -> Self {
        Self {
            lr,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            decoupled: false,
            amsgrad: false,
        }
    }

    /// AdamW: as Adam, with weight decay 0.01 applied to the parameter itself.
    pub fn adamw(lr: f64) -> Self {
        Self {
            weight_decay: 0.01,
            decoupled: true,
            ..Self::new(lr)
        }
    }

    /// Decays of the mean and the mean square.
    pub fn betas(mut self, beta1: f64, beta2: f64) -> Self {
        (self.beta1, self.beta2) = (beta1, beta2);
        self
    }

    /// Added to the denominator.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// L2 penalty for Adam, decay of the parameter for AdamW.
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = weight_decay;
        self
    }

    /// Divide by the greatest mean square so far; off by default.
    pub fn amsgrad(mut self, amsgrad: bool) -> Self {
        self.amsgrad = amsgrad;
        self
    }
}

impl Algorithm for Adam {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn set_lr(&mut self, lr: f64) {
        self.lr = lr;
    }

    fn momentum(&self) -> Option<f64> {
        Some(self.beta1)
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.beta1 = momentum;
    }

    fn states(&self) -> Vec<&'static str> {
        let mut states = vec!["exp_avg", "exp_avg_sq"];
        if self.amsgrad {
            states.push("max_exp_avg_sq");
        }
        states
    }

    fn update(&self, step: u64) -> Update {
        let Self {
            lr,
            beta1,
            beta2,
            epsilon,
            weight_decay,
            decoupled,
            amsgrad,
        } = *self;
        Update::Adam {
            lr,
            beta1,
            beta2,
            epsilon,
            weight_decay,
            decoupled,
            amsgrad,
            step,
        }
    }
}
