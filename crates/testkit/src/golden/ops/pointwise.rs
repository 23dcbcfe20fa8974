//! Arithmetic, comparisons and functions of single elements.

use hammerhead_tensor::Tensor;

use super::call::{Call, Outcome};

/// The operation's outputs, or nothing if it is none of this family.
pub(super) fn evaluate(op: &str, call: &mut Call) -> Option<Outcome> {
    Some(match op {
        "add" => scaled(call, |a, b| a + b),
        "sub" => scaled(call, |a, b| a - b),
        "mul" => call.two(|a, b| a * b),
        "div" => div(call),
        "pow" => call.two(Tensor::pow_tensor),
        "maximum" => call.two(Tensor::maximum),
        "minimum" => call.two(Tensor::minimum),
        "remainder" => call.two(Tensor::remainder),
        "floor_divide" => call.two(Tensor::floor_divide),
        "atan2" => call.two(Tensor::atan2),

        "add_scalar" => scalar(call, "scalar", |x, value| x + value),
        "sub_scalar" => scalar(call, "scalar", |x, value| x - value),
        "mul_scalar" => scalar(call, "scalar", |x, value| x * value),
        "div_scalar" => scalar(call, "scalar", |x, value| x / value),
        "rsub_scalar" => scalar(call, "scalar", |x, value| value - x),
        "rdiv_scalar" => scalar(call, "scalar", |x, value| value / x),
        "pow_scalar" => scalar(call, "exponent", |x, exponent| x.pow(exponent)),

        "eq" => call.two(|a, b| a.eq(b)),
        "ne" => call.two(|a, b| a.ne(b)),
        "lt" => call.two(|a, b| a.lt(b)),
        "le" => call.two(|a, b| a.le(b)),
        "gt" => call.two(|a, b| a.gt(b)),
        "ge" => call.two(|a, b| a.ge(b)),

        "neg" => call.one(|x| -x),
        "abs" => call.one(Tensor::abs),
        "sign" => call.one(Tensor::sign),
        "floor" => call.one(Tensor::floor),
        "ceil" => call.one(Tensor::ceil),
        "round" => call.one(Tensor::round),
        "trunc" => call.one(Tensor::trunc),
        "square" => call.one(Tensor::square),
        "sqrt" => call.one(Tensor::sqrt),
        "rsqrt" => call.one(Tensor::rsqrt),
        "reciprocal" => call.one(Tensor::reciprocal),
        "exp" => call.one(Tensor::exp),
        "expm1" => call.one(Tensor::expm1),
        "log" => call.one(Tensor::log),
        "log2" => call.one(Tensor::log2),
        "log10" => call.one(Tensor::log10),
        "log1p" => call.one(Tensor::log1p),
        "sin" => call.one(Tensor::sin),
        "cos" => call.one(Tensor::cos),
        "tan" => call.one(Tensor::tan),
        "atan" => call.one(Tensor::atan),
        "tanh" => call.one(Tensor::tanh),
        "erf" => call.one(Tensor::erf),
        "sigmoid" => call.one(Tensor::sigmoid),
        "logsigmoid" => call.one(Tensor::logsigmoid),
        "relu" => call.one(Tensor::relu),
        "relu6" => call.one(Tensor::relu6),
        "silu" => call.one(Tensor::silu),
        "mish" => call.one(Tensor::mish),
        "hardswish" => call.one(Tensor::hardswish),
        "hardsigmoid" => call.one(Tensor::hardsigmoid),
        "gelu" => gelu(call),
        "elu" => with_number(call, "alpha", 1.0, |x, alpha| x.elu(alpha)),
        "leaky_relu" => with_number(call, "negative_slope", 0.01, |x, slope| x.leaky_relu(slope)),
        "softplus" => softplus(call),
        "clamp" => clamp(call),
        _ => return None,
    })
}

/// PyTorch's `add` and `sub` may scale their second operand.
fn scaled(call: &mut Call, f: impl FnOnce(&Tensor, &Tensor) -> Tensor) -> Outcome {
    let alpha = call.attrs.number("alpha", 1.0)?;
    call.two(|a, b| {
        if alpha == 1.0 {
            f(a, b)
        } else {
            f(a, &(b * alpha))
        }
    })
}

fn div(call: &mut Call) -> Outcome {
    match call.attrs.maybe::<String>("rounding_mode")?.as_deref() {
        None => call.two(|a, b| a / b),
        Some("floor") => call.two(Tensor::floor_divide),
        Some("trunc") => call.two(|a, b| (a / b).trunc()),
        Some(other) => Err(format!("unknown rounding_mode {other}")),
    }
}

fn scalar(call: &mut Call, name: &str, f: impl FnOnce(&Tensor, f64) -> Tensor) -> Outcome {
    let value = call.attrs.required(name)?;
    call.one(|x| f(x, value))
}

fn with_number(
    call: &mut Call,
    name: &str,
    default: f64,
    f: impl FnOnce(&Tensor, f64) -> Tensor,
) -> Outcome {
    let value = call.attrs.number(name, default)?;
    call.one(|x| f(x, value))
}

fn gelu(call: &mut Call) -> Outcome {
    match call
        .attrs
        .optional("approximate", "none".to_owned())?
        .as_str()
    {
        "none" => call.one(Tensor::gelu),
        "tanh" => call.one(Tensor::gelu_tanh),
        other => Err(format!("unknown approximate {other}")),
    }
}

fn softplus(call: &mut Call) -> Outcome {
    let beta = call.attrs.number("beta", 1.0)?;
    let threshold = call.attrs.number("threshold", 20.0)?;
    call.one(|x| x.softplus_with(beta, threshold))
}

fn clamp(call: &mut Call) -> Outcome {
    let min = call.attrs.number("min", f64::NEG_INFINITY)?;
    let max = call.attrs.number("max", f64::INFINITY)?;
    call.one(|x| x.clamp(min, max))
}
