//! Optimisers' steps.

/// One step of an optimiser on one parameter; PyTorch's formulas and names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Update {
    /// Outputs `(parameter, [momentum buffer])`, the latter if momentum is not 0.
    Sgd {
        /// Step size.
        lr: f64,
        /// Share of the last velocity kept.
        momentum: f64,
        /// Share of the gradient left out of the velocity.
        dampening: f64,
        /// L2 penalty.
        weight_decay: f64,
        /// Look ahead along the velocity.
        nesterov: bool,
        /// The first step, which starts the velocity at the gradient.
        first: bool,
    },
    /// Outputs `(parameter, mean, mean square, [greatest mean square])`, the latter if amsgrad.
    Adam {
        /// Step size.
        lr: f64,
        /// Decay of the mean.
        beta1: f64,
        /// Decay of the mean square.
        beta2: f64,
        /// Added to the denominator.
        epsilon: f64,
        /// L2 penalty, or decay if decoupled.
        weight_decay: f64,
        /// AdamW: decay the parameter itself.
        decoupled: bool,
        /// Divide by the greatest mean square so far.
        amsgrad: bool,
        /// Counted from 1.
        step: u64,
    },
    /// Outputs `(parameter, mean square, [mean], [momentum buffer])`.
    RmsProp {
        /// Step size.
        lr: f64,
        /// Decay of the mean square.
        alpha: f64,
        /// Added to the denominator.
        epsilon: f64,
        /// L2 penalty.
        weight_decay: f64,
        /// Share of the last velocity kept; 0 needs no buffer.
        momentum: f64,
        /// Subtract the squared mean, kept in its own state.
        centered: bool,
    },
    /// Outputs `(parameter, sum of squares)`.
    Adagrad {
        /// Step size.
        lr: f64,
        /// Decay of the step size: step `n` goes by `lr / (1 + (n - 1) * lr_decay)`.
        lr_decay: f64,
        /// Added to the denominator.
        epsilon: f64,
        /// L2 penalty.
        weight_decay: f64,
        /// Counted from 1.
        step: u64,
    },
}

impl Update {
    /// The same update as another step, counted from 1.
    pub fn at(mut self, number: u64) -> Self {
        match &mut self {
            Update::Sgd { first, .. } => *first = number == 1,
            Update::Adam { step, .. } | Update::Adagrad { step, .. } => *step = number,
            Update::RmsProp { .. } => {}
        }
        self
    }
}
