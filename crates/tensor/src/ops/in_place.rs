//! Changes in place: methods ending in `_`, and `+= -= *= /=`. They write through views to the
//! buffer, bump its version, and never change shape or dtype.

use std::ops::{AddAssign, DivAssign, MulAssign, SubAssign};

use super::compare::scalar_beside;
use crate::funnel::{apply_in_place, apply_into};
use crate::prim::{Binary, Prim, Unary};
use crate::{Category, DType, Scalar, Tensor};

/// The other operand of an in-place form: a tensor that broadcasts to the target, or a number.
pub trait InPlaceOperand {
    /// Applies the operation to the target.
    #[doc(hidden)]
    fn apply_to(self, operation: Binary, target: &Tensor);
}

impl InPlaceOperand for &Tensor {
    #[track_caller]
    fn apply_to(self, operation: Binary, target: &Tensor) {
        let other = fit(operation, target, self);
        apply_in_place(Prim::Binary(operation), target, &[&other]);
    }
}

impl InPlaceOperand for Tensor {
    #[track_caller]
    fn apply_to(self, operation: Binary, target: &Tensor) {
        (&self).apply_to(operation, target);
    }
}

/// The operand in the target's dtype, if the result may be stored there.
#[track_caller]
fn fit(operation: Binary, target: &Tensor, other: &Tensor) -> Tensor {
    let category = if operation == Binary::Div {
        Category::Float
    } else {
        other.dtype().category()
    };
    check_category(operation, target, category, other.dtype());
    other.to_dtype(target.dtype())
}

#[track_caller]
fn check_category(operation: Binary, target: &Tensor, category: Category, other: DType) {
    if category > target.dtype().category() {
        panic!(
            "{}_: the result of {} and {other} can't be stored in a tensor of {}; use the form without _ or \
             convert the target first",
            operation.name(),
            target.dtype(),
            target.dtype()
        );
    }
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl InPlaceOperand for $type {
            #[track_caller]
            fn apply_to(self, operation: Binary, target: &Tensor) {
                number(operation, target, self.into());
            }
        }
    )*};
}

numbers!(f64, f32, i64, i32);

#[track_caller]
fn number(operation: Binary, target: &Tensor, value: Scalar) {
    let category = if operation == Binary::Div {
        Category::Float
    } else {
        value.category()
    };
    check_category(operation, target, category, value.default_dtype());
    let number = value.to_f64();
    let unary = match operation {
        _ if target.dtype() == DType::I64 && value.exceeds_f64() => {
            return apply_in_place(
                Prim::Binary(operation),
                target,
                &[&scalar_beside(value, target)],
            );
        }
        Binary::Add => Unary::AddScalar { value: number },
        Binary::Sub => Unary::AddScalar { value: -number },
        Binary::Mul => Unary::MulScalar { value: number },
        Binary::Div => Unary::DivScalar { value: number },
        _ => {
            return apply_in_place(
                Prim::Binary(operation),
                target,
                &[&scalar_beside(value, target)],
            );
        }
    };
    apply_in_place(Prim::Unary(unary), target, &[]);
}

macro_rules! binary_forms {
    ($($(#[$doc:meta])* $name:ident => $variant:ident;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// Shape: any; the other operand broadcasts to it.
            ///
            /// # Panics
            /// If the operand does not broadcast to this shape, the result does not fit the dtype, or this is
            /// a leaf that requires grad outside `no_grad`.
            #[track_caller]
            pub fn $name(&self, other: impl InPlaceOperand) -> &Tensor {
                other.apply_to(Binary::$variant, self);
                self
            }
        )*}
    };
}

binary_forms! {
    /// Adds in place (PyTorch's `add_`, `+=`): `x <- x + other`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([1.0, 2.0]);
    /// x.add_(1.0).add_(&tensor([10.0, 20.0]));
    /// assert_eq!(x.to_vec::<f32>(), [12.0, 23.0]);
    /// ```
    add_ => Add;
    /// Subtracts in place (PyTorch's `sub_`, `-=`): `x <- x - other`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([1.0, 2.0]);
    /// x.sub_(&(x.copy() * 0.5));
    /// assert_eq!(x.to_vec::<f32>(), [0.5, 1.0]);
    /// ```
    sub_ => Sub;
    /// Multiplies in place (PyTorch's `mul_`, `*=`): `x <- x * other`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let x = tensor([[1.0, 2.0], [3.0, 4.0]]);
    /// x.select(0, 0).mul_(10.0); // through a view
    /// assert_eq!(x.to_vec::<f32>(), [10.0, 20.0, 3.0, 4.0]);
    /// ```
    mul_ => Mul;
    /// Divides in place (PyTorch's `div_`, `/=`): `x <- x / other`.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let mut x = tensor([1.0, 2.0]);
    /// x /= 2.0;
    /// assert_eq!(x.div_(0.5).to_vec::<f32>(), [1.0, 2.0]);
    /// ```
    div_ => Div;
    /// The greater of each pair, in place.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 5]).maximum_(3).to_vec::<i64>(), [3, 5]);
    /// ```
    maximum_ => Maximum;
    /// The lesser of each pair, in place.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, 5]).minimum_(3).to_vec::<i64>(), [1, 3]);
    /// ```
    minimum_ => Minimum;
}

