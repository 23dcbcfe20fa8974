//! Where the greatest and the least elements are, and which they are there.

use super::compose::named;
use crate::Tensor;
use crate::funnel::apply_ref;
use crate::prim::{Extreme, Prim};

impl Tensor {
    /// The position of the first greatest element in the flattened tensor, `I64` (PyTorch's `argmax()`).
    ///
    /// Shape: any to `[]`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[1, 5], [3, 5]]).argmax().item(), 1.0);
    /// ```
    ///
    /// # Panics
    /// If there are no elements.
    #[track_caller]
    pub fn argmax(&self) -> Tensor {
        self.flat().arg_reduce("argmax", Extreme::Max, 0, false)
    }

    /// The position of the first greatest element along a dim (PyTorch's `argmax(dim)`), `I64`.
    ///
    /// Shape: `[a, b, c]` to `[a, c]` for dim 1.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[1, 5], [3, 2]]).argmax_dim(1).to_vec::<i64>(), [1, 0]);
    /// ```
    ///
    /// # Panics
    /// If the dim is out of range or has no elements.
    #[track_caller]
    pub fn argmax_dim(&self, dim: isize) -> Tensor {
        self.arg_reduce("argmax", Extreme::Max, dim, false)
    }

    /// As [`Tensor::argmax_dim`], the dim staying with size 1.
    ///
    /// Shape: `[a, b, c]` to `[a, 1, c]` for dim 1.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[1, 5], [3, 2]]).argmax_keepdim(1).shape(), [2, 1]);
    /// ```
    ///
    /// # Panics
    /// As [`Tensor::argmax_dim`].
    #[track_caller]
    pub fn argmax_keepdim(&self, dim: isize) -> Tensor {
        self.arg_reduce("argmax", Extreme::Max, dim, true)
    }

    /// The position of the first least element in the flattened tensor, `I64` (PyTorch's `argmin()`).
    ///
    /// Shape: any to `[]`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[1, 5], [0, 5]]).argmin().item(), 2.0);
    /// ```
    ///
    /// # Panics
    /// If there are no elements.
    #[track_caller]
    pub fn argmin(&self) -> Tensor {
        self.flat().arg_reduce("argmin", Extreme::Min, 0, false)
    }

    /// The position of the first least element along a dim (PyTorch's `argmin(dim)`), `I64`.
    ///
    /// Shape: `[a, b, c]` to `[a, c]` for dim 1.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[1, 5], [3, 2]]).argmin_dim(1).to_vec::<i64>(), [0, 1]);
    /// ```
    ///
    /// # Panics
    /// If the dim is out of range or has no elements.
    #[track_caller]
    pub fn argmin_dim(&self, dim: isize) -> Tensor {
        self.arg_reduce("argmin", Extreme::Min, dim, false)
    }

    /// As [`Tensor::argmin_dim`], the dim staying with size 1.
    ///
    /// Shape: `[a, b, c]` to `[a, 1, c]` for dim 1.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[1, 5], [3, 2]]).argmin_keepdim(0).shape(), [1, 2]);
    /// ```
    ///
    /// # Panics
    /// As [`Tensor::argmin_dim`].
    #[track_caller]
    pub fn argmin_keepdim(&self, dim: isize) -> Tensor {
        self.arg_reduce("argmin", Extreme::Min, dim, true)
    }

    /// The greatest elements along a dim and their positions (PyTorch's `max(dim)`); the gradient goes
    /// to that position alone.
    ///
    /// Shape: `[a, b, c]` to `[a, c]` for dim 1, both.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let (values, positions) = tensor([[1, 5], [3, 2]]).max_dim(1);
    /// assert_eq!(values.to_vec::<i64>(), [5, 3]);
    /// assert_eq!(positions.to_vec::<i64>(), [1, 0]);
    /// ```
    ///
    /// # Panics
    /// If the dim is out of range or has no elements.
    #[track_caller]
    pub fn max_dim(&self, dim: isize) -> (Tensor, Tensor) {
        self.extreme_dim(Extreme::Max, dim, false)
    }

    /// As [`Tensor::max_dim`], the dim staying with size 1.
    ///
    /// Shape: `[a, b, c]` to `[a, 1, c]` for dim 1, both.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[1, 5], [3, 2]]).max_keepdim(1).0.shape(), [2, 1]);
    /// ```
    ///
    /// # Panics
    /// As [`Tensor::max_dim`].
    #[track_caller]
    pub fn max_keepdim(&self, dim: isize) -> (Tensor, Tensor) {
        self.extreme_dim(Extreme::Max, dim, true)
    }

    /// The least elements along a dim and their positions (PyTorch's `min(dim)`); the gradient goes to that
    /// position alone.
    ///
    /// Shape: `[a, b, c]` to `[a, c]` for dim 1, both.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let (values, positions) = tensor([[1, 5], [3, 2]]).min_dim(1);
    /// assert_eq!(values.to_vec::<i64>(), [1, 2]);
    /// assert_eq!(positions.to_vec::<i64>(), [0, 1]);
    /// ```
    ///
    /// # Panics
    /// If the dim is out of range or has no elements.
    #[track_caller]
    pub fn min_dim(&self, dim: isize) -> (Tensor, Tensor) {
        self.extreme_dim(Extreme::Min, dim, false)
    }

    /// As [`Tensor::min_dim`], the dim staying with size 1.
    ///
    /// Shape: `[a, b, c]` to `[a, 1, c]` for dim 1, both.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[1, 5], [3, 2]]).min_keepdim(1).1.shape(), [2, 1]);
    /// ```
    ///
    /// # Panics
    /// As [`Tensor::min_dim`].
    #[track_caller]
    pub fn min_keepdim(&self, dim: isize) -> (Tensor, Tensor) {
        self.extreme_dim(Extreme::Min, dim, true)
    }

    #[track_caller]
    fn extreme_dim(&self, extreme: Extreme, dim: isize, keepdim: bool) -> (Tensor, Tensor) {
        let (operation, name) = match extreme {
            Extreme::Max => ("max", "MaxBackward0"),
            Extreme::Min => ("min", "MinBackward0"),
        };
        let positions = self.arg_reduce(operation, extreme, dim, true);
        let squeeze = |x: Tensor| if keepdim { x } else { x.squeeze(dim) };
        let values = named(name, || squeeze(self.gather(dim, &positions)));
        (values, squeeze(positions))
    }

    #[track_caller]
    fn arg_reduce(&self, operation: &str, extreme: Extreme, dim: isize, keepdim: bool) -> Tensor {
        if self.rank() == 0 && [0, -1].contains(&dim) {
            return self.flat().arg_reduce(operation, extreme, 0, false);
        }
        let dim = self.dim(operation, dim);
        apply_ref(
            Prim::ArgReduce {
                extreme,
                dim,
                keepdim,
            },
            [self],
        )
    }
}
