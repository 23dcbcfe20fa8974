//! Dropout.

use hammerhead_tensor::Tensor;

use super::python_float;
use crate::{Mode, Module, module};

/// Zeros elements with probability `p` in training and divides the rest by `1 - p` (PyTorch's
/// `nn.Dropout`); nothing in evaluation.
///
/// Srivastava and others, [Dropout](https://jmlr.org/papers/v15/srivastava14a.html).
///
/// Shape: any, and the result has the same.
///
/// ```
/// use hammerhead_nn::{Dropout, Mode, Module};
/// use hammerhead_tensor::Tensor;
/// let layer = Dropout::new(0.5);
/// assert_eq!(layer.forward(Tensor::ones([4]), Mode::Eval).sum().item(), 4.0);
/// let y = layer.forward(Tensor::ones([100]), Mode::Train);
/// assert!(y.eq(0.0).logical_or(&y.eq(2.0)).all().to_scalar::<bool>());
/// ```
#[derive(Clone, Copy)]
pub struct Dropout {
    p: f64,
}

module!(Dropout { settings: p });

impl Dropout {
    /// Dropout with this probability.
    ///
    /// # Panics
    /// If it is not within `[0, 1]`.
    #[track_caller]
    pub fn new(p: f64) -> Self {
        assert!(
            (0.0..=1.0).contains(&p),
            "Dropout: a probability lies between 0 and 1, got {p}"
        );
        Self { p }
    }
}

impl Module for Dropout {
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        match mode {
            Mode::Train => x.dropout(self.p),
            Mode::Eval => x,
        }
    }

    fn extra_repr(&self) -> String {
        format!("p={}, inplace=False", python_float(self.p))
    }
}
