//! Reductions over any dims of any layout.
//!
//! Every output is folded in parts whose bounds are a function of the shape alone, so that the
//! number of threads changes no bit. Sums of f32 are kept in f64, so that a million terms are as good as one. In contiguous
//! runs of 256 numbers and down 64 rows and more, four are added first and their sum is converted, as a conversion takes
//! longer than an addition: that errs by some 1e-7 of the root of the sum of squares, and four whose sum f32 can't hold
//! overflow.

mod columns;
mod fold;
mod parts;
mod plan;
mod planes;
mod rows;

pub(super) use fold::{Fold, Max, Sum};
use fold::{Min, Prod};
use plan::{Inner, Plan};
pub(super) use rows::fold_row;

use super::host::{Dst, Src};
use super::pointwise;
use super::walk::count;
use crate::device::Operand;
use crate::prim::{Axes, Prim, Reduce, Unary};
use crate::{DType, Error, ErrorKind, Result};

/// Elements of one part of a long fold.
const PART: usize = 1 << 15;

/// Runs `Prim::Reduce`.
pub(super) fn run(reduce: Reduce, axes: &Axes, x: &Operand<'_>, y: &Operand<'_>) -> Result<()> {
    match (reduce, x.dtype) {
        (Reduce::Sum, DType::F32) => fold::<Sum<f32>>(axes, x, y),
        (Reduce::Sum, DType::F64) => fold::<Sum<f64>>(axes, x, y),
        (Reduce::Sum, DType::I64) => fold::<Sum<i64>>(axes, x, y),
        (Reduce::Mean, _) => {
            run(Reduce::Sum, axes, x, y)?;
            let value = axes.count(x.layout.shape()) as f64;
            let division = Prim::Unary(Unary::DivScalar { value });
            pointwise::run(&division, &[*y], &[*y])?;
        }
        (Reduce::Prod, DType::F32) => fold::<Prod<f32>>(axes, x, y),
        (Reduce::Prod, DType::F64) => fold::<Prod<f64>>(axes, x, y),
        (Reduce::Prod, DType::I64) => fold::<Prod<i64>>(axes, x, y),
        (Reduce::Max, DType::F32) => fold::<Max<f32>>(axes, x, y),
        (Reduce::Max, DType::F64) => fold::<Max<f64>>(axes, x, y),
        (Reduce::Max, DType::I64) => fold::<Max<i64>>(axes, x, y),
        (Reduce::Max, DType::U8 | DType::Bool) => fold::<Max<u8>>(axes, x, y),
        (Reduce::Min, DType::F32) => fold::<Min<f32>>(axes, x, y),
        (Reduce::Min, DType::F64) => fold::<Min<f64>>(axes, x, y),
        (Reduce::Min, DType::I64) => fold::<Min<i64>>(axes, x, y),
        (Reduce::Min, DType::U8 | DType::Bool) => fold::<Min<u8>>(axes, x, y),
        (Reduce::Sum | Reduce::Prod, DType::U8 | DType::Bool) => {
            let message = format!(
                "{}: {} overflows at once; convert with to_dtype(DType::I64) first",
                reduce.name(),
                x.dtype
            );
            return Err(Error::new(ErrorKind::DType, message));
        }
        (_, DType::F16 | DType::BF16) => unreachable!("16-bit floats run by way of f32"),
    }
    Ok(())
}

fn fold<F: Fold>(axes: &Axes, x: &Operand<'_>, y: &Operand<'_>) {
    let src = Src::<F::Item>::new(x);
    // SAFETY: the output of a reduction is contiguous and apart from its input.
    #[allow(unsafe_code)]
    let out = unsafe { Dst::<F::Item>::new(y).slice_mut() };
    if x.layout.numel() == 0 {
        out.fill(F::finish(F::START));
        return;
    }
    let plan = Plan::new(x.layout, &axes.dims);
    match plan.inner {
        Inner::Folded if count(&plan.folded) > 1 => planes::run::<F>(&plan, src, out),
        Inner::Folded => rows::run::<F>(&plan, src, out),
        Inner::Kept => columns::run::<F>(plan, src, out),
    }
}

#[cfg(test)]
mod tests;
