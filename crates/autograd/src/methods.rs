//! What tensors can do once this crate is in use.

use hammerhead_tensor::{Error, ErrorKind, Result, Tensor};

use crate::backward::{self, BackwardOptions};
use crate::hooks::{self, HookHandle};
use crate::node::Edge;
use crate::variable::{Variable, spec};

mod sealed {
    pub trait Sealed {}
    impl Sealed for hammerhead_tensor::Tensor {}
}

/// Gradients on tensors, as PyTorch has them.
///
/// ```
/// use hammerhead_autograd::Autograd;
/// use hammerhead_tensor::tensor;
///
/// let x = tensor([3.0, 4.0, 10.0]).requires_grad_();
/// (&x * &x).sum().backward();
/// assert_eq!(x.grad().unwrap().to_vec::<f32>(), [6.0, 8.0, 20.0]);
/// ```
pub trait Autograd: sealed::Sealed {
    /// Makes this tensor a leaf that gradients flow into, and returns it (PyTorch's `requires_grad_()`).
    ///
    /// ```
    /// use hammerhead_autograd::Autograd;
    /// use hammerhead_tensor::tensor;
    ///
    /// let w = tensor([1.0, 2.0]).requires_grad_();
    /// assert!(w.requires_grad() && w.is_leaf());
    /// ```
    ///
    /// # Panics
    /// If the tensor is not of a floating dtype.
    #[track_caller]
    fn requires_grad_(&self) -> Tensor;

    /// Makes this tensor a leaf that gradients flow into, or an ordinary tensor again, without its
    /// `grad` (PyTorch's `requires_grad_(flag)`), to freeze a parameter, say.
    ///
    /// ```
    /// use hammerhead_autograd::Autograd;
    /// use hammerhead_tensor::tensor;
    ///
    /// let w = tensor([1.0, 2.0]).requires_grad_();
    /// assert!(!w.requires_grad_set(false).requires_grad());
    /// ```
    ///
    /// # Panics
    /// If gradients are asked for on a dtype that is not floating, or taken from the result of an
    /// operation, which [`detach`](Tensor::detach) is for.
    #[track_caller]
    fn requires_grad_set(&self, requires_grad: bool) -> Tensor;

    /// Adds the gradient of this tensor, which must have one element, to the `grad` of every leaf that
    /// it was computed from, and frees the graph (PyTorch's `backward()`).
    ///
    /// ```
    /// use hammerhead_autograd::Autograd;
    /// use hammerhead_tensor::tensor;
    ///
    /// let x = tensor([3.0, 4.0]).requires_grad_();
    /// x.square().sum().backward();
    /// assert_eq!(x.grad().unwrap().to_vec::<f32>(), [6.0, 8.0]);
    /// x.sum().backward(); // gradients add up
    /// assert_eq!(x.grad().unwrap().to_vec::<f32>(), [7.0, 9.0]);
    /// ```
    ///
    /// # Panics
    /// If there are more elements, no history, a graph freed before, a saved tensor changed in place, or
    /// an operation without a gradient on the way.
    #[track_caller]
    fn backward(&self);

    /// [`backward`](Autograd::backward) from a given gradient of this tensor: the product of its
    /// Jacobian's transpose with `grad` (PyTorch's `backward(gradient)`).
    ///
    /// ```
    /// use hammerhead_autograd::Autograd;
    /// use hammerhead_tensor::tensor;
    ///
    /// let x = tensor([3.0, 4.0]).requires_grad_();
    /// x.square().backward_with(&tensor([1.0, 10.0]));
    /// assert_eq!(x.grad().unwrap().to_vec::<f32>(), [6.0, 80.0]);
    /// ```
    ///
    /// # Panics
    /// As [`backward`](Autograd::backward), and if `grad` is of another shape, dtype or device.
    #[track_caller]
    fn backward_with(&self, grad: &Tensor);

