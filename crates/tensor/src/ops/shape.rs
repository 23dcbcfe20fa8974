//! Views: other shapes and orders of the same elements, without a copy.

use smallvec::SmallVec;

use super::compose::named;
use super::{IntoDimList, IntoSizes};
use crate::Tensor;
use crate::funnel::apply_ref;
use crate::layout::Dims;
use crate::prim::{Prim, View};
use crate::tensor::normalize_dim;

impl Tensor {
    #[track_caller]
    pub(super) fn seen_as(&self, view: View) -> Tensor {
        apply_ref(Prim::View(view), [self])
    }

    /// Sizes with a -1 replaced by what is left.
    #[track_caller]
    fn infer_sizes(&self, operation: &str, sizes: &[isize]) -> Dims {
        // Sizes whose product no integer holds fit nothing.
        let known = sizes
            .iter()
            .filter(|&&size| size != -1)
            .try_fold(1isize, |product, &size| product.checked_mul(size))
            .unwrap_or(isize::MIN);
        let unknown = sizes.iter().filter(|&&size| size == -1).count();
        let numel = self.numel() as isize;
        let valid = sizes.iter().all(|&size| size >= -1)
            && match unknown {
                0 => known == numel,
                1 => known != 0 && numel % known == 0,
                _ => false,
            };
        if !valid {
            panic!(
                "{operation}: {:?} has {numel} elements, which do not fit into {sizes:?}; one size may be -1 to be \
                 inferred",
                self.shape()
            );
        }
        sizes
            .iter()
            .map(|&size| if size == -1 { numel / known } else { size } as usize)
            .collect()
    }

    /// Another shape with the elements in row-major order; one size may be -1 (PyTorch's `reshape`). A view where
    /// strides allow it, else a copy.
    ///
    /// Shape: any to the one given, of as many elements.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([4, 28, 28]).reshape([-1, 28 * 28]).shape(), [4, 784]);
    /// ```
    ///
    /// # Panics
    /// If the number of elements differs.
    #[track_caller]
    pub fn reshape(&self, sizes: impl IntoSizes) -> Tensor {
        let shape = self.infer_sizes("reshape", &sizes.into_sizes());
        if self.layout().reshape(&shape).is_some() {
            self.seen_as(View::Reshape(shape))
        } else {
            named("ReshapeAliasBackward0", || {
                self.copy().seen_as(View::Reshape(shape))
            })
        }
    }

    /// As [`Tensor::reshape`], but never a copy (PyTorch's `view`).
    ///
    /// Shape: any to the one given, of as many elements.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let x = Tensor::zeros([2, 6]);
    /// x.view([3, 4]).fill_(1.0);
    /// assert_eq!(x.sum().item(), 12.0);
    /// ```
    ///
    /// # Panics
    /// If the number of elements differs, or strides can't say the new shape (after a transpose, say):
    /// use `reshape` then.
    #[track_caller]
    pub fn view(&self, sizes: impl IntoSizes) -> Tensor {
        let shape = self.infer_sizes("view", &sizes.into_sizes());
        self.seen_as(View::Reshape(shape))
    }

    /// All elements in one dim (PyTorch's `flatten()`).
    ///
    /// Shape: any to `[numel]`.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([2, 3]).flat().shape(), [6]);
    /// ```
    pub fn flat(&self) -> Tensor {
        self.reshape([-1isize; 1].map(|_| self.numel() as isize))
    }

    /// Merges the dims from `start` to `end`, both included (PyTorch's `flatten(start, end)`).
    ///
    /// Shape: `[n, c, h, w]` to `[n, c * h * w]` for 1 and -1.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([4, 3, 2, 2]).flatten(1, -1).shape(), [4, 12]);
    /// ```
    ///
    /// # Panics
    /// If a dim is out of range or `end` comes before `start`.
    #[track_caller]
    pub fn flatten(&self, start: isize, end: isize) -> Tensor {
        if self.rank() == 0 {
            return self.reshape([1]);
        }
        let (start, end) = (self.dim("flatten", start), self.dim("flatten", end));
        assert!(
            start <= end,
            "flatten: the last dim {end} comes before the first {start}"
        );
        let shape = self.shape();
        let mut sizes: SmallVec<[isize; 6]> =
            shape[..start].iter().map(|&size| size as isize).collect();
        sizes.push(shape[start..=end].iter().product::<usize>() as isize);
        sizes.extend(shape[end + 1..].iter().map(|&size| size as isize));
        self.reshape(sizes.as_slice())
    }

