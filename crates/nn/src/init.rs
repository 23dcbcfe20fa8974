//! Initial values (PyTorch's `nn.init`), drawn in place from the thread's generator.

use hammerhead_tensor::{DType, IntoShape, Tensor, no_grad};

use crate::Parameter;

/// Which fan a Kaiming initialisation keeps the variance of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fan {
    /// Inputs of a unit: keeps the variance of the forward pass.
    In,
    /// Outputs of a unit: keeps that of the backward pass.
    Out,
}

/// What follows a layer, for the recommended gain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nonlinearity {
    /// None, or a sigmoid: gain 1.
    Linear,
    /// Gain 5 / 3.
    Tanh,
    /// Gain sqrt(2).
    Relu,
    /// Gain `sqrt(2 / (1 + slope^2))`.
    LeakyRelu(f64),
}

impl Nonlinearity {
    /// The recommended gain (PyTorch's `calculate_gain`).
    ///
    /// ```
    /// use hammerhead_nn::init::Nonlinearity;
    /// assert_eq!(Nonlinearity::Relu.gain(), 2f64.sqrt());
    /// ```
    pub fn gain(self) -> f64 {
        match self {
            Nonlinearity::Linear => 1.0,
            Nonlinearity::Tanh => 5.0 / 3.0,
            Nonlinearity::Relu => 2f64.sqrt(),
            Nonlinearity::LeakyRelu(slope) => (2.0 / (1.0 + slope * slope)).sqrt(),
        }
    }
}

/// `(fan in, fan out)` of a weight `[out, in, ..]`: inputs and outputs of a unit, times the window's size.
///
/// ```
/// use hammerhead_nn::init::fans;
/// use hammerhead_tensor::Tensor;
/// assert_eq!(fans(&Tensor::zeros([16, 3, 5, 5])), (75, 400));
/// ```
///
/// # Panics
/// If it has fewer than two dims.
#[track_caller]
pub fn fans(weight: &Tensor) -> (usize, usize) {
    let shape = weight.shape();
    assert!(
        shape.len() >= 2,
        "init: fans need a weight of at least 2 dims, got {shape:?}"
    );
    let window: usize = shape[2..].iter().product();
    (shape[1] * window, shape[0] * window)
}

/// Sets every element to one value (PyTorch's `init.constant_`).
///
/// ```
/// use hammerhead_nn::{Linear, init};
/// let layer = Linear::new(2, 1);
/// init::constant_(&layer.weight, 0.5);
/// assert_eq!(layer.weight.to_vec::<f32>(), [0.5, 0.5]);
/// ```
pub fn constant_(tensor: &Tensor, value: f64) {
    no_grad(|| tensor.fill_(value));
}

/// Uniform on `[low, high)` (PyTorch's `init.uniform_`).
///
/// ```
/// use hammerhead_nn::{Linear, init};
/// let layer = Linear::new(30, 10);
/// init::uniform_(&layer.weight, -0.1, 0.1);
/// assert!(layer.weight.abs().max().item() <= 0.1);
/// ```
pub fn uniform_(tensor: &Tensor, low: f64, high: f64) {
    no_grad(|| tensor.uniform_(low, high));
}

/// Normal with this mean and standard deviation (PyTorch's `init.normal_`).
///
/// ```
/// use hammerhead_nn::{Linear, init};
/// let layer = Linear::new(30, 10);
/// init::normal_(&layer.weight, 0.0, 0.02);
/// assert!(layer.weight.abs().max().item() < 0.2);
/// ```
pub fn normal_(tensor: &Tensor, mean: f64, std: f64) {
    no_grad(|| tensor.normal_(mean, std));
}

/// Normal, with values outside `[low, high]` drawn again by inversion (PyTorch's `init.trunc_normal_`).
///
/// ```
/// use hammerhead_nn::{Linear, init};
/// let layer = Linear::new(30, 10);
/// init::trunc_normal_(&layer.weight, 0.0, 0.02, -0.04, 0.04);
/// assert!(layer.weight.abs().max().item() <= 0.04);
/// ```
pub fn trunc_normal_(tensor: &Tensor, mean: f64, std: f64, low: f64, high: f64) {
    no_grad(|| {
        let cdf = |x: f64| {
            (1.0 + Tensor::full_with((), (x - mean) / std / 2f64.sqrt(), DType::F64)
                .erf()
                .item())
                / 2.0
        };
        let (from, to) = (2.0 * cdf(low) - 1.0, 2.0 * cdf(high) - 1.0);
        let draws: Vec<f64> = Tensor::uniform(tensor.shape(), from, to, DType::F64).to_vec();
        let values: Vec<f64> = draws
            .into_iter()
            .map(|p| (mean + std * 2f64.sqrt() * inverse_erf(p)).clamp(low, high))
            .collect();
        tensor.copy_(&Tensor::from_vec(values, tensor.shape()));
    });
}

