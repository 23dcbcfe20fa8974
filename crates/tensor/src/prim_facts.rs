//! What is known of an instruction by itself: its name, its number of operands, what its gradient
//! reads.

use crate::infer::needs_output;
use crate::prim::{Extreme, NormMode, PoolKind, Prim, Reduce, Side, Update, View};

/// Which operands the gradient of an instruction reads; one bit per operand, the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Saved {
    /// Inputs.
    pub inputs: u32,
    /// Outputs.
    pub outputs: u32,
}

impl Saved {
    const NOTHING: Saved = Saved {
        inputs: 0,
        outputs: 0,
    };

    const fn inputs(bits: u32) -> Self {
        Saved {
            inputs: bits,
            outputs: 0,
        }
    }
}

impl Reduce {
    /// The method's name, as in PyTorch: `sum`, `mean`, `prod`, `amax`, `amin`.
    pub const fn name(self) -> &'static str {
        match self {
            Reduce::Sum => "sum",
            Reduce::Mean => "mean",
            Reduce::Prod => "prod",
            Reduce::Max => "amax",
            Reduce::Min => "amin",
        }
    }
}

impl Prim {
    /// The name that messages show, in the words of the public methods.
    pub fn name(&self) -> &str {
        match self {
            // The form with a number is the same method.
            Prim::Unary(unary) => {
                let name = unary.name();
                name.strip_suffix("_scalar").unwrap_or(name)
            }
            Prim::UnaryGrad(unary) => unary.backward_name(),
            Prim::Binary(binary) => binary.name(),
            Prim::BinaryGrad(binary, _) => binary.backward_name(),
            Prim::Compare(compare) => compare.name(),
            Prim::Logical(logical) => logical.name(),
            Prim::Not => "logical_not",
            Prim::Select => "where",
            Prim::SelectGrad => "where backward",
            Prim::Cast(_) => "to_dtype",
            Prim::Reduce(reduce, _) => reduce.name(),
            Prim::ArgReduce {
                extreme: Extreme::Max,
                ..
            } => "argmax",
            Prim::ArgReduce {
                extreme: Extreme::Min,
                ..
            } => "argmin",
            Prim::CumSum { .. } => "cumsum",
            Prim::Softmax => "softmax",
            Prim::Sort { .. } => "sort",
            Prim::View(View::Reshape(_)) => "reshape",
            Prim::View(View::Permute(_)) => "permute",
            Prim::View(View::Expand(_)) => "expand",
            Prim::View(View::Slice { .. }) => "slice",
            Prim::View(View::Diagonal { .. }) => "diagonal",
            Prim::View(View::Alias) => "alias",
            Prim::Cat { .. } => "cat",
            Prim::Pad { .. } => "pad",
            Prim::Matmul(..) => "matmul",
            Prim::Conv2d(..) | Prim::Conv2dNorm(..) => "conv2d",
            Prim::Conv2dInputGrad(..) => "conv_transpose2d",
            Prim::Conv2dWeightGrad(..) => "conv2d weight gradient",
            Prim::Pool {
                kind: PoolKind::Max,
                ..
            } => "max_pool2d",
            Prim::Pool {
                kind: PoolKind::Mean { .. },
                ..
            } => "avg_pool2d",
            Prim::PoolGrad {
                kind: PoolKind::Max,
                ..
            } => "max_pool2d backward",
            Prim::PoolGrad {
                kind: PoolKind::Mean { .. },
                ..
            } => "avg_pool2d backward",
            Prim::BatchNorm(_) => "batch_norm",
            Prim::BatchNormGrad(_) => "batch_norm backward",
            Prim::CrossEntropy(_) => "cross_entropy",
            Prim::CrossEntropyGrad(_) => "cross_entropy backward",
            Prim::Gather { .. } => "gather",
            Prim::ScatterAdd { .. } => "scatter_add",
            Prim::Fill(..) => "full",
            Prim::Random(..) => "random",
            Prim::Update(Update::Sgd { .. }) => "sgd",
            Prim::Update(Update::Adam { .. }) => "adam",
            Prim::Update(Update::RmsProp { .. }) => "rmsprop",
            Prim::Update(Update::Adagrad { .. }) => "adagrad",
            Prim::Custom(custom) => custom.0.name(),
        }
    }

