//! Shape rules: what an instruction's outputs are, or why its inputs don't fit. Only this module
//! makes shape errors.

mod nn;
mod pool;
mod view;

use smallvec::{SmallVec, smallvec};

use crate::layout::{Dims, broadcast_shapes, checked_numel, short};
use crate::prim::{Axes, Prim, Reduce, Update, View};
use crate::{Category, DType, Error, ErrorKind, Result};

pub use nn::conv2d_output;
pub(crate) use nn::needs_output;
pub use pool::pool_output;
pub(crate) use view::view_layout;

/// Shape and dtype of an operand.
#[derive(Debug, PartialEq, Eq)]
pub struct Spec {
    /// Extent of each dim.
    pub shape: Dims,
    /// Element type.
    pub dtype: DType,
}

impl Clone for Spec {
    // The derived one takes longer, as it clones by way of an iterator.
    fn clone(&self) -> Self {
        Self::new(&self.shape, self.dtype)
    }
}

impl Spec {
    /// The spec of a tensor of this shape and dtype.
    ///
    /// ```
    /// use hammerhead_tensor::{DType, infer::Spec};
    /// assert_eq!(Spec::new(&[2, 3], DType::F32).shape[..], [2, 3]);
    /// ```
    pub fn new(shape: &[usize], dtype: DType) -> Self {
        Self {
            shape: short(shape),
            dtype,
        }
    }
}

/// The outputs of an instruction; nearly always one.
pub type Specs = SmallVec<[Spec; 1]>;

pub(crate) fn shape_error(message: String) -> Error {
    Error::new(ErrorKind::Shape, message)
}

pub(crate) fn dtype_error(message: String) -> Error {
    Error::new(ErrorKind::DType, message)
}

/// Outputs of `prim` on inputs of these shapes and dtypes.
///
/// # Errors
/// With the operation's name, both sides, the rule and help when the inputs don't fit.
pub fn infer(prim: &Prim, inputs: &[Spec]) -> Result<Specs> {
    let outputs = outputs(prim, inputs)?;
    for output in &outputs {
        check_size(prim, &output.shape)?;
    }
    Ok(outputs)
}

fn check_size(prim: &Prim, shape: &[usize]) -> Result<()> {
    if checked_numel(shape).is_some() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Memory,
        format!(
            "{}: a tensor of shape {shape:?} has more elements than memory can hold",
            prim.name()
        ),
    ))
}

/// The shape of a view of a tensor of this shape.
///
/// # Errors
/// As [`infer`].
pub(crate) fn checked_view_shape(prim: &Prim, view: &View, shape: &[usize]) -> Result<Dims> {
    let shape = view::view_shape(view, shape)?;
    check_size(prim, &shape)?;
    Ok(shape)
}

