//! Activations as modules, for `Sequential` and for models whose printout names them.

use hammerhead_tensor::Tensor;
use hammerhead_tensor::prim::Activation;

use super::python_float;
use crate::{Mode, Module, module};

macro_rules! activations {
    ($($(#[$doc:meta])* $type:ident => $method:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Default)]
        pub struct $type;

        module!($type {});

        impl Module for $type {
            fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
                x.$method()
            }
        }
    )*};
}

activations! {
    /// `1 / (1 + e^-x)` (PyTorch's `nn.Sigmoid`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_nn::{Mode, Module, Sigmoid};
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(Sigmoid.forward(tensor([0.0]), Mode::Eval).item(), 0.5);
    /// ```
    Sigmoid => sigmoid;
    /// The hyperbolic tangent `(e^x - e^-x) / (e^x + e^-x)` (PyTorch's `nn.Tanh`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_nn::{Mode, Module, Tanh};
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(Tanh.forward(tensor([0.0]), Mode::Eval).item(), 0.0);
    /// ```
    Tanh => tanh;
    /// `x * sigmoid(x)` (PyTorch's `nn.SiLU`); Elfwing and others, [Sigmoid-Weighted Linear
    /// Units](https://arxiv.org/abs/1702.03118).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_nn::{Mode, Module, SiLU};
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(SiLU.forward(tensor([0.0]), Mode::Eval).item(), 0.0);
    /// ```
    SiLU => silu;
    /// `x * tanh(softplus(x))` (PyTorch's `nn.Mish`); Misra, [Mish](https://arxiv.org/abs/1908.08681).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_nn::{Mish, Mode, Module};
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(Mish.forward(tensor([0.0]), Mode::Eval).item(), 0.0);
    /// ```
    Mish => mish;
    /// `x * clamp(x + 3, 0, 6) / 6` (PyTorch's `nn.Hardswish`); Howard and others,
    /// [MobileNetV3](https://arxiv.org/abs/1905.02244).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_nn::{Hardswish, Mode, Module};
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(Hardswish.forward(tensor([-3.0, 3.0]), Mode::Eval).to_vec::<f32>(), [0.0, 3.0]);
    /// ```
    Hardswish => hardswish;
}

/// The input itself (PyTorch's `nn.Identity`): keeps a name where there is nothing to do.
///
/// Shape: any, and the result has the same.
///
/// ```
/// use hammerhead_nn::{Identity, Mode, Module};
/// use hammerhead_tensor::tensor;
/// assert_eq!(Identity.forward(tensor([2.5]), Mode::Eval).item(), 2.5);
/// ```
#[derive(Clone, Copy, Default)]
pub struct Identity;

module!(Identity {});

impl Module for Identity {
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        x
    }
}

/// `max(x, 0)` (PyTorch's `nn.ReLU`); Nair and Hinton, [Rectified Linear
/// Units](https://www.cs.toronto.edu/~hinton/absps/reluICML.pdf).
///
/// `inplace` is kept for the printout: an input that nobody kept is reused either way.
///
/// Shape: any, and the result has the same.
///
/// ```
/// use hammerhead_nn::{Mode, Module, ReLU};
/// use hammerhead_tensor::tensor;
/// assert_eq!(ReLU::new().forward(tensor([-1.0, 2.0]), Mode::Eval).to_vec::<f32>(), [0.0, 2.0]);
/// assert_eq!(ReLU::inplace().to_string(), "ReLU(inplace=True)");
/// ```
#[derive(Clone, Copy, Default)]
pub struct ReLU {
    inplace: bool,
}

module!(ReLU { settings: inplace });

impl ReLU {
    /// Printed as `ReLU()`.
    pub fn new() -> Self {
        Self { inplace: false }
    }

    /// Printed as `ReLU(inplace=True)`.
    pub fn inplace() -> Self {
        Self { inplace: true }
    }
}

impl Module for ReLU {
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        x.relu()
    }

    fn as_activation(&self) -> Option<Activation> {
        Some(Activation::Relu)
    }

    fn extra_repr(&self) -> String {
        if self.inplace {
            "inplace=True".to_owned()
        } else {
            String::new()
        }
    }
}

/// `x` where positive, `negative_slope * x` elsewhere (PyTorch's `nn.LeakyReLU`).
///
/// Shape: any, and the result has the same.
///
/// ```
/// use hammerhead_nn::{LeakyReLU, Mode, Module};
/// use hammerhead_tensor::tensor;
/// let y = LeakyReLU::new(0.5).forward(tensor([-10.0, 2.0]), Mode::Eval);
/// assert_eq!(y.to_vec::<f32>(), [-5.0, 2.0]);
/// ```
#[derive(Clone, Copy)]
pub struct LeakyReLU {
    negative_slope: f64,
}

module!(LeakyReLU {
    settings: negative_slope
});

impl LeakyReLU {
    /// PyTorch's default slope is 0.01.
    pub fn new(negative_slope: f64) -> Self {
        Self { negative_slope }
    }
}

