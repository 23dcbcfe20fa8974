//! The gradient of every instruction: one arm each, from the operands that were saved and the
//! gradient of the output to the gradients of the inputs.
//!
//! | module | instructions |
//! |---|---|
//! | `pointwise` | the pointwise tables, `where` |
//! | `reduce` | folds, running sums, order |
//! | `movement` | views, `cat`, `pad`, `gather`, `scatter_add` |
//! | `product` | matrix product and convolution |
//! | `layers` | pooling, batch norm, cross-entropy |
//!
//! A rule is made of instructions itself. Under `create_graph` they are recorded, and where the
//! fused gradient has no derivative, the rule is spelled out in those that have.

mod layers;
mod movement;
mod pointwise;
mod product;
mod reduce;

use hammerhead_tensor::prim::Prim;
use hammerhead_tensor::{Error, ErrorKind, Result, Tensor};
use smallvec::{SmallVec, smallvec};

use crate::instructions::cast;
use crate::node::Input;
use crate::saved::Operands;

/// The gradients of an instruction's inputs; `None` where there is none or it is not needed.
pub(crate) type Grads = SmallVec<[Option<Tensor>; 3]>;

/// What a rule knows of the call that it is the gradient of.
pub(crate) struct Call<'a> {
    pub prim: &'a Prim,
    pub inputs: &'a [Input],
    /// Which inputs' gradients are asked for.
    pub needs: &'a [bool],
    pub saved: Operands,
    /// Whether the gradient will be differentiated again.
    pub differentiable: bool,
}

impl Call<'_> {
    fn shape(&self, input: usize) -> &[usize] {
        &self.inputs[input].spec.shape
    }

    /// A saved input.
    fn input(&self, index: usize) -> &Tensor {
        self.saved.inputs[index]
            .as_ref()
            .expect("saved by Wanted::by")
    }

    /// A saved output.
    fn output(&self, index: usize) -> &Tensor {
        self.saved.outputs[index]
            .as_ref()
            .expect("saved by Wanted::by")
    }

    /// The gradient of one input, computed if it is asked for.
    fn of(&self, input: usize, grad: impl FnOnce() -> Result<Tensor>) -> Result<Option<Tensor>> {
        if self.needs[input] {
            grad().map(Some)
        } else {
            Ok(None)
        }
    }
}

/// The gradients of the inputs, given that of the first output.
pub(crate) fn gradients(call: Call<'_>, grad: Tensor) -> Result<Grads> {
    match call.prim {
        Prim::Unary(op) => one(pointwise::unary(&call, *op, grad)),
        Prim::Binary(op) => pointwise::binary(&call, *op, grad),
        Prim::Select => pointwise::select(&call, grad),
        Prim::Cast(_) => one(cast(grad, call.inputs[0].spec.dtype)),

        Prim::Reduce(op, axes) => one(reduce::reduce(&call, *op, axes, grad)),
        Prim::CumSum { dim } => one(reduce::cumsum(*dim, grad)),
        Prim::Softmax => one(reduce::softmax(&call, grad)),
        Prim::Sort { dim, .. } => one(reduce::sort(&call, *dim, grad)),

        Prim::View(view) => one(movement::view(view, call.shape(0), grad)),
        Prim::Cat { dim } => movement::cat(&call, *dim, grad),
        Prim::Pad { widths, .. } => one(movement::pad(widths, call.shape(0), grad)),
        Prim::Gather { dim } => movement::gather(&call, *dim, grad),
        Prim::ScatterAdd { dim } => movement::scatter_add(&call, *dim, grad),

        Prim::Matmul(transposed, epilogue) => product::matmul(&call, *transposed, *epilogue, grad),
        Prim::Conv2d(conv, epilogue) => product::conv2d(&call, conv, *epilogue, grad),
        Prim::Conv2dInputGrad(conv, _) => product::conv2d_input_grad(&call, conv, grad),
        Prim::Conv2dWeightGrad(conv, _) => product::conv2d_weight_grad(&call, conv, grad),

        Prim::Pool { kind, windows, .. } => one(layers::pool(&call, *kind, windows, grad)),
        Prim::PoolGrad { kind, windows, .. } => layers::pool_grad(&call, *kind, windows, grad),
        Prim::BatchNorm(norm) => layers::batch_norm(&call, norm, grad),
        Prim::CrossEntropy(loss) => layers::cross_entropy(&call, loss, grad),

        Prim::UnaryGrad(_)
        | Prim::BinaryGrad(..)
        | Prim::SelectGrad
        | Prim::BatchNormGrad(_)
        | Prim::CrossEntropyGrad(_) => Err(no_second_derivative(call.prim)),
        Prim::Conv2dNorm(..) => Err(no_gradient(call.prim)),
        Prim::Custom(_) => unreachable!("has a gradient of its own"),
        Prim::Compare(_)
        | Prim::Logical(_)
        | Prim::Not
        | Prim::ArgReduce { .. }
        | Prim::Fill(..)
        | Prim::Random(..)
        | Prim::Update(_) => unreachable!("{} is not recorded", call.prim.name()),
    }
}

fn one(grad: Result<Tensor>) -> Result<Grads> {
    Ok(smallvec![Some(grad?)])
}

fn no_second_derivative(prim: &Prim) -> Error {
    Error::new(
        ErrorKind::Gradient,
        format!(
            "{}: has no second derivative; for one, run the operation itself and differentiate it with create_graph, \
             which takes a gradient apart into differentiable steps",
            prim.name()
        ),
    )
}

/// Refuses an operation that has no gradient at all.
fn no_gradient(prim: &Prim) -> Error {
    Error::new(
        ErrorKind::Gradient,
        format!(
            "{} backward: the operation has no gradient; detach() its input, or compute it under no_grad(|| ..)",
            prim.name()
        ),
    )
}
