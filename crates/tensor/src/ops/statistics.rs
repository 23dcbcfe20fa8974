//! Mean, and variance and norms, which are compositions of sums.

use super::IntoDimList;
use super::compose::named;
use crate::funnel::apply_ref;
use crate::prim::{Axes, Prim, Reduce};
use crate::{DType, Tensor, autocast, no_grad};

/// The divisor of a variance: elements minus this.
const UNBIASED: f64 = 1.0;

impl Tensor {
    /// Runs a composition on 16-bit floats in `F32` and rounds once at the end, as PyTorch's fused
    /// operations do: a square or a sum in the middle may be beyond what the dtype holds. In mixed precision
    /// the result stays in `F32`.
    #[track_caller]
    pub(super) fn widened(&self, compose: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
        match self.dtype() {
            DType::F16 | DType::BF16 => {
                let wide = compose(&self.to_dtype(DType::F32));
                if autocast().is_some() {
                    wide
                } else {
                    wide.to_dtype(self.dtype())
                }
            }
            DType::F32 | DType::F64 | DType::I64 | DType::U8 | DType::Bool => compose(self),
        }
    }

    /// The square root, with the gradient 0 at 0, where sqrt has no slope.
    fn sqrt_flat_at_zero(&self) -> Tensor {
        let zero = self.eq(0.0);
        self.masked_fill(&zero, 1.0).sqrt().masked_fill(&zero, 0.0)
    }

    /// Over the axes given by the caller; `None` is all.
    #[track_caller]
    fn mean_axes(&self, axes: &Axes) -> Tensor {
        apply_ref(Prim::Reduce(Reduce::Mean, axes.clone()), [self])
    }

    #[track_caller]
    fn sum_axes(&self, axes: &Axes) -> Tensor {
        let dims = axes.dims.as_slice();
        if axes.keepdim {
            self.sum_keepdim(dims)
        } else {
            self.sum_dim(dims)
        }
    }

    #[track_caller]
    fn var_axes(&self, axes: &Axes, correction: f64) -> Tensor {
        let kept = Axes {
            keepdim: true,
            ..axes.clone()
        };
        named("VarBackward0", || {
            self.widened(|x| {
                let deviations = x - x.mean_axes(&kept);
                deviations.square().sum_axes(axes) / (x.folded(axes) as f64 - correction).max(0.0)
            })
        })
    }
}