fn outputs(prim: &Prim, inputs: &[Spec]) -> Result<Specs> {
    let name = prim.name();
    expect_arity(name, prim, inputs)?;
    let one =
        |shape: &[usize], dtype: DType| -> Result<Specs> { Ok(smallvec![Spec::new(shape, dtype)]) };
    match prim {
        Prim::Unary(_) => one(&inputs[0].shape, inputs[0].dtype),
        Prim::UnaryGrad(_) => {
            for input in &inputs[1..] {
                same_shape(name, &inputs[0], input)?;
                same_dtype(name, &inputs[0], input)?;
            }
            one(&inputs[0].shape, inputs[0].dtype)
        }
        Prim::Binary(_) => {
            same_dtype(name, &inputs[0], &inputs[1])?;
            one(
                &broadcast_shapes(name, &inputs[0].shape, &inputs[1].shape)?,
                inputs[0].dtype,
            )
        }
        Prim::BinaryGrad(..) => {
            same_dtype(name, &inputs[1], &inputs[2])?;
            same_dtype(name, &inputs[0], &inputs[1])?;
            let shape = broadcast_shapes(name, &inputs[1].shape, &inputs[2].shape)?;
            same_shape(name, &inputs[0], &Spec::new(&shape, inputs[0].dtype))?;
            one(&shape, inputs[0].dtype)
        }
        Prim::Compare(_) => {
            same_dtype(name, &inputs[0], &inputs[1])?;
            one(
                &broadcast_shapes(name, &inputs[0].shape, &inputs[1].shape)?,
                DType::Bool,
            )
        }
        Prim::Logical(_) => {
            inputs
                .iter()
                .try_for_each(|input| expect_bool(name, input))?;
            one(
                &broadcast_shapes(name, &inputs[0].shape, &inputs[1].shape)?,
                DType::Bool,
            )
        }
        Prim::Not => {
            expect_bool(name, &inputs[0])?;
            one(&inputs[0].shape, DType::Bool)
        }
        Prim::Select => {
            expect_bool(name, &inputs[0])?;
            same_dtype(name, &inputs[1], &inputs[2])?;
            let branches = broadcast_shapes(name, &inputs[1].shape, &inputs[2].shape)?;
            one(
                &broadcast_shapes(name, &inputs[0].shape, &branches)?,
                inputs[1].dtype,
            )
        }
        Prim::SelectGrad => {
            expect_bool(name, &inputs[0])?;
            let shape = broadcast_shapes(name, &inputs[0].shape, &inputs[1].shape)?;
            same_shape(name, &inputs[1], &Spec::new(&shape, inputs[1].dtype))?;
            Ok(smallvec![inputs[1].clone(), inputs[1].clone()])
        }
        Prim::Cast(dtype) => one(&inputs[0].shape, *dtype),
        Prim::Reduce(reduce, axes) => {
            if *reduce == Reduce::Mean {
                expect_float(name, &inputs[0])?;
            }
            for dim in &axes.dims {
                expect_dim(name, *dim, &inputs[0].shape)?;
            }
            if !axes.dims.is_sorted_by(|a, b| a < b) {
                return Err(shape_error(format!(
                    "{name}: dims {:?} must be in order, each once",
                    axes.dims
                )));
            }
            one(&reduced(&inputs[0].shape, axes), inputs[0].dtype)
        }
        Prim::ArgReduce { dim, keepdim, .. } => {
            let axes = Axes {
                dims: smallvec![*dim],
                keepdim: *keepdim,
            };
            expect_dim(name, *dim, &inputs[0].shape)?;
            if inputs[0].shape[*dim] == 0 {
                return Err(shape_error(format!(
                    "{name}: dim {dim} of {:?} has no elements, so no extreme",
                    inputs[0].shape
                )));
            }
            one(&reduced(&inputs[0].shape, &axes), DType::I64)
        }
        Prim::CumSum { dim } => {
            expect_dim(name, *dim, &inputs[0].shape)?;
            one(&inputs[0].shape, inputs[0].dtype)
        }
        Prim::Softmax => {
            expect_float(name, &inputs[0])?;
            expect_dim(name, 0, &inputs[0].shape)?;
            one(&inputs[0].shape, inputs[0].dtype)
        }
        Prim::Sort { dim, .. } => {
            expect_dim(name, *dim, &inputs[0].shape)?;
            Ok(smallvec![
                inputs[0].clone(),
                Spec::new(&inputs[0].shape, DType::I64)
            ])
        }
        Prim::View(view) => one(&view::view_shape(view, &inputs[0].shape)?, inputs[0].dtype),
        Prim::Cat { dim } => cat(name, *dim, inputs),
        Prim::Pad { widths, .. } => {
            if widths.len() != inputs[0].shape.len() {
                return Err(shape_error(format!(
                    "{name}: {widths:?} must be one pair of widths for each dim of {:?}",
                    inputs[0].shape
                )));
            }
            let padded: Dims = inputs[0]
                .shape
                .iter()
                .zip(widths)
                .map(|(&size, &(before, after))| size.saturating_add(before).saturating_add(after))
                .collect();
            one(&padded, inputs[0].dtype)
        }
        Prim::Matmul(transposed, epilogue) => nn::matmul(name, *transposed, *epilogue, inputs),
        Prim::Conv2d(conv, epilogue) => nn::conv2d(name, conv, *epilogue, inputs),
        Prim::Conv2dNorm(conv, norm) => nn::conv2d_norm(name, conv, norm, inputs),
        Prim::Conv2dInputGrad(conv, size) => nn::conv2d_input_grad(name, conv, *size, inputs),
        Prim::Conv2dWeightGrad(conv, kernel) => nn::conv2d_weight_grad(name, conv, *kernel, inputs),
        Prim::Pool {
            kind,
            windows,
            positions,
        } => pool::pool(name, *kind, windows, *positions, &inputs[0]),
        Prim::PoolGrad { windows, size, .. } => pool::pool_grad(name, windows, *size, inputs),
        Prim::BatchNorm(norm) => nn::batch_norm(name, norm, inputs),
        Prim::BatchNormGrad(norm) => nn::batch_norm_grad(name, norm, inputs),
        Prim::CrossEntropy(_) => nn::cross_entropy(name, inputs),
        Prim::CrossEntropyGrad(_) => nn::cross_entropy_grad(name, inputs),
        Prim::Gather { dim } => {
            gather_fits(name, *dim, &inputs[0], &inputs[1])?;
            one(&inputs[1].shape, inputs[0].dtype)
        }
        Prim::ScatterAdd { dim } => {
            gather_fits(name, *dim, &inputs[0], &inputs[1])?;
            same_shape(name, &inputs[1], &inputs[2])?;
            same_dtype(name, &inputs[0], &inputs[2])?;
            one(&inputs[0].shape, inputs[0].dtype)
        }
        Prim::Fill(shape, dtype, _) | Prim::Random(shape, dtype, _) => one(shape, *dtype),
        Prim::Update(update) => infer_update(name, update, inputs),
        Prim::Custom(custom) => Ok(custom.0.infer(inputs)?.into()),
    }
}

