//! Operations on integers, computed in 64 bits: narrower ones wrap when stored, and truth values
//! become true for anything but zero.

#![allow(unsafe_code)] // Looking for zeros reads an operand through its pointer.

use super::isa::{Kernel, LANES, launch_portable};
use super::job::{Job, Place};
use super::plan::Plan;
use super::stage::{Walk, gather};
use crate::pointwise::{Binary, Unary};
use crate::{DType, Error, ErrorKind, Result};

/// A function of one integer, as a kernel.
struct Map<F>(F);

impl<F: Fn(i64) -> i64 + Sync> Kernel<1> for Map<F> {
    type In = i64;
    type Out = i64;
    #[inline(always)]
    fn block(&self, [x]: [&[i64; LANES]; 1], out: &mut [i64; LANES]) {
        for at in 0..LANES {
            out[at] = (self.0)(x[at]);
        }
    }
}

/// A function of two integers, as a kernel.
struct Zip<F>(F);

impl<F: Fn(i64, i64) -> i64 + Sync> Kernel<2> for Zip<F> {
    type In = i64;
    type Out = i64;
    #[inline(always)]
    fn block(&self, [a, b]: [&[i64; LANES]; 2], out: &mut [i64; LANES]) {
        for at in 0..LANES {
            out[at] = (self.0)(a[at], b[at]);
        }
    }
}

fn map(job: &Job<'_, 1>, f: impl Fn(i64) -> i64 + Sync) {
    let kernel = Map(f);
    launch_portable(job, &kernel);
}

fn zip(job: &Job<'_, 2>, f: impl Fn(i64, i64) -> i64 + Sync) {
    let kernel = Zip(f);
    launch_portable(job, &kernel);
}

fn no_integers(name: &str) -> Error {
    Error::new(
        ErrorKind::DType,
        format!("{name}: not defined on integers; convert to a float first"),
    )
}

/// `y = op(x)` on integers; wrapping, as in PyTorch.
pub(super) fn unary(op: Unary, y: Place<'_>, x: Place<'_>) -> Result<()> {
    let job = Job::new(y, [x]);
    match op {
        Unary::Neg => map(&job, i64::wrapping_neg),
        Unary::Abs => map(&job, i64::wrapping_abs),
        Unary::Sign => map(&job, i64::signum),
        Unary::Square => map(&job, |x| x.wrapping_mul(x)),
        Unary::Relu => map(&job, |x| x.max(0)),
        Unary::Relu6 => map(&job, |x| x.clamp(0, 6)),
        Unary::Floor | Unary::Ceil | Unary::Round | Unary::Trunc => map(&job, |x| x),
        Unary::Clamp { min, max } => {
            let (min, max) = (min.ceil() as i64, max.floor() as i64);
            map(&job, |x| x.max(min).min(max));
        }
        Unary::AddScalar { value } => map(&job, |x| x.wrapping_add(value as i64)),
        Unary::MulScalar { value } => map(&job, |x| x.wrapping_mul(value as i64)),
        Unary::RsubScalar { value } => map(&job, |x| (value as i64).wrapping_sub(x)),
        Unary::PowScalar { exponent } => map(&job, |x| power(x, exponent as i64)),
        other => return Err(no_integers(other.name())),
    }
    Ok(())
}

/// `y = op(a, b)` on integers; wrapping, and an error for a division by zero, as in PyTorch.
pub(super) fn binary(op: Binary, y: Place<'_>, a: Place<'_>, b: Place<'_>) -> Result<()> {
    if matches!(op, Binary::Remainder | Binary::FloorDivide) && has_zero(b) {
        return Err(Error::new(
            ErrorKind::Numeric,
            format!(
                "{}: integer division by zero; mask the zeros or convert to a float",
                op.name()
            ),
        ));
    }
    let job = Job::new(y, [a, b]);
    match op {
        Binary::Add => zip(&job, i64::wrapping_add),
        Binary::Sub => zip(&job, i64::wrapping_sub),
        Binary::Mul => zip(&job, i64::wrapping_mul),
        Binary::Maximum => zip(&job, i64::max),
        Binary::Minimum => zip(&job, i64::min),
        Binary::Pow => zip(&job, power),
        Binary::Remainder => zip(&job, |a, b| floor_divide(a, b).1),
        Binary::FloorDivide => zip(&job, |a, b| floor_divide(a, b).0),
        Binary::Div | Binary::Atan2 => return Err(no_integers(op.name())),
    }
    Ok(())
}

/// Quotient rounded down and remainder with the sign of `b`. A padding lane may hold `b = 0`.
#[inline(always)]
fn floor_divide(a: i64, b: i64) -> (i64, i64) {
    let divisor = if b == 0 { 1 } else { b };
    let (quotient, rest) = (a.wrapping_div(divisor), a.wrapping_rem(divisor));
    if rest != 0 && (rest < 0) != (divisor < 0) {
        (quotient - 1, rest + divisor)
    } else {
        (quotient, rest)
    }
}

/// `x` to the power of `n`, wrapping; for a negative `n` the reciprocal rounded towards zero.
fn power(x: i64, n: i64) -> i64 {
    if n < 0 {
        return match x {
            1 => 1,
            -1 => 1 - 2 * (n & 1),
            _ => 0,
        };
    }
    let (mut base, mut left, mut result) = (x, n, 1_i64);
    while left > 0 {
        if left & 1 == 1 {
            result = result.wrapping_mul(base);
        }
        base = base.wrapping_mul(base);
        left >>= 1;
    }
    result
}

/// Whether any element of an integer operand is zero.
fn has_zero(operand: Place<'_>) -> bool {
    let plan = Plan::new(operand.layout, [operand.layout]);
    let mut scratch = [0_i64; 256];
    (0..plan.numel).step_by(scratch.len()).any(|start| {
        let len = scratch.len().min(plan.numel - start);
        let walk = Walk {
            dims: &plan.dims,
            strides: &plan.output,
            start,
            len,
        };
        // SAFETY: the plan stays within the operand, and the scratch has room for `len`.
        unsafe {
            gather(
                walk,
                operand.first,
                operand.dtype,
                scratch.as_mut_ptr().cast(),
                DType::I64,
            )
        };
        scratch[..len].contains(&0)
    })
}
