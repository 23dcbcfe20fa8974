//! Picking and placing elements by index.

use super::compose::named;
use crate::funnel::apply_ref;
use crate::layout::Dims;
use crate::prim::Prim;
use crate::{DType, Tensor};

impl Tensor {
    /// `y[i][j] = x[index[i][j]][j]` for dim 0, `y[i][j] = x[i][index[i][j]]` for dim 1, and so on: one element
    /// for each of the index's (PyTorch's `gather`).
    ///
    /// Shape: `[.., n, ..]` and an `I64` index of the same rank, in other dims not larger, to the index's shape.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(x.gather(1, &tensor([[2], [0]])).to_vec::<i64>(), [3, 4]);
    /// ```
    ///
    /// # Panics
    /// If the index is not `I64`, has another rank, is larger in another dim, or points out of range.
    #[track_caller]
    pub fn gather(&self, dim: isize, index: &Tensor) -> Tensor {
        let dim = self.dim("gather", dim);
        apply_ref(Prim::Gather { dim }, [self, index])
    }

    /// A copy with every `src[i][j]` added at `[index[i][j]][j]` for dim 0, and so on; repeated
    /// positions add up in order (PyTorch's `scatter_add`).
    ///
    /// Shape: any, with index and src of one shape and of this rank, in other dims not larger; the result has this shape.
    ///
    /// ```
    /// use hammerhead_tensor::{Tensor, tensor};
    /// let counts = Tensor::zeros([3]).scatter_add(0, &tensor([0, 2, 2]), &Tensor::ones([3]));
    /// assert_eq!(counts.to_vec::<f32>(), [1.0, 0.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// If index and src differ in shape, the dtypes differ, or the index is larger in another dim or points out of range.
    #[track_caller]
    pub fn scatter_add(&self, dim: isize, index: &Tensor, src: &Tensor) -> Tensor {
        let dim = self.dim("scatter_add", dim);
        apply_ref(Prim::ScatterAdd { dim }, [self, index, src])
    }

    /// The slices of a dim at the positions of a rank-1 index (PyTorch's `index_select`).
    ///
    /// Shape: `[.., n, ..]` and an index `[k]` to `[.., k, ..]`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([[1, 2], [3, 4], [5, 6]]);
    /// assert_eq!(x.index_select(0, &tensor([2, 0])).to_vec::<i64>(), [5, 6, 1, 2]);
    /// ```
    ///
    /// # Panics
    /// If the index is not integers of rank 1, or points out of range.
    #[track_caller]
    pub fn index_select(&self, dim: isize, index: &Tensor) -> Tensor {
        let dim = self.dim("index_select", dim);
        assert!(
            index.rank() == 1 && index.dtype().category() == crate::Category::Int,
            "index_select: the index must be integers of rank 1, got {:?} of {}",
            index.shape(),
            index.dtype()
        );
        let mut column: Dims = self.shape().iter().map(|_| 1).collect();
        column[dim] = index.numel();
        let mut shape: Dims = self.shape().into();
        shape[dim] = index.numel();
        let index = index
            .to_dtype(DType::I64)
            .reshape(column.as_slice())
            .expand(shape.as_slice());
        named("IndexSelectBackward0", || self.gather(dim as isize, &index))
    }

    /// The indices of all elements that are not 0 (or false), `I64` (PyTorch's `nonzero`). Waits for the
    /// device, since the shape depends on the values.
    ///
    /// Shape: any of rank `r` to `[count, r]`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[0, 7], [8, 0]]).nonzero().to_vec::<i64>(), [0, 1, 1, 0]);
    /// ```
    pub fn nonzero(&self) -> Tensor {
        let truth = self.to_dtype(DType::Bool).to_vec::<bool>();
        let mut indices: Vec<i64> = Vec::new();
        for (position, _) in truth.iter().enumerate().filter(|(_, truth)| **truth) {
            let mut rest = position;
            let start = indices.len();
            indices.resize(start + self.rank(), 0);
            for dim in (0..self.rank()).rev() {
                indices[start + dim] = (rest % self.shape()[dim]) as i64;
                rest /= self.shape()[dim];
            }
        }
        let count = truth.iter().filter(|&&truth| truth).count();
        Tensor::from_vec(indices, [count, self.rank()]).to(self.device())
    }

    /// The elements where a mask holds, in row-major order (PyTorch's `x[mask]`, `masked_select`). Waits for the
    /// device.
    ///
    /// Shape: any, with a mask that broadcasts to it, to `[count]`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([1, -2, 3]);
    /// assert_eq!(x.masked_select(&x.gt(0)).to_vec::<i64>(), [1, 3]);
    /// ```
    ///
    /// # Panics
    /// If the mask is not bool or does not broadcast to this shape.
    #[track_caller]
    pub fn masked_select(&self, mask: &Tensor) -> Tensor {
        assert!(
            mask.dtype() == DType::Bool,
            "masked_select: the mask must be bool, got {}",
            mask.dtype()
        );
        let positions = mask.expand_as(self).flat().nonzero().reshape([-1]);
        named("MaskedSelectBackward0", || {
            self.flat().index_select(0, &positions)
        })
    }
}