macro_rules! unary_forms {
    ($($(#[$doc:meta])* $name:ident => $variant:ident;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// Shape: any.
            ///
            /// # Panics
            /// If integers can't hold the result, or this is a leaf that requires grad outside `no_grad`.
            #[track_caller]
            pub fn $name(&self) -> &Tensor {
                apply_in_place(Prim::Unary(Unary::$variant), self, &[]);
                self
            }
        )*}
    };
}

unary_forms! {
    /// Negates in place.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, -2]).neg_().to_vec::<i64>(), [-1, 2]);
    /// ```
    neg_ => Neg;
    /// Absolute value in place.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1, -2]).abs_().to_vec::<i64>(), [1, 2]);
    /// ```
    abs_ => Abs;
    /// Square root in place.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([4.0, 9.0]).sqrt_().to_vec::<f32>(), [2.0, 3.0]);
    /// ```
    sqrt_ => Sqrt;
    /// Exponential in place.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0.0]).exp_().item(), 1.0);
    /// ```
    exp_ => Exp;
    /// Sigmoid in place.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0.0]).sigmoid_().item(), 0.5);
    /// ```
    sigmoid_ => Sigmoid;
    /// Hyperbolic tangent in place.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0.0]).tanh_().item(), 0.0);
    /// ```
    tanh_ => Tanh;
    /// ReLU in place.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([-1.0, 2.0]).relu_().to_vec::<f32>(), [0.0, 2.0]);
    /// ```
    relu_ => Relu;
}

impl Tensor {
    /// Limits every element to `[min, max]` in place (PyTorch's `clamp_`).
    ///
    /// Shape: any.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([-1.0, 0.5, 2.0]).clamp_(0.0, 1.0).to_vec::<f32>(), [0.0, 0.5, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If this is a tensor of integers and a bound is a fraction, or it is a leaf that requires grad
    /// outside `no_grad`.
    #[track_caller]
    pub fn clamp_(&self, min: f64, max: f64) -> &Tensor {
        let fraction = |bound: f64| bound.is_finite() && bound.fract() != 0.0;
        if !self.dtype().is_float() && (fraction(min) || fraction(max)) {
            panic!(
                "clamp_: bounds {min} and {max} can't be stored in a tensor of {}; use the form without _ or \
                 convert the target first",
                self.dtype()
            );
        }
        apply_in_place(Prim::Unary(Unary::Clamp { min, max }), self, &[]);
        self
    }

    /// Sets every element to one value (PyTorch's `fill_`).
    ///
    /// Shape: any.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let x = Tensor::zeros([2, 2]);
    /// x.select(1, 0).fill_(7.0);
    /// assert_eq!(x.to_vec::<f32>(), [7.0, 0.0, 7.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// If this is a leaf that requires grad outside `no_grad`.
    #[track_caller]
    pub fn fill_(&self, value: impl Into<Scalar>) -> &Tensor {
        apply_into(
            "fill_",
            Prim::Fill(self.shape().into(), self.dtype(), value.into()),
            self,
            &[],
        );
        self
    }

    /// Sets every element to 0 (PyTorch's `zero_`).
    ///
    /// Shape: any.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::ones([2]).zero_().to_vec::<f32>(), [0.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// If this is a leaf that requires grad outside `no_grad`.
    #[track_caller]
    pub fn zero_(&self) -> &Tensor {
        self.fill_(0.0)
    }

    /// Takes over another tensor's elements, broadcasting and converting them (PyTorch's `copy_`).
    ///
    /// Shape: any; the other broadcasts to it.
    ///
    /// ```
    /// use hammerhead_tensor::{Tensor, tensor};
    /// let x = Tensor::zeros([2, 2]);
    /// x.copy_(&tensor([1, 2]));
    /// assert_eq!(x.to_vec::<f32>(), [1.0, 2.0, 1.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// If the other does not broadcast to this shape, or this is a leaf that requires grad outside
    /// `no_grad`.
    #[track_caller]
    pub fn copy_(&self, other: &Tensor) -> &Tensor {
        let other = other.to(self.device()).expand(self.shape());
        apply_into("copy_", Prim::Cast(self.dtype()), self, &[&other]);
        self
    }

    /// `self + value * other`, in place (PyTorch's `add_(other, alpha=value)`).
    ///
    /// Shape: any; the other broadcasts to it.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let w = tensor([1.0, 2.0]);
    /// assert_eq!(w.add_scaled_(&tensor([1.0, 1.0]), -0.5).to_vec::<f32>(), [0.5, 1.5]);
    /// ```
    ///
    /// # Panics
    /// If the other does not broadcast to this shape, or this is a leaf that requires grad outside
    /// `no_grad`.
    #[track_caller]
    pub fn add_scaled_(&self, other: &Tensor, value: f64) -> &Tensor {
        self.add_(other * value)
    }
}

macro_rules! assign {
    ($($trait:ident $method:ident $form:ident;)*) => {$(
        impl<T: InPlaceOperand> $trait<T> for Tensor {
            #[track_caller]
            fn $method(&mut self, other: T) {
                self.$form(other);
            }
        }
    )*};
}

assign! {
    AddAssign add_assign add_;
    SubAssign sub_assign sub_;
    MulAssign mul_assign mul_;
    DivAssign div_assign div_;
}
