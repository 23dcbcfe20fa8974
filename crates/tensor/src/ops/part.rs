//! Views of parts: slices, single indices, diagonals; and the reversed order.

use super::IntoDimList;
use super::compose::named;
use crate::Tensor;
use crate::layout::Dims;
use crate::prim::View;

impl Tensor {
    /// The indices from `start` up to but not including `end` of a dim, in steps; negative indices
    /// count from the end, and both are clamped, as in Python's `x[start:end:step]`. A view.
    ///
    /// Shape: `[.., n, ..]` to `[.., ceil((end - start) / step), ..]`.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::arange(6).slice(0, 1, -1, 2).to_vec::<i64>(), [1, 3]);
    /// ```
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

    /// `length` indices of a dim from `start`, which may count from the end (PyTorch's `narrow`). A view.
    ///
    /// Shape: `[.., n, ..]` to `[.., length, ..]`.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::arange(6).narrow(0, 2, 3).to_vec::<i64>(), [2, 3, 4]);
    /// ```
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

    /// One index of a dim, which disappears; negative ones count from the end (PyTorch's `select`, `x[i]`). A view.
    ///
    /// Shape: `[a, b, c]` to `[a, c]` for dim 1.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[1, 2], [3, 4]]).select(1, -1).to_vec::<i64>(), [2, 4]);
    /// ```
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

    /// The main diagonal of a matrix (PyTorch's `diagonal()`). A view.
    ///
    /// Shape: `[m, n]` to `[min(m, n)]`; of the first two dims, if there are more.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[1, 2], [3, 4]]).diagonal().to_vec::<i64>(), [1, 4]);
    /// ```
    ///
    /// # Panics
    /// If the rank is below 2.
    #[track_caller]
    pub fn diagonal(&self) -> Tensor {
        self.diagonal_with(0, 0, 1)
    }

    /// The `offset`th diagonal of two dims, which are replaced by one at the end (PyTorch's
    /// `diagonal(offset, dim1, dim2)`). A view.
    ///
    /// Shape: `[b, m, n]` to `[b, min(m, n)]` for offset 0 and the dims 1 and 2.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[1, 2], [3, 4]]).diagonal_with(1, 0, 1).to_vec::<i64>(), [2]);
    /// ```
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
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[1, 2], [3, 4]]).flip(0).to_vec::<i64>(), [3, 4, 1, 2]);
    /// ```
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
