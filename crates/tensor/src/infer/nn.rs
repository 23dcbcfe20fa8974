//! Shape rules of the layers' instructions.

use smallvec::smallvec;

use super::{Spec, Specs, dtype_error, expect_float, expect_rank, same_dtype, shape_error};
use crate::layout::short;
use crate::prim::{Activation, BatchNorm, Conv2d, Epilogue, NormMode, Transposed};
use crate::{DType, Result};

pub(super) fn matmul(
    name: &str,
    transposed: Transposed,
    epilogue: Epilogue,
    inputs: &[Spec],
) -> Result<Specs> {
    let (a, b) = (&inputs[0], &inputs[1]);
    same_dtype(name, a, b)?;
    let rank = a.shape.len();
    if rank < 2 || b.shape.len() != rank || a.shape[..rank - 2] != b.shape[..rank - 2] {
        return Err(shape_error(format!(
            "{name}: batch dims of {:?} and {:?} must be equal, with two dims after them",
            a.shape, b.shape
        )));
    }
    let last_two = |spec: &Spec, transposed: bool| {
        let (rows, columns) = (spec.shape[rank - 2], spec.shape[rank - 1]);
        if transposed {
            (columns, rows)
        } else {
            (rows, columns)
        }
    };
    let ((m, k), (depth, n)) = (last_two(a, transposed.left), last_two(b, transposed.right));
    let mut shape = short(&a.shape[..rank - 2]);
    if k != depth {
        let side = |last: [usize; 2]| [shape.as_slice(), &last].concat();
        return Err(shape_error(format!(
            "{name}: shapes {:?} and {:?} can't be multiplied: the last dim of the left ({k}) must equal the \
             second to last of the right ({depth}); a transpose with t() or transpose(-2, -1) may be missing",
            side([m, k]),
            side([depth, n])
        )));
    }
    if epilogue.bias {
        expect_vector(name, "the bias", &inputs[2], n, a)?;
    }
    shape.extend_from_slice(&[m, n]);
    Ok(smallvec![Spec {
        shape,
        dtype: a.dtype
    }])
}

/// `[oh, ow]` of a convolution, or `None` if the kernel is larger than the padded input.
pub fn conv2d_output(conv: &Conv2d, size: [usize; 2], kernel: [usize; 2]) -> Option<[usize; 2]> {
    let mut out = [0; 2];
    for axis in 0..2 {
        let extent = conv.dilation[axis]
            .checked_mul(kernel[axis].checked_sub(1)?)?
            .checked_add(1)?;
        let padded = conv.padding[axis].checked_mul(2)?.checked_add(size[axis])?;
        let room = padded.checked_sub(extent)?;
        out[axis] = room / conv.stride[axis] + 1;
    }
    Some(out)
}

fn conv_parameters(name: &str, conv: &Conv2d) -> Result<()> {
    if conv.stride.contains(&0) || conv.dilation.contains(&0) || conv.groups == 0 {
        return Err(shape_error(format!(
            "{name}: stride {:?}, dilation {:?} and groups {} must all be at least 1",
            conv.stride, conv.dilation, conv.groups
        )));
    }
    Ok(())
}

pub(super) fn conv2d(
    name: &str,
    conv: &Conv2d,
    epilogue: Epilogue,
    inputs: &[Spec],
) -> Result<Specs> {
    let (x, weight) = (&inputs[0], &inputs[1]);
    conv_parameters(name, conv)?;
    expect_rank(name, "the input", x, 4, "[batch, channels, height, width]")?;
    expect_rank(
        name,
        "the weight",
        weight,
        4,
        "[out channels, in channels / groups, height, width]",
    )?;
    same_dtype(name, x, weight)?;
    expect_float(name, x)?;
    let (c, per_group, oc) = (x.shape[1], weight.shape[1], weight.shape[0]);
    if Some(c) != per_group.checked_mul(conv.groups) {
        return Err(shape_error(format!(
            "{name}: the input {:?} has {c} channels, the weight {:?} with groups={} takes {}",
            x.shape,
            weight.shape,
            conv.groups,
            per_group.saturating_mul(conv.groups)
        )));
    }
    if oc % conv.groups != 0 {
        return Err(shape_error(format!(
            "{name}: {oc} output channels don't divide into {} groups",
            conv.groups
        )));
    }
    let (size, kernel) = ([x.shape[2], x.shape[3]], [weight.shape[2], weight.shape[3]]);
    let Some([oh, ow]) = conv2d_output(conv, size, kernel) else {
        return Err(shape_error(format!(
            "{name}: a {kernel:?} kernel with dilation {:?} is larger than the {size:?} input with padding {:?}",
            conv.dilation, conv.padding
        )));
    };
    if epilogue.bias {
        expect_vector(name, "the bias", &inputs[2], oc, x)?;
    }
    Ok(smallvec![Spec::new(&[x.shape[0], oc, oh, ow], x.dtype)])
}

