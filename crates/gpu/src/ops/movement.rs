//! Joining and padding: copies into parts of the output.

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::{Result, Scalar};

use super::pointwise::{cast, fill};
use crate::device::State;

pub(super) fn cat(
    state: &State,
    dim: usize,
    inputs: &[Operand<'_>],
    y: &Operand<'_>,
) -> Result<()> {
    let mut start = 0;
    for input in inputs {
        let length = input.layout.shape()[dim];
        let layout = y.layout.slice(dim, start, 1, length);
        cast(
            state,
            input,
            &Operand {
                layout: &layout,
                ..*y
            },
        )?;
        start += length;
    }
    Ok(())
}

pub(super) fn pad(
    state: &State,
    widths: &[(usize, usize)],
    value: f64,
    x: &Operand<'_>,
    y: &Operand<'_>,
) -> Result<()> {
    fill(state, Scalar::Float(value), y)?;
    let mut layout = y.layout.clone();
    for (dim, &(before, _)) in widths.iter().enumerate() {
        layout = layout.slice(dim, before, 1, x.layout.shape()[dim]);
    }
    cast(
        state,
        x,
        &Operand {
            layout: &layout,
            ..*y
        },
    )
}
