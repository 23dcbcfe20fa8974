//! Joining, splitting, repeating, padding.

use smallvec::SmallVec;

use super::IntoSizes;
use super::compose::named;
use crate::Tensor;
use crate::funnel::{apply_many, apply_ref};
use crate::layout::Dims;
use crate::prim::Prim;
use crate::tensor::normalize_dim;

/// Joins tensors along a dim that they have (PyTorch's `torch.cat`). Empty ones of shape `[0]` fit
/// any others, so that a join can start from nothing.
///
/// Shape: `[.., a, ..]` and `[.., b, ..]` to `[.., a + b, ..]`; the other dims must agree.
///
/// ```
/// use hammerhead_tensor::{cat, tensor};
/// assert_eq!(cat(&[tensor([1, 2]), tensor([3])], 0).to_vec::<i64>(), [1, 2, 3]);
/// ```
///
/// # Panics
/// If there are none, or they differ in another dim.
#[track_caller]
pub fn cat<T: AsRef<Tensor>>(tensors: &[T], dim: isize) -> Tensor {
    let Some(first) = tensors.first().map(AsRef::as_ref) else {
        panic!("cat: takes at least one tensor");
    };
    let nothing = |x: &Tensor| x.shape() == [0];
    let kept: Vec<&Tensor> = tensors
        .iter()
        .map(AsRef::as_ref)
        .filter(|x| !nothing(x))
        .collect();
    let kept = if kept.is_empty() { vec![first] } else { kept };
    let dim = kept[0].dim("cat", dim);
    let dtype = tensors
        .iter()
        .fold(first.dtype(), |dtype, x| dtype.promote(x.as_ref().dtype()));
    let tensors: Vec<Tensor> = kept.iter().map(|x| x.to_dtype(dtype)).collect();
    let inputs: Vec<&Tensor> = tensors.iter().collect();
    apply_many(Prim::Cat { dim }, &inputs).swap_remove(0)
}

/// Joins tensors of one shape along a new dim (PyTorch's `torch.stack`).
///
/// Shape: `k` tensors `[a, b]` to `[k, a, b]` for dim 0, to `[a, b, k]` for dim -1.
///
/// ```
/// use hammerhead_tensor::{stack, tensor};
/// assert_eq!(stack(&[tensor([1, 2]), tensor([3, 4])], 0).shape(), [2, 2]);
/// ```
///
/// # Panics
/// If there are none, or their shapes differ.
#[track_caller]
pub fn stack<T: AsRef<Tensor>>(tensors: &[T], dim: isize) -> Tensor {
    let Some(first) = tensors.first().map(AsRef::as_ref) else {
        panic!("stack: takes at least one tensor");
    };
    if let Some((index, other)) = tensors
        .iter()
        .map(AsRef::as_ref)
        .enumerate()
        .find(|(_, x)| x.shape() != first.shape())
    {
        panic!(
            "stack: tensor {index} has shape {:?} and tensor 0 has {:?}; they must be equal (cat joins along a dim \
             that they have)",
            other.shape(),
            first.shape()
        );
    }
    let dim = normalize_dim("stack", dim, first.rank() + 1, first.shape()) as isize;
    let rows: Vec<Tensor> = tensors.iter().map(|x| x.as_ref().unsqueeze(dim)).collect();
    named("StackBackward0", || cat(&rows, dim))
}

impl AsRef<Tensor> for Tensor {
    fn as_ref(&self) -> &Tensor {
        self
    }
}

impl Tensor {
    /// Views of `sizes` indices each along a dim (PyTorch's `split` with a list).
    ///
    /// Shape: `[.., n, ..]` to one `[.., size, ..]` for each size.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let parts = Tensor::arange(5).split_sizes(&[2, 3], 0);
    /// assert_eq!(parts[1].to_vec::<i64>(), [2, 3, 4]);
    /// ```
    ///
    /// # Panics
    /// If the sizes do not add up to the dim.
    #[track_caller]
    pub fn split_sizes(&self, sizes: &[usize], dim: isize) -> Vec<Tensor> {
        let dim = self.dim("split", dim);
        let total: usize = sizes.iter().sum();
        assert!(
            total == self.shape()[dim],
            "split: sizes {sizes:?} add up to {total}, dim {dim} of {:?} has {}",
            self.shape(),
            self.shape()[dim]
        );
        let mut start = 0;
        let part = |&size: &usize| {
            let part = self.narrow(dim as isize, start as isize, size);
            start += size;
            part
        };
        sizes.iter().map(part).collect()
    }

