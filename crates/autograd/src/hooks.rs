//! Functions that see, and may replace, the gradient of a tensor during backward.

use std::fmt;
use std::sync::{Arc, Weak};

use hammerhead_tensor::{Error, ErrorKind, Result, Tensor};

use crate::node::{Edge, Node};
use crate::variable::spec;

/// A registered function; the token tells it from others.
pub(crate) struct Hook {
    token: Arc<()>,
    function: Function,
}

type Function = Box<dyn FnMut(&Tensor) -> Option<Tensor> + Send>;

/// Removes a hook; dropping the handle leaves the hook in place (PyTorch's `RemovableHandle`).
///
/// ```
/// use hammerhead_autograd::Autograd;
/// use hammerhead_tensor::tensor;
///
/// let x = tensor(3.0).requires_grad_();
/// let handle = x.register_hook(|grad| Some(grad * 10.0));
/// handle.remove();
/// x.square().backward();
/// assert_eq!(x.grad().unwrap().item(), 6.0);
/// ```
#[must_use = "without the handle a hook can't be removed"]
pub struct HookHandle {
    node: Weak<Node>,
    output: usize,
    token: Arc<()>,
}

impl HookHandle {
    /// Takes the hook off its tensor.
    pub fn remove(self) {
        if let Some(node) = self.node.upgrade() {
            node.state().slots[self.output]
                .hooks
                .retain(|hook| !Arc::ptr_eq(&hook.token, &self.token));
        }
    }
}

impl fmt::Debug for HookHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookHandle").finish_non_exhaustive()
    }
}

pub(crate) fn register(edge: &Edge, function: Function) -> HookHandle {
    let token = Arc::new(());
    edge.node.state().slots[edge.output].hooks.push(Hook {
        token: token.clone(),
        function,
    });
    HookHandle {
        node: Arc::downgrade(&edge.node),
        output: edge.output,
        token,
    }
}

/// The gradient after all hooks of an output, in the order of their registration.
///
/// # Errors
/// When a hook gives back a gradient of another shape or dtype.
pub(crate) fn run(node: &Node, output: usize, mut grad: Tensor) -> Result<Tensor> {
    let mut taken = Taken::from(node, output);
    for hook in &mut taken.hooks {
        let Some(replaced) = (hook.function)(&grad) else {
            continue;
        };
        if spec(&replaced) != spec(&grad) {
            let message = format!(
                "backward: a hook replaced a gradient {:?} {} by {:?} {}; shape and dtype must stay",
                grad.shape(),
                grad.dtype(),
                replaced.shape(),
                replaced.dtype()
            );
            return Err(Error::new(ErrorKind::Gradient, message));
        }
        grad = replaced;
    }
    Ok(grad)
}

/// The hooks of an output, taken out so that one may use the tensor it is on; they are put back when this
/// is dropped, also by the panic of one of them.
struct Taken<'a> {
    node: &'a Node,
    output: usize,
    hooks: Vec<Hook>,
}

impl<'a> Taken<'a> {
    fn from(node: &'a Node, output: usize) -> Self {
        let hooks = std::mem::take(&mut node.state().slots[output].hooks);
        Self {
            node,
            output,
            hooks,
        }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let slot = &mut self.node.state().slots[self.output];
        self.hooks.append(&mut slot.hooks);
        slot.hooks = std::mem::take(&mut self.hooks);
    }
}
