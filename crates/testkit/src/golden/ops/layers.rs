//! Products, convolutions, pools, norms and what else layers are made of.

use hammerhead_nn::{
    BatchNorm1d, BatchNorm2d, Dropout, Embedding, GroupNorm, LayerNorm, Mode, Module, NormOptions,
    Visibility, scaled_dot_product_attention,
};
use hammerhead_tensor::prim::{Conv2d, Windows};
use hammerhead_tensor::{Interpolation, Tensor};

use super::call::{Call, Outcome, Outputs};
use std::collections::BTreeMap;

/// The operation's outputs, or nothing if it is none of this family.
pub(super) fn evaluate(op: &str, call: &mut Call) -> Option<Outcome> {
    Some(match op {
        "matmul" => call.two(Tensor::matmul),
        "matmul_transposed" => matmul_transposed(call),
        "linear" => linear(call),
        "conv1d" => conv1d(call),
        "conv2d" => conv2d(call),
        "conv_transpose2d" => conv_transpose2d(call),
        "max_pool2d" => max_pool2d(call),
        "avg_pool2d" => avg_pool2d(call),
        "adaptive_avg_pool2d" => adaptive(call, |x, out| x.adaptive_avg_pool2d(out)),
        "adaptive_max_pool2d" => adaptive(call, |x, out| x.adaptive_max_pool2d(out)),
        "interpolate" => interpolate(call),
        "batch_norm" => batch_norm(call),
        "layer_norm" => layer_norm(call),
        "group_norm" => group_norm(call),
        "dropout" => dropout(call),
        "embedding" => embedding(call),
        "scaled_dot_product_attention" => attention(call),
        _ => return None,
    })
}

fn matmul_transposed(call: &mut Call) -> Outcome {
    let flip = |x: &Tensor, transpose: bool| {
        if transpose {
            x.transpose(-2, -1)
        } else {
            x.clone()
        }
    };
    let left = call.attrs.optional("transpose_a", false)?;
    let right = call.attrs.optional("transpose_b", false)?;
    call.two(|a, b| flip(a, left).matmul(&flip(b, right)))
}

/// `x`, `weight` and perhaps a `bias`.
fn weighted(call: &mut Call) -> Result<(Tensor, Tensor, Option<Tensor>), String> {
    Ok((
        call.input("x")?,
        call.input("weight")?,
        call.maybe_input("bias"),
    ))
}

fn linear(call: &mut Call) -> Outcome {
    let (x, weight, bias) = weighted(call)?;
    Ok(x.linear(&weight, bias.as_ref()).into())
}

fn geometry(call: &mut Call) -> Result<Conv2d, String> {
    Ok(Conv2d {
        stride: call.attrs.pair("stride", 1)?,
        padding: call.attrs.pair("padding", 0)?,
        dilation: call.attrs.pair("dilation", 1)?,
        groups: call.attrs.optional("groups", 1)?,
    })
}

fn conv1d(call: &mut Call) -> Outcome {
    let (x, weight, bias) = weighted(call)?;
    // One axis: both values of a pair are the one given.
    let conv = geometry(call)?;
    Ok(x.conv1d(
        &weight,
        bias.as_ref(),
        conv.stride[0],
        conv.padding[0],
        conv.dilation[0],
        conv.groups,
    )
    .into())
}

fn conv2d(call: &mut Call) -> Outcome {
    let (x, weight, bias) = weighted(call)?;
    Ok(x.conv2d(&weight, bias.as_ref(), geometry(call)?).into())
}

fn conv_transpose2d(call: &mut Call) -> Outcome {
    let (x, weight, bias) = weighted(call)?;
    let output_padding = call.attrs.pair("output_padding", 0)?;
    Ok(
        x.conv_transpose2d(&weight, bias.as_ref(), geometry(call)?, output_padding)
            .into(),
    )
}

/// The windows of a pool; PyTorch's stride is the kernel's extent where none is given.
fn windows(call: &mut Call) -> Result<Windows, String> {
    let name = if call.attrs.has("kernel") {
        "kernel"
    } else {
        "kernel_size"
    };
    let kernel = call
        .attrs
        .maybe_pair(name)?
        .ok_or("argument kernel is missing")?;
    Ok(Windows::Fixed {
        kernel,
        stride: call.attrs.maybe_pair("stride")?.unwrap_or(kernel),
        padding: call.attrs.pair("padding", 0)?,
        dilation: call.attrs.pair("dilation", 1)?,
        ceil: call.attrs.optional("ceil_mode", false)?,
    })
}

fn max_pool2d(call: &mut Call) -> Outcome {
    let windows = windows(call)?;
    Ok(call.input("x")?.max_pool2d_positions(windows).into())
}

fn avg_pool2d(call: &mut Call) -> Outcome {
    let windows = windows(call)?;
    let count_padding = call.attrs.optional("count_include_pad", true)?;
    call.one(|x| x.avg_pool2d(windows, count_padding))
}

fn adaptive(call: &mut Call, pool: impl FnOnce(&Tensor, [usize; 2]) -> Tensor) -> Outcome {
    let out = call
        .attrs
        .maybe_pair("output_size")?
        .ok_or("argument output_size is missing")?;
    call.one(|x| pool(x, out))
}