macro_rules! statistics {
    ($($(#[$doc:meta])* $all:ident $dim:ident $keep:ident => |$x:ident, $axes:ident| $body:expr;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// Over all elements.
            ///
            /// Shape: any to `[]`.
            ///
            /// # Panics
            /// If a mean, a variance or a deviation is asked of integers.
            #[track_caller]
            pub fn $all(&self) -> Tensor {
                let ($x, $axes) = (self, &self.axes(stringify!($all), None, false));
                $body
            }

            $(#[$doc])*
            ///
            /// Over one dim or several, which disappear.
            ///
            /// Shape: `[a, b, c]` to `[a, c]` for dim 1, to `[b]` for `[0, 2]`.
            ///
            /// # Panics
            /// If a mean, a variance or a deviation is asked of integers, or a dim is out of range or given twice.
            #[track_caller]
            pub fn $dim(&self, dims: impl IntoDimList) -> Tensor {
                let ($x, $axes) = (self, &self.axes(stringify!($all), Some(dims.into_dim_list()), false));
                $body
            }

            $(#[$doc])*
            ///
            /// Over one dim or several, which stay with size 1.
            ///
            /// Shape: `[a, b, c]` to `[a, 1, c]` for dim 1, to `[1, b, 1]` for `[0, 2]`.
            ///
            /// # Panics
            /// If a mean, a variance or a deviation is asked of integers, or a dim is out of range or given twice.
            #[track_caller]
            pub fn $keep(&self, dims: impl IntoDimList) -> Tensor {
                let ($x, $axes) = (self, &self.axes(stringify!($all), Some(dims.into_dim_list()), true));
                $body
            }
        )*}
    };
}

statistics! {
    /// The arithmetic mean `sum(x) / n` (PyTorch's `mean`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.mean().item(), 2.5);
    /// assert_eq!(x.mean_dim(0).to_vec::<f32>(), [2.0, 3.0]);
    /// assert_eq!(x.mean_keepdim(1).shape(), [2, 1]);
    /// ```
    mean mean_dim mean_keepdim => |x, axes| x.mean_axes(axes);
    /// The unbiased variance `sum((x - mean)^2) / (n - 1)` (PyTorch's `var`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.var().to_string(), "tensor(1.6667)");
    /// assert_eq!(x.var_dim(0).to_vec::<f32>(), [2.0, 2.0]);
    /// assert_eq!(x.var_keepdim(1).shape(), [2, 1]);
    /// ```
    var var_dim var_keepdim => |x, axes| x.var_axes(axes, UNBIASED);
    /// The unbiased standard deviation, the root of the variance; its gradient at 0 is 0 (PyTorch's `std`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.std().to_string(), "tensor(1.2910)");
    /// assert_eq!(x.std_dim(0).to_string(), "tensor([1.4142, 1.4142])");
    /// assert_eq!(x.std_keepdim(1).shape(), [2, 1]);
    /// ```
    std std_dim std_keepdim => |x, axes| x.std_axes(axes, UNBIASED);
    /// The Euclidean norm `sqrt(sum(x^2))`; its gradient at 0 is 0 (PyTorch's `norm`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([[3.0, 4.0], [0.0, 0.0]]);
    /// assert_eq!(x.norm().item(), 5.0);
    /// assert_eq!(x.norm_dim(1).to_vec::<f32>(), [5.0, 0.0]);
    /// assert_eq!(x.norm_keepdim(1).shape(), [2, 1]);
    /// ```
    norm norm_dim norm_keepdim => |x, axes| x.norm_axes(axes);
    /// `log(sum(e^x))`, exact where the exponentials overflow (PyTorch's `logsumexp`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([[1000.0, 1000.0], [0.0, 0.0]]);
    /// assert_eq!(x.logsumexp_dim(1).to_string(), "tensor([1.0007e+03, 6.9315e-01])");
    /// assert_eq!(x.logsumexp().rank(), 0);
    /// assert_eq!(x.logsumexp_keepdim(1).shape(), [2, 1]);
    /// ```
    logsumexp logsumexp_dim logsumexp_keepdim => |x, axes| x.logsumexp_axes(axes);
}

impl Tensor {
    /// The variance `sum((x - mean)^2) / (n - correction)` (PyTorch's `var` with `correction`): 1 is unbiased, 0 the
    /// population's.
    ///
    /// Shape: `[a, b, c]` to `[a, c]` for dim 1, to `[a, 1, c]` with `keepdim`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1.0, 3.0]).var_with(0, 0.0, false).item(), 1.0);
    /// ```
    ///
    /// # Panics
    /// If the dtype is not floating or a dim is out of range.
    #[track_caller]
    pub fn var_with(&self, dims: impl IntoDimList, correction: f64, keepdim: bool) -> Tensor {
        self.var_axes(
            &self.axes("var", Some(dims.into_dim_list()), keepdim),
            correction,
        )
    }

    /// The standard deviation with a chosen correction, the root of [`Tensor::var_with`].
    ///
    /// Shape: `[a, b, c]` to `[a, c]` for dim 1, to `[a, 1, c]` with `keepdim`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1.0, 5.0]).std_with(0, 0.0, true).to_vec::<f32>(), [2.0]);
    /// ```
    ///
    /// # Panics
    /// If the dtype is not floating or a dim is out of range.
    #[track_caller]
    pub fn std_with(&self, dims: impl IntoDimList, correction: f64, keepdim: bool) -> Tensor {
        self.std_axes(
            &self.axes("std", Some(dims.into_dim_list()), keepdim),
            correction,
        )
    }

    #[track_caller]
    fn std_axes(&self, axes: &Axes, correction: f64) -> Tensor {
        named("StdBackward0", || {
            self.widened(|x| x.var_axes(axes, correction).sqrt_flat_at_zero())
        })
    }

    #[track_caller]
    fn norm_axes(&self, axes: &Axes) -> Tensor {
        named("LinalgVectorNormBackward0", || {
            self.widened(|x| x.square().sum_axes(axes).sqrt_flat_at_zero())
        })
    }

    #[track_caller]
    fn logsumexp_axes(&self, axes: &Axes) -> Tensor {
        if self.folded(axes) == 0 {
            // The logarithm of an empty sum.
            return named("LogsumexpBackward0", || self.sum_axes(axes).log());
        }
        let kept = Axes {
            keepdim: true,
            ..axes.clone()
        };
        named("LogsumexpBackward0", || {
            let dims = axes.dims.as_slice();
            let shift = no_grad(|| {
                let greatest = self.amax_keepdim(dims);
                let infinite = greatest.is_finite().logical_not();
                greatest.masked_fill(&infinite, 0.0)
            });
            let sum = self.widened(|x| (x - &shift).exp().sum_axes(&kept).log() + &shift);
            if axes.keepdim {
                sum
            } else {
                sum.squeeze_dims(dims)
            }
        })
    }
}
