//! The pointwise table's gradient formulas run on tensors, so that they are recorded and can be
//! differentiated again.

use std::ops::{Add, Div, Mul, Neg, Sub};

use hammerhead_tensor::pointwise::{BinaryOp, BinaryVisitor, Real, UnaryOp, UnaryVisitor};
use hammerhead_tensor::prim::{Binary, Compare, Side, Unary};
use hammerhead_tensor::{Result, Tensor};

use crate::instructions::{binary, compare, constant, expand, full, select, unary};

/// The gradient of a unary operation, as a composition.
pub(crate) fn unary_gradient(
    op: Unary,
    x: Option<Tensor>,
    y: Option<Tensor>,
    grad: Tensor,
) -> Result<Tensor> {
    struct Gradient {
        x: Number,
        y: Number,
        grad: Number,
    }
    impl UnaryVisitor for Gradient {
        type Output = Number;
        fn visit<P: UnaryOp>(self, op: P) -> Number {
            op.grad(self.x, self.y, self.grad)
        }
    }
    let like = grad.clone();
    let gradient = Gradient {
        x: Number::read(x),
        y: Number::read(y),
        grad: Number::Tensor(grad),
    };
    op.visit(gradient).into_tensor(&like)
}

/// The gradient of one side of a binary operation, as a composition, at the broadcast shape.
pub(crate) fn binary_gradient(
    op: Binary,
    side: Side,
    a: Option<Tensor>,
    b: Option<Tensor>,
    grad: Tensor,
) -> Result<Tensor> {
    struct Gradient {
        side: Side,
        a: Number,
        b: Number,
        grad: Number,
    }
    impl BinaryVisitor for Gradient {
        type Output = Number;
        fn visit<P: BinaryOp>(self, op: P) -> Number {
            match self.side {
                Side::Left => op.grad_left(self.a, self.b, self.grad),
                Side::Right => op.grad_right(self.a, self.b, self.grad),
            }
        }
    }
    let like = grad.clone();
    let gradient = Gradient {
        side,
        a: Number::read(a),
        b: Number::read(b),
        grad: Number::Tensor(grad),
    };
    op.visit(gradient).into_tensor(&like)
}

/// A tensor as a [`Real`], or a constant beside one, which takes no memory.
#[derive(Clone)]
enum Number {
    Tensor(Tensor),
    Constant(f64),
}

use Number::{Constant, Tensor as Elements};

/// A table formula has no way to fail; its operands already went through the operation itself.
const FITS: &str = "the operands of a pointwise formula fit each other";

impl Number {
    /// An operand that the formula does not read was not saved.
    fn read(operand: Option<Tensor>) -> Self {
        operand.map_or(Constant(f64::NAN), Elements)
    }

    fn into_tensor(self, like: &Tensor) -> Result<Tensor> {
        match self {
            Elements(x) => expand(&x, like.shape()),
            Constant(value) => full(like.shape(), value, like),
        }
    }

    fn map(&self, op: Unary, of_constant: impl Fn(f64) -> f64) -> Self {
        match self {
            Elements(x) => Elements(unary(op, x.clone()).expect(FITS)),
            Constant(x) => Constant(of_constant(*x)),
        }
    }

    fn zip(&self, other: &Self, op: Binary, of_constants: impl Fn(f64, f64) -> f64) -> Self {
        let combine = |a: &Tensor, b: &Tensor| Elements(binary(op, a.clone(), b).expect(FITS));
        match (self, other) {
            (Constant(a), Constant(b)) => Constant(of_constants(*a, *b)),
            (Elements(a), Elements(b)) => combine(a, b),
            (Elements(a), Constant(b)) => combine(a, &constant(*b, a).expect(FITS)),
            (Constant(a), Elements(b)) => combine(&constant(*a, b).expect(FITS), b),
        }
    }