pub(super) fn conv2d_norm(
    name: &str,
    conv: &Conv2d,
    norm: &BatchNorm,
    inputs: &[Spec],
) -> Result<Specs> {
    if norm.mode == NormMode::Train {
        return Err(shape_error(format!(
            "{name}: statistics of the batch are not known before the convolution; run conv2d and batch_norm_train"
        )));
    }
    let dtype = inputs[0].dtype;
    let narrow = matches!(dtype, DType::F16 | DType::BF16);
    // Images go through memory, where 16 bits save time; weights and statistics need not be rounded there.
    let beside = |operand: &Spec| match operand.dtype {
        DType::F32 if narrow => Spec::new(&operand.shape, dtype),
        _ => operand.clone(),
    };
    let convolved = [inputs[0].clone(), beside(&inputs[1])];
    let mut operands = conv2d(name, conv, Epilogue::default(), &convolved)?.to_vec();
    let vectors = 4 + if norm.affine { 2 } else { 0 };
    operands.extend(inputs[2..vectors].iter().map(beside));
    operands.extend_from_slice(&inputs[vectors..]);
    batch_norm("batch_norm", norm, &operands)
}

pub(super) fn conv2d_input_grad(
    name: &str,
    conv: &Conv2d,
    size: [usize; 2],
    inputs: &[Spec],
) -> Result<Specs> {
    let (grad, weight) = (&inputs[0], &inputs[1]);
    conv_parameters(name, conv)?;
    expect_rank(
        name,
        "the input",
        grad,
        4,
        "[batch, channels, height, width]",
    )?;
    expect_rank(
        name,
        "the weight",
        weight,
        4,
        "[in channels, out channels / groups, height, width]",
    )?;
    same_dtype(name, grad, weight)?;
    expect_float(name, grad)?;
    if grad.shape[1] != weight.shape[0] || weight.shape[0] % conv.groups != 0 {
        return Err(shape_error(format!(
            "{name}: the input {:?} has {} channels, the weight {:?} takes {}, in {} groups",
            grad.shape, grad.shape[1], weight.shape, weight.shape[0], conv.groups
        )));
    }
    let kernel = [weight.shape[2], weight.shape[3]];
    if conv2d_output(conv, size, kernel) != Some([grad.shape[2], grad.shape[3]]) {
        return Err(shape_error(format!(
            "{name}: a convolution of {size:?} with a {kernel:?} kernel does not give {:?}",
            &grad.shape[2..]
        )));
    }
    Ok(smallvec![Spec::new(
        &[
            grad.shape[0],
            weight.shape[1].saturating_mul(conv.groups),
            size[0],
            size[1]
        ],
        grad.dtype
    )])
}

pub(super) fn conv2d_weight_grad(
    name: &str,
    conv: &Conv2d,
    kernel: [usize; 2],
    inputs: &[Spec],
) -> Result<Specs> {
    let (grad, x) = (&inputs[0], &inputs[1]);
    conv_parameters(name, conv)?;
    expect_rank(
        name,
        "the gradient",
        grad,
        4,
        "[batch, channels, height, width]",
    )?;
    expect_rank(name, "the input", x, 4, "[batch, channels, height, width]")?;
    same_dtype(name, grad, x)?;
    let expected = conv2d_output(conv, [x.shape[2], x.shape[3]], kernel);
    if expected != Some([grad.shape[2], grad.shape[3]]) || grad.shape[0] != x.shape[0] {
        return Err(shape_error(format!(
            "{name}: a gradient {:?} does not come from an input {:?} and a {kernel:?} kernel",
            grad.shape, x.shape
        )));
    }
    Ok(smallvec![Spec::new(
        &[
            grad.shape[1],
            x.shape[1] / conv.groups,
            kernel[0],
            kernel[1]
        ],
        grad.dtype
    )])
}

