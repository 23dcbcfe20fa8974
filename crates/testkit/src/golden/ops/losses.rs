//! Losses, and networks small enough to be a case.

use hammerhead_nn::loss::{
    CrossEntropyOptions, Reduction, bce_loss_with, bce_with_logits_loss_with, cross_entropy,
    cross_entropy_with, huber_loss, l1_loss_with, mnist_loss, mse_loss_with, nll_loss,
    smooth_l1_loss, weighted_cross_entropy,
};
use hammerhead_tensor::Tensor;
use hammerhead_tensor::prim::{Conv2d, Windows};

use super::call::{Call, Outcome};

/// The operation's outputs, or nothing if it is none of this family.
pub(super) fn evaluate(op: &str, call: &mut Call) -> Option<Outcome> {
    Some(match op {
        "l1_loss" => pairwise(call, l1_loss_with),
        "mse_loss" => pairwise(call, mse_loss_with),
        "bce" => pairwise(call, bce_loss_with),
        "bce_with_logits" => pairwise(call, bce_with_logits_loss_with),
        "huber_loss" => with_bend(call, "delta", huber_loss),
        "smooth_l1_loss" => with_bend(call, "beta", smooth_l1_loss),
        "nll_loss" => nll(call),
        "cross_entropy" => classes(call),
        "cross_entropy_soft" => probabilities(call),
        "fastai_mnist_loss" => digits(call),
        "composed_reuse" => formula(call, "x*x + exp(x)*sum(x, dim=0)", reuse),
        "composed_mlp" => formula(
            call,
            "cross_entropy(linear(relu(linear(x,w1,b1)),w2,b2), target)",
            mlp,
        ),
        "composed_cnn" => formula(
            call,
            "cross_entropy(linear(flatten(max_pool2d(relu(conv2d(x,w1,b1,pad 1)),2)),w2,b2),target)",
            cnn,
        ),
        _ => return None,
    })
}

fn reduction(call: &mut Call) -> Result<Reduction, String> {
    match call
        .attrs
        .optional("reduction", "mean".to_owned())?
        .as_str()
    {
        "mean" => Ok(Reduction::Mean),
        "sum" => Ok(Reduction::Sum),
        "none" => Ok(Reduction::None),
        other => Err(format!("unknown reduction {other}")),
    }
}

/// A loss between the inputs `x` and `y`.
fn pairwise(call: &mut Call, loss: impl FnOnce(&Tensor, &Tensor, Reduction) -> Tensor) -> Outcome {
    let reduction = reduction(call)?;
    Ok(loss(&call.input("x")?, &call.input("y")?, reduction).into())
}

/// A loss that turns from quadratic to linear at a distance.
fn with_bend(
    call: &mut Call,
    name: &str,
    loss: impl FnOnce(&Tensor, &Tensor, f64, Reduction) -> Tensor,
) -> Outcome {
    let bend = call.attrs.number(name, 1.0)?;
    pairwise(call, |x, y, reduction| loss(x, y, bend, reduction))
}

fn options(call: &mut Call) -> Result<CrossEntropyOptions, String> {
    Ok(CrossEntropyOptions {
        reduction: reduction(call)?,
        label_smoothing: call.attrs.number("label_smoothing", 0.0)?,
        ignore_index: call.attrs.optional("ignore_index", -100)?,
    })
}

fn nll(call: &mut Call) -> Outcome {
    let options = CrossEntropyOptions {
        reduction: reduction(call)?,
        ignore_index: call.attrs.optional("ignore_index", -100)?,
        ..CrossEntropyOptions::default()
    };
    Ok(nll_loss(&call.input("x")?, &call.input("target")?, options).into())
}

fn classes(call: &mut Call) -> Outcome {
    let options = options(call)?;
    let (x, target) = (call.input("x")?, call.input("target")?);
    Ok(match call.maybe_input("class_weight") {
        None => cross_entropy_with(&x, &target, options),
        Some(weight) => weighted_cross_entropy(&x, &target, &weight, options),
    }
    .into())
}

fn probabilities(call: &mut Call) -> Outcome {
    let options = CrossEntropyOptions {
        reduction: reduction(call)?,
        label_smoothing: call.attrs.number("label_smoothing", 0.0)?,
        ..CrossEntropyOptions::default()
    };
    Ok(cross_entropy_with(&call.input("x")?, &call.input("target")?, options).into())
}

fn digits(call: &mut Call) -> Outcome {
    Ok(mnist_loss(&call.input("x")?, &call.input("target")?).into())
}

/// A composition, if the file's formula is the one written here.
fn formula(call: &mut Call, known: &str, compose: impl FnOnce(&mut Call) -> Outcome) -> Outcome {
    let given: String = call.attrs.required("expr")?;
    if given == known {
        compose(call)
    } else {
        Err(format!("unknown formula {given}"))
    }
}

fn reuse(call: &mut Call) -> Outcome {
    call.one(|x| x * x + x.exp() * x.sum_dim(0))
}

fn mlp(call: &mut Call) -> Outcome {
    let hidden = call
        .input("x")?
        .linear(&call.input("w1")?, Some(&call.input("b1")?))
        .relu();
    let logits = hidden.linear(&call.input("w2")?, Some(&call.input("b2")?));
    Ok(cross_entropy(&logits, &call.input("target")?).into())
}

fn cnn(call: &mut Call) -> Outcome {
    let conv = Conv2d {
        padding: [1, 1],
        ..Conv2d::default()
    };
    let windows = Windows::Fixed {
        kernel: [2, 2],
        stride: [2, 2],
        padding: [0, 0],
        dilation: [1, 1],
        ceil: false,
    };
    let planes = call
        .input("x")?
        .conv2d(&call.input("w1")?, Some(&call.input("b1")?), conv)
        .relu();
    let flat = planes.max_pool2d(windows).flatten(1, -1);
    let logits = flat.linear(&call.input("w2")?, Some(&call.input("b2")?));
    Ok(cross_entropy(&logits, &call.input("target")?).into())
}
