//! The pointwise functions as methods.

use crate::funnel::apply_ref;
use crate::prim::{Prim, Unary};
use crate::{Category, Scalar, Tensor};

macro_rules! float_functions {
    ($($(#[$doc:meta])* $name:ident => $variant:ident;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// Integers are taken as `F32`.
            ///
            /// Shape: any, and the result has the same.
            pub fn $name(&self) -> Tensor {
                apply_ref(Prim::Unary(Unary::$variant), [&self.to_dtype(self.dtype().to_float())])
            }
        )*}
    };
}

float_functions! {
    /// Square root (PyTorch's `sqrt`); NaN of negative numbers.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([4, 9]).sqrt().to_vec::<f32>(), [2.0, 3.0]);
    /// ```
    sqrt => Sqrt;
    /// `1 / sqrt(x)` (PyTorch's `rsqrt`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor(4.0).rsqrt().item(), 0.5);
    /// ```
    rsqrt => Rsqrt;
    /// `1 / x` (PyTorch's `reciprocal`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor(4.0).reciprocal().item(), 0.25);
    /// ```
    reciprocal => Reciprocal;
    /// `e^x` (PyTorch's `exp`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0, 1]).exp().to_string(), "tensor([1.0000, 2.7183])");
    /// ```
    exp => Exp;
    /// `e^x - 1`, exact near 0 (PyTorch's `expm1`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert!((tensor(1e-6).expm1().item() - 1e-6).abs() < 1e-12);
    /// ```
    expm1 => Expm1;
    /// Natural logarithm (PyTorch's `log`); minus infinity of 0.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1.0, 2.0]).log().to_string(), "tensor([0.0000, 0.6931])");
    /// ```
    log => Log;
    /// Logarithm to base 2 (PyTorch's `log2`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor(8.0).log2().item(), 3.0);
    /// ```
    log2 => Log2;
    /// Logarithm to base 10 (PyTorch's `log10`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert!((tensor(1000.0).log10().item() - 3.0).abs() < 1e-6);
    /// ```
    log10 => Log10;
    /// `log(1 + x)`, exact near 0 (PyTorch's `log1p`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert!((tensor(1e-6).log1p().item() - 1e-6).abs() < 1e-12);
    /// ```
    log1p => Log1p;
    /// Sine (PyTorch's `sin`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor(0.0).sin().item(), 0.0);
    /// ```
    sin => Sin;
    /// Cosine (PyTorch's `cos`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor(0.0).cos().item(), 1.0);
    /// ```
    cos => Cos;
    /// Tangent (PyTorch's `tan`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor(0.0).tan().item(), 0.0);
    /// ```
    tan => Tan;
    /// Inverse tangent, between -pi / 2 and pi / 2 (PyTorch's `atan`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert!((tensor(1.0).atan().item() - std::f64::consts::FRAC_PI_4).abs() < 1e-6);
    /// ```
    atan => Atan;
    /// Hyperbolic tangent `(e^x - e^-x) / (e^x + e^-x)` (PyTorch's `tanh`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([-100.0, 0.0]).tanh().to_vec::<f32>(), [-1.0, 0.0]);
    /// ```
    tanh => Tanh;
    /// `1 / (1 + e^-x)` (PyTorch's `sigmoid`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0.0, 100.0]).sigmoid().to_vec::<f32>(), [0.5, 1.0]);
    /// ```
    sigmoid => Sigmoid;
    /// `log(sigmoid(x))`, exact where the sigmoid underflows (PyTorch's `F.logsigmoid`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor(-200.0).logsigmoid().item(), -200.0);
    /// ```
    logsigmoid => LogSigmoid;
    /// `x * Phi(x)` with the normal distribution function (PyTorch's `F.gelu`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0.0, 1.0]).gelu().to_string(), "tensor([0.0000, 0.8413])");
    /// ```
    gelu => Gelu;
    /// GELU by its tanh approximation `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))` (PyTorch's
    /// `F.gelu(approximate="tanh")`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor(1.0).gelu_tanh().to_string(), "tensor(0.8412)");
    /// ```
    gelu_tanh => GeluTanh;
    /// `x * sigmoid(x)` (PyTorch's `F.silu`, swish).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0.0, 1.0]).silu().to_string(), "tensor([0.0000, 0.7311])");
    /// ```
    silu => Silu;
    /// `x * tanh(softplus(x))` (PyTorch's `F.mish`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0.0, 1.0]).mish().to_string(), "tensor([0.0000, 0.8651])");
    /// ```
    mish => Mish;
    /// `x * clamp(x + 3, 0, 6) / 6` (PyTorch's `F.hardswish`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([-3.0, 3.0]).hardswish().to_vec::<f32>(), [0.0, 3.0]);
    /// ```
    hardswish => Hardswish;
    /// `clamp(x + 3, 0, 6) / 6` (PyTorch's `F.hardsigmoid`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([-3.0, 0.0, 3.0]).hardsigmoid().to_vec::<f32>(), [0.0, 0.5, 1.0]);
    /// ```
    hardsigmoid => Hardsigmoid;
    /// The error function, `2 / sqrt(pi)` times the integral of `e^(-t^2)` from 0 to x (PyTorch's `erf`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0.0, 1.0]).erf().to_string(), "tensor([0.0000, 0.8427])");
    /// ```
    erf => Erf;
}

