//! `Prim::Conv2d` and its two gradients: from operands to the kernels in `conv`.
#![allow(unsafe_code)] // Raw views into operands.

use bytemuck::Zeroable;
use half::bf16;
use smallvec::{SmallVec, smallvec};

use super::conv::{
    self, ConvScalar, ConvShape, ForwardArgs, InputGradArgs, Weight, WeightGradArgs, Weights,
};
use super::dense::Dense;
use super::gemm::RowNorm;
use super::host::{self, Dst};
use super::norm;
use super::tasks::Parallel;
use crate::device::Operand;
use crate::pool::HostMemory;
use crate::prim::{Activation, BatchNorm, Conv2d, Epilogue, Prim};
use crate::{DType, Error, ErrorKind, Result};

/// The sizes of a convolution from the shapes of source, weight and destination.
fn shape_of(
    conv: &Conv2d,
    src: &Operand<'_>,
    weight: &Operand<'_>,
    dst: &Operand<'_>,
) -> ConvShape {
    let (src, weight, dst) = (
        src.layout.shape(),
        weight.layout.shape(),
        dst.layout.shape(),
    );
    ConvShape {
        n: src[0],
        c: src[1],
        h: src[2],
        w: src[3],
        oc: weight[0],
        kh: weight[2],
        kw: weight[3],
        stride: conv.stride,
        padding: conv.padding,
        dilation: conv.dilation,
        groups: conv.groups,
        oh: dst[2],
        ow: dst[3],
    }
}

fn unsupported(dtype: DType) -> Error {
    Error::new(
        ErrorKind::Device,
        format!("conv2d: not defined for {dtype:?} on the cpu"),
    )
}

/// `(x, weight, [bias]) -> y`.
pub(super) fn forward(
    conv: &Conv2d,
    epilogue: &Epilogue,
    inputs: &[Operand<'_>],
    output: &Operand<'_>,
) -> Result<()> {
    fn typed<T: ConvScalar + Zeroable>(
        conv: &Conv2d,
        epilogue: &Epilogue,
        inputs: &[Operand<'_>],
        output: &Operand<'_>,
    ) -> Result<()> {
        let shape = shape_of(conv, &inputs[0], &inputs[1], output);
        let (src, weight) = (Dense::<T>::new(&inputs[0])?, Dense::<T>::new(&inputs[1])?);
        let bias = if epilogue.bias {
            Some(Dense::<T>::new(&inputs[2])?)
        } else {
            None
        };
        let args = ForwardArgs {
            src: src.as_ptr(),
            weight: weight.as_ptr(),
            prepared: weights(&inputs[1]),
            norm: None,
            residual: None,
            bias: bias.as_ref().map(|bias| bias.as_ptr()),
            activation: epilogue.activation,
            dst: Dst::new(output).first(),
        };
        // SAFETY: the operands are dense and of these shapes, and the output overlaps no input.
        unsafe { conv::forward(&shape, args, Parallel::On) };
        Ok(())
    }
    match output.dtype {
        DType::F32 => typed::<f32>(conv, epilogue, inputs, output),
        DType::F64 => typed::<f64>(conv, epilogue, inputs, output),
        DType::BF16 => {
            let shape = shape_of(conv, &inputs[0], &inputs[1], output);
            let bias = inputs[2..].first().map(host::numbers).transpose()?;
            narrow(
                &shape,
                inputs,
                None,
                None,
                bias.as_deref(),
                epilogue.activation,
                output,
            )
        }
        dtype => Err(unsupported(dtype)),
    }
}

/// What was made of a weight before; a copy of a view would have nothing.
fn weights<'a>(weight: &Operand<'a>) -> Option<Weights<'a>> {
    weight.layout.is_contiguous().then(|| Weights {
        prepared: host::memory(weight).prepared(),
        offset: weight.layout.offset(),
    })
}

