//! Operations of one operand, and their gradients in one pass.

use super::isa::{Float, Isa, Kernel, LANES, Vector};
use super::job::{Job, Place};
use crate::pointwise::{Real, Unary, UnaryOp, UnaryVisitor};
use std::marker::PhantomData;

/// `y = op(x)` in the floating scalar `S`.
pub(super) fn forward<S: Float>(op: Unary, isa: Isa, y: Place<'_>, x: Place<'_>) {
    struct Forward<'a, S>(Job<'a, 1>, Isa, PhantomData<S>);
    impl<S: Float> UnaryVisitor for Forward<'_, S> {
        type Output = ();
        fn visit<P: UnaryOp>(self, op: P) {
            let Self(job, isa, _) = self;
            S::launch(
                &job,
                isa,
                &Value::<P, S::Fast>(op, PhantomData),
                &Value::<P, S::Portable>(op, PhantomData),
            );
        }
    }
    op.visit(Forward::<S>(Job::new(y, [x]), isa, PhantomData));
}

/// `dx = op'(saved) g`, where `saved` is the input or the output, whichever the operation uses.
pub(super) fn gradient<S: Float>(
    op: Unary,
    isa: Isa,
    dx: Place<'_>,
    g: Place<'_>,
    saved: Place<'_>,
) {
    struct Gradient<'a, S>(Job<'a, 2>, Isa, PhantomData<S>);
    impl<S: Float> UnaryVisitor for Gradient<'_, S> {
        type Output = ();
        fn visit<P: UnaryOp>(self, op: P) {
            let Self(job, isa, _) = self;
            let fast = Slope::<P, S::Fast>(op, PhantomData);
            S::launch(&job, isa, &fast, &Slope::<P, S::Portable>(op, PhantomData));
        }
    }
    op.visit(Gradient::<S>(Job::new(dx, [g, saved]), isa, PhantomData));
}

/// The formula.
struct Value<P, V>(P, PhantomData<V>);

impl<P: UnaryOp, V: Vector + Real + Sync> Kernel<1> for Value<P, V> {
    type In = V::Scalar;
    type Out = V::Scalar;
    #[inline(always)]
    fn block(&self, [x]: [&[V::Scalar; LANES]; 1], out: &mut [V::Scalar; LANES]) {
        for at in (0..LANES).step_by(V::WIDTH) {
            self.0.forward(V::load(x, at)).store(out, at);
        }
    }
}

/// The gradient: it reads the input or the output, so the one that is saved stands in for both.
struct Slope<P, V>(P, PhantomData<V>);

impl<P: UnaryOp, V: Vector + Real + Sync> Kernel<2> for Slope<P, V> {
    type In = V::Scalar;
    type Out = V::Scalar;
    #[inline(always)]
    fn block(&self, [g, saved]: [&[V::Scalar; LANES]; 2], out: &mut [V::Scalar; LANES]) {
        for at in (0..LANES).step_by(V::WIDTH) {
            let saved = V::load(saved, at);
            self.0.grad(saved, saved, V::load(g, at)).store(out, at);
        }
    }
}
