//! 2-D pooling and its gradients, plane by plane.

mod max;
mod mean;
mod pairs;
mod phases;
mod search;
mod span;

use half::bf16;

use super::float::{Float, for_float};
use super::host::Dst;
use super::workspace::Contiguous;
use crate::device::Operand;
use crate::prim::{PoolKind, Prim, Windows};
use crate::{DType, Result};

/// Extents shared by all planes.
#[derive(Clone, Copy, Debug)]
struct Planes {
    h: usize,
    w: usize,
    oh: usize,
    ow: usize,
}

impl Planes {
    fn input(&self) -> usize {
        self.h * self.w
    }

    fn output(&self) -> usize {
        self.oh * self.ow
    }
}

/// Runs `Prim::Pool`.
pub(super) fn run(
    kind: PoolKind,
    windows: &Windows,
    x: &Operand<'_>,
    outputs: &[Operand<'_>],
) -> Result<()> {
    let prim = || Prim::Pool {
        kind,
        windows: *windows,
        positions: false,
    };
    if is_narrow(kind, x, outputs) {
        return maxima_of_16_bits(windows, x, &outputs[0]);
    }
    for_float!(prim().name(), x.dtype, T => forward::<T>(kind, windows, x, outputs))
}

/// Whether pooling runs on planes of 16 bits as they are.
pub(super) fn is_narrow(kind: PoolKind, x: &Operand<'_>, outputs: &[Operand<'_>]) -> bool {
    kind == PoolKind::Max && outputs.len() == 1 && x.dtype == DType::BF16
}

#[allow(unsafe_code)]
fn maxima_of_16_bits(windows: &Windows, x: &Operand<'_>, output: &Operand<'_>) -> Result<()> {
    let planes = planes(x.layout.shape(), output.layout.shape());
    let x = Contiguous::<bf16>::new(x)?;
    // SAFETY: the output is contiguous and apart from the input.
    let y = unsafe { Dst::<bf16>::new(output).slice_mut() };
    max::forward_narrow(planes, windows, &x, y);
    Ok(())
}

/// Runs `Prim::PoolGrad`.
pub(super) fn grad(
    kind: PoolKind,
    windows: &Windows,
    inputs: &[Operand<'_>],
    output: &Operand<'_>,
) -> Result<()> {
    let prim = || Prim::PoolGrad {
        kind,
        windows: *windows,
        size: [0, 0],
    };
    for_float!(prim().name(), output.dtype, T => backward::<T>(kind, windows, inputs, output))
}

#[allow(unsafe_code)]
fn forward<T: Float>(
    kind: PoolKind,
    windows: &Windows,
    x: &Operand<'_>,
    outputs: &[Operand<'_>],
) -> Result<()> {
    let planes = planes(x.layout.shape(), outputs[0].layout.shape());
    let x = Contiguous::<T>::new(x)?;
    // SAFETY: outputs are contiguous and apart from each other and the input.
    let y = unsafe { Dst::<T>::new(&outputs[0]).slice_mut() };
    // SAFETY: as above.
    let positions = outputs
        .get(1)
        .map(|output| unsafe { Dst::<i64>::new(output).slice_mut() });
    match kind {
        PoolKind::Max => max::forward(planes, windows, &x, y, positions),
        PoolKind::Mean { count_padding } => mean::forward(planes, windows, count_padding, &x, y),
    }
    Ok(())
}

#[allow(unsafe_code)]
fn backward<T: Float>(
    kind: PoolKind,
    windows: &Windows,
    inputs: &[Operand<'_>],
    output: &Operand<'_>,
) -> Result<()> {
    let planes = planes(output.layout.shape(), inputs[0].layout.shape());
    let grad = Contiguous::<T>::new(&inputs[0])?;
    // SAFETY: the output is contiguous and apart from the inputs.
    let gx = unsafe { Dst::<T>::new(output).slice_mut() };
    match kind {
        PoolKind::Max => {
            let x = Contiguous::<T>::new(&inputs[1])?;
            max::backward(planes, windows, &grad, &x, gx);
        }
        PoolKind::Mean { count_padding } => {
            mean::backward(planes, windows, count_padding, &grad, gx)
        }
    }
    Ok(())
}

fn planes(input: &[usize], output: &[usize]) -> Planes {
    Planes {
        h: input[2],
        w: input[3],
        oh: output[2],
        ow: output[3],
    }
}

#[cfg(test)]
mod tests;
