//! Broadcasting by name, and back.

use super::{IntoShape, IntoSizes};
use crate::Tensor;
use crate::layout::Dims;
use crate::prim::View;

impl Tensor {
    /// Broadcast to a shape without a copy; -1 keeps a size (PyTorch's `expand`).
    ///
    /// Shape: any to the one given, to which it broadcasts.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([[1], [2]]).expand([-1, 3]);
    /// assert_eq!((x.shape(), x.strides()), (&[2, 3][..], &[1, 0][..]));
    /// ```
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

    /// Broadcast to another tensor's shape (PyTorch's `expand_as`).
    ///
    /// Shape: any to the other's, to which it broadcasts.
    ///
    /// ```
    /// use hammerhead_tensor::{Tensor, tensor};
    /// assert_eq!(tensor([1, 2, 3]).expand_as(&Tensor::zeros([2, 3])).shape(), [2, 3]);
    /// ```
    ///
    /// # Panics
    /// If the shape does not broadcast to it.
    #[track_caller]
    pub fn expand_as(&self, other: &Tensor) -> Tensor {
        self.expand(other.shape())
    }

    /// Summed down to a shape that broadcasts to this one: what the gradient of a broadcast operand
    /// is (PyTorch's `sum_to_size`).
    ///
    /// Shape: `[a, b]` to `[b]`, `[1, b]`, `[a, 1]` or `[]`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([[1, 2], [3, 4]]).sum_to([2]).to_vec::<i64>(), [4, 6]);
    /// ```
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
}
