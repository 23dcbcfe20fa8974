//! Comparisons, logic and choice.

use super::arithmetic::common_dtype;
use crate::funnel::{apply_one, apply_ref};
use crate::layout::Dims;
use crate::prim::{Compare, Logical, Prim};
use crate::{DType, Scalar, Tensor};

/// The right side of a comparison: a tensor or a number.
pub trait Comparand {
    /// The side as a tensor beside `left`.
    #[doc(hidden)]
    fn beside(self, left: &Tensor) -> Tensor;
}

impl Comparand for &Tensor {
    fn beside(self, _: &Tensor) -> Tensor {
        self.clone()
    }
}

impl Comparand for Tensor {
    fn beside(self, _: &Tensor) -> Tensor {
        self
    }
}

/// A number as a tensor of rank 0 on `left`'s device, in the dtype that the two have in common.
pub(super) fn scalar_beside(value: Scalar, left: &Tensor) -> Tensor {
    let dtype = value.promote(left.dtype());
    crate::with_device(left.device(), || {
        apply_one(Prim::Fill(Dims::new(), dtype, value), [])
    })
}

macro_rules! number_comparands {
    ($($type:ty),*) => {$(
        impl Comparand for $type {
            fn beside(self, left: &Tensor) -> Tensor {
                scalar_beside(self.into(), left)
            }
        }
    )*};
}

number_comparands!(f64, f32, i64, i32, bool);

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident => $variant:ident;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// The result is `Bool`; the other side may be a tensor or a number.
            ///
            /// Shape: any two that broadcast; the result has their common shape.
            ///
            /// # Panics
            /// If the shapes do not broadcast.
            #[track_caller]
            pub fn $name(&self, other: impl Comparand) -> Tensor {
                let other = other.beside(self);
                let dtype = common_dtype(self, &other);
                apply_ref(Prim::Compare(Compare::$variant), [&self.to_dtype(dtype), &other.to_dtype(dtype)])
            }
        )*}
    };
}

comparisons! {
    /// Where the two are equal.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 2]).eq(2).to_vec::<bool>(), [false, true]);
    /// ```
    eq => Eq;
    /// Where the two differ; NaN differs from itself.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 2]).ne(2).to_vec::<bool>(), [true, false]);
    /// ```
    ne => Ne;
    /// Where this is less.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 2, 3]).lt(2).to_vec::<bool>(), [true, false, false]);
    /// ```
    lt => Lt;
    /// Where this is less or equal.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 2, 3]).le(2).to_vec::<bool>(), [true, true, false]);
    /// ```
    le => Le;
    /// Where this is greater.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0.4, 0.6]).gt(0.5).to_vec::<bool>(), [false, true]);
    /// ```
    gt => Gt;
    /// Where this is greater or equal.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 2, 3]).ge(&tensor([3, 2, 1])).to_vec::<bool>(), [false, true, true]);
    /// ```
    ge => Ge;
}

impl Tensor {
    /// `true` where both hold; other dtypes count as true where not 0 (PyTorch's `logical_and`, `&` of bools).
    ///
    /// Shape: any two that broadcast; the result has their common shape.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([1, 2, 3]);
    /// assert_eq!(x.gt(1).logical_and(&x.lt(3)).to_vec::<bool>(), [false, true, false]);
    /// ```
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn logical_and(&self, other: &Tensor) -> Tensor {
        self.logical(Logical::And, other)
    }

    /// `true` where one or both hold (PyTorch's `logical_or`, `|` of bools).
    ///
    /// Shape: any two that broadcast; the result has their common shape.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0, 2]).logical_or(&tensor([0, 0])).to_vec::<bool>(), [false, true]);
    /// ```
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn logical_or(&self, other: &Tensor) -> Tensor {
        self.logical(Logical::Or, other)
    }

    /// `true` where exactly one holds (PyTorch's `logical_xor`, `^` of bools).
    ///
    /// Shape: any two that broadcast; the result has their common shape.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([true, true]).logical_xor(&tensor([true, false])).to_vec::<bool>(), [false, true]);
    /// ```
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn logical_xor(&self, other: &Tensor) -> Tensor {
        self.logical(Logical::Xor, other)
    }

