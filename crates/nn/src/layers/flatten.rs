//! Flattening.

use hammerhead_tensor::Tensor;

use crate::{Mode, Module, module};

/// Merges dims, by default all but the batch's (PyTorch's `nn.Flatten`).
///
/// Shape: `[n, c, h, w]` to `[n, c * h * w]`.
///
/// ```
/// use hammerhead_nn::{Flatten, Mode, Module};
/// use hammerhead_tensor::Tensor;
/// let y = Flatten::default().forward(Tensor::zeros([4, 1, 28, 28]), Mode::Eval);
/// assert_eq!(y.shape(), [4, 784]);
/// ```
#[derive(Clone, Copy)]
pub struct Flatten {
    start_dim: isize,
    end_dim: isize,
}

module!(Flatten {
    settings: start_dim,
    end_dim
});

impl Default for Flatten {
    fn default() -> Self {
        Self::new(1, -1)
    }
}

impl Flatten {
    /// Merges the dims from `start_dim` to `end_dim`, both included.
    pub fn new(start_dim: isize, end_dim: isize) -> Self {
        Self { start_dim, end_dim }
    }
}

impl Module for Flatten {
    #[track_caller]
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        x.flatten(self.start_dim, self.end_dim)
    }

    fn extra_repr(&self) -> String {
        format!("start_dim={}, end_dim={}", self.start_dim, self.end_dim)
    }
}
