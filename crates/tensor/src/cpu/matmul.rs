//! `Prim::Matmul`: operands of any strides and batch dims, down to products of two matrices.
#![allow(unsafe_code)] // Raw views into operands.

use bytemuck::Zeroable;
use smallvec::SmallVec;

use super::dense::Dense;
use super::gemm::{
    BatchStrides, Bias, Epilogue, MatMut, MatRef, Scalar, Size, Store, gemm_batched,
};
use super::host::{Dst, Src};
use super::tasks::Parallel;
use crate::device::Operand;
use crate::layout::Layout;
use crate::prim::{self, Activation};
use crate::{DType, Error, ErrorKind, Result};

/// A batch dim: its size, and the strides of left operand, right operand and result.
#[derive(Clone, Copy, Debug, PartialEq)]
struct BatchDim {
    size: usize,
    strides: [isize; 3],
}

/// The batch dims, neighbours merged where all three operands allow it.
fn batch_dims(layouts: [&Layout; 3]) -> SmallVec<[BatchDim; 4]> {
    let mut dims: SmallVec<[BatchDim; 4]> = SmallVec::new();
    for dim in 0..layouts[2].rank() - 2 {
        let next = BatchDim {
            size: layouts[2].shape()[dim],
            strides: layouts.map(|layout| layout.strides()[dim]),
        };
        if next.size == 1 {
            continue;
        }
        match dims.last_mut() {
            Some(last)
                if (0..3).all(|i| last.strides[i] == next.strides[i] * next.size as isize) =>
            {
                *last = BatchDim {
                    size: last.size * next.size,
                    strides: next.strides,
                };
            }
            _ => dims.push(next),
        }
    }
    dims
}

/// Runs the instruction.
pub(super) fn run(
    epilogue: &prim::Epilogue,
    inputs: &[Operand<'_>],
    output: &Operand<'_>,
) -> Result<()> {
    match output.dtype {
        DType::F32 => floats::<f32>(epilogue, inputs, output),
        DType::F64 => floats::<f64>(epilogue, inputs, output),
        DType::I64 => integers::<i64>(epilogue, inputs, output, |sum, a, b| {
            sum.wrapping_add(a.wrapping_mul(b))
        }),
        DType::U8 => integers::<u8>(epilogue, inputs, output, |sum, a, b| {
            sum.wrapping_add(a.wrapping_mul(b))
        }),
        dtype => Err(Error::new(
            ErrorKind::Device,
            format!("matmul: not defined for {dtype:?} on the cpu"),
        )),
    }
}

fn floats<T: Scalar + Zeroable>(
    epilogue: &prim::Epilogue,
    inputs: &[Operand<'_>],
    output: &Operand<'_>,
) -> Result<()> {
    let bias = if epilogue.bias {
        Some(Dense::<T>::new(&inputs[2])?)
    } else {
        None
    };
    let epilogue = Epilogue {
        bias: bias
            .as_ref()
            .map_or(Bias::None, |bias| Bias::Columns(bias.as_ptr())),
        activation: epilogue.activation,
    };
    let (a, b, y) = (
        Src::<T>::new(&inputs[0]),
        Src::<T>::new(&inputs[1]),
        Dst::<T>::new(output),
    );
    let rank = y.layout().rank();
    let last_two = |layout: &Layout| (layout.strides()[rank - 2], layout.strides()[rank - 1]);
    let (shape, depth) = (y.layout().shape(), a.layout().shape()[rank - 1]);
    let size = Size {
        m: shape[rank - 2],
        n: shape[rank - 1],
        k: depth,
    };
    let (row_stride, col_stride) = last_two(a.layout());
    let left = MatRef {
        ptr: a.first(),
        row_stride,
        col_stride,
    };
    let (row_stride, col_stride) = last_two(b.layout());
    let right = MatRef {
        ptr: b.first(),
        row_stride,
        col_stride,
    };
    let (row_stride, col_stride) = last_two(y.layout());
    let dst = MatMut {
        ptr: y.first(),
        row_stride,
        col_stride,
    };

    let mut dims = batch_dims([a.layout(), b.layout(), y.layout()]);
    let inner = dims.pop().unwrap_or(BatchDim {
        size: 1,
        strides: [0; 3],
    });
    let strides = BatchStrides {
        left: inner.strides[0],
        right: inner.strides[1],
        dst: inner.strides[2],
    };
    let outer: usize = dims.iter().map(|dim| dim.size).product();
    for index in 0..outer {
        let mut rest = index;
        let mut shifts = [0isize; 3];
        for dim in dims.iter().rev() {
            let at = (rest % dim.size) as isize;
            rest /= dim.size;
            (0..3).for_each(|i| shifts[i] += at * dim.strides[i]);
        }
        // SAFETY: the funnel checked the shapes; layouts stay within their buffers, the output
        // is written through distinct addresses and overlaps no input.
        unsafe {
            gemm_batched(
                inner.size,
                strides,
                size,
                left.shifted(shifts[0]),
                right.shifted(shifts[1]),
                dst.shifted(shifts[2]),
                Store::Overwrite,
                epilogue,
                Parallel::On,
            );
        }
    }
    Ok(())
}

/// Whole numbers, summed with wrap-around as PyTorch does.
fn integers<T: Copy + Default + PartialOrd + Zeroable>(
    epilogue: &prim::Epilogue,
    inputs: &[Operand<'_>],
    output: &Operand<'_>,
    multiply_add: impl Fn(T, T, T) -> T,
) -> Result<()> {
    let (a, b) = (Dense::<T>::new(&inputs[0])?, Dense::<T>::new(&inputs[1])?);
    let bias = match epilogue.bias {
        true => Some(Dense::<T>::new(&inputs[2])?),
        false => None,
    };
    let y = Dst::<T>::new(output);
    let (shape, rank) = (y.layout().shape(), y.layout().rank());
    let (m, n, k) = (
        shape[rank - 2],
        shape[rank - 1],
        inputs[0].layout.shape()[rank - 1],
    );
    let batch: usize = shape[..rank - 2].iter().product();
    for (index, i, j) in (0..batch * m * n).map(|at| (at / (m * n), at / n % m, at % n)) {
        let product = |sum: T, p: usize| {
            // SAFETY: all indices are within the operands' shapes.
            unsafe {
                multiply_add(
                    sum,
                    *a.as_ptr().add((index * m + i) * k + p),
                    *b.as_ptr().add((index * k + p) * n + j),
                )
            }
        };
        // SAFETY: the bias has `n` elements.
        let start = bias.as_ref().map(|bias| unsafe { *bias.as_ptr().add(j) });
        let mut sum = (0..k).fold(start.unwrap_or_default(), product);
        match epilogue.activation {
            Activation::None => {}
            Activation::Relu if sum < T::default() => sum = T::default(),
            Activation::Relu => {}
        }
        // SAFETY: the output is contiguous and holds `batch * m * n` elements.
        unsafe { *y.first().add((index * m + i) * n + j) = sum };
    }
    Ok(())
}
