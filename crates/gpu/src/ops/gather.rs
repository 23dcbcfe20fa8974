//! Indexing along one dim.

use hammerhead_tensor::Result;
use hammerhead_tensor::device::Operand;
use hammerhead_tensor::layout::Layout;

use super::call::{Dense, Dispatch};
use super::{ROUNDS, code, pointwise};
use crate::device::State;
use crate::kernels::Shader;

pub(super) fn gather(
    state: &State,
    dim: usize,
    inputs: &[Operand<'_>],
    y: &Operand<'_>,
) -> Result<()> {
    let (x, index) = (Dense::of(state, &inputs[0])?, Dense::of(state, &inputs[1])?);
    let numel = y.layout.numel();
    Dispatch::new(state, Shader::Gather, &[code(y.dtype)])
        .words([numel, y.layout.rank(), dim])
        .faults()
        .input(&x)
        .input(&index)
        .output(y)
        .words(y.layout.shape().iter().copied())
        .words(inputs[0].layout.shape().iter().copied())
        .run(numel.div_ceil(256))
}

pub(super) fn scatter_add(
    state: &State,
    dim: usize,
    inputs: &[Operand<'_>],
    y: &Operand<'_>,
) -> Result<()> {
    pointwise::cast(state, &inputs[0], y)?;
    let shape = inputs[1].layout.shape();
    if shape.iter().product::<usize>() == 0 {
        return Ok(());
    }
    let index = Dense::of(state, &inputs[1])?;
    // The source may be larger than the index; what lies beyond is not read.
    let mut layout: Layout = inputs[2].layout.clone();
    for (dim, &size) in shape.iter().enumerate() {
        layout = layout.slice(dim, 0, 1, size);
    }
    let source = Dense::of(
        state,
        &Operand {
            layout: &layout,
            ..inputs[2]
        },
    )?;
    let lines = shape.iter().product::<usize>() / shape.get(dim).copied().unwrap_or(1);
    let rank = shape.len().max(1);
    // A tensor without dims is a line of one.
    let sizes = |shape: &[usize]| {
        if shape.is_empty() {
            vec![1]
        } else {
            shape.to_vec()
        }
    };
    let length = shape.get(dim).copied().unwrap_or(1);
    for begin in (0..length).step_by(ROUNDS) {
        Dispatch::new(state, Shader::ScatterAdd.of(y.dtype), &[code(y.dtype)])
            .words([lines, rank, dim])
            .faults()
            .input(&source)
            .input(&index)
            .output(y)
            .words([begin, length.min(begin + ROUNDS)])
            .words(sizes(shape))
            .words(sizes(y.layout.shape()))
            .run(lines.div_ceil(64))?;
    }
    Ok(())
}