    /// Views of `size` indices each along a dim; the last may be smaller (PyTorch's `split`).
    ///
    /// Shape: `[.., n, ..]` to `ceil(n / size)` times `[.., size, ..]`.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let parts = Tensor::arange(5).split(2, 0);
    /// assert_eq!(parts.len(), 3);
    /// assert_eq!(parts[2].to_vec::<i64>(), [4]);
    /// ```
    ///
    /// # Panics
    /// If the size is 0 or the dim is out of range.
    #[track_caller]
    pub fn split(&self, size: usize, dim: isize) -> Vec<Tensor> {
        assert!(size > 0, "split: the size must be at least 1");
        let length = self.size(dim);
        let sizes: Vec<usize> = (0..length.div_ceil(size).max(1))
            .map(|i| size.min(length - i * size))
            .collect();
        self.split_sizes(&sizes, dim)
    }

    /// At most `chunks` views of equal size along a dim; the last may be smaller (PyTorch's `chunk`).
    ///
    /// Shape: `[.., n, ..]` to `[.., ceil(n / chunks), ..]` each.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let halves = Tensor::zeros([3, 4]).chunk(2, 1);
    /// assert_eq!((halves.len(), halves[0].shape()), (2, &[3, 2][..]));
    /// ```
    ///
    /// # Panics
    /// If `chunks` is 0 or the dim is out of range.
    #[track_caller]
    pub fn chunk(&self, chunks: usize, dim: isize) -> Vec<Tensor> {
        assert!(chunks > 0, "chunk: takes at least 1 chunk");
        self.split(self.size(dim).div_ceil(chunks).max(1), dim)
    }

    /// The tensor repeated along each dim; more counts than dims make new leading ones (PyTorch's
    /// `repeat`, numpy's `tile`).
    ///
    /// Shape: `[a, b]` to `[m * a, n * b]` for counts `[m, n]`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 2]).repeat([2]).to_vec::<i64>(), [1, 2, 1, 2]);
    /// assert_eq!(tensor([1, 2]).repeat([3, 1]).shape(), [3, 2]);
    /// ```
    ///
    /// # Panics
    /// If there are fewer counts than dims.
    #[track_caller]
    pub fn repeat(&self, counts: impl IntoSizes) -> Tensor {
        let counts = counts.into_sizes();
        assert!(
            counts.len() >= self.rank() && counts.iter().all(|&count| count >= 0),
            "repeat: {counts:?} must have a count for each dim of {:?}",
            self.shape()
        );
        let lead = counts.len() - self.rank();
        let size = |dim: usize| {
            if dim < lead {
                1
            } else {
                self.shape()[dim - lead] as isize
            }
        };
        let pairs = |first: &dyn Fn(usize) -> isize| -> SmallVec<[isize; 12]> {
            (0..counts.len())
                .flat_map(|dim| [first(dim), size(dim)])
                .collect()
        };
        named("RepeatBackward0", || {
            let spread = self
                .reshape(pairs(&|_| 1).as_slice())
                .expand(pairs(&|dim| counts[dim]).as_slice());
            let shape: SmallVec<[isize; 6]> = (0..counts.len())
                .map(|dim| counts[dim] * size(dim))
                .collect();
            spread.reshape(shape.as_slice())
        })
    }

    /// Shifted along a dim, what falls off the end coming in at the start (PyTorch's `roll`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 2, 3]).roll(1, 0).to_vec::<i64>(), [3, 1, 2]);
    /// ```
    ///
    /// # Panics
    /// If the dim is out of range.
    #[track_caller]
    pub fn roll(&self, shift: isize, dim: isize) -> Tensor {
        let size = self.size(dim) as isize;
        if size == 0 {
            return self.clone();
        }
        let cut = (size - shift.rem_euclid(size)) % size;
        named("RollBackward0", || {
            cat(
                &[
                    self.narrow(dim, cut, (size - cut) as usize),
                    self.narrow(dim, 0, cut as usize),
                ],
                dim,
            )
        })
    }

