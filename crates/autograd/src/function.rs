//! Functions with a gradient of their author's own.

use hammerhead_tensor::infer::Spec;
use hammerhead_tensor::{Result, Tensor, grad_enabled, no_grad};
use smallvec::SmallVec;

use crate::node::{Function, Node, Operation};
use crate::saved::{Saved, Wanted};
use crate::variable::{histories, inputs_of, spec};

/// Computes `forward(inputs)` with `backward` as its gradient (PyTorch's `torch.autograd.Function`).
///
/// `forward` runs under `no_grad`. `backward` gets the inputs, the outputs and the gradients of the
/// outputs (zeros where nothing asked), and gives the gradient of every input, or `None`. Made of
/// tensor operations, it can be differentiated itself under `create_graph`. For an operation on
/// memory rather than on tensors see [`CustomOp`](hammerhead_tensor::custom::CustomOp).
///
/// ```
/// use hammerhead_autograd::{Autograd, custom_function};
/// use hammerhead_tensor::tensor;
///
/// // Rounding with the gradient of the identity, the straight-through estimator.
/// let x = tensor([0.4, 1.6]).requires_grad_();
/// let outputs = custom_function(
///     "round_through",
///     &[&x],
///     |inputs| vec![inputs[0].round()],
///     |_inputs, _outputs, grads| Ok(vec![Some(grads[0].clone())]),
/// );
/// outputs[0].sum().backward();
/// assert_eq!(x.grad().unwrap().to_vec::<f32>(), [1.0, 1.0]);
/// ```
pub fn custom_function(
    name: &str,
    inputs: &[&Tensor],
    forward: impl FnOnce(&[&Tensor]) -> Vec<Tensor>,
    backward: impl Fn(&[Tensor], &[Tensor], &[Tensor]) -> Result<Vec<Option<Tensor>>>
    + Send
    + Sync
    + 'static,
) -> Vec<Tensor> {
    // An output that is an input, or kept elsewhere, gets its history on a handle of its own.
    let outputs: Vec<Tensor> = no_grad(|| forward(inputs))
        .iter()
        .map(Tensor::detach)
        .collect();
    if !grad_enabled() {
        return outputs;
    }
    let operands = inputs_of(name, inputs);
    if operands.iter().all(|input| input.edge.is_none()) {
        return outputs;
    }
    let specs: SmallVec<[Spec; 1]> = outputs.iter().map(spec).collect();
    let saved = Saved::keep(&Wanted::ALL, inputs, &outputs, false);
    let function = Closure {
        name: name.to_owned(),
        backward,
    };
    let node = Node::new(
        Operation::Function(Box::new(function)),
        operands,
        specs,
        saved,
    );
    let histories = histories(&node, |output| outputs[output].dtype().is_float());
    for (output, history) in outputs.iter().zip(histories) {
        output.set_history(history);
    }
    outputs
}

struct Closure<F> {
    name: String,
    backward: F,
}

impl<F> Function for Closure<F>
where
    F: Fn(&[Tensor], &[Tensor], &[Tensor]) -> Result<Vec<Option<Tensor>>> + Send + Sync,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn backward(
        &self,
        inputs: &[Tensor],
        outputs: &[Tensor],
        grads: &[Tensor],
    ) -> Result<Vec<Option<Tensor>>> {
        (self.backward)(inputs, outputs, grads)
    }
}
