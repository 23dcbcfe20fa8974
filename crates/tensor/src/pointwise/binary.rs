//! The table of operations with two operands: documentation, formula and both gradients.
//!
//! The gradients `left` and `right` are for operands already broadcast to the output's shape and
//! read the operands only; an entry that ends in `no gradient` refuses backward. Conventions at
//! ties are PyTorch's.

use super::Real;
use super::uses::{BinaryUses, binary_uses};

/// A pointwise operation of two operands, as a type: its formula can be inlined into a loop.
pub trait BinaryOp: Copy + Send + Sync + 'static {
    /// The method's name, as in PyTorch.
    const NAME: &'static str;
    /// Whether the operation has gradients.
    const DIFFERENTIABLE: bool;
    /// The value at `a`, `b`.
    fn forward<E: Real>(self, a: E, b: E) -> E;
    /// The gradient for `a`, given the gradient `g` of the output; zero without gradients.
    fn grad_left<E: Real>(self, a: E, b: E, g: E) -> E;
    /// The gradient for `b`, given the gradient `g` of the output; zero without gradients.
    fn grad_right<E: Real>(self, a: E, b: E, g: E) -> E;
}

/// Receives the formula behind a [`Binary`].
pub trait BinaryVisitor {
    /// What the visit returns.
    type Output;
    /// Called with the operation's type.
    fn visit<P: BinaryOp>(self, op: P) -> Self::Output;
}

/// The operand of a [`Binary`] that a gradient is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The first operand.
    Left,
    /// The second operand.
    Right,
}

macro_rules! table {
    ($(
        $(#[doc = $doc:literal])+
        fn $name:ident($a:ident, $b:ident) -> $Type:ident = $formula:expr;
        $( left($la:ident, $lb:ident, $lg:ident) = $left:expr;
           right($ra:ident, $rb:ident, $rg:ident) = $right:expr; )?
        $( no $gradient:ident; )?
    )+) => {
        /// A pointwise operation of two operands, broadcast to a common shape.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Binary { $( $(#[doc = $doc])+ $Type, )+ }

        /// One type per operation, so that a loop is compiled for each.
        mod formula { $(
            #[derive(Clone, Copy)]
            pub struct $Type;
        )+ }

        impl Binary {
            /// The method's name, as in PyTorch.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$Type => stringify!($name), )+ }
            }

            /// What messages call the operation's gradient.
            pub const fn backward_name(self) -> &'static str {
                match self { $( Self::$Type => concat!(stringify!($name), " backward"), )+ }
            }

            /// Hands the operation's formula to `visitor`.
            #[inline]
            pub fn visit<V: BinaryVisitor>(self, visitor: V) -> V::Output {
                match self { $( Self::$Type => visitor.visit(formula::$Type), )+ }
            }

            /// Every operation, for derived tests and benchmarks.
            pub fn samples() -> Vec<Self> {
                vec![ $( Self::$Type ),+ ]
            }
        }

        $( impl BinaryOp for formula::$Type {
            const NAME: &'static str = stringify!($name);
            #[inline(always)]
            fn forward<E: Real>(self, $a: E, $b: E) -> E {
                $formula
            }
            $(
                const DIFFERENTIABLE: bool = true;
                #[inline(always)]
                #[allow(unused_variables)]
                fn grad_left<E: Real>(self, $la: E, $lb: E, $lg: E) -> E {
                    $left
                }
                #[inline(always)]
                #[allow(unused_variables)]
                fn grad_right<E: Real>(self, $ra: E, $rb: E, $rg: E) -> E {
                    $right
                }
            )?
            $(
                const DIFFERENTIABLE: bool = { let $gradient = false; $gradient };
                fn grad_left<E: Real>(self, _: E, _: E, g: E) -> E {
                    g.lit(0.0)
                }
                fn grad_right<E: Real>(self, _: E, _: E, g: E) -> E {
                    g.lit(0.0)
                }
            )?
        } )+
    };
}