/// `(x, weight, mean, variance, [norm's weight, bias], [residual]) -> y`.
pub(super) fn forward_norm(
    conv: &Conv2d,
    norm: &BatchNorm,
    inputs: &[Operand<'_>],
    output: &Operand<'_>,
) -> Result<()> {
    let shape = shape_of(conv, &inputs[0], &inputs[1], output);
    let vectors = 4 + if norm.affine { 2 } else { 0 };
    let finish = |inputs: &[Operand<'_>]| norm::lines(norm.epsilon, &inputs[2..vectors]);
    match output.dtype {
        DType::BF16 => {
            let [mean, scale, bias] = finish(inputs)?;
            let residual = inputs[vectors..].first();
            let norm_of_rows = RowNorm {
                mean: mean.as_ptr(),
                scale: scale.as_ptr(),
            };
            narrow(
                &shape,
                inputs,
                residual,
                Some(norm_of_rows),
                Some(&bias),
                norm.activation,
                output,
            )
        }
        DType::F32 if conv::fuses(&shape, norm.residual) => {
            let (src, weight) = (
                Dense::<f32>::new(&inputs[0])?,
                Dense::<f32>::new(&inputs[1])?,
            );
            let [mean, scale, bias] = finish(inputs)?;
            let residual = inputs[vectors..]
                .first()
                .map(Dense::<f32>::new)
                .transpose()?;
            let args = ForwardArgs {
                src: src.as_ptr(),
                weight: weight.as_ptr(),
                prepared: weights(&inputs[1]),
                norm: Some(RowNorm {
                    mean: mean.as_ptr(),
                    scale: scale.as_ptr(),
                }),
                bias: Some(bias.as_ptr()),
                residual: residual.as_ref().map(Dense::as_ptr),
                activation: norm.activation,
                dst: Dst::new(output).first(),
            };
            // SAFETY: as in `forward`, with a number of each vector for every channel.
            unsafe { conv::forward(&shape, args, Parallel::On) };
            Ok(())
        }
        _ => one_after_the_other(conv, norm, inputs, output),
    }
}

/// Whether a forward pass runs on images of 16 bits as they are.
pub(super) fn is_narrow(prim: &Prim, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> bool {
    let (conv, residual) = if let Prim::Conv2d(conv, _) = prim {
        (conv, false)
    } else if let Prim::Conv2dNorm(conv, norm) = prim {
        (conv, norm.residual)
    } else {
        return false;
    };
    let shape = shape_of(conv, &inputs[0], &inputs[1], &outputs[0]);
    outputs[0].dtype == DType::BF16 && shape.depth() > 0 && conv::fuses_narrow(&shape, residual)
}

/// A forward pass on images of 16 bits.
fn narrow(
    shape: &ConvShape,
    inputs: &[Operand<'_>],
    residual: Option<&Operand<'_>>,
    norm: Option<RowNorm>,
    bias: Option<&[f32]>,
    activation: Activation,
    output: &Operand<'_>,
) -> Result<()> {
    let src = Dense::<bf16>::new(&inputs[0])?;
    let (single, half);
    let weight = match inputs[1].dtype {
        DType::F32 => {
            single = Dense::<f32>::new(&inputs[1])?;
            Weight::Single(single.as_ptr())
        }
        _ => {
            half = Dense::<bf16>::new(&inputs[1])?;
            Weight::Narrow(half.as_ptr())
        }
    };
    let residual = residual.map(Dense::<bf16>::new).transpose()?;
    let args = ForwardArgs {
        src: src.as_ptr(),
        weight,
        prepared: weights(&inputs[1]),
        norm,
        bias: bias.map(<[f32]>::as_ptr),
        residual: residual.as_ref().map(Dense::as_ptr),
        activation,
        dst: Dst::new(output).first(),
    };
    // SAFETY: as in `forward`, with a number of each vector for every channel.
    unsafe { conv::forward_narrow(shape, args, Parallel::On) };
    Ok(())
}

/// The convolution, then the norm.
fn one_after_the_other(
    conv: &Conv2d,
    norm: &BatchNorm,
    inputs: &[Operand<'_>],
    output: &Operand<'_>,
) -> Result<()> {
    let memory = HostMemory::try_new(output.layout.numel() * output.dtype.size())?;
    let convolved = Operand {
        memory: &memory,
        ..*output
    };
    forward(conv, &Epilogue::default(), &inputs[..2], &convolved)?;
    let mut operands: SmallVec<[Operand<'_>; 6]> = smallvec![convolved];
    operands.extend_from_slice(&inputs[2..]);
    norm::run(norm, &operands, &[*output])
}

/// `(grad, weight) -> grad of x`.
pub(super) fn input_grad(
    conv: &Conv2d,
    inputs: &[Operand<'_>],
    output: &Operand<'_>,
) -> Result<()> {
    fn typed<T: ConvScalar + Zeroable>(
        conv: &Conv2d,
        inputs: &[Operand<'_>],
        output: &Operand<'_>,
    ) -> Result<()> {
        let shape = shape_of(conv, output, &inputs[1], &inputs[0]);
        let (grad, weight) = (Dense::<T>::new(&inputs[0])?, Dense::<T>::new(&inputs[1])?);
        let args = InputGradArgs {
            grad: grad.as_ptr(),
            weight: weight.as_ptr(),
            dst: Dst::new(output).first(),
        };
        // SAFETY: as in `forward`.
        unsafe { conv::input_grad(&shape, args, Parallel::On) };
        Ok(())
    }
    match output.dtype {
        DType::F32 => typed::<f32>(conv, inputs, output),
        DType::F64 => typed::<f64>(conv, inputs, output),
        dtype => Err(unsupported(dtype)),
    }
}

/// `(grad, x) -> grad of the weight`.
pub(super) fn weight_grad(
    conv: &Conv2d,
    inputs: &[Operand<'_>],
    output: &Operand<'_>,
) -> Result<()> {
    fn typed<T: ConvScalar + Zeroable>(
        conv: &Conv2d,
        inputs: &[Operand<'_>],
        output: &Operand<'_>,
    ) -> Result<()> {
        let shape = shape_of(conv, &inputs[1], output, &inputs[0]);
        let (grad, src) = (Dense::<T>::new(&inputs[0])?, Dense::<T>::new(&inputs[1])?);
        let args = WeightGradArgs {
            grad: grad.as_ptr(),
            src: src.as_ptr(),
            dst: Dst::new(output).first(),
        };
        // SAFETY: as in `forward`.
        unsafe { conv::weight_grad(&shape, args, Parallel::On) };
        Ok(())
    }
    match output.dtype {
        DType::F32 => typed::<f32>(conv, inputs, output),
        DType::F64 => typed::<f64>(conv, inputs, output),
        dtype => Err(unsupported(dtype)),
    }
}
