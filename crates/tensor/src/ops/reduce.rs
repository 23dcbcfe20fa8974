//! Folding dims: each function comes over all elements, over some dims, and keeping those dims with
//! size 1.

use smallvec::SmallVec;

use super::IntoDimList;
use crate::funnel::apply_ref;
use crate::layout::Dims;
use crate::prim::{Axes, Prim, Reduce};
use crate::tensor::normalize_dim;
use crate::{Category, DType, Tensor};

impl Tensor {
    /// Dims given by the caller, or all, sorted and without repeats.
    #[track_caller]
    pub(super) fn axes(
        &self,
        name: &str,
        dims: Option<SmallVec<[isize; 6]>>,
        keepdim: bool,
    ) -> Axes {
        let mut normal: Dims = match dims {
            None => (0..self.rank()).collect(),
            // A number has no dims; PyTorch lets it be folded along the one it would have.
            Some(dims) if self.rank() == 0 && dims.iter().all(|dim| [0, -1].contains(dim)) => {
                Dims::new()
            }
            Some(dims) => dims
                .iter()
                .map(|&dim| normalize_dim(name, dim, self.rank(), self.shape()))
                .collect(),
        };
        normal.sort_unstable();
        if let Some(pair) = normal.windows(2).find(|pair| pair[0] == pair[1]) {
            panic!("{name}: dim {} appears twice", pair[0]);
        }
        Axes {
            dims: normal,
            keepdim,
        }
    }

    /// Elements folded into each element of the result.
    pub(super) fn folded(&self, axes: &Axes) -> usize {
        axes.count(self.shape())
    }

    #[track_caller]
    fn reduce(&self, reduce: Reduce, dims: Option<SmallVec<[isize; 6]>>, keepdim: bool) -> Tensor {
        let prim = |axes| Prim::Reduce(reduce, axes);
        let name = reduce.name();
        let axes = self.axes(name, dims, keepdim);
        match reduce {
            // Sums of small integers and truth values are counts.
            Reduce::Sum | Reduce::Prod if self.dtype().category() != Category::Float => {
                apply_ref(prim(axes), [&self.to_dtype(DType::I64)])
            }
            Reduce::Max | Reduce::Min
                if self.folded(&axes) == 0 && self.numel() == 0 && empty_result(self, &axes) =>
            {
                panic!(
                    "{name}: the dims {:?} of {:?} hold no elements, so no extreme",
                    axes.dims,
                    self.shape()
                )
            }
            _ => apply_ref(prim(axes), [self]),
        }
    }
}

/// True if the result would have elements that nothing was folded into.
fn empty_result(x: &Tensor, axes: &Axes) -> bool {
    crate::infer::reduced(
        x.shape(),
        &Axes {
            keepdim: false,
            dims: axes.dims.clone(),
        },
    )
    .iter()
    .product::<usize>()
        > 0
}