    /// `value` around the tensor: pairs of widths before and after, the last dim first (PyTorch's
    /// `F.pad`). Negative widths cut.
    ///
    /// Shape: `[.., h, w]` to `[.., top + h + bottom, left + w + right]` for widths `[left, right, top, bottom]`.
    ///
    /// ```
    /// use hammerhead_tensor::{Tensor, tensor};
    /// assert_eq!(tensor([1, 2]).pad(&[1, 2], 0.0).to_vec::<i64>(), [0, 1, 2, 0, 0]);
    /// assert_eq!(Tensor::zeros([28, 28]).pad(&[2, 2, 2, 2], 0.0).shape(), [32, 32]);
    /// ```
    ///
    /// # Panics
    /// If there is an odd number of widths, more than two per dim, or a dim would become negative.
    #[track_caller]
    pub fn pad(&self, widths: &[isize], value: f64) -> Tensor {
        assert!(
            widths.len().is_multiple_of(2) && widths.len() / 2 <= self.rank(),
            "pad: {widths:?} must be pairs of widths, at most one pair for each dim of {:?}",
            self.shape()
        );
        let mut x = self.clone();
        let mut outer: SmallVec<[(usize, usize); 6]> = SmallVec::from_elem((0, 0), self.rank());
        for (pair, ends) in widths.chunks(2).enumerate() {
            let dim = self.rank() - 1 - pair;
            let size = self.shape()[dim] as isize;
            let cut = [(-ends[0]).max(0), (-ends[1]).max(0)];
            assert!(
                cut[0] + cut[1] <= size,
                "pad: widths {ends:?} cut more than dim {dim} of {:?} has",
                self.shape()
            );
            if cut != [0, 0] {
                x = x.narrow(dim as isize, cut[0], (size - cut[0] - cut[1]) as usize);
            }
            outer[dim] = (ends[0].max(0) as usize, ends[1].max(0) as usize);
        }
        apply_ref(
            Prim::Pad {
                widths: outer,
                value,
            },
            [&x],
        )
    }

    /// The elements on and below a diagonal, zeros above (PyTorch's `tril`): `y[i][j] = x[i][j]` where
    /// `j <= i + diagonal`.
    ///
    /// Shape: `[.., m, n]`, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::ones([2, 2]).tril(0).to_vec::<f32>(), [1.0, 0.0, 1.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If the rank is below 2.
    #[track_caller]
    pub fn tril(&self, diagonal: isize) -> Tensor {
        self.triangle("tril", |row, column| column <= row + diagonal)
    }

    /// The elements on and above a diagonal, zeros below (PyTorch's `triu`): `y[i][j] = x[i][j]` where
    /// `j >= i + diagonal`.
    ///
    /// Shape: `[.., m, n]`, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::ones([2, 2]).triu(1).to_vec::<f32>(), [0.0, 1.0, 0.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// If the rank is below 2.
    #[track_caller]
    pub fn triu(&self, diagonal: isize) -> Tensor {
        self.triangle("triu", |row, column| column >= row + diagonal)
    }

    #[track_caller]
    fn triangle(&self, operation: &'static str, keeps: impl Fn(isize, isize) -> bool) -> Tensor {
        assert!(
            self.rank() >= 2,
            "{operation}: takes at least 2 dims, got {:?}",
            self.shape()
        );
        let size: Dims = self.shape()[self.rank() - 2..].into();
        let (rows, columns) = (size[0] as isize, size[1] as isize);
        let drops: Vec<bool> = (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (row, column)))
            .map(|(r, c)| !keeps(r, c))
            .collect();
        let mask = Tensor::from_vec(drops, size).to(self.device());
        named(
            if operation == "tril" {
                "TrilBackward0"
            } else {
                "TriuBackward0"
            },
            || self.masked_fill(&mask, 0),
        )
    }
}
