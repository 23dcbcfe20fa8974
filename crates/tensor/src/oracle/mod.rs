//! The oracle: the executable specification of the instruction set.
//!
//! Every instruction is a function from whole arrays to whole arrays, by plain loops over `f64`,
//! written to be read beside its definition. Other devices are compared with it, and gradients are
//! checked by finite differences on it. It has no `unsafe`, no threads and no fast paths.
//!
//! Floats are kept in full `f64` precision whatever their dtype says, so that what it computes is
//! the mathematical result and not a rounding of it. Integers are whole numbers in `f64` as well,
//! exact up to 2^53 in magnitude; bytes wrap at 256 and truth values are 0 and 1.
//!
//! | file | instructions |
//! |---|---|
//! | `array` | how operands are read into arrays and results written back |
//! | `pointwise` | the table's formulas, compare, logical, select |
//! | `reduce`, `order` | folds; positions of extremes, running sums, sorting |
//! | `movement` | cat, pad, gather, scatter-add |
//! | `matmul`, `conv`, `pool`, `norm`, `cross_entropy` | the layers |
//! | `update`, `random` | optimisers, generators |
#![forbid(unsafe_code)]

mod array;
mod conv;
mod cross_entropy;
mod matmul;
mod movement;
mod norm;
mod order;
mod pointwise;
mod pool;
mod random;
mod reduce;
mod softmax;
#[cfg(test)]
mod tests;
mod update;

use std::sync::{Arc, LazyLock};

use smallvec::{SmallVec, smallvec};

use crate::device::{Device, DeviceRef, Memory, Operand};
use crate::prim::{Epilogue, Prim};
use crate::{DType, Result};

use array::{Array, Values};

/// The outputs of one instruction, row-major.
type Arrays = SmallVec<[Array; 3]>;

/// A device that computes everything in `f64` by the plainest loops; slow, and right.
///
/// ```
/// use hammerhead_tensor::{Oracle, Tensor, with_device};
/// let third = with_device(&Oracle::device(), || Tensor::ones([1]) / 3.0);
/// assert_eq!(third.to_vec::<f64>(), [1.0 / 3.0]); // although its dtype is f32
/// ```
#[derive(Debug)]
pub struct Oracle;

impl Oracle {
    /// The device.
    pub fn device() -> DeviceRef {
        static DEVICE: LazyLock<DeviceRef> = LazyLock::new(|| Arc::new(Oracle));
        DEVICE.clone()
    }
}

impl Device for Oracle {
    fn name(&self) -> &str {
        "oracle"
    }

    fn alloc(&self, _dtype: DType, len: usize) -> Result<Memory> {
        Ok(Box::new(Values::unwritten(len)?))
    }

