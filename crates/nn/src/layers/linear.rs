//! The affine map.

use hammerhead_tensor::Tensor;
use hammerhead_tensor::prim::Activation;

use super::python_bool;
use crate::init;
use crate::{Mode, Module, Parameter, module};

/// `y = x W^T + b` (PyTorch's `nn.Linear`).
///
/// Weight `[out, in]` and bias `[out]` start uniform within `1 / sqrt(in)`.
///
/// Shape: `[.., in_features]` to `[.., out_features]`.
///
/// ```
/// use hammerhead_nn::{Linear, Mode, Module};
/// use hammerhead_tensor::Tensor;
/// let layer = Linear::new(784, 10);
/// assert_eq!(layer.forward(Tensor::zeros([64, 784]), Mode::Eval).shape(), [64, 10]);
/// ```
pub struct Linear {
    /// `[out_features, in_features]`.
    pub weight: Parameter,
    /// `[out_features]`.
    pub bias: Option<Parameter>,
    in_features: usize,
    out_features: usize,
}

module!(Linear { parameters: weight, bias; settings: in_features, out_features });

impl Linear {
    /// A layer with a bias.
    pub fn new(in_features: usize, out_features: usize) -> Self {
        let weight = init::layer_weight([out_features, in_features]);
        let bias = init::layer_bias(out_features, in_features);
        Self {
            weight,
            bias: Some(bias),
            in_features,
            out_features,
        }
    }

    /// A layer without a bias.
    pub fn without_bias(in_features: usize, out_features: usize) -> Self {
        let weight = init::layer_weight([out_features, in_features]);
        Self {
            weight,
            bias: None,
            in_features,
            out_features,
        }
    }

    /// The map with an activation in the same pass.
    ///
    /// # Panics
    /// If the last dim is not `in_features`.
    #[track_caller]
    pub fn forward_act(&self, x: Tensor, activation: Activation) -> Tensor {
        x.linear_act(&self.weight, self.bias.as_deref(), activation)
    }
}

impl Module for Linear {
    #[track_caller]
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        self.forward_act(x, Activation::None)
    }

    #[track_caller]
    fn forward_with(
        &self,
        x: Tensor,
        activation: Activation,
        _mode: Mode,
    ) -> Result<Tensor, Tensor> {
        Ok(self.forward_act(x, activation))
    }

    fn extra_repr(&self) -> String {
        format!(
            "in_features={}, out_features={}, bias={}",
            self.in_features,
            self.out_features,
            python_bool(self.bias.is_some())
        )
    }
}
