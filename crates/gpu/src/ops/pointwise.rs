//! Pointwise instructions, copies and fills.

use hammerhead_tensor::device::Operand;
use hammerhead_tensor::prim::{Binary, Compare, Logical, Side, Unary};
use hammerhead_tensor::{DType, Error, ErrorKind, Result, Scalar, bf16, f16};

use super::call::number_bits;
use super::elementwise::run;
use super::own::Own;
use crate::device::State;
use crate::kernels::Shader;

/// Where each kind of function starts in the generated table.
const UNARY: u32 = 0;
const UNARY_GRADIENT: u32 = 100;
const BINARY: u32 = 200;
const LEFT: u32 = 300;
const RIGHT: u32 = 400;

/// An operation's number: its place in the table.
fn number(op: Unary) -> u32 {
    let place = Unary::NAMES.iter().position(|&name| name == op.name());
    place.expect("every operation is in the table") as u32
}

fn parameters(op: Unary, dtype: DType) -> [u32; 4] {
    let [p, q] = op
        .parameters()
        .map(|number| number_bits(number, dtype == DType::F64));
    [p as u32, (p >> 32) as u32, q as u32, (q >> 32) as u32]
}

pub(super) fn unary(
    state: &State,
    op: Unary,
    inputs: &[Operand<'_>],
    y: &Operand<'_>,
) -> Result<()> {
    let op = op.simplest();
    if y.dtype.is_float() {
        return run(
            state,
            Shader::Pointwise,
            UNARY + number(op),
            parameters(op, y.dtype),
            y,
            inputs,
        );
    }
    let wide = |a: i64, b: i64| [a as u32, (a >> 32) as u32, b as u32, (b >> 32) as u32];
    let none = [0; 4];
    let (operation, params) = match op {
        Unary::Neg => (0, none),
        Unary::Abs => (1, none),
        Unary::Sign => (2, none),
        Unary::Square => (3, none),
        Unary::Relu => (4, wide(0, i64::MAX)),
        Unary::Relu6 => (4, wide(0, 6)),
        Unary::Clamp { min, max } => (4, wide(min.ceil() as i64, max.floor() as i64)),
        Unary::AddScalar { value } => (5, wide(value as i64, 0)),
        Unary::Floor | Unary::Ceil | Unary::Round | Unary::Trunc => (5, none),
        Unary::MulScalar { value } => (6, wide(value as i64, 0)),
        Unary::RsubScalar { value } => (7, wide(value as i64, 0)),
        Unary::PowScalar { exponent } => (8, wide(exponent as i64, 0)),
        other => return Err(no_integers(other.name())),
    };
    run(state, Shader::Integer, operation, params, y, inputs)
}

pub(super) fn unary_grad(
    state: &State,
    op: Unary,
    inputs: &[Operand<'_>],
    dx: &Operand<'_>,
) -> Result<()> {
    // What was saved was chosen by the operation as it was called.
    let simple = op.simplest();
    let op = if simple.uses() == op.uses() {
        simple
    } else {
        op
    };
    if matches!(op, Unary::PowScalar { exponent: 0.0 }) {
        return fill(state, Scalar::from(0.0), dx);
    }
    // An operation that uses neither input nor output is given the gradient itself.
    let saved = inputs[inputs.len() - 1];
    let operation = UNARY_GRADIENT + number(op);
    run(
        state,
        Shader::Pointwise,
        operation,
        parameters(op, dx.dtype),
        dx,
        &[inputs[0], saved],
    )
}

pub(super) fn binary(
    state: &State,
    op: Binary,
    inputs: &[Operand<'_>],
    y: &Operand<'_>,
) -> Result<()> {
    if y.dtype.is_float() {
        return run(
            state,
            Shader::Pointwise,
            BINARY + op as u32,
            [0; 4],
            y,
            inputs,
        );
    }
    let operation = match op {
        Binary::Add => 9,
        Binary::Sub => 10,
        Binary::Mul => 11,
        Binary::Maximum => 12,
        Binary::Minimum => 13,
        Binary::Pow => 14,
        Binary::Remainder => 15,
        Binary::FloorDivide => 16,
        Binary::Div | Binary::Atan2 => return Err(no_integers(op.name())),
    };
    run(state, Shader::Integer, operation, [0; 4], y, inputs)
}

pub(super) fn binary_grad(
    state: &State,
    op: Binary,
    side: Side,
    inputs: &[Operand<'_>],
    dx: &Operand<'_>,
) -> Result<()> {
    let first = match side {
        Side::Left => LEFT,
        Side::Right => RIGHT,
    };
    run(
        state,
        Shader::Pointwise,
        first + op as u32,
        [0; 4],
        dx,
        inputs,
    )
}

pub(super) fn compare(
    state: &State,
    op: Compare,
    inputs: &[Operand<'_>],
    y: &Operand<'_>,
) -> Result<()> {
    run(state, Shader::Compare, op as u32, [0; 4], y, inputs)
}

pub(super) fn logical(
    state: &State,
    op: Logical,
    inputs: &[Operand<'_>],
    y: &Operand<'_>,
) -> Result<()> {
    run(state, Shader::Compare, 6 + op as u32, [0; 4], y, inputs)
}

pub(super) fn not(state: &State, inputs: &[Operand<'_>], y: &Operand<'_>) -> Result<()> {
    run(state, Shader::Compare, 9, [0; 4], y, inputs)
}

pub(super) fn select(state: &State, inputs: &[Operand<'_>], y: &Operand<'_>) -> Result<()> {
    run(state, Shader::Select, 0, [0; 4], y, inputs)
}

pub(super) fn select_grad(
    state: &State,
    inputs: &[Operand<'_>],
    outputs: &[Operand<'_>],
) -> Result<()> {
    let [condition, grad] = *inputs else {
        unreachable!("the shape rules count the inputs")
    };
    let zero = Own::room(state, &[], grad.dtype)?;
    let zero = zero.operand();
    fill(state, Scalar::Float(0.0), &zero)?;
    // The first output may lie where the gradient does, so it is written last.
    select(state, &[condition, zero, grad], &outputs[1])?;
    select(state, &[condition, grad, zero], &outputs[0])
}

pub(super) fn cast(state: &State, x: &Operand<'_>, y: &Operand<'_>) -> Result<()> {
    run(state, Shader::Cast, 0, [0; 4], y, &[*x])
}

pub(super) fn fill(state: &State, value: Scalar, y: &Operand<'_>) -> Result<()> {
    let float = value.to_f64();
    let word = match y.dtype {
        DType::F32 => u64::from((float as f32).to_bits()),
        DType::F64 => float.to_bits(),
        DType::F16 => u64::from(f16::from_f64(float).to_bits()),
        DType::BF16 => u64::from(bf16::from_f64(float).to_bits()),
        DType::I64 => integer(value) as u64,
        DType::U8 => u64::from(integer(value) as u8),
        DType::Bool => u64::from(float != 0.0),
    };
    run(
        state,
        Shader::Fill,
        0,
        [word as u32, (word >> 32) as u32, 0, 0],
        y,
        &[],
    )
}

fn integer(value: Scalar) -> i64 {
    match value {
        Scalar::Int(value) => value,
        other => other.to_f64() as i64,
    }
}

fn no_integers(name: &str) -> Error {
    let message = format!("{name}: not defined on integers; convert to a float first");
    Error::new(ErrorKind::DType, message)
}