table! {
    /// `a + b`.
    fn add(a, b) -> Add = a + b;
    left(a, b, g) = g;
    right(a, b, g) = g;

    /// `a - b`.
    fn sub(a, b) -> Sub = a - b;
    left(a, b, g) = g;
    right(a, b, g) = -g;

    /// `a * b`.
    fn mul(a, b) -> Mul = a * b;
    left(a, b, g) = g * b;
    right(a, b, g) = g * a;

    /// `a / b`.
    fn div(a, b) -> Div = a / b;
    left(a, b, g) = g / b;
    right(a, b, g) = -g * (a / b.clone() / b);

    /// The larger of the two, NaN if either is NaN; a tie shares the gradient in halves.
    fn maximum(a, b) -> Maximum = a.max(&b);
    left(a, b, g) = share(a.eq(&b), a.lt(&b), g);
    right(a, b, g) = share(a.eq(&b), a.gt(&b), g);

    /// The smaller of the two, NaN if either is NaN; a tie shares the gradient in halves.
    fn minimum(a, b) -> Minimum = a.min(&b);
    left(a, b, g) = share(a.eq(&b), a.gt(&b), g);
    right(a, b, g) = share(a.eq(&b), a.lt(&b), g);

    /// `a` to the power of `b`, with C's rules for special values.
    fn pow(a, b) -> Pow = a.pow(&b);
    left(a, b, g) = {
        let slope = g.clone() * (b.clone() * a.pow(&(b.clone() - 1.0)));
        E::select(b.equals(0.0), g.lit(0.0), slope)
    };
    right(a, b, g) = {
        let zero = g.lit(0.0);
        let slope = g * (a.pow(&b) * a.ln());
        let at_zero = E::select(b.at_least(0.0), zero, slope.clone());
        E::select(a.equals(0.0), at_zero, slope)
    };

    /// The remainder of `a / b` with the sign of `b`, as Python's `%`.
    fn remainder(a, b) -> Remainder = {
        let rest = a.rem(&b);
        where_signs_differ(&rest, &b, rest.clone() + b.clone(), rest.clone())
    };
    left(a, b, g) = g;
    right(a, b, g) = -g * floored_quotient(a, b);

    /// `a / b` rounded down, as Python's `//`.
    fn floor_divide(a, b) -> FloorDivide = floored_quotient(a, b);
    no gradient;

    /// The angle of the point `(b, a)` in radians, in `(-π, π]`.
    fn atan2(a, b) -> Atan2 = a.atan2(&b);
    left(a, b, g) = {
        let (zero, distance) = (g.lit(0.0), a.square() + b.square());
        E::select(distance.equals(0.0), zero, g * b.clone() / distance)
    };
    right(a, b, g) = {
        let (zero, distance) = (g.lit(0.0), a.square() + b.square());
        E::select(distance.equals(0.0), zero, -g * a.clone() / distance)
    };
}

impl Binary {
    /// Whether the operation has gradients; backward through one without is refused.
    pub fn differentiable(self) -> bool {
        struct Ask;
        impl BinaryVisitor for Ask {
            type Output = bool;
            fn visit<P: BinaryOp>(self, _: P) -> bool {
                P::DIFFERENTIABLE
            }
        }
        self.visit(Ask)
    }

    /// Which operands the gradient for one side needs, found by running its formula with a number
    /// that only remembers where it came from.
    ///
    /// ```
    /// use hammerhead_tensor::pointwise::{Binary, Side};
    /// let uses = Binary::Mul.uses(Side::Left);
    /// assert!(!uses.left && uses.right);
    /// ```
    pub fn uses(self, side: Side) -> BinaryUses {
        struct Trace(Side);
        impl BinaryVisitor for Trace {
            type Output = BinaryUses;
            fn visit<P: BinaryOp>(self, op: P) -> BinaryUses {
                binary_uses(op, self.0)
            }
        }
        self.visit(Trace(side))
    }
}

/// The gradient of a winner: all of it, half of it in a tie, nothing for the loser.
#[inline(always)]
fn share<E: Real>(tie: E::Mask, loses: E::Mask, g: E) -> E {
    let zero = g.lit(0.0);
    E::select(tie, g.clone() * 0.5, E::select(loses, zero, g))
}

/// `a / b` rounded down, by way of the remainder: a device's division may be a last digit short of a whole number.
#[inline(always)]
fn floored_quotient<E: Real>(a: E, b: E) -> E {
    let rest = a.rem(&b);
    let towards_zero = ((a.clone() - rest.clone()) / b.clone()).round();
    let down = where_signs_differ(&rest, &b, towards_zero.clone() - 1.0, towards_zero);
    E::select(b.equals(0.0), a / b, down)
}

/// `moved` where the remainder is not 0 and its sign differs from that of `b`, else `kept`.
#[inline(always)]
fn where_signs_differ<E: Real>(rest: &E, b: &E, moved: E, kept: E) -> E {
    let above = E::select(rest.above(0.0), moved.clone(), kept.clone());
    let below = E::select(rest.below(0.0), moved, kept);
    E::select(b.below(0.0), above, below)
}
