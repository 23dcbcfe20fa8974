//! Comparisons and connectives.

use super::isa::{Kernel, LANES, launch_portable};
use super::job::{Job, Place};
use super::stage::Scalar;
use crate::pointwise::{Compare, Logical};
use std::marker::PhantomData;

/// A truth value of two numbers, as a kernel.
struct Test<S, F>(F, PhantomData<S>);

impl<S: Scalar, F: Fn(S, S) -> bool + Sync> Kernel<2> for Test<S, F> {
    type In = S;
    type Out = u8;
    #[inline(always)]
    fn block(&self, [a, b]: [&[S; LANES]; 2], out: &mut [u8; LANES]) {
        for at in 0..LANES {
            out[at] = u8::from((self.0)(a[at], b[at]));
        }
    }
}

fn test<S: Scalar>(job: &Job<'_, 2>, f: impl Fn(S, S) -> bool + Sync) {
    let kernel = Test(f, PhantomData);
    launch_portable(job, &kernel);
}

/// A comparison in the scalar `S`.
pub(super) fn compare<S: Scalar>(op: Compare, y: Place<'_>, a: Place<'_>, b: Place<'_>) {
    let job = Job::new(y, [a, b]);
    match op {
        Compare::Eq => test(&job, |a: S, b: S| a == b),
        Compare::Ne => test(&job, |a: S, b: S| a != b),
        Compare::Lt => test(&job, |a: S, b: S| a < b),
        Compare::Le => test(&job, |a: S, b: S| a <= b),
        Compare::Gt => test(&job, |a: S, b: S| a > b),
        Compare::Ge => test(&job, |a: S, b: S| a >= b),
    }
}

/// A connective of two truth values.
pub(super) fn logical(op: Logical, y: Place<'_>, a: Place<'_>, b: Place<'_>) {
    let job = Job::new(y, [a, b]);
    match op {
        Logical::And => test(&job, |a: u8, b: u8| (a != 0) & (b != 0)),
        Logical::Or => test(&job, |a: u8, b: u8| (a | b) != 0),
        Logical::Xor => test(&job, |a: u8, b: u8| (a != 0) != (b != 0)),
    }
}

/// The opposite truth value.
pub(super) fn not(y: Place<'_>, x: Place<'_>) {
    struct Not;
    impl Kernel<1> for Not {
        type In = u8;
        type Out = u8;
        #[inline(always)]
        fn block(&self, [x]: [&[u8; LANES]; 1], out: &mut [u8; LANES]) {
            for at in 0..LANES {
                out[at] = u8::from(x[at] == 0);
            }
        }
    }
    launch_portable(&Job::new(y, [x]), &Not);
}