/// The inverse of the error function, by Giles' start and two Newton steps.
fn inverse_erf(p: f64) -> f64 {
    if p.abs() >= 1.0 {
        return p * f64::INFINITY;
    }
    let w = -((1.0 - p) * (1.0 + p)).ln();
    let mut x = if w < 5.0 {
        let w = w - 2.5;
        p * (1.50140941
            + w * (0.246640727 + w * (-0.00417768164 + w * (-0.00125372503 + w * 0.000218580870))))
    } else {
        let w = w.sqrt() - 3.0;
        p * (2.83297682
            + w * (1.00167406 + w * (0.00943887047 + w * (-0.0076224613 + w * 0.00573950773))))
    };
    for _ in 0..2 {
        let error = Tensor::full_with((), x, DType::F64).erf().item() - p;
        x -= error / (std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp());
    }
    x
}

/// Uniform within `gain * sqrt(3 / fan)`, so that the variance of the layer's output is kept (PyTorch's
/// `init.kaiming_uniform_`); He and others,
/// [Delving Deep into Rectifiers](https://arxiv.org/abs/1502.01852).
///
/// ```
/// use hammerhead_nn::{Linear, init::{self, Fan, Nonlinearity}};
/// let layer = Linear::new(6, 10);
/// init::kaiming_uniform_(&layer.weight, Fan::In, Nonlinearity::Relu);
/// assert!(layer.weight.abs().max().item() <= 1.0);
/// ```
///
/// # Panics
/// If the weight has fewer than two dims.
#[track_caller]
pub fn kaiming_uniform_(weight: &Tensor, fan: Fan, nonlinearity: Nonlinearity) {
    let bound = 3f64.sqrt() * kaiming_std(weight, fan, nonlinearity);
    uniform_(weight, -bound, bound);
}

/// Normal with standard deviation `gain / sqrt(fan)`, so that the variance of the layer's output is kept
/// (PyTorch's `init.kaiming_normal_`); the paper of [`kaiming_uniform_`].
///
/// ```
/// use hammerhead_nn::{Conv2d, init::{self, Fan, Nonlinearity}};
/// let layer = Conv2d::new(8, 16, 3);
/// init::kaiming_normal_(&layer.weight, Fan::Out, Nonlinearity::Relu);
/// assert!((layer.weight.std().item() - (2.0f64 / 144.0).sqrt()).abs() < 0.02);
/// ```
///
/// # Panics
/// If the weight has fewer than two dims.
#[track_caller]
pub fn kaiming_normal_(weight: &Tensor, fan: Fan, nonlinearity: Nonlinearity) {
    normal_(weight, 0.0, kaiming_std(weight, fan, nonlinearity));
}

#[track_caller]
fn kaiming_std(weight: &Tensor, fan: Fan, nonlinearity: Nonlinearity) -> f64 {
    let (fan_in, fan_out) = fans(weight);
    let fan = match fan {
        Fan::In => fan_in,
        Fan::Out => fan_out,
    };
    nonlinearity.gain() / (fan as f64).sqrt()
}

/// Uniform within `gain * sqrt(6 / (fan in + fan out))`, so that the variance of both passes is kept
/// (PyTorch's `init.xavier_uniform_`); Glorot and Bengio, [Understanding the difficulty of training deep
/// feedforward neural networks](https://proceedings.mlr.press/v9/glorot10a.html).
///
/// ```
/// use hammerhead_nn::{Linear, init};
/// let layer = Linear::new(4, 2);
/// init::xavier_uniform_(&layer.weight, 1.0);
/// assert!(layer.weight.abs().max().item() <= 1.0);
/// ```
///
/// # Panics
/// If the weight has fewer than two dims.
#[track_caller]
pub fn xavier_uniform_(weight: &Tensor, gain: f64) {
    let (fan_in, fan_out) = fans(weight);
    let bound = 3f64.sqrt() * gain * (2.0 / (fan_in + fan_out) as f64).sqrt();
    uniform_(weight, -bound, bound);
}

/// Normal with standard deviation `gain * sqrt(2 / (fan in + fan out))`, so that the variance of both passes is
/// kept (PyTorch's `init.xavier_normal_`); the paper of [`xavier_uniform_`].
///
/// ```
/// use hammerhead_nn::{Linear, init};
/// let layer = Linear::new(100, 100);
/// init::xavier_normal_(&layer.weight, 1.0);
/// assert!((layer.weight.std().item() - 0.1).abs() < 0.01);
/// ```
///
/// # Panics
/// If the weight has fewer than two dims.
#[track_caller]
pub fn xavier_normal_(weight: &Tensor, gain: f64) {
    let (fan_in, fan_out) = fans(weight);
    normal_(weight, 0.0, gain * (2.0 / (fan_in + fan_out) as f64).sqrt());
}

/// PyTorch's start of a linear layer's or a convolution's weight: Kaiming uniform with slope sqrt(5),
/// which is uniform within `1 / sqrt(fan_in)`.
pub(crate) fn layer_weight(shape: impl IntoShape) -> Parameter {
    let weight = Tensor::zeros(shape);
    if weight.numel() > 0 {
        kaiming_uniform_(&weight, Fan::In, Nonlinearity::LeakyRelu(5f64.sqrt()));
    }
    Parameter::new(weight)
}

/// PyTorch's start of their bias: uniform within `1 / sqrt(fan_in)`.
pub(crate) fn layer_bias(features: usize, fan_in: usize) -> Parameter {
    let bound = if fan_in > 0 {
        1.0 / (fan_in as f64).sqrt()
    } else {
        0.0
    };
    Parameter::new(Tensor::uniform([features], -bound, bound, DType::F32))
}
