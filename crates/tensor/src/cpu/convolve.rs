//! `Prim::Conv2d` and its two gradients: from operands to the kernels in `conv`.
#![allow(unsafe_code)] // Raw views into operands.

use bytemuck::Zeroable;

use super::conv::{self, ConvScalar, ConvShape, ForwardArgs, InputGradArgs, WeightGradArgs};
use super::dense::Dense;
use super::host::Dst;
use super::tasks::Parallel;
use crate::device::Operand;
use crate::prim::{Conv2d, Epilogue};
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
        dtype => Err(unsupported(dtype)),
    }
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