    /// Swaps two dims (PyTorch's `transpose`); a view.
    ///
    /// Shape: `[a, b, c]` to `[a, c, b]` for -2 and -1.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([2, 3, 4]).transpose(-2, -1).shape(), [2, 4, 3]);
    /// ```
    ///
    /// # Panics
    /// If a dim is out of range.
    #[track_caller]
    pub fn transpose(&self, dim0: isize, dim1: isize) -> Tensor {
        let (dim0, dim1) = (self.dim("transpose", dim0), self.dim("transpose", dim1));
        let mut dims: Dims = (0..self.rank()).collect();
        dims.swap(dim0, dim1);
        named("TransposeBackward0", || self.seen_as(View::Permute(dims)))
    }

    /// The transposed matrix; a vector or a number is itself (PyTorch's `t()`, `.T`). A view.
    ///
    /// Shape: `[a, b]` to `[b, a]`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[1, 2], [3, 4]]).t().to_vec::<i64>(), [1, 3, 2, 4]);
    /// ```
    ///
    /// # Panics
    /// If the rank is above 2.
    #[track_caller]
    pub fn t(&self) -> Tensor {
        assert!(
            self.rank() <= 2,
            "t: takes at most 2 dims, got {:?}; use transpose(-2, -1)",
            self.shape()
        );
        let dims: Dims = (0..self.rank()).rev().collect();
        named("TBackward0", || self.seen_as(View::Permute(dims)))
    }

    /// Another order of the dims (PyTorch's `permute`); a view.
    ///
    /// Shape: `[h, w, c]` to `[c, h, w]` for `[2, 0, 1]`.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([28, 30, 3]).permute([2, 0, 1]).shape(), [3, 28, 30]);
    /// ```
    ///
    /// # Panics
    /// If the dims are not each named once.
    #[track_caller]
    pub fn permute(&self, dims: impl IntoDimList) -> Tensor {
        let given = dims.into_dim_list();
        let dims: Dims = given.iter().map(|&dim| self.dim("permute", dim)).collect();
        let mut sorted = dims.clone();
        sorted.sort_unstable();
        assert!(
            sorted.iter().copied().eq(0..self.rank()),
            "permute: {given:?} must name each of the {} dims of {:?} once",
            self.rank(),
            self.shape()
        );
        self.seen_as(View::Permute(dims))
    }

    /// A new dim of size 1 before `dim`, which may be -1, the new last (PyTorch's `unsqueeze`). A view.
    ///
    /// Shape: `[a, b]` to `[1, a, b]` for 0, to `[a, b, 1]` for -1.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 2, 3]).unsqueeze(1).shape(), [3, 1]);
    /// ```
    ///
    /// # Panics
    /// If the dim is out of range.
    #[track_caller]
    pub fn unsqueeze(&self, dim: isize) -> Tensor {
        let dim = normalize_dim("unsqueeze", dim, self.rank() + 1, self.shape());
        let mut shape: Dims = self.shape().into();
        shape.insert(dim, 1);
        named("UnsqueezeBackward0", || self.seen_as(View::Reshape(shape)))
    }

    /// Without the dim, if its size is 1; else this tensor (PyTorch's `squeeze(dim)`). A view.
    ///
    /// Shape: `[a, 1, b]` to `[a, b]` for dim 1.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([3, 1]).squeeze(1).shape(), [3]);
    /// assert_eq!(Tensor::zeros([3, 1]).squeeze(0).shape(), [3, 1]);
    /// ```
    ///
    /// # Panics
    /// If the dim is out of range.
    #[track_caller]
    pub fn squeeze(&self, dim: isize) -> Tensor {
        if self.rank() == 0 && [0, -1].contains(&dim) {
            return self.clone();
        }
        let dim = self.dim("squeeze", dim);
        self.squeeze_dims(&[dim][..])
    }

    /// Without any of these dims whose size is 1. A view.
    ///
    /// Shape: `[1, a, 1]` to `[a]` for `[0, 2]`.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([1, 3, 1, 1]).squeeze_dims([0, -1]).shape(), [3, 1]);
    /// ```
    ///
    /// # Panics
    /// If a dim is out of range.
    #[track_caller]
    pub fn squeeze_dims(&self, dims: impl IntoDimList) -> Tensor {
        let dims: Dims = dims
            .into_dim_list()
            .iter()
            .map(|&dim| self.dim("squeeze", dim))
            .collect();
        let kept = |&dim: &usize| !(dims.contains(&dim) && self.shape()[dim] == 1);
        let shape: Dims = (0..self.rank())
            .filter(kept)
            .map(|dim| self.shape()[dim])
            .collect();
        named("SqueezeBackward1", || self.seen_as(View::Reshape(shape)))
    }

    /// Without any dim whose size is 1 (PyTorch's `squeeze()`). A view.
    ///
    /// Shape: `[1, a, 1, b]` to `[a, b]`.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([1, 3, 1]).squeeze_all().shape(), [3]);
    /// ```
    pub fn squeeze_all(&self) -> Tensor {
        let dims: Dims = (0..self.rank()).collect();
        self.squeeze_dims(dims.as_slice())
    }
}
