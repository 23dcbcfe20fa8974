//! What `grad_fn` shows: PyTorch's names.

use hammerhead_tensor::pointwise::Unary;
use hammerhead_tensor::prim::{Activation, Epilogue, PoolKind, Prim, Reduce, View, Windows};

use crate::node::Input;

/// The name of an instruction's node, as PyTorch prints it.
pub(crate) fn grad_fn_name(prim: &Prim, inputs: &[Input]) -> String {
    let rank = inputs.first().map_or(0, |input| input.spec.shape.len());
    let name = match prim {
        Prim::Unary(unary) => return unary_name(unary),
        Prim::Binary(binary) => return format!("{}Backward0", camel(binary.name())),
        Prim::UnaryGrad(unary) => return format!("{}BackwardBackward0", camel(unary.name())),
        Prim::BinaryGrad(binary, _) => return format!("{}BackwardBackward0", camel(binary.name())),
        Prim::Custom(custom) => return format!("{}Backward", custom.0.name()),
        Prim::Select => "WhereBackward0",
        Prim::Cast(dtype) if inputs[0].spec.dtype == *dtype => "CloneBackward0",
        Prim::Cast(_) => "ToCopyBackward0",
        Prim::Reduce(reduce, axes) => {
            let all = axes.dims.len() == rank && !axes.keepdim;
            match (reduce, all) {
                (Reduce::Sum, true) => "SumBackward0",
                (Reduce::Sum, false) => "SumBackward1",
                (Reduce::Mean, true) => "MeanBackward0",
                (Reduce::Mean, false) => "MeanBackward1",
                (Reduce::Prod, true) => "ProdBackward0",
                (Reduce::Prod, false) => "ProdBackward1",
                (Reduce::Max, true) => "MaxBackward1",
                (Reduce::Max, false) => "AmaxBackward0",
                (Reduce::Min, true) => "MinBackward1",
                (Reduce::Min, false) => "AminBackward0",
            }
        }
        Prim::SelectGrad => "WhereBackwardBackward0",
        Prim::CumSum { .. } => "CumsumBackward0",
        Prim::Softmax => "SoftmaxBackward0",
        Prim::Sort { .. } => "SortBackward0",
        Prim::View(view) => view_name(view),
        Prim::Cat { .. } => "CatBackward0",
        Prim::Pad { .. } => "ConstantPadNdBackward0",
        Prim::Matmul(
            _,
            Epilogue {
                activation: Activation::Relu,
                ..
            },
        ) => "ReluBackward0",
        Prim::Matmul(_, Epilogue { bias: true, .. }) => "AddmmBackward0",
        Prim::Matmul(..) if rank == 2 => "MmBackward0",
        Prim::Matmul(..) => "BmmBackward0",
        Prim::Conv2d(
            _,
            Epilogue {
                activation: Activation::Relu,
                ..
            },
        ) => "ReluBackward0",
        Prim::Conv2d(..) | Prim::Conv2dInputGrad(..) => "ConvolutionBackward0",
        Prim::Conv2dWeightGrad(..) => "ConvolutionBackwardBackward0",
        Prim::Pool { kind, windows, .. } => match (kind, windows) {
            (PoolKind::Max, Windows::Fixed { .. }) => "MaxPool2DWithIndicesBackward0",
            (PoolKind::Max, Windows::Adaptive { .. }) => "AdaptiveMaxPool2DBackward0",
            (PoolKind::Mean { .. }, Windows::Fixed { .. }) => "AvgPool2DBackward0",
            (PoolKind::Mean { .. }, Windows::Adaptive { .. }) => "AdaptiveAvgPool2DBackward0",
        },
        Prim::PoolGrad {
            kind: PoolKind::Max,
            ..
        } => "MaxPool2DWithIndicesBackwardBackward0",
        Prim::PoolGrad {
            kind: PoolKind::Mean { .. },
            ..
        } => "AvgPool2DBackwardBackward0",
        Prim::BatchNorm(norm) | Prim::Conv2dNorm(_, norm) => match norm.activation {
            Activation::None => "NativeBatchNormBackward0",
            Activation::Relu => "ReluBackward0",
        },
        Prim::BatchNormGrad(_) => "NativeBatchNormBackwardBackward0",
        Prim::CrossEntropy(_) => "NllLossBackward0",
        Prim::CrossEntropyGrad(_) => "NllLossBackwardBackward0",
        Prim::Gather { .. } => "GatherBackward0",
        Prim::ScatterAdd { .. } => "ScatterAddBackward0",
        Prim::Compare(_)
        | Prim::Logical(_)
        | Prim::Not
        | Prim::ArgReduce { .. }
        | Prim::Fill(..)
        | Prim::Random(..)
        | Prim::Update(_) => "NotDifferentiable",
    };
    name.to_owned()
}

/// The table's name in PyTorch's case, but where PyTorch builds the function from another one or
/// has several overloads.
fn unary_name(unary: &Unary) -> String {
    let name = match unary {
        Unary::Square | Unary::PowScalar { .. } => "PowBackward0",
        Unary::AddScalar { .. } => "AddBackward0",
        Unary::MulScalar { .. } | Unary::RdivScalar { .. } => "MulBackward0",
        Unary::DivScalar { .. } => "DivBackward0",
        Unary::RsubScalar { .. } => "RsubBackward1",
        Unary::Relu6 => "HardtanhBackward0",
        Unary::GeluTanh => "GeluBackward0",
        Unary::LogSigmoid => "LogSigmoidBackward0",
        Unary::Ndtr => "SpecialNdtrBackward0",
        Unary::Clamp { .. } => "ClampBackward1",
        _ => return format!("{}Backward0", camel(unary.name())),
    };
    name.to_owned()
}

fn view_name(view: &View) -> &'static str {
    match view {
        View::Reshape(_) => "ViewBackward0",
        View::Permute(dims) => {
            let moved = dims
                .iter()
                .enumerate()
                .filter(|&(to, from)| to != *from)
                .count();
            match (dims.len(), moved) {
                (2, 2) => "TBackward0",
                (_, 2) => "TransposeBackward0",
                _ => "PermuteBackward0",
            }
        }
        View::Expand(_) => "ExpandBackward0",
        View::Slice { .. } => "SliceBackward0",
        View::Diagonal { .. } => "DiagonalBackward0",
        View::Alias => "AliasBackward0",
    }
}

/// `leaky_relu` to `LeakyRelu`.
fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    };
    name.split('_').map(word).collect()
}
