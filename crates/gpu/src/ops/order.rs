//! Along one dim: extremes' positions, running sums, sorting.

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::prim::Extreme;
use hammerhead_tensor::{DType, Result};

use super::call::{Dense, Dispatch};
use super::{ROUNDS, code};
use crate::device::State;
use crate::kernels::Shader;

/// Lines along a dim: how many, how long, and how far apart their elements are.
fn lines(x: &Operand<'_>, dim: usize) -> [usize; 3] {
    let shape = x.layout.shape();
    let length = shape.get(dim).copied().unwrap_or(1);
    let step = shape.iter().skip(dim + 1).product();
    [x.layout.numel() / length.max(1), length, step]
}

pub(super) fn arg(
    state: &State,
    extreme: Extreme,
    dim: usize,
    x: &Operand<'_>,
    y: &Operand<'_>,
) -> Result<()> {
    let dense = Dense::of(state, x)?;
    let [count, length, step] = lines(x, dim);
    let constants = [u32::from(extreme == Extreme::Min), code(x.dtype)];
    let most = 64 * ROUNDS;
    for begin in (0..length).step_by(most) {
        Dispatch::new(state, Shader::Arg, &constants)
            .words([count, length, step])
            .input(&dense)
            .output(y)
            .words([begin, length.min(begin + most)])
            .run(count)?;
    }
    Ok(())
}

pub(super) fn cumsum(state: &State, dim: usize, x: &Operand<'_>, y: &Operand<'_>) -> Result<()> {
    let dense = Dense::of(state, x)?;
    let [count, length, step] = lines(x, dim);
    // A round takes 128 elements and has eight of its own.
    let most = 128 * ROUNDS / 8;
    let carried = (length > most)
        .then(|| Dense::scratch(state, count * DType::F64.size()))
        .transpose()?;
    for begin in (0..length).step_by(most) {
        let constants = [u32::from(!x.dtype.is_float()), code(x.dtype)];
        Dispatch::new(state, Shader::Scan.of(x.dtype), &constants)
            .words([count, length, step])
            .input(&dense)
            .output(y)
            .optional_changed(carried.as_ref())
            .words([begin, length.min(begin + most)])
            .run(count)?;
    }
    Ok(())
}

pub(super) fn sort(
    state: &State,
    dim: usize,
    descending: bool,
    x: &Operand<'_>,
    outputs: &[Operand<'_>],
) -> Result<()> {
    let numel = x.layout.numel();
    if numel == 0 {
        return Ok(());
    }
    let dense = Dense::of(state, x)?;
    let [count, length, step] = lines(x, dim);
    let padded = length.next_power_of_two();
    // A key of two words and a position for each element.
    let work = Dense::scratch(state, count * padded * 3 * DType::F32.size())?;
    let stage = |stage: u32, size: usize, apart: usize, jobs: usize| {
        let constants = [stage, code(x.dtype), u32::from(descending)];
        Dispatch::new(state, Shader::Sort, &constants)
            .words([count, length, step, padded, size, apart])
            .input(&dense)
            .changed(&work)
            .output(&outputs[0])
            .output(&outputs[1])
            .run(jobs.div_ceil(256))
    };
    stage(0, 0, 0, count * padded)?;
    let mut size = 2;
    while size <= padded {
        let mut apart = size / 2;
        while apart > 0 {
            stage(1, size, apart, count * padded / 2)?;
            apart /= 2;
        }
        size *= 2;
    }
    stage(2, 0, 0, numel)
}
