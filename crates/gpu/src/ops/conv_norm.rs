//! A convolution and the norm of evaluation: one after the other, with the numbers between them in memory of their own.

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::prim::{BatchNorm, Conv2d, Epilogue};
use hammerhead_tensor::{DType, Result};

use super::own::Own;
use super::{conv, norm, pointwise};
use crate::device::State;

pub(super) fn run(
    state: &State,
    conv: &Conv2d,
    norm: &BatchNorm,
    inputs: &[Operand<'_>],
    output: &Operand<'_>,
) -> Result<()> {
    let dtype = output.dtype;
    let weight = match inputs[1].dtype == dtype {
        true => None,
        false => Some(Own::cast(state, &inputs[1], dtype)?),
    };
    let weight = weight.as_ref().map_or(inputs[1], Own::operand);
    let convolved = Own::room(state, output.layout.shape(), dtype)?;
    let images = [inputs[0], weight];
    conv::forward(
        state,
        conv,
        &Epilogue::default(),
        &images,
        &convolved.operand(),
    )?;
    let mut operands = vec![convolved.operand()];
    operands.extend_from_slice(&inputs[2..]);
    if operands.iter().all(|operand| operand.dtype == dtype) {
        return norm::run(state, norm, &operands, &[*output]);
    }
    // Statistics are not rounded because images are.
    let wide: Vec<Own> = operands
        .iter()
        .map(|operand| Own::cast(state, operand, DType::F32))
        .collect::<Result<_>>()?;
    let operands: Vec<Operand<'_>> = wide.iter().map(Own::operand).collect();
    let y = Own::room(state, output.layout.shape(), DType::F32)?;
    norm::run(state, norm, &operands, &[y.operand()])?;
    pointwise::cast(state, &y.operand(), output)
}
