//! Parameters.

use std::fmt;
use std::ops::Deref;

use hammerhead_autograd::Autograd;
use hammerhead_tensor::Tensor;

/// A leaf tensor that an optimiser learns; it prints as PyTorch's does (PyTorch's `nn.Parameter`).
///
/// Cloning gives another handle to the same parameter. Every method of a tensor can be called on it.
///
/// ```
/// use hammerhead_nn::Parameter;
/// use hammerhead_tensor::tensor;
/// let w = Parameter::new(tensor([1.0, 2.0]));
/// assert!(w.requires_grad());
/// assert_eq!(w.to_string(), "Parameter containing:\ntensor([1., 2.], requires_grad=True)");
/// ```
#[derive(Clone)]
pub struct Parameter(Tensor);

impl Parameter {
    /// A parameter that starts at this tensor's values and collects a gradient.
    ///
    /// # Panics
    /// If the dtype is not floating.
    #[track_caller]
    pub fn new(values: Tensor) -> Self {
        let leaf = if values.requires_grad() {
            values.detach()
        } else {
            values
        };
        Parameter(leaf.requires_grad_())
    }

    /// The tensor.
    pub fn tensor(&self) -> &Tensor {
        &self.0
    }
}

impl Deref for Parameter {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        &self.0
    }
}

impl AsRef<Tensor> for Parameter {
    fn as_ref(&self) -> &Tensor {
        &self.0
    }
}

impl From<Parameter> for Tensor {
    fn from(parameter: Parameter) -> Tensor {
        parameter.0
    }
}

impl From<&Parameter> for Tensor {
    fn from(parameter: &Parameter) -> Tensor {
        parameter.0.clone()
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parameter containing:\n{}", self.0)
    }
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
