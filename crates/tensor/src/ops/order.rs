//! Sorting.

use super::compose::named;
use crate::Tensor;
use crate::funnel::apply_many;
use crate::prim::Prim;

impl Tensor {
    /// The elements in order along a dim, and where each came from (PyTorch's `sort` with `stable=True`); NaN counts
    /// as the greatest.
    ///
    /// Shape: any, and both results have the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let (values, positions) = tensor([3, 1, 2]).sort(0, false);
    /// assert_eq!(values.to_vec::<i64>(), [1, 2, 3]);
    /// assert_eq!(positions.to_vec::<i64>(), [1, 2, 0]);
    /// ```
    ///
    /// # Panics
    /// If the dim is out of range.
    #[track_caller]
    pub fn sort(&self, dim: isize, descending: bool) -> (Tensor, Tensor) {
        let dim = self.dim("sort", dim);
        let mut outputs = apply_many(Prim::Sort { dim, descending }, &[self]);
        let positions = outputs.pop().expect("sort gives positions");
        (outputs.pop().expect("sort gives values"), positions)
    }

    /// Where the elements in order come from along a dim (PyTorch's `argsort`), `I64`.
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([3, 1, 2]).argsort(-1, true).to_vec::<i64>(), [0, 2, 1]);
    /// ```
    ///
    /// # Panics
    /// If the dim is out of range.
    #[track_caller]
    pub fn argsort(&self, dim: isize, descending: bool) -> Tensor {
        self.sort(dim, descending).1
    }

    /// The `k` greatest along a dim, greatest first, and their positions (PyTorch's `topk`).
    ///
    /// Shape: `[.., n, ..]` to twice `[.., k, ..]`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let (values, positions) = tensor([[3, 1, 2]]).topk(2, 1);
    /// assert_eq!(values.to_vec::<i64>(), [3, 2]);
    /// assert_eq!(positions.to_vec::<i64>(), [0, 2]);
    /// ```
    ///
    /// # Panics
    /// If the dim is out of range or has fewer than `k`.
    #[track_caller]
    pub fn topk(&self, k: usize, dim: isize) -> (Tensor, Tensor) {
        assert!(
            k <= self.size(dim),
            "topk: {k} elements of dim {dim} of {:?}, which has {}",
            self.shape(),
            self.size(dim)
        );
        let positions = self.argsort(dim, true).narrow(dim, 0, k).contiguous();
        (
            named("TopkBackward0", || self.gather(dim, &positions)),
            positions,
        )
    }
}
