//! Shape rules of pooling.

use smallvec::smallvec;

use super::nn::expect_like;
use super::{Spec, Specs, expect_rank, shape_error};
use crate::prim::{PoolKind, Windows};
use crate::{DType, Result};

/// `[oh, ow]` of a pooling, as PyTorch rounds it: with `ceil`, the last window must start inside
/// the input or its left padding.
pub fn pool_output(windows: &Windows, size: [usize; 2]) -> Option<[usize; 2]> {
    match *windows {
        Windows::Adaptive { out } => Some(out),
        Windows::Fixed {
            kernel,
            stride,
            padding,
            dilation,
            ceil,
        } => {
            let mut out = [0; 2];
            for axis in 0..2 {
                let extent = dilation[axis]
                    .checked_mul(kernel[axis].checked_sub(1)?)?
                    .checked_add(1)?;
                let padded = padding[axis].checked_mul(2)?.checked_add(size[axis])?;
                let room = padded.checked_sub(extent)?;
                out[axis] = room / stride[axis] + 1;
                let partial = room % stride[axis] != 0;
                if ceil && partial && out[axis] * stride[axis] < size[axis] + padding[axis] {
                    out[axis] += 1;
                }
            }
            Some(out)
        }
    }
}

pub(super) fn pool(
    name: &str,
    kind: PoolKind,
    windows: &Windows,
    positions: bool,
    x: &Spec,
) -> Result<Specs> {
    expect_rank(name, "the input", x, 4, "[batch, channels, height, width]")?;
    if let Windows::Fixed {
        kernel,
        stride,
        padding,
        dilation,
        ..
    } = windows
    {
        if kernel.contains(&0) || stride.contains(&0) || dilation.contains(&0) {
            return Err(shape_error(format!(
                "{name}: kernel {kernel:?}, stride {stride:?} and dilation {dilation:?} must all be at least 1"
            )));
        }
        if (0..2).any(|axis| padding[axis] > kernel[axis] / 2) {
            return Err(shape_error(format!(
                "{name}: padding {padding:?} may be at most half of the kernel {kernel:?}, or a window would hold nothing else"
            )));
        }
    }
    let size = [x.shape[2], x.shape[3]];
    let Some([oh, ow]) = pool_output(windows, size) else {
        return Err(shape_error(format!(
            "{name}: the windows {windows:?} are larger than the padded input {size:?}"
        )));
    };
    if size.contains(&0) {
        return Err(shape_error(format!(
            "{name}: the input {:?} has an empty plane",
            x.shape
        )));
    }
    let shape = [x.shape[0], x.shape[1], oh, ow];
    let mut outputs: Specs = smallvec![Spec::new(&shape, x.dtype)];
    if positions {
        debug_assert_eq!(kind, PoolKind::Max);
        outputs.push(Spec::new(&shape, DType::I64));
    }
    Ok(outputs)
}

/// The gradient of a pooling: what flows back must have the shape that the windows give.
pub(super) fn pool_grad(
    name: &str,
    windows: &Windows,
    size: [usize; 2],
    inputs: &[Spec],
) -> Result<Specs> {
    let grad = &inputs[0];
    expect_rank(
        name,
        "the gradient",
        grad,
        4,
        "[batch, channels, height, width]",
    )?;
    let x = Spec::new(
        &[grad.shape[0], grad.shape[1], size[0], size[1]],
        grad.dtype,
    );
    let outputs = pool(name, PoolKind::Max, windows, false, &x)?;
    expect_like(name, "the gradient", grad, &outputs[0])?;
    for saved in &inputs[1..] {
        expect_like(name, "the pooled tensor", saved, &x)?;
    }
    Ok(smallvec![x])
}
