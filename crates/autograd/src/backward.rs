//! The ways to ask for gradients.

use hammerhead_tensor::{Error, ErrorKind, Result, Tensor};

use crate::instructions::full;
use crate::methods::{no_history, unwrap};
use crate::node::Edge;
use crate::variable::{Variable, spec};
use crate::walk::{Goal, Mode, walk};

/// How [`backward_options`](crate::Autograd::backward_options) goes back.
///
/// ```
/// use hammerhead_autograd::{Autograd, BackwardOptions};
/// use hammerhead_tensor::tensor;
///
/// let x = tensor(3.0).requires_grad_();
/// let y = &x * &x;
/// y.backward_options(BackwardOptions { retain_graph: true, ..Default::default() });
/// y.backward();
/// assert_eq!(x.grad().unwrap().item(), 12.0);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct BackwardOptions<'a> {
    /// The gradient of the tensor itself; 1 if not given, which only a tensor of one element has.
    pub grad: Option<&'a Tensor>,
    /// Leaves what operations saved, so that another backward can go through them.
    pub retain_graph: bool,
    /// Records the gradients' own history, so that they can be differentiated; retains the graph.
    /// The leaf's `grad` then refers to the graph and the graph to the leaf, which stays in memory
    /// until `zero_grad`; the functional [`grad`](crate::grad) has no such cycle.
    pub create_graph: bool,
}

/// How [`grad_options`] goes back.
#[derive(Clone, Copy, Debug, Default)]
pub struct GradOptions<'a> {
    /// The gradient of the output; 1 if not given, which only a tensor of one element has.
    pub grad: Option<&'a Tensor>,
    /// Leaves what operations saved, so that another backward can go through them.
    pub retain_graph: bool,
    /// Records the gradients' own history, so that they can be differentiated; retains the graph.
    pub create_graph: bool,
    /// Gives `None` for an input that the output does not depend on, instead of a panic.
    pub allow_unused: bool,
}

/// The gradients of `output`, which must have one element, for `inputs`; no `grad` of any leaf changes.
///
/// The inputs may be leaves or results (PyTorch's `torch.autograd.grad`).
///
/// ```
/// use hammerhead_autograd::{Autograd, grad};
/// use hammerhead_tensor::tensor;
///
/// let (w, b) = (tensor(2.0).requires_grad_(), tensor(1.0).requires_grad_());
/// let loss = &w * 5.0 + &b;
/// let grads = grad(&loss, &[&w, &b]);
/// assert_eq!((grads[0].item(), grads[1].item()), (5.0, 1.0));
/// assert!(w.grad().is_none());
/// ```
///
/// # Panics
/// As [`backward`](crate::Autograd::backward), and if an input does not require grad or plays no part in
/// the output.
#[track_caller]
pub fn grad(output: &Tensor, inputs: &[&Tensor]) -> Vec<Tensor> {
    let grads = unwrap(of_inputs(output, inputs, GradOptions::default()));
    grads
        .into_iter()
        .map(|grad| grad.expect("unused inputs were refused"))
        .collect()
}

/// [`grad`] with options; `None` only for unused inputs, if those are allowed.
///
/// ```
/// use hammerhead_autograd::{Autograd, GradOptions, grad, grad_options};
/// use hammerhead_tensor::tensor;
///
/// let x = tensor(2.0).requires_grad_();
/// let y = &x * &x * &x;
/// let options = GradOptions { create_graph: true, ..Default::default() };
/// let slope = grad_options(&y, &[&x], options).remove(0).unwrap();
/// assert_eq!(slope.item(), 12.0);
/// assert_eq!(grad(&slope, &[&x])[0].item(), 12.0);
/// ```
///
/// # Panics
/// As [`grad`], and if the gradient given is of another shape, dtype or device.
#[track_caller]
pub fn grad_options(
    output: &Tensor,
    inputs: &[&Tensor],
    options: GradOptions<'_>,
) -> Vec<Option<Tensor>> {
    unwrap(of_inputs(output, inputs, options))
}

pub(crate) fn to_leaves(output: &Tensor, options: BackwardOptions<'_>) -> Result<()> {
    let root = Variable::edge(output).ok_or_else(|| no_history("backward", output))?;
    let seed = seed("backward", output, options.grad, options.create_graph)?;
    let mode = Mode {
        retain: options.retain_graph || options.create_graph,
        create: options.create_graph,
    };
    walk(&root, seed, Goal::Leaves, mode).map(drop)
}

pub(crate) fn of_inputs(
    output: &Tensor,
    inputs: &[&Tensor],
    options: GradOptions<'_>,
) -> Result<Vec<Option<Tensor>>> {
    let root = Variable::edge(output).ok_or_else(|| no_history("grad", output))?;
    let seed = seed("grad", output, options.grad, options.create_graph)?;
    let targets: Vec<Edge> = inputs
        .iter()
        .map(|input| Variable::edge(input).ok_or_else(|| no_history("grad", input)))
        .collect::<Result<_>>()?;
    let mode = Mode {
        retain: options.retain_graph || options.create_graph,
        create: options.create_graph,
    };
    let found = walk(&root, seed, Goal::Of(&targets), mode)?;
    match found.iter().position(Option::is_none) {
        Some(index) if !options.allow_unused => Err(unused(index, inputs[index])),
        _ => Ok(found),
    }
}

fn unused(index: usize, input: &Tensor) -> Error {
    Error::new(
        ErrorKind::Gradient,
        format!(
            "grad: the output does not depend on input {index} ({:?} {}), so it has no gradient; was a copy or another \
             view of it used instead? grad_options(.., GradOptions {{ allow_unused: true, .. }}) gives None",
            input.shape(),
            input.dtype()
        ),
    )
}

/// The gradient that a walk starts with.
fn seed(
    operation: &str,
    output: &Tensor,
    given: Option<&Tensor>,
    create_graph: bool,
) -> Result<Tensor> {
    match given {
        // Its history matters only to gradients that have one.
        Some(grad) => {
            check_grad(operation, output, grad)?;
            Ok(if create_graph {
                grad.clone()
            } else {
                grad.detach()
            })
        }
        None if output.numel() == 1 => full(output.shape(), 1.0, output),
        None => Err(Error::new(
            ErrorKind::Gradient,
            format!(
                "{operation}: only a tensor of one element has a gradient of 1 to start from, this one is {:?}; reduce it \
                 first with .sum() or .mean(), or give its gradient with backward_with(&grad)",
                output.shape()
            ),
        )),
    }
}

pub(crate) fn check_grad(operation: &str, tensor: &Tensor, grad: &Tensor) -> Result<()> {
    if spec(tensor) != spec(grad) {
        let message = format!(
            "{operation}: the gradient is {:?} {}, the tensor {:?} {}; they must be equal",
            grad.shape(),
            grad.dtype(),
            tensor.shape(),
            tensor.dtype()
        );
        return Err(Error::new(ErrorKind::Gradient, message));
    }
    if !tensor.device().is_same(&**grad.device()) {
        let (on, at) = (grad.device().name(), tensor.device().name());
        let message = format!(
            "{operation}: the gradient is on {on}, the tensor on {at}; move it with to(&device)"
        );
        return Err(Error::new(ErrorKind::Device, message));
    }
    Ok(())
}