pub(super) fn batch_norm(name: &str, norm: &BatchNorm, inputs: &[Spec]) -> Result<Specs> {
    let x = &inputs[0];
    expect_float(name, x)?;
    if x.shape.len() < 2 {
        return Err(shape_error(format!(
            "{name}: the input must have at least 2 dims [batch, channels, ..], got {:?}",
            x.shape
        )));
    }
    let channels = x.shape[1];
    let statistics = if norm.mode == NormMode::Eval { 2 } else { 0 };
    let vectors = 1..1 + statistics + if norm.affine { 2 } else { 0 };
    for vector in &inputs[vectors.clone()] {
        expect_vector(name, "weight, bias, mean and variance", vector, channels, x)?;
    }
    if norm.residual {
        expect_like(name, "the residual", &inputs[vectors.end], x)?;
    }
    let items: usize = x.shape.iter().product::<usize>() / channels.max(1);
    if norm.mode == NormMode::Train && items == 1 {
        return Err(shape_error(format!(
            "{name}: one value per channel has no variance: training needs more than the input {:?} holds; \
             use a larger batch (drop_last) or evaluation mode",
            x.shape
        )));
    }
    let mut outputs: Specs = smallvec![x.clone()];
    if norm.mode == NormMode::Train {
        outputs.extend([
            Spec::new(&[channels], x.dtype),
            Spec::new(&[channels], x.dtype),
        ]);
    }
    Ok(outputs)
}

pub(super) fn batch_norm_grad(name: &str, norm: &BatchNorm, inputs: &[Spec]) -> Result<Specs> {
    let x = &inputs[1];
    expect_float(name, x)?;
    if x.shape.len() < 2 {
        return Err(shape_error(format!(
            "{name}: the input must have at least 2 dims [batch, channels, ..], got {:?}",
            x.shape
        )));
    }
    expect_like(name, "the gradient", &inputs[0], x)?;
    let vectors = 2..4 + norm.affine as usize;
    for vector in &inputs[vectors.clone()] {
        expect_vector(name, "mean, variance and weight", vector, x.shape[1], x)?;
    }
    for output in &inputs[vectors.end..] {
        expect_like(name, "the output", output, x)?;
    }
    let mut outputs: Specs = smallvec![x.clone()];
    if norm.affine {
        let vector = Spec::new(&[x.shape[1]], x.dtype);
        outputs.extend([vector.clone(), vector]);
    }
    if norm.residual {
        outputs.push(x.clone());
    }
    Ok(outputs)
}

pub(super) fn cross_entropy(name: &str, inputs: &[Spec]) -> Result<Specs> {
    let (logits, target) = (&inputs[0], &inputs[1]);
    expect_rank(name, "the input", logits, 2, "[batch, classes]")?;
    expect_float(name, logits)?;
    if target.dtype != DType::I64 {
        return Err(dtype_error(format!(
            "{name}: class targets must be int64, got {}; convert with to_dtype(DType::I64)",
            target.dtype
        )));
    }
    if target.shape.as_slice() != [logits.shape[0]] {
        return Err(shape_error(format!(
            "{name}: the input {:?} needs one target per row, shape [{}], got {:?}",
            logits.shape, logits.shape[0], target.shape
        )));
    }
    let row = Spec::new(&target.shape, logits.dtype);
    Ok(smallvec![row.clone(), row])
}

pub(super) fn cross_entropy_grad(name: &str, inputs: &[Spec]) -> Result<Specs> {
    let rows = cross_entropy(name, &inputs[1..3])?;
    expect_like(name, "the gradient", &inputs[0], &rows[0])?;
    Ok(smallvec![inputs[1].clone()])
}

/// An operand that goes along with `x`: a number per feature or channel, of x's dtype.
fn expect_vector(name: &str, role: &str, vector: &Spec, length: usize, x: &Spec) -> Result<()> {
    if vector.shape.as_slice() != [length] {
        return Err(shape_error(format!(
            "{name}: {role} must have shape [{length}], got {:?}",
            vector.shape
        )));
    }
    expect_dtype_of(name, role, vector, x)
}

/// An operand with x's shape and dtype.
pub(super) fn expect_like(name: &str, role: &str, operand: &Spec, x: &Spec) -> Result<()> {
    if operand.shape != x.shape {
        return Err(shape_error(format!(
            "{name}: {role} {:?} must have the input's shape {:?}",
            operand.shape, x.shape
        )));
    }
    expect_dtype_of(name, role, operand, x)
}

fn expect_dtype_of(name: &str, role: &str, operand: &Spec, x: &Spec) -> Result<()> {
    if operand.dtype == x.dtype {
        return Ok(());
    }
    Err(dtype_error(format!(
        "{name}: the input is {}, {role} {}; they must be equal, convert one with to_dtype(..)",
        x.dtype, operand.dtype
    )))
}

/// Activations other than none need the output for their gradient.
pub(crate) fn needs_output(activation: Activation) -> bool {
    match activation {
        Activation::None => false,
        Activation::Relu => true,
    }
}