macro_rules! any_functions {
    ($($(#[$doc:meta])* $name:ident => $variant:ident;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// Shape: any, and the result has the same.
            pub fn $name(&self) -> Tensor {
                apply_ref(Prim::Unary(Unary::$variant), [self])
            }
        )*}
    };
}

any_functions! {
    /// Absolute value (PyTorch's `abs`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([-1, 2]).abs().to_vec::<i64>(), [1, 2]);
    /// ```
    abs => Abs;
    /// -1, 0 or 1 (PyTorch's `sign`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([-5, 0, 7]).sign().to_vec::<i64>(), [-1, 0, 1]);
    /// ```
    sign => Sign;
    /// The greatest whole number not above (PyTorch's `floor`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1.5, -1.5]).floor().to_vec::<f32>(), [1.0, -2.0]);
    /// ```
    floor => Floor;
    /// The least whole number not below (PyTorch's `ceil`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1.5, -1.5]).ceil().to_vec::<f32>(), [2.0, -1.0]);
    /// ```
    ceil => Ceil;
    /// The nearest whole number, halves to even (PyTorch's `round`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0.5, 1.5, 2.4]).round().to_vec::<f32>(), [0.0, 2.0, 2.0]);
    /// ```
    round => Round;
    /// The whole part (PyTorch's `trunc`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([1.5, -1.5]).trunc().to_vec::<f32>(), [1.0, -1.0]);
    /// ```
    trunc => Trunc;
    /// `x * x` (PyTorch's `square`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([2, -3]).square().to_vec::<i64>(), [4, 9]);
    /// ```
    square => Square;
    /// `max(x, 0)` (PyTorch's `F.relu`); the gradient at 0 is 0.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([-1.0, 2.0]).relu().to_vec::<f32>(), [0.0, 2.0]);
    /// ```
    relu => Relu;
    /// `min(max(x, 0), 6)` (PyTorch's `F.relu6`).
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([-1.0, 2.0, 7.0]).relu6().to_vec::<f32>(), [0.0, 2.0, 6.0]);
    /// ```
    relu6 => Relu6;
}