impl Module for LeakyReLU {
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        x.leaky_relu(self.negative_slope)
    }

    fn extra_repr(&self) -> String {
        format!("negative_slope={}", python_float(self.negative_slope))
    }
}

/// `x` where positive, `alpha * (e^x - 1)` elsewhere (PyTorch's `nn.ELU`); Clevert and others,
/// [Exponential Linear Units](https://arxiv.org/abs/1511.07289).
///
/// Shape: any, and the result has the same.
///
/// ```
/// use hammerhead_nn::{ELU, Mode, Module};
/// use hammerhead_tensor::tensor;
/// assert_eq!(ELU::new(1.0).forward(tensor([-100.0, 2.0]), Mode::Eval).to_vec::<f32>(), [-1.0, 2.0]);
/// ```
#[derive(Clone, Copy)]
pub struct ELU {
    alpha: f64,
}

module!(ELU { settings: alpha });

impl ELU {
    /// PyTorch's default alpha is 1.
    pub fn new(alpha: f64) -> Self {
        Self { alpha }
    }
}

impl Module for ELU {
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        x.elu(self.alpha)
    }

    fn extra_repr(&self) -> String {
        format!("alpha={}", python_float(self.alpha))
    }
}

/// `x * Phi(x)` with the normal distribution function, or its approximation by tanh (PyTorch's `nn.GELU`);
/// Hendrycks and Gimpel, [Gaussian Error Linear Units](https://arxiv.org/abs/1606.08415).
///
/// Shape: any, and the result has the same.
///
/// ```
/// use hammerhead_nn::{GELU, Mode, Module};
/// use hammerhead_tensor::tensor;
/// assert_eq!(GELU::new().forward(tensor(1.0), Mode::Eval).to_string(), "tensor(0.8413)");
/// assert_eq!(GELU::tanh().forward(tensor(1.0), Mode::Eval).to_string(), "tensor(0.8412)");
/// ```
#[derive(Clone, Copy, Default)]
pub struct GELU {
    tanh: bool,
}

module!(GELU { settings: tanh });

impl GELU {
    /// The exact form.
    pub fn new() -> Self {
        Self { tanh: false }
    }

    /// The approximation by tanh.
    pub fn tanh() -> Self {
        Self { tanh: true }
    }
}

impl Module for GELU {
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        if self.tanh { x.gelu_tanh() } else { x.gelu() }
    }

    fn extra_repr(&self) -> String {
        format!("approximate='{}'", if self.tanh { "tanh" } else { "none" })
    }
}

/// `log(1 + e^(beta x)) / beta` with beta 1, and x itself where `beta x` is above 20 (PyTorch's `nn.Softplus`).
///
/// Shape: any, and the result has the same.
///
/// ```
/// use hammerhead_nn::{Mode, Module, Softplus};
/// use hammerhead_tensor::tensor;
/// assert_eq!(Softplus::default().forward(tensor(0.0), Mode::Eval).to_string(), "tensor(0.6931)");
/// ```
#[derive(Clone, Copy)]
pub struct Softplus {
    beta: f64,
    threshold: f64,
}

module!(Softplus {
    settings: beta,
    threshold
});

impl Default for Softplus {
    fn default() -> Self {
        Self {
            beta: 1.0,
            threshold: 20.0,
        }
    }
}

impl Module for Softplus {
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        x.softplus_with(self.beta, self.threshold)
    }

    fn extra_repr(&self) -> String {
        format!(
            "beta={}, threshold={}",
            python_float(self.beta),
            python_float(self.threshold)
        )
    }
}

macro_rules! along_a_dim {
    ($($(#[$doc:meta])* $type:ident => $method:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $type {
            dim: isize,
        }

        module!($type { settings: dim });

        impl $type {
            /// Along this dim; negative ones count from the last.
            pub fn new(dim: isize) -> Self {
                Self { dim }
            }
        }

        impl Module for $type {
            #[track_caller]
            fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
                x.$method(self.dim)
            }

            fn extra_repr(&self) -> String {
                format!("dim={}", self.dim)
            }
        }
    )*};
}

along_a_dim! {
    /// `e^x / sum(e^x)` along a dim (PyTorch's `nn.Softmax`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_nn::{Mode, Module, Softmax};
    /// use hammerhead_tensor::tensor;
    /// let y = Softmax::new(1).forward(tensor([[0.0, 0.0]]), Mode::Eval);
    /// assert_eq!(y.to_vec::<f32>(), [0.5, 0.5]);
    /// ```
    Softmax => softmax;
    /// `x - log(sum(e^x))` along a dim (PyTorch's `nn.LogSoftmax`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_nn::{LogSoftmax, Mode, Module};
    /// use hammerhead_tensor::tensor;
    /// let y = LogSoftmax::new(1).forward(tensor([[0.0, 0.0]]), Mode::Eval);
    /// assert_eq!(y.to_string(), "tensor([[-0.6931, -0.6931]])");
    /// ```
    LogSoftmax => log_softmax;
}