/// State tensors have the parameter's shape and dtype.
fn infer_update(name: &str, update: &Update, inputs: &[Spec]) -> Result<Specs> {
    let number = |dtype| Spec::new(&[], dtype);
    match inputs {
        [_] => {}
        [_, go, step] if (go, step) == (&number(DType::Bool), &number(DType::I64)) => {}
        [_, others @ ..] => {
            return Err(shape_error(format!(
                "{name}: a step that the device decides on takes a bool and an int64 of rank 0 beside the gradient, \
                 got {}",
                others
                    .iter()
                    .map(|spec| format!("{:?} {}", spec.shape, spec.dtype))
                    .collect::<Vec<_>>()
                    .join(" and ")
            )));
        }
        [] => unreachable!("the arity was checked"),
    }
    let grad = &inputs[0];
    let states = match *update {
        Update::Sgd { momentum, .. } => (momentum != 0.0) as usize,
        Update::Adam { amsgrad, .. } => 2 + amsgrad as usize,
        Update::RmsProp {
            momentum, centered, ..
        } => 1 + centered as usize + (momentum != 0.0) as usize,
        Update::Adagrad { .. } => 1,
    };
    Ok((0..1 + states).map(|_| grad.clone()).collect())
}

/// The shape that is left when some dims are folded.
pub(crate) fn reduced(shape: &[usize], axes: &Axes) -> Dims {
    let mut out = Dims::new();
    for (dim, &size) in shape.iter().enumerate() {
        match (axes.dims.contains(&dim), axes.keepdim) {
            (false, _) => out.push(size),
            (true, true) => out.push(1),
            (true, false) => {}
        }
    }
    out
}