impl Tensor {
    /// `x` where positive, `negative_slope * x` elsewhere (PyTorch's `F.leaky_relu`). Integers are taken as `F32`.
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([-10.0, 2.0]).leaky_relu(0.5).to_vec::<f32>(), [-5.0, 2.0]);
    /// ```
    pub fn leaky_relu(&self, negative_slope: f64) -> Tensor {
        self.float_unary(Unary::LeakyRelu { negative_slope })
    }

    /// `x` where positive, `alpha * (e^x - 1)` elsewhere (PyTorch's `F.elu`). Integers are taken as `F32`.
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([-100.0, 2.0]).elu(1.0).to_vec::<f32>(), [-1.0, 2.0]);
    /// ```
    pub fn elu(&self, alpha: f64) -> Tensor {
        self.float_unary(Unary::Elu { alpha })
    }

    /// `log(1 + e^x)`, exact for large x (PyTorch's `F.softplus`). Integers are taken as `F32`.
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([0.0, 100.0]).softplus().to_string(), "tensor([  0.6931, 100.0000])");
    /// ```
    pub fn softplus(&self) -> Tensor {
        self.softplus_with(1.0, 20.0)
    }

    /// `log(1 + e^(beta x)) / beta`, and x itself where `beta x > threshold`; PyTorch's defaults are 1 and 20.
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert!((tensor(0.0).softplus_with(2.0, 20.0).item() - 2f64.ln() / 2.0).abs() < 1e-6);
    /// ```
    pub fn softplus_with(&self, beta: f64, threshold: f64) -> Tensor {
        self.float_unary(Unary::Softplus { beta, threshold })
    }

    /// Limits every element to `[min, max]` (PyTorch's `clamp`); NaN stays. An `f64` infinity leaves a side open, a
    /// fraction raises integers to floats.
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([-1, 2, 5]).clamp(0, 3).to_vec::<i64>(), [0, 2, 3]);
    /// ```
    pub fn clamp(&self, min: impl Into<Scalar>, max: impl Into<Scalar>) -> Tensor {
        let (min, max) = (min.into(), max.into());
        let open = |bound: Scalar| bound.to_f64().is_infinite();
        let promote =
            |x: crate::DType, bound: Scalar| if open(bound) { x } else { bound.promote(x) };
        let dtype = promote(promote(self.dtype(), min), max);
        apply_ref(
            Prim::Unary(Unary::Clamp {
                min: min.to_f64(),
                max: max.to_f64(),
            }),
            [&self.to_dtype(dtype)],
        )
    }

    /// Raises every element below `min` to it (PyTorch's `clamp_min`, the lesson's `clip(x, 0.)`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([-1.0, 2.0]).clamp_min(0.0).to_vec::<f32>(), [0.0, 2.0]);
    /// ```
    pub fn clamp_min(&self, min: impl Into<Scalar>) -> Tensor {
        self.clamp(min, f64::INFINITY)
    }

    /// Lowers every element above `max` to it (PyTorch's `clamp_max`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([-1.0, 2.0]).clamp_max(1.0).to_vec::<f32>(), [-1.0, 1.0]);
    /// ```
    pub fn clamp_max(&self, max: impl Into<Scalar>) -> Tensor {
        self.clamp(f64::NEG_INFINITY, max)
    }

    /// `x` to a power (PyTorch's `pow`, `**`). Integer tensors stay integer under non-negative integer powers.
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// assert_eq!(tensor([2, 3]).pow(2).to_vec::<i64>(), [4, 9]);
    /// assert_eq!(tensor([4.0, 9.0]).pow(0.5).to_vec::<f32>(), [2.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// If an integer tensor is given a negative integer power.
    #[track_caller]
    pub fn pow(&self, exponent: impl Into<Scalar>) -> Tensor {
        let exponent = exponent.into();
        let dtype = exponent.promote(self.dtype());
        if dtype.category() != Category::Float && exponent.to_f64() < 0.0 {
            panic!(
                "pow: integers to the power {} are not integers; use to_dtype(DType::F32) first",
                exponent.to_f64()
            );
        }
        apply_ref(
            Prim::Unary(Unary::PowScalar {
                exponent: exponent.to_f64(),
            }),
            [&self.to_dtype(dtype)],
        )
    }

    fn float_unary(&self, unary: Unary) -> Tensor {
        apply_ref(
            Prim::Unary(unary),
            [&self.to_dtype(self.dtype().to_float())],
        )
    }
}
