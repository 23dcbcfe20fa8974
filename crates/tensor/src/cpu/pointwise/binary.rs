//! Operations of two operands, and their gradients at the broadcast shape.

use super::isa::{Float, Isa, Kernel, LANES, Vector};
use super::job::{Job, Place};
use crate::layout::Layout;
use crate::pointwise::{Binary, BinaryOp, BinaryVisitor, Real, Side};
use std::marker::PhantomData;

/// `y = op(a, b)` in the floating scalar `S`.
pub(super) fn forward<S: Float>(op: Binary, isa: Isa, y: Place<'_>, a: Place<'_>, b: Place<'_>) {
    struct Forward<'a, S>(Job<'a, 2>, Isa, PhantomData<S>);
    impl<S: Float> BinaryVisitor for Forward<'_, S> {
        type Output = ();
        fn visit<P: BinaryOp>(self, op: P) {
            let Self(job, isa, _) = self;
            S::launch(
                &job,
                isa,
                &Value::<P, S::Fast>(op, PhantomData),
                &Value::<P, S::Portable>(op, PhantomData),
            );
        }
    }
    op.visit(Forward::<S>(Job::new(y, [a, b]), isa, PhantomData));
}

/// The gradient for one side, given the gradient `g` of the output, at the output's shape.
pub(super) fn gradient<S: Float>(
    op: Binary,
    side: Side,
    isa: Isa,
    dx: Place<'_>,
    g: Place<'_>,
    a: Place<'_>,
    b: Place<'_>,
) {
    struct Gradient<'a, S>(Job<'a, 3>, Isa, Side, PhantomData<S>);
    impl<S: Float> BinaryVisitor for Gradient<'_, S> {
        type Output = ();
        fn visit<P: BinaryOp>(self, op: P) {
            let Self(job, isa, side, _) = self;
            match side {
                Side::Left => S::launch(
                    &job,
                    isa,
                    &Left::<P, S::Fast>(op, PhantomData),
                    &Left::<P, S::Portable>(op, PhantomData),
                ),
                Side::Right => S::launch(
                    &job,
                    isa,
                    &Right::<P, S::Fast>(op, PhantomData),
                    &Right::<P, S::Portable>(op, PhantomData),
                ),
            }
        }
    }
    // An operand that the formula ignores is not read: any element of it stands for all.
    let uses = op.uses(side);
    let scalar = Layout::contiguous(&[]);
    let seen = |used: bool, place| {
        if used {
            place
        } else {
            Place {
                layout: &scalar,
                ..place
            }
        }
    };
    let job = Job::new(dx, [g, seen(uses.left, a), seen(uses.right, b)]);
    op.visit(Gradient::<S>(job, isa, side, PhantomData));
}

/// The formula.
struct Value<P, V>(P, PhantomData<V>);

impl<P: BinaryOp, V: Vector + Real + Sync> Kernel<2> for Value<P, V> {
    type In = V::Scalar;
    type Out = V::Scalar;
    #[inline(always)]
    fn block(&self, [a, b]: [&[V::Scalar; LANES]; 2], out: &mut [V::Scalar; LANES]) {
        for at in (0..LANES).step_by(V::WIDTH) {
            self.0
                .forward(V::load(a, at), V::load(b, at))
                .store(out, at);
        }
    }
}

/// The gradient for the first operand.
struct Left<P, V>(P, PhantomData<V>);

impl<P: BinaryOp, V: Vector + Real + Sync> Kernel<3> for Left<P, V> {
    type In = V::Scalar;
    type Out = V::Scalar;
    #[inline(always)]
    fn block(&self, [g, a, b]: [&[V::Scalar; LANES]; 3], out: &mut [V::Scalar; LANES]) {
        for at in (0..LANES).step_by(V::WIDTH) {
            let (g, a, b) = (V::load(g, at), V::load(a, at), V::load(b, at));
            self.0.grad_left(a, b, g).store(out, at);
        }
    }
}

/// The gradient for the second operand.
struct Right<P, V>(P, PhantomData<V>);

impl<P: BinaryOp, V: Vector + Real + Sync> Kernel<3> for Right<P, V> {
    type In = V::Scalar;
    type Out = V::Scalar;
    #[inline(always)]
    fn block(&self, [g, a, b]: [&[V::Scalar; LANES]; 3], out: &mut [V::Scalar; LANES]) {
        for at in (0..LANES).step_by(V::WIDTH) {
            let (g, a, b) = (V::load(g, at), V::load(a, at), V::load(b, at));
            self.0.grad_right(a, b, g).store(out, at);
        }
    }
}
