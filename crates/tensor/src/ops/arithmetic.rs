//! `+ - * /`, unary minus and the two-sided functions, with broadcasting and promotion.

use std::borrow::Cow;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::compare::scalar_beside;
use crate::funnel::{Input, apply_one};
use crate::prim::{Binary, Prim, Unary};
use crate::{Category, DType, Scalar, Tensor};

/// The dtype of an operation on two tensors: a tensor of rank 0 raises the other one's dtype only to
/// a higher category, as in PyTorch.
pub(super) fn common_dtype(a: &Tensor, b: &Tensor) -> DType {
    let (x, y) = (a.dtype(), b.dtype());
    match (a.rank() == 0, b.rank() == 0) {
        (false, true) if y.category() <= x.category() => x,
        (true, false) if x.category() <= y.category() => y,
        (false, true) => y,
        (true, false) => x,
        _ => x.promote(y),
    }
}

/// The operand in another dtype; one that has it already stays what it is, borrowed or owned.
fn cast(x: Input<'_>, dtype: DType) -> Input<'_> {
    if x.dtype() == dtype {
        x
    } else {
        Cow::Owned(x.to_dtype(dtype))
    }
}

#[track_caller]
pub(super) fn binary(operation: Binary, a: Input<'_>, b: Input<'_>) -> Tensor {
    let dtype = common_dtype(&a, &b);
    let dtype = match operation {
        Binary::Div | Binary::Atan2 => dtype.to_float(),
        // Sum and product of truth values are truth values, as in PyTorch; in a difference or a power, which it
        // refuses, they count as numbers.
        Binary::Sub | Binary::Pow if dtype == DType::Bool => DType::I64,
        _ => dtype,
    };
    apply_one(Prim::Binary(operation), [cast(a, dtype), cast(b, dtype)])
}

/// What an operator does with a number on the right.
fn scalar(operation: Binary, x: Input<'_>, value: Scalar) -> Tensor {
    let dtype = value.promote(x.dtype());
    let dtype = match dtype.category() {
        _ if operation == Binary::Div => dtype.to_float(),
        Category::Bool => DType::I64,
        Category::Int | Category::Float => dtype,
    };
    if dtype == DType::I64 && value.exceeds_f64() {
        let x = cast(x, dtype);
        let number = Cow::Owned(scalar_beside(value, &x));
        return apply_one(Prim::Binary(operation), [x, number]);
    }
    let value = value.to_f64();
    let unary = match operation {
        Binary::Sub => Unary::AddScalar { value: -value },
        Binary::Mul => Unary::MulScalar { value },
        Binary::Div => Unary::DivScalar { value },
        _ => Unary::AddScalar { value },
    };
    apply_one(Prim::Unary(unary), [cast(x, dtype)])
}

/// What an operator does with a number on the left.
fn scalar_left(operation: Binary, value: Scalar, x: Input<'_>) -> Tensor {
    let dtype = value.promote(x.dtype());
    match operation {
        Binary::Sub if dtype == DType::I64 && value.exceeds_f64() => {
            let x = cast(x, dtype);
            let number = Cow::Owned(scalar_beside(value, &x));
            apply_one(Prim::Binary(operation), [number, x])
        }
        Binary::Sub => {
            let dtype = if dtype == DType::Bool {
                DType::I64
            } else {
                dtype
            };
            apply_one(
                Prim::Unary(Unary::RsubScalar {
                    value: value.to_f64(),
                }),
                [cast(x, dtype)],
            )
        }
        Binary::Div => apply_one(
            Prim::Unary(Unary::RdivScalar {
                value: value.to_f64(),
            }),
            [cast(x, dtype.to_float())],
        ),
        _ => scalar(operation, x, value),
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident;)*) => {$(
        impl $trait<&Tensor> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor {
                binary(Binary::$trait, Cow::Borrowed(self), Cow::Borrowed(other))
            }
        }
        impl $trait<Tensor> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor {
                binary(Binary::$trait, Cow::Borrowed(self), Cow::Owned(other))
            }
        }
        impl $trait<&Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor {
                binary(Binary::$trait, Cow::Owned(self), Cow::Borrowed(other))
            }
        }
        impl $trait<Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor {
                binary(Binary::$trait, Cow::Owned(self), Cow::Owned(other))
            }
        }
        operators!(@numbers $trait $method f64 i64);
    )*};
    (@numbers $trait:ident $method:ident $($number:ty)*) => {$(
        impl $trait<$number> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, value: $number) -> Tensor {
                scalar(Binary::$trait, Cow::Borrowed(self), value.into())
            }
        }
        impl $trait<$number> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, value: $number) -> Tensor {
                scalar(Binary::$trait, Cow::Owned(self), value.into())
            }
        }
        impl $trait<&Tensor> for $number {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, x: &Tensor) -> Tensor {
                scalar_left(Binary::$trait, self.into(), Cow::Borrowed(x))
            }
        }
        impl $trait<Tensor> for $number {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, x: Tensor) -> Tensor {
                scalar_left(Binary::$trait, self.into(), Cow::Owned(x))
            }
        }
    )*};
}

operators! {
    Add add;
    Sub sub;
    Mul mul;
    Div div;
}

impl Neg for &Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        apply_one(Prim::Unary(Unary::Neg), [Cow::Borrowed(self)])
    }
}

impl Neg for Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        apply_one(Prim::Unary(Unary::Neg), [Cow::Owned(self)])
    }
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident => $variant:ident;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// Shape: any two that broadcast; the result has their common shape.
            ///
            /// # Panics
            /// If the shapes do not broadcast, or integers are divided by 0.
            #[track_caller]
            pub fn $name(&self, other: &Tensor) -> Tensor {
                binary(Binary::$variant, Cow::Borrowed(self), Cow::Borrowed(other))
            }
        )*}
    };
}

functions! {
    /// The greater of each pair; NaN wins (PyTorch's `maximum`, and `x.max(other)` in the lesson).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 5]).maximum(&tensor([3, 3])).to_vec::<i64>(), [3, 5]);
    /// ```
    maximum => Maximum;
    /// The lesser of each pair; NaN wins (PyTorch's `minimum`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 5]).minimum(&tensor([3, 3])).to_vec::<i64>(), [1, 3]);
    /// ```
    minimum => Minimum;
    /// `self` to the power of `other`, element by element (PyTorch's `pow` of two tensors).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let powers = tensor(2.0).pow_tensor(&tensor([1.0, 2.0, 3.0]));
    /// assert_eq!(powers.to_vec::<f32>(), [2.0, 4.0, 8.0]);
    /// ```
    pow_tensor => Pow;
    /// The remainder `x - floor(x / y) * y` with the sign of `other`, as Python's `%` (PyTorch's `remainder`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([5, -5]).remainder(&tensor(3)).to_vec::<i64>(), [2, 1]);
    /// ```
    remainder => Remainder;
    /// The quotient rounded down, as Python's `//` (PyTorch's `floor_divide`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([5, -5]).floor_divide(&tensor(3)).to_vec::<i64>(), [1, -2]);
    /// ```
    floor_divide => FloorDivide;
    /// The angle of the point `(other, self)`, between -pi and pi (PyTorch's `atan2`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let angle = tensor(1.0).atan2(&tensor(-1.0)).item();
    /// assert!((angle - 0.75 * std::f64::consts::PI).abs() < 1e-6);
    /// ```
    atan2 => Atan2;
}