macro_rules! folds {
    ($($(#[$doc:meta])* $all:ident $dim:ident $keep:ident => $reduce:ident;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// Over all elements.
            ///
            /// Shape: any to `[]`.
            ///
            /// # Panics
            /// If an extreme is asked of no elements.
            #[track_caller]
            pub fn $all(&self) -> Tensor {
                self.reduce(Reduce::$reduce, None, false)
            }

            $(#[$doc])*
            ///
            /// Over one dim or several, which disappear.
            ///
            /// Shape: `[a, b, c]` to `[a, c]` for dim 1, to `[b]` for `[0, 2]`.
            ///
            /// # Panics
            /// If a dim is out of range or given twice, or an extreme is asked of no elements.
            #[track_caller]
            pub fn $dim(&self, dims: impl IntoDimList) -> Tensor {
                self.reduce(Reduce::$reduce, Some(dims.into_dim_list()), false)
            }

            $(#[$doc])*
            ///
            /// Over one dim or several, which stay with size 1.
            ///
            /// Shape: `[a, b, c]` to `[a, 1, c]` for dim 1, to `[1, b, 1]` for `[0, 2]`.
            ///
            /// # Panics
            /// If a dim is out of range or given twice, or an extreme is asked of no elements.
            #[track_caller]
            pub fn $keep(&self, dims: impl IntoDimList) -> Tensor {
                self.reduce(Reduce::$reduce, Some(dims.into_dim_list()), true)
            }
        )*}
    };
}

folds! {
    /// The sum; of integers and bools as `I64` (PyTorch's `sum`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([[1, 2], [3, 4]]);
    /// assert_eq!(x.sum().item(), 10.0);
    /// assert_eq!(x.sum_dim(0).to_vec::<i64>(), [4, 6]);
    /// assert_eq!(x.sum_keepdim(1).shape(), [2, 1]);
    /// ```
    sum sum_dim sum_keepdim => Sum;
    /// The product; of integers and bools as `I64` (PyTorch's `prod`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([[1, 2], [3, 4]]);
    /// assert_eq!(x.prod().item(), 24.0);
    /// assert_eq!(x.prod_dim(0).to_vec::<i64>(), [3, 8]);
    /// assert_eq!(x.prod_keepdim(1).shape(), [2, 1]);
    /// ```
    prod prod_dim prod_keepdim => Prod;
    /// The greatest element; the gradient is shared among equals (PyTorch's `amax`, and `max()` without a dim).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([[1, 2], [4, 3]]);
    /// assert_eq!(x.max().item(), 4.0);
    /// assert_eq!(x.amax_dim(0).to_vec::<i64>(), [4, 3]);
    /// assert_eq!(x.amax_keepdim(1).shape(), [2, 1]);
    /// ```
    max amax_dim amax_keepdim => Max;
    /// The least element; the gradient is shared among equals (PyTorch's `amin`, and `min()` without a dim).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([[1, 2], [4, 3]]);
    /// assert_eq!(x.min().item(), 1.0);
    /// assert_eq!(x.amin_dim(0).to_vec::<i64>(), [1, 2]);
    /// assert_eq!(x.amin_keepdim(1).shape(), [2, 1]);
    /// ```
    min amin_dim amin_keepdim => Min;
}

impl Tensor {
    /// True if all elements count as true, as `Bool` (PyTorch's `all()`); true of no elements.
    ///
    /// Shape: any to `[]`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert!(tensor([1.0, 2.0]).gt(0.0).all().to_scalar::<bool>());
    /// ```
    pub fn all(&self) -> Tensor {
        let truth = self.to_dtype(DType::Bool);
        if truth.numel() == 0 {
            Tensor::full((), true)
        } else {
            truth.min()
        }
    }

    /// True if any element counts as true, as `Bool` (PyTorch's `any()`); false of no elements.
    ///
    /// Shape: any to `[]`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert!(!tensor([1.0, 2.0]).is_nan().any().to_scalar::<bool>());
    /// ```
    pub fn any(&self) -> Tensor {
        let truth = self.to_dtype(DType::Bool);
        if truth.numel() == 0 {
            Tensor::full((), false)
        } else {
            truth.max()
        }
    }

    /// Running sums along a dim; of integers and bools as `I64` (PyTorch's `cumsum`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 2, 3]).cumsum(0).to_vec::<i64>(), [1, 3, 6]);
    /// ```
    ///
    /// # Panics
    /// If the dim is out of range.
    #[track_caller]
    pub fn cumsum(&self, dim: isize) -> Tensor {
        if self.rank() == 0 && [0, -1].contains(&dim) {
            return self.flat().cumsum(0).squeeze(0);
        }
        let dim = self.dim("cumsum", dim);
        let dtype = if self.dtype().is_float() {
            self.dtype()
        } else {
            DType::I64
        };
        apply_ref(Prim::CumSum { dim }, [&self.to_dtype(dtype)])
    }
}