fn interpolate(call: &mut Call) -> Outcome {
    let size = call.attrs.maybe_pair("size")?;
    let scale: Option<f64> = call.attrs.maybe("scale_factor")?;
    let align_corners = call.attrs.optional("align_corners", false)?;
    let mode = match call.attrs.optional("mode", "nearest".to_owned())?.as_str() {
        "nearest" => Interpolation::Nearest,
        "bilinear" => Interpolation::Bilinear { align_corners },
        other => return Err(format!("unknown mode {other}")),
    };
    let x = call.input("x")?;
    let scaled = |scale: f64| [2, 3].map(|dim: isize| (x.size(dim) as f64 * scale) as usize);
    let size = size
        .or(scale.map(scaled))
        .ok_or("takes size or scale_factor")?;
    Ok(x.interpolate(size, mode).into())
}

fn mode(training: bool) -> Mode {
    if training { Mode::Train } else { Mode::Eval }
}

fn batch_norm(call: &mut Call) -> Outcome {
    let mode = mode(call.attrs.optional("training", false)?);
    let affine = call
        .maybe_parameter("weight")
        .zip(call.maybe_parameter("bias"));
    let options = NormOptions {
        epsilon: call.attrs.number("eps", 1e-5)?,
        momentum: Some(call.attrs.number("momentum", 0.1)?),
        affine: affine.is_some(),
        track_running_stats: true,
    };
    let running = (call.input("running_mean")?, call.input("running_var")?);
    let x = call.input("x")?;
    let features = x.size(1);
    // The two layers differ in type and in nothing else.
    macro_rules! run {
        ($layer:ident) => {{
            let mut layer = $layer::with(features, options);
            (layer.weight, layer.bias) = affine.unzip();
            (layer.running_mean, layer.running_var) =
                (Some(running.0.copy()), Some(running.1.copy()));
            let output = layer.forward(x, mode);
            let mean = layer.running_mean.expect("just set");
            let variance = layer.running_var.expect("just set");
            Outputs {
                output,
                extra: BTreeMap::from([
                    ("running_mean_after", mean),
                    ("running_var_after", variance),
                ]),
            }
        }};
    }
    match x.rank() {
        2 | 3 => Ok(run!(BatchNorm1d)),
        4 => Ok(run!(BatchNorm2d)),
        rank => Err(format!("no batch norm of {rank} dims")),
    }
}

fn layer_norm(call: &mut Call) -> Outcome {
    let shape: Vec<usize> = call.attrs.required("normalized_shape")?;
    let epsilon = call.attrs.number("eps", 1e-5)?;
    let affine = call
        .maybe_parameter("weight")
        .zip(call.maybe_parameter("bias"));
    let mut layer = LayerNorm::with(&shape, epsilon, affine.is_some());
    (layer.weight, layer.bias) = affine.unzip();
    Ok(layer.forward(call.input("x")?, Mode::Train).into())
}

fn group_norm(call: &mut Call) -> Outcome {
    let name = if call.attrs.has("groups") {
        "groups"
    } else {
        "num_groups"
    };
    let groups = call.attrs.required(name)?;
    let epsilon = call.attrs.number("eps", 1e-5)?;
    let affine = call
        .maybe_parameter("weight")
        .zip(call.maybe_parameter("bias"));
    let x = call.input("x")?;
    let mut layer = GroupNorm::with(groups, x.size(1), epsilon, affine.is_some());
    (layer.weight, layer.bias) = affine.unzip();
    Ok(layer.forward(x, Mode::Train).into())
}

fn dropout(call: &mut Call) -> Outcome {
    let layer = Dropout::new(call.attrs.number("p", 0.5)?);
    let mode = mode(call.attrs.optional("training", true)?);
    Ok(layer.forward(call.input("x")?, mode).into())
}

fn embedding(call: &mut Call) -> Outcome {
    let weight = call.parameter("weight")?;
    let (rows, dim) = (weight.size(0), weight.size(1));
    let padding: Option<isize> = call.attrs.maybe("padding_idx")?;
    let mut layer = match padding {
        None => Embedding::new(rows, dim),
        Some(row) => Embedding::with_padding(rows, dim, row.rem_euclid(rows as isize) as usize),
    };
    layer.weight = weight;
    Ok(layer.forward(call.input("index")?, Mode::Train).into())
}

/// A scale as a number, or as the formula `1/sqrt(N)`.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Scale {
    Number(f64),
    Formula(String),
}

impl Scale {
    fn value(self) -> Result<f64, String> {
        let text = match self {
            Scale::Number(value) => return Ok(value),
            Scale::Formula(text) => text,
        };
        let inner = text
            .strip_prefix("1/sqrt(")
            .and_then(|rest| rest.strip_suffix(')'));
        let number = inner.and_then(|inner| inner.parse::<f64>().ok());
        number
            .map(|number| 1.0 / number.sqrt())
            .ok_or_else(|| format!("unknown scale {text}"))
    }
}

fn attention(call: &mut Call) -> Outcome {
    let scale = call
        .attrs
        .maybe::<Scale>("scale")?
        .map(Scale::value)
        .transpose()?;
    let name = if call.attrs.has("causal") {
        "causal"
    } else {
        "is_causal"
    };
    let visibility = if call.attrs.optional(name, false)? {
        Visibility::Causal
    } else {
        Visibility::All
    };
    let (q, k, v) = (call.input("q")?, call.input("k")?, call.input("v")?);
    Ok(scaled_dot_product_attention(&q, &k, &v, visibility, scale).into())
}
