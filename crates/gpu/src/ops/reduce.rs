//! Folds over dims.

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::layout::Layout;
use hammerhead_tensor::prim::{Axes, Reduce, Unary};
use hammerhead_tensor::{DType, Result};
use smallvec::SmallVec;

use super::call::{Dense, Dispatch};
use super::own::Own;
use super::{code, pointwise};
use crate::device::State;
use crate::kernels::Shader;

type Runs = SmallVec<[(usize, isize); 6]>;

/// Elements that one invocation should fold at most: longer sums lose digits, and leave the device idle.
const LONGEST: usize = 256;

pub(super) fn run(
    state: &State,
    fold: Reduce,
    axes: &Axes,
    x: &Operand<'_>,
    y: &Operand<'_>,
) -> Result<()> {
    if fold == Reduce::Mean {
        return mean(state, axes, x, y);
    }
    let rank = x.layout.rank();
    let (folded, kept): (Vec<usize>, Vec<usize>) =
        (0..rank).partition(|dim| axes.dims.contains(dim));
    let part = |dims: &[usize]| {
        let sizes = dims.iter().map(|&dim| x.layout.shape()[dim]).collect();
        let strides = dims.iter().map(|&dim| x.layout.strides()[dim]).collect();
        Layout::new(sizes, strides, 0).collapse()
    };
    let (kept, folded) = (part(&kept), part(&folded));
    let results = y.layout.numel();
    let count: usize = axes.dims.iter().map(|&dim| x.layout.shape()[dim]).product();
    if results == 0 {
        return Ok(());
    }
    let by_group = side_by_side(&folded) <= side_by_side(&kept) && count > 1;
    let lanes = if by_group { 256 } else { 1 };
    let piece = (lanes * LONGEST).min(count.max(1));
    let pieces = count.div_ceil(piece).max(1);
    if pieces == 1 {
        let fold = Fold {
            state,
            fold,
            dtypes: [x.dtype, y.dtype],
            by_group,
        };
        return fold.dispatch(x, &kept, &folded, [results, count, piece, 1], Ok(y));
    }
    // Between the two dispatches narrow numbers are wide ones, whatever the tensors are.
    let middle = match x.dtype {
        DType::F64 => DType::F64,
        dtype if dtype.is_float() => DType::F32,
        _ => DType::I64,
    };
    let partial = Dense::scratch(state, results * pieces * middle.size())?;
    let first = Fold {
        state,
        fold,
        dtypes: [x.dtype, middle],
        by_group,
    };
    first.dispatch(
        x,
        &kept,
        &folded,
        [results, count, piece, pieces],
        Err(&partial),
    )?;
    let layout = Layout::contiguous(&[results, pieces]);
    let operand = Operand {
        memory: partial.piece(),
        layout: &layout,
        dtype: middle,
    };
    let flat = Layout::contiguous(&[results]);
    let last = Operand {
        memory: y.memory,
        layout: &Layout::new(
            flat.shape().into(),
            flat.strides().into(),
            y.layout.offset(),
        ),
        dtype: y.dtype,
    };
    let axes = Axes {
        dims: SmallVec::from_slice(&[1]),
        keepdim: false,
    };
    run(state, fold, &axes, &operand, &last)
}

/// The sum, divided; of narrow numbers it is a wide one, as everywhere.
fn mean(state: &State, axes: &Axes, x: &Operand<'_>, y: &Operand<'_>) -> Result<()> {
    let value = axes.count(x.layout.shape()) as f64;
    let divide = |sum: Operand<'_>, to: &Operand<'_>| {
        pointwise::unary(state, Unary::DivScalar { value }, &[sum], to)
    };
    if matches!(y.dtype, DType::F32 | DType::F64) {
        run(state, Reduce::Sum, axes, x, y)?;
        return divide(*y, y);
    }
    let wide = Own::cast(state, x, DType::F32)?;
    let sum = Own::room(state, y.layout.shape(), DType::F32)?;
    let sum = sum.operand();
    run(state, Reduce::Sum, axes, &wide.operand(), &sum)?;
    divide(sum, &sum)?;
    pointwise::cast(state, &sum, y)
}

/// The smallest distance between neighbours.
fn side_by_side(runs: &Runs) -> usize {
    runs.iter()
        .map(|(_, stride)| stride.unsigned_abs())
        .min()
        .unwrap_or(usize::MAX)
}

struct Fold<'a> {
    state: &'a State,
    fold: Reduce,
    dtypes: [DType; 2],
    by_group: bool,
}

impl Fold<'_> {
    fn dispatch(
        &self,
        x: &Operand<'_>,
        kept: &Runs,
        folded: &Runs,
        counts: [usize; 4],
        target: std::result::Result<&Operand<'_>, &Dense<'_>>,
    ) -> Result<()> {
        let operation = match self.fold {
            Reduce::Sum => 0,
            Reduce::Prod => 1,
            Reduce::Max => 2,
            Reduce::Min => 3,
            Reduce::Mean => unreachable!("a mean is a sum, divided"),
        };
        let [from, to] = self.dtypes;
        let shader = if from.is_float() {
            Shader::Reduce.of(from)
        } else {
            Shader::ReduceInteger
        };
        let constants = [operation, code(from), code(to), u32::from(self.by_group)];
        let dispatch = Dispatch::new(self.state, shader, &constants)
            .words(counts)
            .strided(x);
        let dispatch = match target {
            Ok(operand) => dispatch.output(operand),
            Err(dense) => dispatch.changed(dense),
        };
        let mut dispatch = dispatch.word(kept.len()).word(folded.len());
        for runs in [kept, folded] {
            dispatch = dispatch
                .words(runs.iter().map(|(size, _)| *size))
                .words(runs.iter().map(|(_, stride)| *stride as usize));
        }
        let jobs = counts[0] * counts[3];
        dispatch.run(if self.by_group {
            jobs
        } else {
            jobs.div_ceil(256)
        })
    }
}
