//! Every operation of the table, in every instruction set, against its formula in `f64`.

use super::{Array, apply};
use crate::cpu::pointwise::isa::Isa;
use crate::pointwise::{Binary, BinaryOp, BinaryVisitor, Side, Unary, UnaryOp, UnaryVisitor};
use crate::prim::Prim;

struct Value(f64);
impl UnaryVisitor for Value {
    type Output = f64;
    fn visit<P: UnaryOp>(self, op: P) -> f64 {
        op.forward(self.0)
    }
}

struct Slope {
    x: f64,
    y: f64,
    g: f64,
}
impl UnaryVisitor for Slope {
    type Output = f64;
    fn visit<P: UnaryOp>(self, op: P) -> f64 {
        op.grad(self.x, self.y, self.g)
    }
}

struct Pair(f64, f64);
impl BinaryVisitor for Pair {
    type Output = f64;
    fn visit<P: BinaryOp>(self, op: P) -> f64 {
        op.forward(self.0, self.1)
    }
}

struct PairSlope(Side, f64, f64, f64);
impl BinaryVisitor for PairSlope {
    type Output = f64;
    fn visit<P: BinaryOp>(self, op: P) -> f64 {
        match self.0 {
            Side::Left => op.grad_left(self.1, self.2, self.3),
            Side::Right => op.grad_right(self.1, self.2, self.3),
        }
    }
}

/// Special values, then both signs of a geometric and of a linear grid.
fn grid() -> Vec<f32> {
    let mut xs = vec![
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        0.0,
        -0.0,
        f32::MAX,
        f32::MIN,
        f32::MIN_POSITIVE,
        f32::MIN_POSITIVE / 8.0,
        1e-45,
        -1e-45,
        0.5,
        1.0,
        -1.0,
        1.5,
        2.5,
        -2.5,
        3.0,
        -3.0,
        6.0,
    ];
    let mut x = 1e-38_f32;
    while x < 3e38 {
        xs.extend([x, -x]);
        x *= 1.0173;
    }
    xs.extend((0..40_000).map(|i| i as f32 * 0.0011 - 22.0));
    xs.extend((0..4_000).map(|i| i as f32 * 0.0523 - 104.6));
    xs
}

/// Distance in units in the last place of the reference, which counts as at least `floor`.
fn ulps(got: f32, want: f64, floor: f32) -> f64 {
    let rounded = want as f32;
    if got == rounded || (got.is_nan() && rounded.is_nan()) {
        return 0.0;
    }
    // A result on the brink of overflow may round to either side.
    let brink = |x: f32| {
        if x.is_infinite() {
            f64::from(f32::MAX).copysign(x.into())
        } else {
            x.into()
        }
    };
    let size = (want.abs() as f32).clamp(floor, f32::MAX / 2.0);
    let unit = f64::from(f32::from_bits(size.to_bits() + 1)) - f64::from(size);
    let distance = (brink(got) - brink(rounded).clamp(-want.abs(), want.abs())).abs();
    let distance = if distance.is_nan() {
        f64::INFINITY
    } else {
        distance
    };
    distance / unit
}

/// Below which size only the absolute error counts: where the formula itself loses what an `f32`
/// argument can't carry, or where a factor of the result is subnormal.
fn floor_of(op: Unary) -> f32 {
    match op {
        Unary::Gelu | Unary::Silu | Unary::Mish => 1e-36,
        Unary::GeluTanh | Unary::Softplus { .. } => 0.25,
        _ => f32::MIN_POSITIVE,
    }
}

/// The worst of many errors, and where it is.
struct Worst<T>(f64, Option<(T, f32, f64)>);

impl<T: std::fmt::Debug> Worst<T> {
    fn of(errors: impl Iterator<Item = (T, f32, f64, f64)>) -> Self {
        errors.fold(Self(0.0, None), |worst, (at, got, want, error)| {
            if error > worst.0 {
                Self(error, Some((at, got, want)))
            } else {
                worst
            }
        })
    }

    fn assert_at_most(&self, ulps: f64, what: &str) {
        assert!(
            self.0 <= ulps,
            "{what}: {:.2} ulp at (at, got, want) = {:?}",
            self.0,
            self.1
        );
    }
}

#[test]
fn every_unary_operation_is_within_four_ulp() {
    let xs = grid();
    let x = Array::contiguous(&xs);
    for op in Unary::samples() {
        for isa in Isa::available() {
            let y = Array::zeros::<f32>(&[xs.len()]);
            apply(isa, &Prim::Unary(op), &[&x], &y);
            let errors = xs.iter().zip(y.values::<f32>()).map(|(&x, y)| {
                let want = op.simplest().visit(Value(f64::from(x)));
                (x, y, want, ulps(y, want, floor_of(op)))
            });
            Worst::of(errors).assert_at_most(4.0, &format!("{op:?} with {isa:?}"));
        }
    }
}