fn cat(name: &str, dim: usize, inputs: &[Spec]) -> Result<Specs> {
    let first = &inputs[0];
    expect_dim(name, dim, &first.shape)?;
    let mut shape = first.shape.clone();
    for (index, input) in inputs.iter().enumerate().skip(1) {
        same_dtype(name, first, input)?;
        let fits = input.shape.len() == shape.len()
            && (0..shape.len()).all(|d| d == dim || input.shape[d] == first.shape[d]);
        if !fits {
            return Err(shape_error(format!(
                "{name}: tensor {index} has shape {:?} and tensor 0 has {:?}; they may differ only in dim {dim}, \
                 the one they are joined along",
                input.shape, first.shape
            )));
        }
        shape[dim] = shape[dim].saturating_add(input.shape[dim]);
    }
    Ok(smallvec![Spec::new(&shape, first.dtype)])
}

fn gather_fits(name: &str, dim: usize, x: &Spec, index: &Spec) -> Result<()> {
    expect_dim(name, dim, &x.shape)?;
    if index.dtype != DType::I64 {
        return Err(dtype_error(format!(
            "{name}: the index must be int64, not {}; use to_dtype(DType::I64)",
            index.dtype
        )));
    }
    let fits = index.shape.len() == x.shape.len()
        && (0..x.shape.len()).all(|d| d == dim || index.shape[d] <= x.shape[d]);
    if fits {
        return Ok(());
    }
    Err(shape_error(format!(
        "{name}: an index of shape {:?} does not fit a tensor of shape {:?} along dim {dim}: ranks must be equal and \
         every other dim of the index at most the tensor's",
        index.shape, x.shape
    )))
}

fn expect_dim(name: &str, dim: usize, shape: &[usize]) -> Result<()> {
    if dim < shape.len() {
        return Ok(());
    }
    Err(shape_error(format!(
        "{name}: dim {dim} is out of range for shape {shape:?}, which has {} dims",
        shape.len()
    )))
}

fn expect_arity(name: &str, prim: &Prim, inputs: &[Spec]) -> Result<()> {
    let (least, most) = prim.arity();
    if (least..=most).contains(&inputs.len()) {
        return Ok(());
    }
    let expected = if least == most {
        least.to_string()
    } else {
        format!("at least {least}")
    };
    Err(shape_error(format!(
        "{name}: takes {expected} tensors, got {}",
        inputs.len()
    )))
}

pub(crate) fn expect_rank(
    name: &str,
    role: &str,
    spec: &Spec,
    rank: usize,
    layout: &str,
) -> Result<()> {
    if spec.shape.len() == rank {
        return Ok(());
    }
    Err(shape_error(format!(
        "{name}: {role} must have {rank} dims {layout}, got {} dims {:?}{}",
        spec.shape.len(),
        spec.shape,
        if spec.shape.len() + 1 == rank {
            "; for a single item add a batch dim with unsqueeze(0)"
        } else {
            ""
        }
    )))
}

fn same_shape(name: &str, a: &Spec, b: &Spec) -> Result<()> {
    if a.shape == b.shape {
        return Ok(());
    }
    Err(shape_error(format!(
        "{name}: shapes {:?} and {:?} must be equal",
        a.shape, b.shape
    )))
}

pub(crate) fn same_dtype(name: &str, a: &Spec, b: &Spec) -> Result<()> {
    if a.dtype == b.dtype {
        return Ok(());
    }
    Err(dtype_error(format!(
        "{name}: dtypes {} and {} must be equal; convert one with to_dtype(..)",
        a.dtype, b.dtype
    )))
}

fn expect_bool(name: &str, spec: &Spec) -> Result<()> {
    if spec.dtype == DType::Bool {
        return Ok(());
    }
    Err(dtype_error(format!(
        "{name}: takes bool tensors, got {}; compare first, as in x.ne(0)",
        spec.dtype
    )))
}

pub(crate) fn expect_float(name: &str, spec: &Spec) -> Result<()> {
    if spec.dtype.category() == Category::Float {
        return Ok(());
    }
    Err(dtype_error(format!(
        "{name}: takes floating tensors, got {}; convert with to_dtype(DType::F32)",
        spec.dtype
    )))
}