    /// [`backward`](Autograd::backward) that keeps the graph, or records the gradients' own history (PyTorch's
    /// `retain_graph` and `create_graph`).
    ///
    /// ```
    /// use hammerhead_autograd::{Autograd, BackwardOptions};
    /// use hammerhead_tensor::tensor;
    ///
    /// let x = tensor(3.0).requires_grad_();
    /// let y = x.square();
    /// y.backward_options(BackwardOptions { retain_graph: true, ..Default::default() });
    /// y.backward();
    /// assert_eq!(x.grad().unwrap().item(), 12.0);
    /// ```
    ///
    /// # Panics
    /// As [`backward_with`](Autograd::backward_with).
    #[track_caller]
    fn backward_options(&self, options: BackwardOptions<'_>);

    /// The gradient that backward added up here; `None` before the first (PyTorch's `.grad`). All callers share one
    /// tensor, which later backwards add to.
    ///
    /// ```
    /// use hammerhead_autograd::Autograd;
    /// use hammerhead_tensor::tensor;
    ///
    /// let x = tensor(3.0).requires_grad_();
    /// assert!(x.grad().is_none());
    /// (&x * 2.0).backward();
    /// assert_eq!(x.grad().unwrap().item(), 2.0);
    /// ```
    fn grad(&self) -> Option<Tensor>;

    /// Replaces the gradient (PyTorch's `x.grad = ..`).
    ///
    /// ```
    /// use hammerhead_autograd::Autograd;
    /// use hammerhead_tensor::tensor;
    ///
    /// let x = tensor(3.0).requires_grad_();
    /// x.set_grad(Some(tensor(1.5)));
    /// assert_eq!(x.grad().unwrap().item(), 1.5);
    /// ```
    ///
    /// # Panics
    /// If this tensor does not require grad, or the gradient is of another shape, dtype or device.
    #[track_caller]
    fn set_grad(&self, grad: Option<Tensor>);

    /// Forgets the gradient, so that the next backward starts anew (PyTorch's `grad = None`).
    ///
    /// ```
    /// use hammerhead_autograd::Autograd;
    /// use hammerhead_tensor::tensor;
    ///
    /// let x = tensor(3.0).requires_grad_();
    /// x.square().backward();
    /// x.zero_grad();
    /// assert!(x.grad().is_none());
    /// ```
    fn zero_grad(&self);

    /// Keeps the gradient of a result too when backward passes it (PyTorch's `retain_grad()`).
    ///
    /// ```
    /// use hammerhead_autograd::Autograd;
    /// use hammerhead_tensor::tensor;
    ///
    /// let x = tensor(3.0).requires_grad_();
    /// let y = &x * 2.0;
    /// y.retain_grad();
    /// y.square().backward();
    /// assert_eq!(y.grad().unwrap().item(), 12.0);
    /// ```
    ///
    /// # Panics
    /// If this tensor does not require grad.
    #[track_caller]
    fn retain_grad(&self);

    /// True unless this tensor is the result of an operation that gradients flow through (PyTorch's `is_leaf`).
    ///
    /// ```
    /// use hammerhead_autograd::Autograd;
    /// use hammerhead_tensor::tensor;
    ///
    /// let x = tensor(3.0).requires_grad_();
    /// assert!(x.is_leaf() && !(&x * 2.0).is_leaf());
    /// ```
    fn is_leaf(&self) -> bool;

    /// What PyTorch prints as `grad_fn`, such as `MulBackward0`; `None` for a leaf.
    ///
    /// ```
    /// use hammerhead_autograd::Autograd;
    /// use hammerhead_tensor::tensor;
    ///
    /// let x = tensor(3.0).requires_grad_();
    /// assert_eq!((&x * &x).grad_fn_name().as_deref(), Some("MulBackward0"));
    /// assert_eq!(x.grad_fn_name(), None);
    /// ```
    fn grad_fn_name(&self) -> Option<String>;

    /// Calls `hook` with the gradient of this tensor in every backward, once all of it is there; what it
    /// returns, if anything, goes on in the gradient's place.
    ///
    /// ```
    /// use hammerhead_autograd::Autograd;
    /// use hammerhead_tensor::tensor;
    ///
    /// let x = tensor([1.0, 2.0]).requires_grad_();
    /// let handle = x.register_hook(|grad| Some(grad * 10.0));
    /// x.sum().backward();
    /// assert_eq!(x.grad().unwrap().to_vec::<f32>(), [10.0, 10.0]);
    /// handle.remove();
    /// ```
    ///
    /// # Panics
    /// If this tensor does not require grad.
    #[track_caller]
    fn register_hook(
        &self,
        hook: impl FnMut(&Tensor) -> Option<Tensor> + Send + 'static,
    ) -> HookHandle;
}

impl Autograd for Tensor {
    #[track_caller]
    fn requires_grad_(&self) -> Tensor {
        self.requires_grad_set(true)
    }

