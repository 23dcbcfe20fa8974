//! Mixed precision: which dtype an instruction takes its operands in.

use std::borrow::Cow;

use crate::context;
use crate::funnel::Input;
use crate::prim::{Binary, Prim, Reduce, Unary};
use crate::{DType, Result, Tensor};

/// Converts the operands of an instruction, where mixed precision is on.
pub(crate) fn convert(prim: &Prim, inputs: &mut [Input<'_>]) -> Result<()> {
    let Some(narrow) = context::autocast() else {
        return Ok(());
    };
    for (index, input) in inputs.iter_mut().enumerate() {
        let treatment = treatment(prim, index);
        let dtype = treatment.of(input.dtype(), narrow);
        if dtype != input.dtype() {
            let converted = Tensor::try_apply(Prim::Cast(dtype), &[&**input])?;
            *input = Cow::Owned(converted.into_iter().next().expect("a cast has an output"));
        }
    }
    Ok(())
}

/// What becomes of an instruction's 16- and 32-bit floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Treatment {
    /// They are rounded to the 16-bit dtype: much arithmetic for each number, summed in f32.
    Narrow,
    /// They are computed with in f32: large results of small numbers, or small differences of large ones.
    Wide,
    /// They stay what they are.
    Leave,
}

impl Treatment {
    /// The dtype that an operand of `dtype` is converted to where `narrow` is the 16-bit one.
    fn of(self, dtype: DType, narrow: DType) -> DType {
        match (self, dtype) {
            (Treatment::Narrow, DType::F32 | DType::F16 | DType::BF16) => narrow,
            (Treatment::Wide, DType::F16 | DType::BF16) => DType::F32,
            _ => dtype,
        }
    }
}

/// How an operand of an instruction is treated; PyTorch's lists for its GPUs. Gradients are computed in the dtypes of their
/// values, so theirs are left.
fn treatment(prim: &Prim, operand: usize) -> Treatment {
    match prim {
        // Weights are rounded where they are packed, once for many uses; statistics need no rounding.
        Prim::Conv2dNorm(_, norm) => match operand {
            0 => Treatment::Narrow,
            _ if norm.residual && operand + 1 == prim.arity().1 => Treatment::Narrow,
            _ => Treatment::Leave,
        },
        Prim::Matmul(..) | Prim::Conv2d(..) | Prim::Conv2dInputGrad(..) => Treatment::Narrow,
        Prim::Unary(unary) if grows(unary) => Treatment::Wide,
        Prim::Binary(Binary::Pow)
        | Prim::Reduce(Reduce::Sum | Reduce::Mean | Reduce::Prod, _)
        | Prim::CumSum { .. }
        | Prim::Softmax
        | Prim::BatchNorm(_)
        | Prim::CrossEntropy(_) => Treatment::Wide,
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
        | Prim::Reduce(Reduce::Max | Reduce::Min, _)
        | Prim::ArgReduce { .. }
        | Prim::Sort { .. }
        | Prim::View(_)
        | Prim::Cat { .. }
        | Prim::Pad { .. }
        | Prim::Conv2dWeightGrad(..)
        | Prim::Pool { .. }
        | Prim::PoolGrad { .. }
        | Prim::BatchNormGrad(_)
        | Prim::CrossEntropyGrad(_)
        | Prim::Gather { .. }
        | Prim::ScatterAdd { .. }
        | Prim::Fill(..)
        | Prim::Random(..)
        | Prim::Update(_)
        | Prim::Custom(_) => Treatment::Leave,
    }
}

/// Functions whose values leave 16 bits sooner than their operands do.
fn grows(unary: &Unary) -> bool {
    matches!(
        unary,
        Unary::Square
            | Unary::PowScalar { .. }
            | Unary::Reciprocal
            | Unary::RdivScalar { .. }
            | Unary::Rsqrt
            | Unary::Exp
            | Unary::Expm1
            | Unary::Log
            | Unary::Log2
            | Unary::Log10
            | Unary::Log1p
            | Unary::Tan
            | Unary::Softplus { .. }
    )
}
