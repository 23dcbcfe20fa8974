//! Pointwise instructions on the CPU.
//!
//! | module | what it does |
//! |---|---|
//! | `plan` | merges dims, walks strided operands |
//! | `convert` | rows of one dtype to another |
//! | `stage` | gathers into scratch, scatters from it |
//! | `job` | cuts an instruction into segments and tasks |
//! | `isa` | the loops, per instruction set |
//! | `unary`, `binary`, `integer`, `logic`, `select` | what the loops compute |
//! | `copy` | copies, conversions, filling |
//! | `exp` | powers for kernels outside of this folder |
//! | `softmax` | powers with what surrounds them, row by row |
//!
//! Halves are computed in `f32` and rounded once; integers in `i64`. An element's value depends on
//! nothing but the operands' elements at its place: not on layout, neighbours or threads.

mod binary;
mod convert;
mod copy;
mod exp;
mod integer;
mod isa;
mod job;
mod logic;
mod plan;
mod select;
mod softmax;
mod stage;
mod unary;

#[cfg(test)]
mod tests;

use crate::device::Operand;
use crate::layout::Layout;
use crate::pool::HostMemory;
use crate::prim::Prim;
use crate::{DType, Error, ErrorKind, Result};
use isa::Isa;
use job::Place;
use select::select;

pub(super) use exp::exp_all;
pub(super) use softmax::softmax;

/// Runs a pointwise instruction, a cast or a fill.
pub(super) fn run(prim: &Prim, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> Result<()> {
    run_on(Isa::best(), prim, inputs, outputs)
}

/// As [`run`], with the loops of a given instruction set.
fn run_on(isa: Isa, prim: &Prim, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> Result<()> {
    let y = place(&outputs[0]);
    let input = |i: usize| place(&inputs[i]);
    match prim {
        Prim::Unary(op) => {
            let op = op.simplest();
            match y.dtype {
                DType::F64 => unary::forward::<f64>(op, isa, y, input(0)),
                dtype if dtype.is_float() => unary::forward::<f32>(op, isa, y, input(0)),
                _ => integer::unary(op, y, input(0))?,
            }
        }
        Prim::UnaryGrad(op) => {
            // An operation that uses neither input nor output is given the gradient itself.
            let saved = input(inputs.len() - 1);
            // What was saved was chosen by the operation as it was called.
            let simple = op.simplest();
            let op = if simple.uses() == op.uses() {
                simple
            } else {
                *op
            };
            match y.dtype {
                DType::F64 => unary::gradient::<f64>(op, isa, y, input(0), saved),
                _ => unary::gradient::<f32>(op, isa, y, input(0), saved),
            }
        }
        Prim::Binary(op) => match y.dtype {
            DType::F64 => binary::forward::<f64>(*op, isa, y, input(0), input(1)),
            dtype if dtype.is_float() => binary::forward::<f32>(*op, isa, y, input(0), input(1)),
            _ => integer::binary(*op, y, input(0), input(1))?,
        },
        Prim::BinaryGrad(op, side) => match y.dtype {
            DType::F64 => binary::gradient::<f64>(*op, *side, isa, y, input(0), input(1), input(2)),
            _ => binary::gradient::<f32>(*op, *side, isa, y, input(0), input(1), input(2)),
        },
        Prim::Compare(op) => match inputs[0].dtype {
            DType::F64 => logic::compare::<f64>(*op, y, input(0), input(1)),
            dtype if dtype.is_float() => logic::compare::<f32>(*op, y, input(0), input(1)),
            DType::I64 => logic::compare::<i64>(*op, y, input(0), input(1)),
            _ => logic::compare::<u8>(*op, y, input(0), input(1)),
        },
        Prim::Logical(op) => logic::logical(*op, y, input(0), input(1)),
        Prim::Not => logic::not(y, input(0)),
        Prim::Select => choose(y, input(0), input(1), input(2)),
        Prim::SelectGrad => {
            // The greatest of the dtypes' zeros.
            let (bytes, layout) = ([0_u64], Layout::contiguous(&[]));
            let zero = Place {
                first: bytes.as_ptr().cast_mut().cast(),
                layout: &layout,
                dtype: y.dtype,
            };
            let (condition, grad) = (input(0), input(1));
            // The first output may lie where the gradient does, so it is written last.
            choose(place(&outputs[1]), condition, zero, grad);
            choose(y, condition, grad, zero);
        }
        Prim::Cast(_) => copy::cast(y, input(0)),
        Prim::Fill(_, _, value) => copy::fill(y, *value),
        Prim::Reduce(..)
        | Prim::ArgReduce { .. }
        | Prim::CumSum { .. }
        | Prim::Softmax
        | Prim::Sort { .. }
        | Prim::View(_)
        | Prim::Cat { .. }
        | Prim::Pad { .. }
        | Prim::Matmul(..)
        | Prim::Conv2d(..)
        | Prim::Conv2dNorm(..)
        | Prim::Conv2dInputGrad(..)
        | Prim::Conv2dWeightGrad(..)
        | Prim::Pool { .. }
        | Prim::PoolGrad { .. }
        | Prim::BatchNorm(_)
        | Prim::BatchNormGrad(_)
        | Prim::CrossEntropy(_)
        | Prim::CrossEntropyGrad(_)
        | Prim::Gather { .. }
        | Prim::ScatterAdd { .. }
        | Prim::Random(..)
        | Prim::Update(_)
        | Prim::Custom(_) => {
            let message = format!("{}: not a pointwise instruction", prim.name());
            return Err(Error::new(ErrorKind::Device, message));
        }
    }
    Ok(())
}

fn choose(y: Place<'_>, condition: Place<'_>, a: Place<'_>, b: Place<'_>) {
    match y.dtype {
        DType::F64 => select::<f64>(y, condition, a, b),
        DType::I64 => select::<i64>(y, condition, a, b),
        DType::U8 | DType::Bool => select::<u8>(y, condition, a, b),
        _ => select::<f32>(y, condition, a, b),
    }
}

/// Where an operand's elements lie in host memory.
fn place<'a>(operand: &Operand<'a>) -> Place<'a> {
    let memory = operand
        .memory
        .downcast_ref::<HostMemory>()
        .expect("the operand is in host memory");
    let first = memory
        .as_ptr()
        .wrapping_add(operand.layout.offset() * operand.dtype.size());
    Place {
        first,
        layout: operand.layout,
        dtype: operand.dtype,
    }
}