    #[track_caller]
    fn requires_grad_set(&self, requires_grad: bool) -> Tensor {
        if requires_grad && !self.dtype().is_float() {
            panic!(
                "requires_grad_: a tensor of {} can't have a gradient, only floating ones change smoothly; convert it \
                 first, as in x.to_dtype(DType::F32).requires_grad_()",
                self.dtype()
            );
        }
        match (requires_grad, Variable::edge(self)) {
            (true, None) => self.set_history(Some(Variable::leaf(self))),
            (false, Some(edge)) if edge.node.is_leaf() => self.set_history(None),
            (false, Some(edge)) => panic!(
                "requires_grad_set: gradients flow through this tensor to what it was computed from ({}), so only a leaf \
                 can be set to require none; detach() gives the same values without history",
                edge.node.grad_fn_name()
            ),
            (true, Some(_)) | (false, None) => {}
        }
        self.clone()
    }

    #[track_caller]
    fn backward(&self) {
        self.backward_options(BackwardOptions::default());
    }

    #[track_caller]
    fn backward_with(&self, grad: &Tensor) {
        self.backward_options(BackwardOptions {
            grad: Some(grad),
            ..Default::default()
        });
    }

    #[track_caller]
    fn backward_options(&self, options: BackwardOptions<'_>) {
        unwrap(backward::to_leaves(self, options));
    }

    fn grad(&self) -> Option<Tensor> {
        let edge = Variable::edge(self)?;
        edge.node.state().slots[edge.output].grad.clone()
    }

    #[track_caller]
    fn set_grad(&self, grad: Option<Tensor>) {
        let edge = edge_of("set_grad", self);
        if let Some(grad) = &grad {
            unwrap(backward::check_grad("set_grad", self, grad));
        }
        edge.node.state().slots[edge.output].grad = grad;
    }

    fn zero_grad(&self) {
        if let Some(edge) = Variable::edge(self) {
            edge.node.state().slots[edge.output].grad = None;
        }
    }

    #[track_caller]
    fn retain_grad(&self) {
        let edge = edge_of("retain_grad", self);
        edge.node.state().slots[edge.output].retains_grad = true;
    }

    fn is_leaf(&self) -> bool {
        Variable::edge(self).is_none_or(|edge| edge.node.is_leaf())
    }

    fn grad_fn_name(&self) -> Option<String> {
        Variable::edge(self)
            .filter(|edge| !edge.node.is_leaf())
            .map(|edge| edge.node.grad_fn_name())
    }

    #[track_caller]
    fn register_hook(
        &self,
        hook: impl FnMut(&Tensor) -> Option<Tensor> + Send + 'static,
    ) -> HookHandle {
        hooks::register(&edge_of("register_hook", self), Box::new(hook))
    }
}

#[track_caller]
pub(crate) fn unwrap<T>(result: Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

#[track_caller]
fn edge_of(operation: &str, tensor: &Tensor) -> Edge {
    unwrap(Variable::edge(tensor).ok_or_else(|| no_history(operation, tensor)))
}

pub(crate) fn no_history(operation: &str, tensor: &Tensor) -> Error {
    let shape = &spec(tensor).shape;
    Error::new(
        ErrorKind::Gradient,
        format!(
            "{operation}: this tensor ({shape:?} {}) has no gradient history: nothing that it was computed from requires \
             grad, or it was computed under no_grad(|| ..) or detached; call requires_grad_() on the parameters first",
            tensor.dtype()
        ),
    )
}