#[test]
fn every_unary_gradient_is_within_eight_ulp_of_its_formula() {
    // The saved tensor is rounded to f32 first, as it is in a real backward pass.
    let xs: Vec<f32> = grid()
        .into_iter()
        .filter(|x| (1e-5..20.0).contains(&x.abs()))
        .collect();
    let gs: Vec<f32> = (0..xs.len()).map(|i| 0.5 + (i % 7) as f32 * 0.25).collect();
    let (x, g) = (Array::contiguous(&xs), Array::contiguous(&gs));
    for op in Unary::samples() {
        for isa in Isa::available() {
            let (y, dx) = (
                Array::zeros::<f32>(&[xs.len()]),
                Array::zeros::<f32>(&[xs.len()]),
            );
            apply(isa, &Prim::Unary(op), &[&x], &y);
            let uses = op.uses();
            let mut inputs = vec![&g];
            inputs.extend(uses.input.then_some(&x));
            inputs.extend(uses.output.then_some(&y));
            apply(isa, &Prim::UnaryGrad(op), &inputs, &dx);
            let ys = y.values::<f32>();
            let errors = dx.values::<f32>().into_iter().enumerate().map(|(i, got)| {
                let (x, y, g) = (f64::from(xs[i]), f64::from(ys[i]), f64::from(gs[i]));
                let want = op.visit(Slope { x, y, g });
                // Sums inside a slope cancel, so that small slopes are only as exact as 1/2.
                (xs[i], got, want, ulps(got, want, 0.5))
            });
            Worst::of(errors).assert_at_most(8.0, &format!("{op:?} with {isa:?}"));
        }
    }
}

/// Pairs of special, small, large, integral and ordinary numbers.
fn pairs() -> (Vec<f32>, Vec<f32>) {
    let xs = grid();
    let few: Vec<f32> = xs.iter().step_by(211).chain(&xs[..20]).copied().collect();
    few.iter()
        .flat_map(|&a| few.iter().map(move |&b| (a, b)))
        .unzip()
}

#[test]
fn every_binary_operation_is_within_two_ulp() {
    let (a, b) = pairs();
    let (left, right) = (Array::contiguous(&a), Array::contiguous(&b));
    for op in Binary::samples() {
        for isa in Isa::available() {
            let y = Array::zeros::<f32>(&[a.len()]);
            apply(isa, &Prim::Binary(op), &[&left, &right], &y);
            let errors = y.values::<f32>().into_iter().enumerate().map(|(i, y)| {
                let want = op.visit(Pair(f64::from(a[i]), f64::from(b[i])));
                ((a[i], b[i]), y, want, ulps(y, want, f32::MIN_POSITIVE))
            });
            Worst::of(errors).assert_at_most(2.0, &format!("{op:?} with {isa:?}"));
        }
    }
}

#[test]
fn every_binary_gradient_is_within_eight_ulp() {
    let near = |x: &f32| x.is_nan() || (x.abs() < 8.0 && x.abs() > 0.01) || *x == 0.0;
    let (a, b): (Vec<f32>, Vec<f32>) = std::iter::zip(pairs().0, pairs().1)
        .filter(|(a, b)| near(a) && near(b))
        .unzip();
    let gs: Vec<f32> = (0..a.len()).map(|i| 0.5 + (i % 7) as f32 * 0.25).collect();
    let (left, right, g) = (
        Array::contiguous(&a),
        Array::contiguous(&b),
        Array::contiguous(&gs),
    );
    for op in Binary::samples() {
        for side in [Side::Left, Side::Right] {
            for isa in Isa::available() {
                let dx = Array::zeros::<f32>(&[a.len()]);
                apply(isa, &Prim::BinaryGrad(op, side), &[&g, &left, &right], &dx);
                let errors = dx.values::<f32>().into_iter().enumerate().map(|(i, got)| {
                    let (a, b, g) = (f64::from(a[i]), f64::from(b[i]), f64::from(gs[i]));
                    let want = op.visit(PairSlope(side, a, b, g));
                    ((a, b), got, want, ulps(got, want, f32::MIN_POSITIVE))
                });
                Worst::of(errors).assert_at_most(8.0, &format!("{op:?} {side:?} with {isa:?}"));
            }
        }
    }
}
