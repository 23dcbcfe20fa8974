//! Pooling and its gradients.

use hammerhead_tensor::Result;
use hammerhead_tensor::device::Operand;
use hammerhead_tensor::prim::{PoolKind, Windows};

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
    let dense = Dense::of(state, x)?;
    let numel = outputs[0].layout.numel();
    let constants = constants(false, kind, windows, x, outputs.len() > 1);
    let call = Dispatch::new(state, Shader::Pool.of(x.dtype), &constants)
        .word(numel)
        .words(x.layout.shape()[2..].iter().copied())
        .words(outputs[0].layout.shape()[2..].iter().copied())
        .words(geometry(windows))
        .input(&dense)
        .absent(1)
        .output(&outputs[0]);
    let call = match outputs.get(1) {
        Some(positions) => call.output(positions),
        None => call.absent(1),
    };
    call.run(numel.div_ceil(256))
}

pub(super) fn grad(
    state: &State,
    kind: PoolKind,
    windows: &Windows,
    inputs: &[Operand<'_>],
    dx: &Operand<'_>,
) -> Result<()> {
    let dense = Dense::all(state, inputs)?;
    let numel = dx.layout.numel();
    let call = Dispatch::new(
        state,
        Shader::Pool.of(dx.dtype),
        &constants(true, kind, windows, dx, false),
    )
    .word(numel)
    .words(dx.layout.shape()[2..].iter().copied())
    .words(inputs[0].layout.shape()[2..].iter().copied())
    .words(geometry(windows))
    .input(&dense[0]);
    let call = match dense.get(1) {
        Some(x) => call.input(x),
        None => call.absent(1),
    };
    call.output(dx).run(numel.div_ceil(256))
}
