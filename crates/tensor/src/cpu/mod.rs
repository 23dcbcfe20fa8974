//! The CPU device: runs each instruction at once, on all of the library's threads, with results that do
//! not depend on how many there are.
//!
//! | module | instructions |
//! |---|---|
//! | `pointwise` | unary, binary, compare, select, cast, copy, fill, softmax |
//! | `reduce`, `scan`, `order` | folds, running sums, extremes and sorting |
//! | `movement`, `gather` | cat, pad, gather, scatter-add |
//! | `matmul` (on `gemm`), `convolve` (on `conv`), `pool`, `norm`, `cross_entropy` | the layers |
//! | `update`, `random` | optimisers, generators |
//! | `narrow_linear` | a few rows of bf16 through a linear layer |
//! | `half` | every other instruction on 16-bit floats, by way of f32 |

mod conv;
mod convolve;
mod cross_entropy;
mod dense;
mod float;
mod gather;
mod gemm;
pub(crate) mod half;
pub(crate) mod host;
mod instruction_set;
pub mod limits;
mod lines;
mod matmul;
mod movement;
mod narrow_linear;
mod norm;
mod order;
mod past_caches;
mod pointwise;
mod pool;
mod prefetch;
pub(crate) mod prepared;
mod random;
mod reduce;
mod scan;
mod scratch;
pub(crate) mod split;
mod tasks;
#[cfg(test)]
mod testing;
mod update;
mod walk;
mod workspace;

use std::sync::{Arc, LazyLock};

use crate::device::{Device, DeviceRef, Memory, Operand};
use crate::pool::HostMemory;
use crate::prim::Prim;
use crate::{DType, Result};

/// The CPU.
#[derive(Debug)]
pub struct Cpu;

impl Cpu {
    /// The device.
    pub fn device() -> DeviceRef {
        static DEVICE: LazyLock<DeviceRef> = LazyLock::new(|| Arc::new(Cpu));
        DEVICE.clone()
    }
}

impl Device for Cpu {
    fn name(&self) -> &str {
        "cpu"
    }

    fn alloc(&self, dtype: DType, len: usize) -> Result<Memory> {
        Ok(Box::new(HostMemory::try_new(len * dtype.size())?))
    }

    fn run(&self, prim: &Prim, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> Result<()> {
        for output in outputs {
            host::memory(output).prepared().forget();
        }
        if half::concerns(prim, inputs, outputs) {
            return half::run(prim, inputs, outputs);
        }
        match prim {
            Prim::Cast(dtype) if half::is_of_weight(*dtype, &inputs[0], &outputs[0]) => {
                half::convert_weight(&inputs[0], &outputs[0])
            }
            Prim::Unary(_)
            | Prim::UnaryGrad(_)
            | Prim::Binary(_)
            | Prim::BinaryGrad(..)
            | Prim::Compare(_)
            | Prim::Logical(_)
            | Prim::Not
            | Prim::Select
            | Prim::SelectGrad
            | Prim::Cast(_)
            | Prim::Fill(..) => pointwise::run(prim, inputs, outputs),
            Prim::Reduce(kind, axes) => reduce::run(*kind, axes, &inputs[0], &outputs[0]),
            Prim::ArgReduce { extreme, dim, .. } => {
                order::arg_reduce(*extreme, *dim, &inputs[0], &outputs[0]);
                Ok(())
            }
            Prim::CumSum { dim } => scan::cumsum(*dim, &inputs[0], &outputs[0]),
            Prim::Softmax => pointwise::softmax(&inputs[0], &outputs[0]),
            Prim::Sort { dim, descending } => {
                order::sort(*dim, *descending, &inputs[0], outputs);
                Ok(())
            }
            Prim::Cat { dim } => movement::cat(*dim, inputs, &outputs[0]),
            Prim::Pad { widths, value } => movement::pad(widths, *value, &inputs[0], &outputs[0]),
            Prim::Gather { dim } => gather::gather(*dim, inputs, &outputs[0]),
            Prim::ScatterAdd { dim } => gather::scatter_add(*dim, inputs, &outputs[0]),
            Prim::Matmul(_, epilogue) if outputs[0].dtype == DType::BF16 => {
                narrow_linear::run(epilogue, inputs, &outputs[0])
            }
            Prim::Matmul(_, epilogue) => matmul::run(epilogue, inputs, &outputs[0]),
            Prim::Conv2d(conv, epilogue) => convolve::forward(conv, epilogue, inputs, &outputs[0]),
            Prim::Conv2dNorm(conv, norm) => convolve::forward_norm(conv, norm, inputs, &outputs[0]),
            Prim::Conv2dInputGrad(conv, _) => convolve::input_grad(conv, inputs, &outputs[0]),
            Prim::Conv2dWeightGrad(conv, _) => convolve::weight_grad(conv, inputs, &outputs[0]),
            Prim::Pool { kind, windows, .. } => pool::run(*kind, windows, &inputs[0], outputs),
            Prim::PoolGrad { kind, windows, .. } => pool::grad(*kind, windows, inputs, &outputs[0]),
            Prim::BatchNorm(norm) => norm::run(norm, inputs, outputs),
            Prim::BatchNormGrad(norm) => norm::grad(norm, inputs, outputs),
            Prim::CrossEntropy(entropy) => cross_entropy::run(entropy, inputs, outputs),
            Prim::CrossEntropyGrad(entropy) => cross_entropy::grad(entropy, inputs, &outputs[0]),
            Prim::Update(update) => update::run(update, inputs, outputs),
            Prim::Random(_, _, random) => random::run(random, &outputs[0]),
            Prim::Custom(custom) => custom.0.run(inputs, outputs),
            Prim::View(_) => unreachable!("views are made by the funnel"),
        }
    }

    fn upload(&self, dtype: DType, bytes: &[u8]) -> Result<Memory> {
        debug_assert_eq!(bytes.len() % dtype.size(), 0);
        Ok(Box::new(host::upload(bytes)?))
    }

    fn download(&self, operand: Operand<'_>, dtype: DType, bytes: &mut [u8]) -> Result<()> {
        host::download(operand, dtype, bytes)
    }
}