    fn compare(&self, other: &Self, op: Compare) -> Mask {
        let combine =
            |a: &Tensor, b: &Tensor| Mask::Elements(compare(op, a, b).expect(FITS), a.clone());
        match (self, other) {
            (Constant(a), Constant(b)) => Mask::Constant(op.holds(a, b)),
            (Elements(a), Elements(b)) => combine(a, b),
            (Elements(a), Constant(b)) => combine(a, &constant(*b, a).expect(FITS)),
            (Constant(a), Elements(b)) => combine(&constant(*a, b).expect(FITS), b),
        }
    }
}

#[derive(Clone)]
enum Mask {
    /// And one of the tensors compared, whose dtype and device two constants to choose from take.
    Elements(Tensor, Tensor),
    Constant(bool),
}

impl Neg for Number {
    type Output = Self;
    fn neg(self) -> Self {
        self.map(Unary::Neg, |x| -x)
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident |$value:ident| $unary:expr, |$a:ident, $b:ident| $constants:expr;)*) => {$(
        impl $trait for Number {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                match other {
                    Constant(other) => $trait::$method(self, other),
                    Elements(_) => self.zip(&other, Binary::$trait, |$a, $b| $constants),
                }
            }
        }
        impl $trait<f64> for Number {
            type Output = Self;
            fn $method(self, $value: f64) -> Self {
                let ($b, op) = ($value, $unary);
                self.map(op, |$a| $constants)
            }
        }
    )*};
}

operators! {
    Add add |value| Unary::AddScalar { value }, |a, b| a + b;
    Sub sub |value| Unary::AddScalar { value: -value }, |a, b| a - b;
    Mul mul |value| Unary::MulScalar { value }, |a, b| a * b;
    Div div |value| Unary::DivScalar { value }, |a, b| a / b;
}

macro_rules! functions {
    ($($method:ident $unary:ident;)*) => {$(
        fn $method(&self) -> Self {
            self.map(Unary::$unary, |x| Real::$method(&x))
        }
    )*};
}

impl Real for Number {
    type Mask = Mask;

    fn lit(&self, value: f64) -> Self {
        Constant(value)
    }

    fn lt(&self, other: &Self) -> Mask {
        self.compare(other, Compare::Lt)
    }

    fn le(&self, other: &Self) -> Mask {
        self.compare(other, Compare::Le)
    }

    fn eq(&self, other: &Self) -> Mask {
        self.compare(other, Compare::Eq)
    }

    fn select(mask: Mask, yes: Self, no: Self) -> Self {
        let (mask, like) = match mask {
            Mask::Constant(true) => return yes,
            Mask::Constant(false) => return no,
            Mask::Elements(mask, like) => (mask, like),
        };
        let branch = |x: Self| match x {
            Elements(x) => x,
            Constant(value) => constant(value, &like).expect(FITS),
        };
        Elements(select(&mask, &branch(yes), &branch(no)).expect(FITS))
    }

    fn max(&self, other: &Self) -> Self {
        self.zip(other, Binary::Maximum, |a, b| Real::max(&a, &b))
    }

    fn min(&self, other: &Self) -> Self {
        self.zip(other, Binary::Minimum, |a, b| Real::min(&a, &b))
    }

    fn atan2(&self, other: &Self) -> Self {
        self.zip(other, Binary::Atan2, f64::atan2)
    }

    fn pow(&self, exponent: &Self) -> Self {
        match exponent {
            Constant(exponent) => self.map(
                Unary::PowScalar {
                    exponent: *exponent,
                },
                |x| x.powf(*exponent),
            ),
            Elements(_) => self.zip(exponent, Binary::Pow, f64::powf),
        }
    }

    fn rem(&self, other: &Self) -> Self {
        self.clone() - other.clone() * (self.clone() / other.clone()).trunc()
    }

    functions! {
        abs Abs;
        floor Floor;
        ceil Ceil;
        round Round;
        trunc Trunc;
        sqrt Sqrt;
        exp Exp;
        exp_m1 Expm1;
        ln Log;
        ln_1p Log1p;
        log2 Log2;
        log10 Log10;
        sin Sin;
        cos Cos;
        tan Tan;
        atan Atan;
        tanh Tanh;
        sigmoid Sigmoid;
        erf Erf;
        normal_cdf Ndtr;
        square Square;
        recip Reciprocal;
    }
}