    /// `true` where this does not hold (PyTorch's `logical_not`, `~` of bools).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0, 2]).logical_not().to_vec::<bool>(), [true, false]);
    /// ```
    pub fn logical_not(&self) -> Tensor {
        apply_ref(Prim::Not, [&self.truth()])
    }

    #[track_caller]
    fn logical(&self, operation: Logical, other: &Tensor) -> Tensor {
        apply_ref(Prim::Logical(operation), [&self.truth(), &other.truth()])
    }

    fn truth(&self) -> Tensor {
        self.to_dtype(DType::Bool)
    }

    /// Where an element is NaN (PyTorch's `isnan`), as `Bool`.
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([f64::NAN, 1.0]).is_nan().to_vec::<bool>(), [true, false]);
    /// ```
    pub fn is_nan(&self) -> Tensor {
        self.ne(self)
    }

    /// Where an element is neither NaN nor infinite (PyTorch's `isfinite`), as `Bool`.
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([f64::INFINITY, 1.0]).is_finite().to_vec::<bool>(), [false, true]);
    /// ```
    pub fn is_finite(&self) -> Tensor {
        if self.dtype().is_float() {
            self.abs().lt(f64::INFINITY)
        } else {
            self.eq(self)
        }
    }

    /// `a` where this condition holds, `b` elsewhere (PyTorch's `torch.where(condition, a, b)`). The sides may be
    /// tensors or numbers.
    ///
    /// Shape: any three that broadcast; the result has their common shape.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let (targets, predictions) = (tensor([1, 0, 1]), tensor([0.9, 0.4, 0.2]));
    /// let distance = targets.eq(1).select_from(1.0 - &predictions, &predictions);
    /// assert_eq!(distance.to_string(), "tensor([0.1000, 0.4000, 0.8000])");
    /// ```
    ///
    /// # Panics
    /// If this is not a bool tensor or the shapes do not broadcast.
    #[track_caller]
    pub fn select_from(&self, a: impl Choice, b: impl Choice) -> Tensor {
        let (a, b) = (a.side(), b.side());
        let dtype = match (&a, &b) {
            (Side::Tensor(a), Side::Tensor(b)) => common_dtype(a, b),
            (Side::Tensor(x), Side::Scalar(value)) | (Side::Scalar(value), Side::Tensor(x)) => {
                value.promote(x.dtype())
            }
            (Side::Scalar(a), Side::Scalar(b)) => a.default_dtype().promote(b.default_dtype()),
        };
        let side = |side: Side| match side {
            Side::Tensor(x) => x.to_dtype(dtype),
            Side::Scalar(value) => crate::with_device(self.device(), || {
                apply_one(Prim::Fill(Dims::new(), dtype, value), [])
            }),
        };
        apply_ref(Prim::Select, [self, &side(a), &side(b)])
    }

    /// `value` where the mask holds, this elsewhere (PyTorch's `masked_fill`). A float raises integers to floats.
    ///
    /// Shape: any two that broadcast; the result has their common shape.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([1.0, -2.0]);
    /// assert_eq!(x.masked_fill(&x.lt(0.0), 0.0).to_vec::<f32>(), [1.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// If the mask is not bool or the shapes do not broadcast.
    #[track_caller]
    pub fn masked_fill(&self, mask: &Tensor, value: impl Into<Scalar>) -> Tensor {
        let value = value.into();
        let x = self.to_dtype(value.promote(self.dtype()));
        let fill = scalar_beside(value, &x);
        apply_ref(Prim::Select, [mask, &fill, &x])
    }
}

/// One of the two sides of [`Tensor::select_from`]: a tensor or a number.
pub trait Choice {
    /// The side.
    #[doc(hidden)]
    fn side(self) -> Side;
}

/// A side, unified.
#[doc(hidden)]
pub enum Side {
    /// Elements.
    Tensor(Tensor),
    /// One value for all.
    Scalar(Scalar),
}

impl Choice for Tensor {
    fn side(self) -> Side {
        Side::Tensor(self)
    }
}

impl Choice for &Tensor {
    fn side(self) -> Side {
        Side::Tensor(self.clone())
    }
}

macro_rules! number_choices {
    ($($type:ty),*) => {$(
        impl Choice for $type {
            fn side(self) -> Side { Side::Scalar(self.into()) }
        }
    )*};
}

number_choices!(f64, f32, i64, i32, bool);
