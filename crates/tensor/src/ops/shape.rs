//! Views: other shapes, orders and parts of the same elements, without a copy.

use smallvec::SmallVec;

use super::compose::named;
use super::{IntoDimList, IntoShape, IntoSizes};
use crate::Tensor;
use crate::funnel::apply_ref;
use crate::layout::Dims;
use crate::prim::{Prim, View};
use crate::tensor::normalize_dim;

impl Tensor {
    #[track_caller]
    fn seen_as(&self, view: View) -> Tensor {
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

    /// Another shape with the elements in row-major order; one size may be -1. A view where strides
    /// allow it, else a copy.
    ///
    /// # Panics
    /// If the number of elements differs.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([4, 28, 28]).reshape([-1, 28 * 28]).shape(), [4, 784]);
    /// ```
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

    /// As [`Tensor::reshape`], but never a copy.
    ///
    /// # Panics
    /// If the number of elements differs, or strides can't say the new shape (after a transpose, say):
    /// use `reshape` then.
    #[track_caller]
    pub fn view(&self, sizes: impl IntoSizes) -> Tensor {
        let shape = self.infer_sizes("view", &sizes.into_sizes());
        self.seen_as(View::Reshape(shape))
    }

    /// All elements in one dim.
    pub fn flat(&self) -> Tensor {
        self.reshape([-1isize; 1].map(|_| self.numel() as isize))
    }

    /// Merges the dims from `start` to `end`, both included.
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

    /// Swaps two dims.
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

    /// The transposed matrix; a vector or a number is itself (PyTorch's `t()`, `.T`).
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

    /// Another order of the dims.
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

    /// A new dim of size 1 before `dim` (which may be -1, the new last).
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

    /// Without the dim, if its size is 1; else this tensor.
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

    /// Without any of these dims whose size is 1.
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

    /// Without all dims of size 1.
    pub fn squeeze_all(&self) -> Tensor {
        let dims: Dims = (0..self.rank()).collect();
        self.squeeze_dims(dims.as_slice())
    }

    /// Broadcast to a shape without a copy; -1 keeps a size.
    ///
    /// # Panics
    /// If the shape does not broadcast to it.
    #[track_caller]
    pub fn expand(&self, sizes: impl IntoSizes) -> Tensor {
        let sizes = sizes.into_sizes();
        let lead = sizes.len().saturating_sub(self.rank());
        let size = |(dim, &size): (usize, &isize)| match size {
            -1 if dim >= lead => self.shape()[dim - lead],
            size if size >= 0 => size as usize,
            _ => panic!(
                "expand: size {size} of {sizes:?} stands for no dim of {:?}",
                self.shape()
            ),
        };
        let shape: Dims = sizes.iter().enumerate().map(size).collect();
        if shape.as_slice() == self.shape() {
            self.clone()
        } else {
            self.seen_as(View::Expand(shape))
        }
    }

    /// Broadcast to another tensor's shape.
    ///
    /// # Panics
    /// If the shape does not broadcast to it.
    #[track_caller]
    pub fn expand_as(&self, other: &Tensor) -> Tensor {
        self.expand(other.shape())
    }

    /// Summed down to a shape that broadcasts to this one: what the gradient of a broadcast operand
    /// is.
    ///
    /// # Panics
    /// If the shape does not broadcast to this one.
    #[track_caller]
    pub fn sum_to(&self, shape: impl IntoShape) -> Tensor {
        let shape = shape.into_shape();
        if shape.as_slice() == self.shape() {
            return self.clone();
        }
        let lead = self.rank().checked_sub(shape.len());
        let fits = lead.is_some_and(|lead| {
            (0..shape.len()).all(|d| shape[d] == 1 || shape[d] == self.shape()[d + lead])
        });
        let Some(lead) = lead.filter(|_| fits) else {
            panic!("sum_to: {shape:?} does not broadcast to {:?}", self.shape());
        };
        let stretched =
            |dim: &usize| *dim >= lead && shape[dim - lead] == 1 && self.shape()[*dim] != 1;
        let folded: Dims = (0..self.rank())
            .filter(|dim| *dim < lead || stretched(dim))
            .collect();
        let summed = self.sum_keepdim(folded.as_slice());
        if lead == 0 {
            summed
        } else {
            summed.reshape(shape.iter().map(|&size| size as isize).collect::<Vec<_>>())
        }
    }

    /// The indices from `start` up to but not including `end` of a dim, in steps; negative indices
    /// count from the end, and both are clamped, as in Python's `x[start:end:step]`.
    ///
    /// # Panics
    /// If the step is not positive or the dim is out of range.
    #[track_caller]
    pub fn slice(&self, dim: isize, start: isize, end: isize, step: usize) -> Tensor {
        assert!(
            step > 0,
            "slice: the step must be at least 1; use flip for the other direction"
        );
        let dim = self.dim("slice", dim);
        let size = self.shape()[dim] as isize;
        let bound = |index: isize| {
            if index < 0 {
                index.saturating_add(size)
            } else {
                index
            }
            .clamp(0, size)
        };
        let (start, end) = (bound(start), bound(end));
        let length = ((end - start).max(0) as usize).div_ceil(step);
        self.seen_as(View::Slice {
            dim,
            start: start as usize,
            step: step as isize,
            length,
        })
    }

    /// `length` indices of a dim from `start`, which may count from the end.
    ///
    /// # Panics
    /// If they reach past the dim.
    #[track_caller]
    pub fn narrow(&self, dim: isize, start: isize, length: usize) -> Tensor {
        let dim = self.dim("narrow", dim);
        let size = self.shape()[dim];
        let first = if start < 0 {
            start + size as isize
        } else {
            start
        };
        assert!(
            (0..=size as isize).contains(&first) && length <= size - first as usize,
            "narrow: {length} indices from {start} reach past dim {dim} of {:?}, which has {size}",
            self.shape()
        );
        self.seen_as(View::Slice {
            dim,
            start: first as usize,
            step: 1,
            length,
        })
    }

    /// One index of a dim, which disappears; negative ones count from the end.
    ///
    /// # Panics
    /// If the index is out of range.
    #[track_caller]
    pub fn select(&self, dim: isize, index: isize) -> Tensor {
        let dim = self.dim("select", dim);
        let size = self.shape()[dim] as isize;
        let at = if index < 0 { index + size } else { index };
        assert!(
            (0..size).contains(&at),
            "select: index {index} is out of range for dim {dim} of {:?}, which has {size}",
            self.shape()
        );
        named("SelectBackward0", || {
            let kept = self.seen_as(View::Slice {
                dim,
                start: at as usize,
                step: 1,
                length: 1,
            });
            let mut shape: Dims = self.shape().into();
            shape.remove(dim);
            kept.seen_as(View::Reshape(shape))
        })
    }

    /// The main diagonal of a matrix.
    ///
    /// # Panics
    /// If the rank is below 2.
    #[track_caller]
    pub fn diagonal(&self) -> Tensor {
        self.diagonal_with(0, 0, 1)
    }

    /// The `offset`th diagonal of two dims, which are replaced by one at the end (PyTorch's
    /// `diagonal(offset, dim1, dim2)`).
    ///
    /// # Panics
    /// If the dims are out of range or equal.
    #[track_caller]
    pub fn diagonal_with(&self, offset: isize, dim1: isize, dim2: isize) -> Tensor {
        let dims = [self.dim("diagonal", dim1), self.dim("diagonal", dim2)];
        assert!(
            dims[0] != dims[1],
            "diagonal: takes two different dims, got {dim1} and {dim2}"
        );
        self.seen_as(View::Diagonal { offset, dims })
    }

    /// The order of one or several dims reversed; a copy, as PyTorch's.
    ///
    /// # Panics
    /// If a dim is out of range or given twice.
    #[track_caller]
    pub fn flip(&self, dims: impl IntoDimList) -> Tensor {
        let axes = self.axes("flip", Some(dims.into_dim_list()), true);
        named("FlipBackward0", || {
            let reversed = axes.dims.iter().fold(self.clone(), |x, &dim| {
                let length = x.shape()[dim];
                x.seen_as(View::Slice {
                    dim,
                    start: length.saturating_sub(1),
                    step: -1,
                    length,
                })
            });
            reversed.copy()
        })
    }
}
