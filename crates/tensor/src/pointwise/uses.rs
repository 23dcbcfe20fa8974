//! Which tensors a gradient needs, read off its formula.
//!
//! [`UseSet`] is a number without a value: it only remembers which operands flowed into it. A
//! gradient run with it tells what the forward pass must save; no list is kept by hand.

use super::{BinaryOp, Real, Side, UnaryOp};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// What the gradient of a [`Unary`](super::Unary) operation needs besides the gradient arriving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnaryUses {
    /// The operation's input.
    pub input: bool,
    /// The operation's output.
    pub output: bool,
}

/// What a gradient of a [`Binary`](super::Binary) operation needs besides the gradient arriving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BinaryUses {
    /// The first operand.
    pub left: bool,
    /// The second operand.
    pub right: bool,
}

pub(super) fn unary_uses<P: UnaryOp>(op: P) -> UnaryUses {
    let used = op.grad(UseSet::FIRST, UseSet::SECOND, UseSet::NONE);
    UnaryUses {
        input: used.has(UseSet::FIRST),
        output: used.has(UseSet::SECOND),
    }
}

pub(super) fn binary_uses<P: BinaryOp>(op: P, side: Side) -> BinaryUses {
    let (a, b, g) = (UseSet::FIRST, UseSet::SECOND, UseSet::NONE);
    let used = match side {
        Side::Left => op.grad_left(a, b, g),
        Side::Right => op.grad_right(a, b, g),
    };
    BinaryUses {
        left: used.has(a),
        right: used.has(b),
    }
}

/// The set of operands a value depends on.
#[derive(Clone, Copy)]
struct UseSet(u8);

impl UseSet {
    const NONE: Self = Self(0);
    const FIRST: Self = Self(1);
    const SECOND: Self = Self(2);

    fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Neg for UseSet {
    type Output = Self;
    fn neg(self) -> Self {
        self
    }
}

macro_rules! operators {
    ($($Trait:ident $method:ident),+) => { $(
        impl $Trait for UseSet {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                self.with(other)
            }
        }
        impl $Trait<f64> for UseSet {
            type Output = Self;
            fn $method(self, _: f64) -> Self {
                self
            }
        }
    )+ };
}
operators!(Add add, Sub sub, Mul mul, Div div);

macro_rules! functions {
    (one: $($one:ident)+; two: $($two:ident)+) => {
        $( fn $one(&self) -> Self { *self } )+
        $( fn $two(&self, other: &Self) -> Self { self.with(*other) } )+
    };
}

impl Real for UseSet {
    type Mask = Self;

    fn lit(&self, _: f64) -> Self {
        Self::NONE
    }

    fn select(mask: Self, yes: Self, no: Self) -> Self {
        mask.with(yes).with(no)
    }

    functions! {
        one: abs floor ceil round trunc sqrt exp exp_m1 ln ln_1p log2 log10 sin cos tan atan tanh
            sigmoid erf normal_cdf;
        two: lt le eq max min atan2 pow rem
    }
}

#[cfg(test)]
mod tests {
    use crate::pointwise::{Binary, BinaryUses, Side, Unary, UnaryUses};

    #[test]
    fn a_gradient_saves_at_most_one_tensor() {
        for op in Unary::samples() {
            let UnaryUses { input, output } = op.uses();
            assert!(
                !(input && output),
                "{} needs both its input and its output",
                op.name()
            );
        }
    }

    #[test]
    fn outputs_are_preferred_where_they_suffice() {
        let output = UnaryUses {
            input: false,
            output: true,
        };
        for op in [
            Unary::Relu,
            Unary::Exp,
            Unary::Tanh,
            Unary::Sigmoid,
            Unary::Sqrt,
        ] {
            assert_eq!(op.uses(), output, "{}", op.name());
        }
        let nothing = UnaryUses {
            input: false,
            output: false,
        };
        for op in [Unary::Neg, Unary::Floor, Unary::MulScalar { value: 2.0 }] {
            assert_eq!(op.uses(), nothing, "{}", op.name());
        }
        assert_eq!(
            Unary::Silu.uses(),
            UnaryUses {
                input: true,
                output: false
            }
        );
    }

    #[test]
    fn products_need_the_other_side() {
        assert_eq!(
            Binary::Add.uses(Side::Right),
            BinaryUses {
                left: false,
                right: false
            }
        );
        assert_eq!(
            Binary::Mul.uses(Side::Left),
            BinaryUses {
                left: false,
                right: true
            }
        );
        assert_eq!(
            Binary::Mul.uses(Side::Right),
            BinaryUses {
                left: true,
                right: false
            }
        );
        assert_eq!(
            Binary::Div.uses(Side::Left),
            BinaryUses {
                left: false,
                right: true
            }
        );
        assert_eq!(
            Binary::Maximum.uses(Side::Left),
            BinaryUses {
                left: true,
                right: true
            }
        );
    }
}
