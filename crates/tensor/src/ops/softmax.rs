//! Softmax and its logarithm.

use std::borrow::Cow;

use super::compose::named;
use crate::funnel::{apply_one, apply_ref};
use crate::prim::{Prim, Unary};
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
                let x = x.to_dtype(x.dtype().to_float());
                if x.rank() > 0 && x.dim("softmax", dim) == x.rank() - 1 {
                    return apply_ref(Prim::Softmax, [&x]);
                }
                // Lends its memory, which is still in the cache.
                let shifted = Cow::Owned(x.below_greatest(dim));
                let powers = apply_one(Prim::Unary(Unary::Exp), [shifted]);
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
                let shifted = x.to_dtype(x.dtype().to_float()).below_greatest(dim);
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

#[cfg(test)]
mod tests {
    use crate::Tensor;

    #[test]
    fn whole_numbers_are_taken_as_floats_along_every_dim() {
        let x = Tensor::from_vec(vec![1u8, 2], [2]);
        let (row, column) = (x.reshape([1, 2]), x.reshape([2, 1]));
        let expected = [0.268_941_43f32, 0.731_058_6];
        for y in [row.softmax(1), column.softmax(0)] {
            for (y, expected) in y.to_vec::<f32>().into_iter().zip(expected) {
                assert!((y - expected).abs() < 1e-6, "{y}");
            }
        }
        let logs = column.log_softmax(0).exp().to_vec::<f32>();
        assert!((logs[0] - expected[0]).abs() < 1e-6);
    }
}
