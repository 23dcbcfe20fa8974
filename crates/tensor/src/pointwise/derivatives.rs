//! Every gradient of the tables against central differences of its formula, in `f64`.

use super::{Binary, BinaryOp, BinaryVisitor, Side, Unary, UnaryOp, UnaryVisitor};

const STEP: f64 = 1e-6;

/// Points off every kink of the tables.
fn points() -> impl Iterator<Item = f64> + Clone {
    (0..88).map(|i| -4.031 + 0.0917 * f64::from(i))
}

/// The formula's gradient and its central difference, where the operation is defined around `x`.
struct AtPoint(f64);

impl UnaryVisitor for AtPoint {
    type Output = Option<(f64, f64)>;
    fn visit<P: UnaryOp>(self, op: P) -> Option<(f64, f64)> {
        let Self(x) = self;
        let (below, above) = (op.forward(x - STEP), op.forward(x + STEP));
        let slope = (above - below) / (2.0 * STEP);
        slope
            .is_finite()
            .then(|| (op.grad(x, op.forward(x), 1.0), slope))
    }
}

struct AtPair(Side, f64, f64);

impl BinaryVisitor for AtPair {
    type Output = Option<(f64, f64)>;
    fn visit<P: BinaryOp>(self, op: P) -> Option<(f64, f64)> {
        let Self(side, a, b) = self;
        let (value, gradient): (&dyn Fn(f64) -> f64, f64) = match side {
            Side::Left => (&|h| op.forward(a + h, b), op.grad_left(a, b, 1.0)),
            Side::Right => (&|h| op.forward(a, b + h), op.grad_right(a, b, 1.0)),
        };
        let slope = (value(STEP) - value(-STEP)) / (2.0 * STEP);
        slope.is_finite().then_some((gradient, slope))
    }
}

fn assert_close(what: &str, (gradient, slope): (f64, f64)) {
    let allowed = 1e-7 * (1.0 + slope.abs()).powi(2);
    assert!(
        (gradient - slope).abs() <= allowed,
        "{what}: gradient {gradient}, slope {slope}"
    );
}

#[test]
fn unary_gradients_are_the_slopes_of_their_formulas() {
    for op in Unary::samples() {
        let mut checked = 0;
        for x in points() {
            if let Some(pair) = op.visit(AtPoint(x)) {
                assert_close(&format!("{op:?} at {x}"), pair);
                checked += 1;
            }
        }
        assert!(checked >= 30, "{op:?} is defined at {checked} points only");
    }
}

#[test]
fn binary_gradients_are_the_slopes_of_their_formulas() {
    for op in Binary::samples()
        .into_iter()
        .filter(|op| op.differentiable())
    {
        for side in [Side::Left, Side::Right] {
            let mut checked = 0;
            for a in points().step_by(3) {
                for b in points().skip(1).step_by(5) {
                    let Some(pair) = op.visit(AtPair(side, a, b)) else {
                        continue;
                    };
                    // A step over a jump of the remainder is no slope.
                    if pair.1.abs() < 1e5 {
                        assert_close(&format!("{op:?} {side:?} at {a}, {b}"), pair);
                        checked += 1;
                    }
                }
            }
            assert!(
                checked >= 100,
                "{op:?} {side:?} is defined at {checked} points only"
            );
        }
    }
}

#[test]
fn gradients_at_kinks_and_ties_follow_the_convention() {
    struct Grad(f64);
    impl UnaryVisitor for Grad {
        type Output = f64;
        fn visit<P: UnaryOp>(self, op: P) -> f64 {
            op.grad(self.0, op.forward(self.0), 1.0)
        }
    }
    struct Shares(f64, f64);
    impl BinaryVisitor for Shares {
        type Output = (f64, f64);
        fn visit<P: BinaryOp>(self, op: P) -> (f64, f64) {
            (
                op.grad_left(self.0, self.1, 1.0),
                op.grad_right(self.0, self.1, 1.0),
            )
        }
    }
    let clamp = Unary::Clamp {
        min: -1.0,
        max: 1.0,
    };
    for (op, x, want) in [
        (Unary::Relu, 0.0, 0.0),
        (Unary::Abs, 0.0, 0.0),
        (Unary::Sign, 0.0, 0.0),
        (Unary::Sqrt, 0.0, f64::INFINITY),
        (Unary::PowScalar { exponent: 0.0 }, 0.0, 0.0),
        (clamp, -1.0, 0.0),
        (clamp, 1.0, 0.0),
        (clamp, 0.5, 1.0),
        (clamp, 1.5, 0.0),
        (Unary::Relu6, 6.0, 0.0),
        (
            Unary::LeakyRelu {
                negative_slope: 0.1,
            },
            0.0,
            0.1,
        ),
        (Unary::Elu { alpha: 1.3 }, 0.0, 1.3),
        (Unary::Hardswish, 3.0, 1.0),
        (Unary::Hardsigmoid, 3.0, 0.0),
    ] {
        assert_eq!(op.visit(Grad(x)), want, "{op:?} at {x}");
    }
    assert_eq!(Binary::Maximum.visit(Shares(2.0, 2.0)), (0.5, 0.5));
    assert_eq!(Binary::Minimum.visit(Shares(2.0, 2.0)), (0.5, 0.5));
    assert_eq!(Binary::Maximum.visit(Shares(2.0, 1.0)), (1.0, 0.0));
    assert_eq!(Binary::Pow.visit(Shares(3.0, 0.0)).0, 0.0);
    assert_eq!(Binary::Pow.visit(Shares(0.0, 2.0)).1, 0.0);
}
