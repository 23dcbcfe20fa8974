//! Pooling and its gradients.

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::layout::Layout;
use hammerhead_tensor::prim::{PoolKind, Windows};
use hammerhead_tensor::{DType, Error, ErrorKind, Result};

use super::call::{Dense, Dispatch};
use super::code;
use crate::device::State;
use crate::kernels::Shader;

/// Kernel, stride, padding and dilation; only their number matters where windows adapt.
fn geometry(windows: &Windows) -> [usize; 8] {
    match *windows {
        Windows::Fixed {
            kernel,
            stride,
            padding,
            dilation,
            ceil: _,
        } => {
            let [kh, kw] = kernel;
            let [sh, sw] = stride;
            let [ph, pw] = padding;
            let [dh, dw] = dilation;
            [kh, kw, sh, sw, ph, pw, dh, dw]
        }
        Windows::Adaptive { .. } => [1; 8],
    }
}

fn constants(
    backward: bool,
    kind: PoolKind,
    windows: &Windows,
    x: &Operand<'_>,
    positions: bool,
) -> [u32; 6] {
    let counted = kind
        == PoolKind::Mean {
            count_padding: true,
        };
    [
        u32::from(backward),
        code(x.dtype),
        u32::from(kind != PoolKind::Max),
        u32::from(counted),
        u32::from(matches!(windows, Windows::Adaptive { .. })),
        u32::from(positions),
    ]
}

pub(super) fn run(
    state: &State,
    kind: PoolKind,
    windows: &Windows,
    x: &Operand<'_>,
    outputs: &[Operand<'_>],
) -> Result<()> {
    let y = &outputs[0];
    let sizes = [x.layout, y.layout].map(|layout| [layout.shape()[2], layout.shape()[3]]);
    let area = most_of_a_window(windows, sizes);
    if area > state.rounds() {
        let message = format!(
            "vulkan: pooling in windows of {area} elements; this driver in software goes through {} at most; reduce \
             over the dims instead, or pool twice",
            state.rounds()
        );
        return Err(Error::new(ErrorKind::Device, message));
    }
    let dense = Dense::of(state, x)?;
    let numel = y.layout.numel();
    let constants = constants(false, kind, windows, x, outputs.len() > 1);
    let call = Dispatch::new(state, Shader::Pool.of(x.dtype), &constants)
        .word(numel)
        .words(sizes.into_iter().flatten())
        .words(geometry(windows))
        .input(&dense)
        .output(y);
    let call = match outputs.get(1) {
        Some(positions) => call.output(positions),
        None => call.absent(1),
    };
    call.run(numel.div_ceil(256))
}

/// Elements that a window looks at, at most, and its rows.
fn most_of_a_window(windows: &Windows, [[h, w], [oh, ow]]: [[usize; 2]; 2]) -> usize {
    let [rows, columns] = match *windows {
        Windows::Fixed { kernel, .. } => kernel,
        // One more on either side than the share.
        Windows::Adaptive { .. } => [h.div_ceil(oh.max(1)) + 1, w.div_ceil(ow.max(1)) + 1],
    };
    rows * (columns + 1)
}

pub(super) fn grad(
    state: &State,
    kind: PoolKind,
    windows: &Windows,
    inputs: &[Operand<'_>],
    dx: &Operand<'_>,
) -> Result<()> {
    let gradient = Dense::of(state, &inputs[0])?;
    let positions = match inputs.get(1) {
        Some(x) => Some(greatest(state, windows, x, inputs[0].layout)?),
        None => None,
    };
    let numel = dx.layout.numel();
    let constants = constants(true, kind, windows, dx, false);
    let call = Dispatch::new(state, Shader::Pool.of(dx.dtype), &constants)
        .word(numel)
        .words(dx.layout.shape()[2..].iter().copied())
        .words(inputs[0].layout.shape()[2..].iter().copied())
        .words(geometry(windows))
        .input(&gradient)
        .output(dx);
    call.optional(positions.as_ref()).run(numel.div_ceil(256))
}

/// Where every window has its first greatest element, in memory that no tensor is around.
fn greatest(
    state: &State,
    windows: &Windows,
    x: &Operand<'_>,
    shape: &Layout,
) -> Result<Dense<'static>> {
    let layout = Layout::contiguous(shape.shape());
    let room = |dtype: DType| Dense::scratch(state, layout.numel() * dtype.size());
    let (values, positions) = (room(x.dtype)?, room(DType::I64)?);
    let outputs = [(&values, x.dtype), (&positions, DType::I64)].map(|(memory, dtype)| Operand {
        memory: memory.piece(),
        layout: &layout,
        dtype,
    });
    run(state, PoolKind::Max, windows, x, &outputs)?;
    Ok(positions)
}
