//! Softmax and its logarithm.

use super::compose::named;
use crate::{Tensor, no_grad};

impl Tensor {
    /// `e^x / sum(e^x)` along a dim, exact where the exponentials overflow.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0.0, 0.0]).softmax(-1).to_vec::<f32>(), [0.5, 0.5]);
    /// ```
    ///
    /// # Panics
    /// If the dim is out of range or the dtype not floating.
    #[track_caller]
    pub fn softmax(&self, dim: isize) -> Tensor {
        named("SoftmaxBackward0", || {
            let shift = no_grad(|| self.amax_keepdim(dim));
            let powers = (self - shift).exp();
            let sum = powers.sum_keepdim(dim);
            powers / sum
        })
    }

    /// `x - log(sum(e^x))` along a dim.
    ///
    /// # Panics
    /// If the dim is out of range or the dtype not floating.
    #[track_caller]
    pub fn log_softmax(&self, dim: isize) -> Tensor {
        named("LogSoftmaxBackward0", || self - self.logsumexp_keepdim(dim))
    }
}
