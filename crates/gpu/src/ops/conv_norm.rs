//! A convolution and the norm of evaluation: one after the other, with the numbers between them in memory of their own.

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::layout::Layout;
use hammerhead_tensor::prim::{BatchNorm, Conv2d, Epilogue};
use hammerhead_tensor::{DType, Result};

use super::{conv, norm, pointwise};
use crate::device::State;
use crate::memory::Piece;

/// Numbers without a tensor around them.
struct Own {
    piece: Piece,
    layout: Layout,
    dtype: DType,
}

impl Own {
    fn room(state: &State, shape: &[usize], dtype: DType) -> Result<Self> {
        let layout = Layout::contiguous(shape);
        let piece = state.take((layout.numel() * dtype.size()) as u64)?;
        Ok(Self {
            piece,
            layout,
            dtype,
        })
    }

    /// A copy in another dtype.
    fn cast(state: &State, operand: &Operand<'_>, dtype: DType) -> Result<Self> {
        let own = Self::room(state, operand.layout.shape(), dtype)?;
        pointwise::cast(state, operand, &own.operand())?;
        Ok(own)
    }

    fn operand(&self) -> Operand<'_> {
        Operand {
            memory: &self.piece,
            layout: &self.layout,
            dtype: self.dtype,
        }
    }
}

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
