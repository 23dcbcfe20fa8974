//! The instructions: which shader each runs, with which parameters, in how many workgroups.

mod call;
mod conv;
mod conv_norm;
mod cross_entropy;
mod elementwise;
mod gather;
mod matmul;
mod movement;
mod norm;
mod order;
mod own;
mod pointwise;
mod pool;
mod product;
mod random;
mod reduce;
mod softmax;
mod update;
mod winograd;

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::layout::Layout;
use hammerhead_tensor::prim::Prim;
use hammerhead_tensor::{DType, Error, ErrorKind, Result};

use crate::device::State;
use crate::memory::Piece;

/// Elements that shaders can count.
const MOST: usize = i32::MAX as usize;

/// Rounds of loops that an invocation makes in one dispatch, where their number has no other bound: there are
/// drivers that go through no more than [`State::rounds`], and those of screens end what takes long.
const ROUNDS: usize = 16_384;

/// Runs one instruction.
pub(crate) fn run(
    state: &State,
    prim: &Prim,
    inputs: &[Operand<'_>],
    outputs: &[Operand<'_>],
) -> Result<()> {
    // A view may have more elements than the memory behind it.
    let most = |operand: &Operand<'_>| operand.layout.numel();
    if let Some(count) = inputs
        .iter()
        .chain(outputs)
        .map(most)
        .max()
        .filter(|&count| count > MOST)
    {
        let message = format!("vulkan: {count} elements; an operand has at most {MOST} here");
        return Err(Error::new(ErrorKind::Memory, message));
    }
    match prim {
        Prim::Unary(op) => pointwise::unary(state, *op, inputs, &outputs[0]),
        Prim::UnaryGrad(op) => pointwise::unary_grad(state, *op, inputs, &outputs[0]),
        Prim::Binary(op) => pointwise::binary(state, *op, inputs, &outputs[0]),
        Prim::BinaryGrad(op, side) => {
            pointwise::binary_grad(state, *op, *side, inputs, &outputs[0])
        }
        Prim::Compare(op) => pointwise::compare(state, *op, inputs, &outputs[0]),
        Prim::Logical(op) => pointwise::logical(state, *op, inputs, &outputs[0]),
        Prim::Not => pointwise::not(state, inputs, &outputs[0]),
        Prim::Select => pointwise::select(state, inputs, &outputs[0]),
        Prim::SelectGrad => pointwise::select_grad(state, inputs, outputs),
        Prim::Cast(_) => pointwise::cast(state, &inputs[0], &outputs[0]),
        Prim::Matmul(_, epilogue) => matmul::run(state, epilogue, inputs, &outputs[0]),
        Prim::Conv2d(c, epilogue) => conv::forward(state, c, epilogue, inputs, &outputs[0]),
        Prim::Conv2dNorm(c, norm) => conv_norm::run(state, c, norm, inputs, &outputs[0]),
        Prim::Conv2dInputGrad(c, _) => conv::input_grad(state, c, inputs, &outputs[0]),
        Prim::Conv2dWeightGrad(c, _) => conv::weight_grad(state, c, inputs, &outputs[0]),
        Prim::Fill(_, _, value) => pointwise::fill(state, *value, &outputs[0]),
        Prim::Reduce(fold, axes) => reduce::run(state, *fold, axes, &inputs[0], &outputs[0]),
        Prim::ArgReduce { extreme, dim, .. } => {
            order::arg(state, *extreme, *dim, &inputs[0], &outputs[0])
        }
        Prim::CumSum { dim } => order::cumsum(state, *dim, &inputs[0], &outputs[0]),
        Prim::Softmax => softmax::run(state, &inputs[0], &outputs[0]),
        Prim::Sort { dim, descending } => {
            order::sort(state, *dim, *descending, &inputs[0], outputs)
        }
        Prim::Cat { dim } => movement::cat(state, *dim, inputs, &outputs[0]),
        Prim::Pad { widths, value } => {
            movement::pad(state, widths, *value, &inputs[0], &outputs[0])
        }
        Prim::Pool { kind, windows, .. } => pool::run(state, *kind, windows, &inputs[0], outputs),
        Prim::PoolGrad { kind, windows, .. } => {
            pool::grad(state, *kind, windows, inputs, &outputs[0])
        }
        Prim::BatchNorm(norm) => norm::run(state, norm, inputs, outputs),
        Prim::BatchNormGrad(norm) => norm::grad(state, norm, inputs, outputs),
        Prim::CrossEntropy(entropy) => cross_entropy::run(state, entropy, inputs, outputs),
        Prim::CrossEntropyGrad(entropy) => cross_entropy::grad(state, entropy, inputs, &outputs[0]),
        Prim::Gather { dim } => gather::gather(state, *dim, inputs, &outputs[0]),
        Prim::ScatterAdd { dim } => gather::scatter_add(state, *dim, inputs, &outputs[0]),
        Prim::Random(_, _, random) => random::run(state, random, &outputs[0]),
        Prim::Update(update) => update::run(state, update, inputs, outputs),
        Prim::Custom(custom) => custom.0.run(inputs, outputs),
        Prim::View(_) => unreachable!("views are made by the funnel"),
    }
}

/// The memory behind an operand.
///
/// # Panics
/// When it is on another device, which the funnel rules out.
pub(crate) fn piece<'a>(operand: &Operand<'a>) -> &'a Piece {
    operand
        .memory
        .downcast_ref::<Piece>()
        .expect("the operand is in this device's memory")
}

/// Copies an operand's elements side by side into a piece.
pub(crate) fn copy_to(state: &State, from: &Operand<'_>, to: &Piece, dense: &Layout) -> Result<()> {
    let output = Operand {
        memory: to,
        layout: dense,
        dtype: from.dtype,
    };
    pointwise::cast(state, from, &output)
}

/// What a shader noted, as an error.
pub(crate) fn fault(code: u32) -> Error {
    let (kind, message) = match code {
        1 => (
            ErrorKind::Numeric,
            "remainder or floor_divide: integer division by zero; mask the zeros or convert to a float",
        ),
        _ => (
            ErrorKind::Data,
            "gather, scatter_add or cross_entropy: an index is out of range",
        ),
    };
    Error::new(kind, message)
}

/// A dtype's number in the shaders.
pub(crate) fn code(dtype: DType) -> u32 {
    match dtype {
        DType::F32 => 0,
        DType::F64 => 1,
        DType::F16 => 2,
        DType::BF16 => 3,
        DType::I64 => 4,
        DType::U8 => 5,
        DType::Bool => 6,
    }
}

/// Workgroups in a row and rows of them, for at least `count`.
pub(crate) fn wrapped(count: usize) -> [u32; 3] {
    const ROW: usize = 65_535;
    if count <= ROW {
        return [count as u32, 1, 1];
    }
    let rows = count.div_ceil(ROW);
    [count.div_ceil(rows) as u32, rows as u32, 1]
}
