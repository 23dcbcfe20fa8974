//! Folding dims: each function comes over all elements, over some dims, and keeping those dims with
//! size 1.

use smallvec::SmallVec;

use super::IntoDimList;
use super::compose::named;
use crate::funnel::apply_ref;
use crate::layout::Dims;
use crate::prim::{Axes, Extreme, Prim, Reduce};
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
        axes.dims.iter().map(|&dim| self.shape()[dim]).product()
    }

    #[track_caller]
    fn reduce(&self, reduce: Reduce, dims: Option<SmallVec<[isize; 6]>>, keepdim: bool) -> Tensor {
        let prim = |axes| Prim::Reduce(reduce, axes);
        let name = prim(Axes {
            dims: Dims::new(),
            keepdim,
        })
        .name()
        .into_owned();
        let axes = self.axes(&name, dims, keepdim);
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
            /// Over all elements; the result has rank 0.
            #[track_caller]
            pub fn $all(&self) -> Tensor {
                self.reduce(Reduce::$reduce, None, false)
            }

            $(#[$doc])*
            /// Over one dim or several, which disappear.
            ///
            /// # Panics
            /// If a dim is out of range or given twice.
            #[track_caller]
            pub fn $dim(&self, dims: impl IntoDimList) -> Tensor {
                self.reduce(Reduce::$reduce, Some(dims.into_dim_list()), false)
            }

            $(#[$doc])*
            /// Over one dim or several, which stay with size 1.
            ///
            /// # Panics
            /// If a dim is out of range or given twice.
            #[track_caller]
            pub fn $keep(&self, dims: impl IntoDimList) -> Tensor {
                self.reduce(Reduce::$reduce, Some(dims.into_dim_list()), true)
            }
        )*}
    };
}

folds! {
    /// The sum; of integers and bools as `I64`.
    sum sum_dim sum_keepdim => Sum;
    /// The product; of integers and bools as `I64`.
    prod prod_dim prod_keepdim => Prod;
    /// The greatest element; the gradient is shared among equals (PyTorch's `amax`).
    max amax_dim amax_keepdim => Max;
    /// The least element; the gradient is shared among equals (PyTorch's `amin`).
    min amin_dim amin_keepdim => Min;
}

impl Tensor {
    /// The position of the first greatest element: in the flattened tensor, `I64`.
    #[track_caller]
    pub fn argmax(&self) -> Tensor {
        self.flat().arg_reduce("argmax", Extreme::Max, 0, false)
    }

    /// The position of the first greatest element along a dim.
    #[track_caller]
    pub fn argmax_dim(&self, dim: isize) -> Tensor {
        self.arg_reduce("argmax", Extreme::Max, dim, false)
    }

    /// As [`Tensor::argmax_dim`], the dim staying with size 1.
    #[track_caller]
    pub fn argmax_keepdim(&self, dim: isize) -> Tensor {
        self.arg_reduce("argmax", Extreme::Max, dim, true)
    }

    /// The position of the first least element: in the flattened tensor, `I64`.
    #[track_caller]
    pub fn argmin(&self) -> Tensor {
        self.flat().arg_reduce("argmin", Extreme::Min, 0, false)
    }

    /// The position of the first least element along a dim.
    #[track_caller]
    pub fn argmin_dim(&self, dim: isize) -> Tensor {
        self.arg_reduce("argmin", Extreme::Min, dim, false)
    }

    /// As [`Tensor::argmin_dim`], the dim staying with size 1.
    #[track_caller]
    pub fn argmin_keepdim(&self, dim: isize) -> Tensor {
        self.arg_reduce("argmin", Extreme::Min, dim, true)
    }

    /// The greatest elements along a dim and their positions (PyTorch's `max(dim)`); the gradient goes
    /// to that position alone.
    #[track_caller]
    pub fn max_dim(&self, dim: isize) -> (Tensor, Tensor) {
        self.extreme_dim(Extreme::Max, dim, false)
    }

    /// As [`Tensor::max_dim`], the dim staying with size 1.
    #[track_caller]
    pub fn max_keepdim(&self, dim: isize) -> (Tensor, Tensor) {
        self.extreme_dim(Extreme::Max, dim, true)
    }

    /// The least elements along a dim and their positions (PyTorch's `min(dim)`).
    #[track_caller]
    pub fn min_dim(&self, dim: isize) -> (Tensor, Tensor) {
        self.extreme_dim(Extreme::Min, dim, false)
    }

    /// As [`Tensor::min_dim`], the dim staying with size 1.
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

    /// True if all elements count as true, as a `Bool` tensor of rank 0.
    pub fn all(&self) -> Tensor {
        let truth = self.to_dtype(DType::Bool);
        if truth.numel() == 0 {
            Tensor::full((), true)
        } else {
            truth.min()
        }
    }

    /// True if any element counts as true, as a `Bool` tensor of rank 0.
    pub fn any(&self) -> Tensor {
        let truth = self.to_dtype(DType::Bool);
        if truth.numel() == 0 {
            Tensor::full((), false)
        } else {
            truth.max()
        }
    }

    /// Running sums along a dim; of integers and bools as `I64`.
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
