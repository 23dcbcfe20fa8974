//! Matrix products of operands of any strides.

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::layout::Layout;
use hammerhead_tensor::prim::{Activation, Epilogue};
use hammerhead_tensor::{DType, Error, ErrorKind, Result, Scalar};
use smallvec::SmallVec;

use super::product::{Per, Product, in_eights, word};
use super::{ROUNDS, elementwise, pointwise};
use crate::device::State;
use crate::kernels::Shader;

/// A dim of the batch: its size and both operands' strides.
type BatchDim = (usize, [isize; 2]);

pub(super) fn run(
    state: &State,
    epilogue: &Epilogue,
    inputs: &[Operand<'_>],
    y: &Operand<'_>,
) -> Result<()> {
    match y.dtype {
        _ if y.layout.numel() == 0 => Ok(()),
        DType::F32 | DType::F64 | DType::F16 | DType::BF16 => floats(state, epilogue, inputs, y),
        DType::I64 | DType::U8 => integers(state, inputs, y),
        dtype => {
            let message = format!("matmul: not defined for {dtype:?} on Vulkan");
            Err(Error::new(ErrorKind::Device, message))
        }
    }
}

fn floats(
    state: &State,
    epilogue: &Epilogue,
    inputs: &[Operand<'_>],
    y: &Operand<'_>,
) -> Result<()> {
    let (a, b) = (inputs[0].layout, inputs[1].layout);
    let rank = y.layout.rank();
    let [mut rows, columns] = last_two(y.layout.shape());
    let depth = a.shape()[rank - 1];
    let [left_row, left_depth] = last_two(a.strides());
    let [right_depth, right_column] = last_two(b.strides());
    let mut dims = batch_dims(a, b);
    // One right matrix for a batch whose rows follow one another: a single, taller product.
    if let [(size, [stride, 0])] = dims[..]
        && stride == left_row * rows as isize
    {
        rows *= size;
        dims.clear();
    }
    let mut front: Vec<u32> = [rows, columns, depth].map(|size| size as u32).to_vec();
    front.extend([left_row, left_depth, right_depth, right_column].map(word));
    front.push(dims.len() as u32);
    for (size, strides) in &dims {
        front.push(*size as u32);
        front.extend(strides.map(word));
    }
    let deep = [left_depth == 1, right_column != 1];
    let wide = |side: usize, layout: &Layout, depth: isize, other: isize| {
        let [near, far] = if deep[side] {
            [depth, other]
        } else {
            [other, depth]
        };
        let mut starts = vec![far, layout.offset() as isize];
        starts.extend(dims.iter().map(|(_, strides)| strides[side]));
        near == 1 && in_eights(&starts)
    };
    let wide = [
        wide(0, a, left_depth, left_row),
        wide(1, b, right_depth, right_column),
    ];
    let product = Product {
        shaders: [Shader::Matmul, Shader::MatmulLanes, Shader::MatmulCoop],
        batch: dims.iter().map(|(size, _)| size).product(),
        rows,
        columns,
        depth,
        left: &inputs[0],
        right: &inputs[1],
        output: y,
        bias: epilogue.bias.then(|| (&inputs[2], Per::Column)),
        relu: epilogue.activation == Activation::Relu,
        deep,
        wide,
        pairs: columns.is_multiple_of(2),
        front,
    };
    product.run(state)
}

fn last_two<T: Copy>(of: &[T]) -> [T; 2] {
    [of[of.len() - 2], of[of.len() - 1]]
}

/// The dims before the last two, without those of one element, neighbours merged where both allow it.
fn batch_dims(a: &Layout, b: &Layout) -> SmallVec<[BatchDim; 4]> {
    let mut dims: SmallVec<[BatchDim; 4]> = SmallVec::new();
    for dim in 0..a.rank() - 2 {
        let (size, strides) = (a.shape()[dim], [a.strides()[dim], b.strides()[dim]]);
        if size == 1 {
            continue;
        }
        match dims.last_mut() {
            Some(last) if (0..2).all(|i| last.1[i] == strides[i] * size as isize) => {
                *last = (last.0 * size, strides);
            }
            _ => dims.push((size, strides)),
        }
    }
    dims
}

/// Integers, one sum per element: each input is seen as where the sums begin.
fn integers(state: &State, inputs: &[Operand<'_>], y: &Operand<'_>) -> Result<()> {
    let rank = y.layout.rank();
    let (a, b) = (inputs[0].layout, inputs[1].layout);
    let depth = a.shape()[rank - 1];
    if depth == 0 {
        return pointwise::fill(state, Scalar::Int(0), y);
    }
    let steps = [a.strides()[rank - 1], b.strides()[rank - 2]].map(word);
    // An invocation has up to four sums.
    for begin in (0..depth).step_by(ROUNDS / 4) {
        let starts = [
            a.slice(rank - 1, begin, 1, 1),
            b.slice(rank - 2, begin, 1, 1),
        ];
        let view = |input: usize| Operand {
            layout: &starts[input],
            ..inputs[input]
        };
        // The sum so far comes third.
        let views = [view(0), view(1), *y];
        let views = if begin == 0 { &views[..2] } else { &views };
        let length = (depth - begin).min(ROUNDS / 4);
        let params = [length as u32, steps[0], steps[1], 0];
        elementwise::run(state, Shader::MatmulInteger, 0, params, y, views)?;
    }
    Ok(())
}
