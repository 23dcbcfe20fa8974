//! Pointwise instructions: the table's formulas run with `f64` as the number.

use crate::pointwise::{
    Binary, BinaryOp, BinaryVisitor, Compare, Logical, Unary, UnaryOp, UnaryVisitor,
};
use crate::prim::Side;

use super::array::Array;

pub(super) fn unary(unary: Unary, x: &Array) -> Array {
    struct Forward<'a>(&'a Array);
    impl UnaryVisitor for Forward<'_> {
        type Output = Array;
        fn visit<P: UnaryOp>(self, op: P) -> Array {
            self.0.map(|x| op.forward(x))
        }
    }
    unary.visit(Forward(x))
}

/// `(grad, [x], [y])`, with those of x and y that the formula uses.
pub(super) fn unary_grad(unary: Unary, operands: &[Array]) -> Array {
    struct Grad<'a> {
        grad: &'a Array,
        x: Option<&'a Array>,
        y: Option<&'a Array>,
    }
    impl UnaryVisitor for Grad<'_> {
        type Output = Array;
        fn visit<P: UnaryOp>(self, op: P) -> Array {
            // What the formula does not use is NaN, so that a wrong use-set can't pass unseen.
            let element =
                |array: Option<&Array>, i: usize| array.map_or(f64::NAN, |array| array.values[i]);
            let values = self.grad.values.iter().enumerate();
            Array {
                shape: self.grad.shape.clone(),
                values: values
                    .map(|(i, &g)| op.grad(element(self.x, i), element(self.y, i), g))
                    .collect(),
            }
        }
    }
    let uses = unary.uses();
    let mut rest = operands[1..].iter();
    let x = if uses.input { rest.next() } else { None };
    let y = if uses.output { rest.next() } else { None };
    unary.visit(Grad {
        grad: &operands[0],
        x,
        y,
    })
}

pub(super) fn binary(binary: Binary, a: &Array, b: &Array, shape: &[usize]) -> Array {
    struct Forward<'a>(&'a Array, &'a Array);
    impl BinaryVisitor for Forward<'_> {
        type Output = Array;
        fn visit<P: BinaryOp>(self, op: P) -> Array {
            zip(self.0, self.1, |a, b| op.forward(a, b))
        }
    }
    binary.visit(Forward(&a.broadcast(shape), &b.broadcast(shape)))
}

pub(super) fn binary_grad(
    binary: Binary,
    side: Side,
    grad: &Array,
    a: &Array,
    b: &Array,
    shape: &[usize],
) -> Array {
    struct Grad<'a> {
        side: Side,
        grad: &'a Array,
        a: &'a Array,
        b: &'a Array,
    }
    impl BinaryVisitor for Grad<'_> {
        type Output = Array;
        fn visit<P: BinaryOp>(self, op: P) -> Array {
            let values = self
                .grad
                .values
                .iter()
                .zip(&self.a.values)
                .zip(&self.b.values);
            let values = values.map(|((&g, &a), &b)| match self.side {
                Side::Left => op.grad_left(a, b, g),
                Side::Right => op.grad_right(a, b, g),
            });
            Array {
                shape: self.grad.shape.clone(),
                values: values.collect(),
            }
        }
    }
    let (grad, a, b) = (
        grad.broadcast(shape),
        a.broadcast(shape),
        b.broadcast(shape),
    );
    binary.visit(Grad {
        side,
        grad: &grad,
        a: &a,
        b: &b,
    })
}

pub(super) fn compare(compare: Compare, a: &Array, b: &Array, shape: &[usize]) -> Array {
    zip(&a.broadcast(shape), &b.broadcast(shape), |a, b| {
        truth(compare.holds(&a, &b))
    })
}

pub(super) fn logical(logical: Logical, a: &Array, b: &Array, shape: &[usize]) -> Array {
    zip(&a.broadcast(shape), &b.broadcast(shape), |a, b| {
        truth(logical.holds(a != 0.0, b != 0.0))
    })
}

pub(super) fn not(x: &Array) -> Array {
    x.map(|x| truth(x == 0.0))
}

pub(super) fn select(condition: &Array, a: &Array, b: &Array, shape: &[usize]) -> Array {
    let (condition, a, b) = (
        condition.broadcast(shape),
        a.broadcast(shape),
        b.broadcast(shape),
    );
    let branches = a.values.iter().zip(&b.values);
    let values = condition.values.iter().zip(branches);
    let values = values.map(|(&condition, (&a, &b))| if condition != 0.0 { a } else { b });
    Array {
        shape: shape.into(),
        values: values.collect(),
    }
}

fn zip(a: &Array, b: &Array, f: impl Fn(f64, f64) -> f64) -> Array {
    let values = a.values.iter().zip(&b.values).map(|(&a, &b)| f(a, b));
    Array {
        shape: a.shape.clone(),
        values: values.collect(),
    }
}

fn truth(value: bool) -> f64 {
    f64::from(u8::from(value))
}
