//! Softmax and its logarithm.

use super::compose::named;
use crate::funnel::apply_ref;
use crate::prim::Prim;
use crate::{Tensor, no_grad};

impl Tensor {
    /// `e^x / sum(e^x)` along a dim (PyTorch's `softmax`), exact where the exponentials overflow. Integers are taken as
    /// `F32`.
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0.0, 0.0]).softmax(-1).to_vec::<f32>(), [0.5, 0.5]);
    /// ```
    ///
    /// # Panics
    /// If the dim is out of range.
    #[track_caller]
    pub fn softmax(&self, dim: isize) -> Tensor {
        named("SoftmaxBackward0", || {
            self.widened(|x| {
                if x.rank() > 0 && x.dim("softmax", dim) == x.rank() - 1 {
                    return apply_ref(Prim::Softmax, [&x.to_dtype(x.dtype().to_float())]);
                }
                let powers = x.below_greatest(dim).exp();
                let sum = powers.sum_keepdim(dim);
                powers / sum
            })
        })
    }

    /// `x - log(sum(e^x))` along a dim (PyTorch's `log_softmax`), exact for large x too. Integers are taken as `F32`.
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let y = tensor([1000.0, 1000.0]).log_softmax(0);
    /// assert_eq!(y.to_string(), "tensor([-0.6931, -0.6931])");
    /// ```
    ///
    /// # Panics
    /// If the dim is out of range.
    #[track_caller]
    pub fn log_softmax(&self, dim: isize) -> Tensor {
        named("LogSoftmaxBackward0", || {
            self.widened(|x| {
                // Not x minus the whole logarithm, whose digits a large maximum would take up.
                let shifted = x.below_greatest(dim);
                let sum = shifted.exp().sum_keepdim(dim).log();
                shifted - sum
            })
        })
    }

    /// `x - max(x)` along a dim, the maximum without a gradient; of no elements, themselves.
    #[track_caller]
    fn below_greatest(&self, dim: isize) -> Tensor {
        if self.numel() == 0 {
            return self.alias();
        }
        self - no_grad(|| self.amax_keepdim(dim))
    }
}