    fn run(&self, prim: &Prim, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> Result<()> {
        if let Prim::Custom(custom) = prim {
            return custom.0.run(inputs, outputs);
        }
        // Everything is read before anything is written, so operands may share memory at will.
        let results = evaluate(prim, inputs, outputs)?;
        debug_assert_eq!(results.len(), outputs.len(), "{}", prim.name());
        for (result, output) in results.iter().zip(outputs) {
            array::write(output, result);
        }
        Ok(())
    }

    fn upload(&self, dtype: DType, bytes: &[u8]) -> Result<Memory> {
        Ok(Box::new(Values::from_bytes(dtype, bytes)))
    }

    fn download(&self, operand: Operand<'_>, dtype: DType, bytes: &mut [u8]) -> Result<()> {
        array::read(&operand).to_bytes(dtype, bytes);
        Ok(())
    }
}

fn evaluate(prim: &Prim, operands: &[Operand<'_>], outputs: &[Operand<'_>]) -> Result<Arrays> {
    let shape = outputs
        .first()
        .map_or(&[][..], |output| output.layout.shape());
    let inputs: SmallVec<[Array; 6]> = operands.iter().map(array::read).collect();
    let x = inputs.as_slice();
    Ok(match prim {
        Prim::Unary(unary) => smallvec![pointwise::unary(*unary, &x[0])],
        Prim::UnaryGrad(unary) => smallvec![pointwise::unary_grad(*unary, x)],
        Prim::Binary(binary) => smallvec![pointwise::binary(*binary, &x[0], &x[1], shape)],
        Prim::BinaryGrad(binary, side) => {
            smallvec![pointwise::binary_grad(
                *binary, *side, &x[0], &x[1], &x[2], shape
            )]
        }
        Prim::Compare(compare) => smallvec![pointwise::compare(*compare, &x[0], &x[1], shape)],
        Prim::Logical(logical) => smallvec![pointwise::logical(*logical, &x[0], &x[1], shape)],
        Prim::Not => smallvec![pointwise::not(&x[0])],
        Prim::Select => smallvec![pointwise::select(&x[0], &x[1], &x[2], shape)],
        Prim::SelectGrad => {
            let zero = Array::full(&[], 0.0);
            let side = |a, b| pointwise::select(&x[0], a, b, shape);
            smallvec![side(&x[1], &zero), side(&zero, &x[1])]
        }
        // Writing converts to the output's dtype.
        Prim::Cast(_) => smallvec![x[0].clone()],

        Prim::Reduce(fold, axes) => smallvec![reduce::reduce(*fold, axes, &x[0], shape)],
        Prim::ArgReduce {
            extreme,
            dim,
            keepdim: _,
        } => {
            smallvec![order::arg_reduce(*extreme, *dim, &x[0], shape)]
        }
        Prim::CumSum { dim } => smallvec![order::cumsum(*dim, &x[0])],
        Prim::Softmax => smallvec![softmax::softmax(&x[0])],
        Prim::Sort { dim, descending } => order::sort(*dim, *descending, &x[0]),

        Prim::View(_) => unreachable!("views are made by the funnel"),
        Prim::Cat { dim } => smallvec![movement::cat(*dim, x, shape)],
        Prim::Pad { widths, value } => smallvec![movement::pad(widths, *value, &x[0], shape)],
        Prim::Gather { dim } => smallvec![movement::gather(*dim, &x[0], &x[1])?],
        Prim::ScatterAdd { dim } => smallvec![movement::scatter_add(*dim, &x[0], &x[1], &x[2])?],

        Prim::Matmul(_, epilogue) => smallvec![matmul::matmul(epilogue, x, shape)],
        Prim::Conv2d(conv, epilogue) => smallvec![conv::forward(conv, epilogue, x, shape)],
        Prim::Conv2dNorm(conv, norm) => {
            let mut operands = vec![conv::forward(conv, &Epilogue::default(), &x[..2], shape)];
            operands.extend_from_slice(&x[2..]);
            norm::forward(norm, &operands)
        }
        Prim::Conv2dInputGrad(conv, _) => smallvec![conv::input_grad(conv, &x[0], &x[1], shape)],
        Prim::Conv2dWeightGrad(conv, _) => smallvec![conv::weight_grad(conv, &x[0], &x[1], shape)],
        Prim::Pool {
            kind,
            windows,
            positions,
        } => pool::forward(*kind, windows, *positions, &x[0], shape),
        Prim::PoolGrad {
            kind,
            windows,
            size: _,
        } => {
            smallvec![pool::grad(*kind, windows, x, shape)]
        }
        Prim::BatchNorm(norm) => norm::forward(norm, x),
        Prim::BatchNormGrad(norm) => norm::grad(norm, x),
        Prim::CrossEntropy(loss) => cross_entropy::forward(loss, &x[0], &x[1])?,
        Prim::CrossEntropyGrad(loss) => smallvec![cross_entropy::grad(loss, x)?],

        Prim::Fill(_, _, value) => smallvec![Array::full(shape, value.to_f64())],
        Prim::Random(_, dtype, random) => smallvec![random::draw(random, *dtype, shape)],
        Prim::Update(update) => {
            let state: SmallVec<[Array; 4]> = outputs.iter().map(array::read).collect();
            match x {
                [_, go, _] if go.values[0] == 0.0 => state.into_iter().collect(),
                [grad, _, step] => update::step(&update.at(step.values[0] as u64), grad, &state),
                _ => update::step(update, &x[0], &state),
            }
        }
        Prim::Custom(_) => unreachable!("custom operations run themselves"),
    })
}