    /// Least and greatest number of inputs.
    pub fn arity(&self) -> (usize, usize) {
        let exactly = |count| (count, count);
        match self {
            Prim::Fill(..) | Prim::Random(..) => exactly(0),
            Prim::Unary(_)
            | Prim::Not
            | Prim::Cast(_)
            | Prim::Reduce(..)
            | Prim::ArgReduce { .. }
            | Prim::CumSum { .. }
            | Prim::Softmax
            | Prim::Sort { .. }
            | Prim::View(_)
            | Prim::Pad { .. }
            | Prim::Pool { .. } => exactly(1),
            Prim::Update(_) => (1, 3),
            Prim::UnaryGrad(unary) => {
                let uses = unary.uses();
                exactly(1 + uses.input as usize + uses.output as usize)
            }
            Prim::Binary(_)
            | Prim::Compare(_)
            | Prim::Logical(_)
            | Prim::Conv2dInputGrad(..)
            | Prim::Conv2dWeightGrad(..)
            | Prim::SelectGrad
            | Prim::CrossEntropy(_)
            | Prim::Gather { .. } => exactly(2),
            Prim::BinaryGrad(..)
            | Prim::Select
            | Prim::CrossEntropyGrad(_)
            | Prim::ScatterAdd { .. } => exactly(3),
            Prim::Matmul(_, epilogue) | Prim::Conv2d(_, epilogue) => {
                exactly(2 + epilogue.bias as usize)
            }
            Prim::Conv2dNorm(_, norm) => {
                exactly(4 + if norm.affine { 2 } else { 0 } + norm.residual as usize)
            }
            Prim::PoolGrad { kind, .. } => exactly(1 + (*kind == PoolKind::Max) as usize),
            Prim::BatchNorm(norm) => {
                let statistics = if norm.mode == NormMode::Eval { 2 } else { 0 };
                exactly(1 + statistics + if norm.affine { 2 } else { 0 } + norm.residual as usize)
            }
            Prim::BatchNormGrad(norm) => {
                exactly(4 + norm.affine as usize + needs_output(norm.activation) as usize)
            }
            Prim::Cat { .. } => (1, usize::MAX),
            Prim::Custom(_) => (0, usize::MAX),
        }
    }

    /// Which operands the gradient reads. The funnel gives away a dying input only if it is not
    /// among them, and autograd saves just these.
    pub fn saved(&self) -> Saved {
        match self {
            Prim::Unary(unary) => {
                let uses = unary.uses();
                Saved {
                    inputs: uses.input as u32,
                    outputs: uses.output as u32,
                }
            }
            Prim::Binary(binary) => {
                let (left, right) = (binary.uses(Side::Left), binary.uses(Side::Right));
                Saved::inputs(
                    (left.left || right.left) as u32 | ((left.right || right.right) as u32) << 1,
                )
            }
            Prim::Select => Saved::inputs(0b1),
            Prim::Reduce(Reduce::Sum | Reduce::Mean, _) => Saved::NOTHING,
            Prim::Reduce(Reduce::Prod | Reduce::Max | Reduce::Min, _) => Saved {
                inputs: 0b1,
                outputs: 0b1,
            },
            Prim::Softmax => Saved {
                inputs: 0,
                outputs: 0b1,
            },
            Prim::Sort { .. } => Saved {
                inputs: 0,
                outputs: 0b10,
            },
            Prim::Matmul(_, epilogue) | Prim::Conv2d(_, epilogue) => Saved {
                inputs: 0b11,
                outputs: needs_output(epilogue.activation) as u32,
            },
            Prim::Conv2dInputGrad(..) | Prim::Conv2dWeightGrad(..) => Saved::inputs(0b11),
            Prim::Pool {
                kind: PoolKind::Max,
                ..
            } => Saved::inputs(0b1),
            Prim::Pool {
                kind: PoolKind::Mean { .. },
                ..
            } => Saved::NOTHING,
            Prim::PoolGrad {
                kind: PoolKind::Max,
                ..
            } => Saved::inputs(0b10),
            Prim::PoolGrad {
                kind: PoolKind::Mean { .. },
                ..
            } => Saved::NOTHING,
            Prim::BatchNorm(norm) => {
                let output = needs_output(norm.activation) as u32;
                match norm.mode {
                    NormMode::Train => Saved {
                        inputs: 0b1 | (norm.affine as u32) << 1,
                        outputs: 0b110 | output,
                    },
                    NormMode::Eval => Saved {
                        inputs: 0b111 | (norm.affine as u32) << 3,
                        outputs: output,
                    },
                }
            }
            Prim::CrossEntropy(_) => Saved::inputs(0b11),
            Prim::Gather { .. } | Prim::ScatterAdd { .. } => Saved::inputs(0b10),
            Prim::Custom(_) => Saved {
                inputs: u32::MAX,
                outputs: u32::MAX,
            },
            Prim::UnaryGrad(_)
            | Prim::BinaryGrad(..)
            | Prim::SelectGrad
            | Prim::Conv2dNorm(..)
            | Prim::BatchNormGrad(_)
            | Prim::CrossEntropyGrad(_)
            | Prim::Compare(_)
            | Prim::Logical(_)
            | Prim::Not
            | Prim::Cast(_)
            | Prim::ArgReduce { .. }
            | Prim::CumSum { .. }
            | Prim::View(_)
            | Prim::Cat { .. }
            | Prim::Pad { .. }
            | Prim::Fill(..)
            | Prim::Random(..)
            | Prim::Update(_) => Saved::NOTHING,
        }
    }

    /// True if the first output may take the place of an input of the same shape and dtype.
    pub fn is_pointwise(&self) -> bool {
        matches!(
            self,
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
        )
    }
}
