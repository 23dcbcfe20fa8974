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
            pub fn $name(&self) -> Tensor {
                apply_ref(Prim::Unary(Unary::$variant), [&self.to_dtype(self.dtype().to_float())])
            }
        )*}
    };
}

float_functions! {
    /// Square root.
    sqrt => Sqrt;
    /// `1 / sqrt(x)`.
    rsqrt => Rsqrt;
    /// `1 / x`.
    reciprocal => Reciprocal;
    /// `e^x`.
    exp => Exp;
    /// `e^x - 1`, exact near 0.
    expm1 => Expm1;
    /// Natural logarithm.
    log => Log;
    /// Logarithm to base 2.
    log2 => Log2;
    /// Logarithm to base 10.
    log10 => Log10;
    /// `log(1 + x)`, exact near 0.
    log1p => Log1p;
    /// Sine.
    sin => Sin;
    /// Cosine.
    cos => Cos;
    /// Tangent.
    tan => Tan;
    /// Inverse tangent.
    atan => Atan;
    /// Hyperbolic tangent.
    tanh => Tanh;
    /// `1 / (1 + e^-x)`.
    sigmoid => Sigmoid;
    /// `log(sigmoid(x))`, exact where the sigmoid underflows.
    logsigmoid => LogSigmoid;
    /// `x * Phi(x)` with the normal distribution function (PyTorch's `gelu`).
    gelu => Gelu;
    /// GELU by its tanh approximation.
    gelu_tanh => GeluTanh;
    /// `x * sigmoid(x)` (SiLU, swish).
    silu => Silu;
    /// `x * tanh(softplus(x))`.
    mish => Mish;
    /// `x * clamp(x + 3, 0, 6) / 6`.
    hardswish => Hardswish;
    /// `clamp(x + 3, 0, 6) / 6`.
    hardsigmoid => Hardsigmoid;
    /// The error function.
    erf => Erf;
}

macro_rules! any_functions {
    ($($(#[$doc:meta])* $name:ident => $variant:ident;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            pub fn $name(&self) -> Tensor {
                apply_ref(Prim::Unary(Unary::$variant), [self])
            }
        )*}
    };
}

any_functions! {
    /// Absolute value.
    abs => Abs;
    /// -1, 0 or 1.
    sign => Sign;
    /// The greatest whole number not above.
    floor => Floor;
    /// The least whole number not below.
    ceil => Ceil;
    /// The nearest whole number, halves to even.
    round => Round;
    /// The whole part.
    trunc => Trunc;
    /// `x * x`.
    square => Square;
    /// `max(x, 0)` (PyTorch's `F.relu`).
    relu => Relu;
    /// `min(max(x, 0), 6)`.
    relu6 => Relu6;
}

impl Tensor {
    /// `x` where positive, `negative_slope * x` elsewhere.
    pub fn leaky_relu(&self, negative_slope: f64) -> Tensor {
        self.float_unary(Unary::LeakyRelu { negative_slope })
    }

    /// `x` where positive, `alpha * (e^x - 1)` elsewhere.
    pub fn elu(&self, alpha: f64) -> Tensor {
        self.float_unary(Unary::Elu { alpha })
    }

    /// `log(1 + e^x)`, exact for large x.
    pub fn softplus(&self) -> Tensor {
        self.softplus_with(1.0, 20.0)
    }

    /// `log(1 + e^(beta x)) / beta`, and x itself where `beta x > threshold`.
    pub fn softplus_with(&self, beta: f64, threshold: f64) -> Tensor {
        self.float_unary(Unary::Softplus { beta, threshold })
    }

    /// Limits every element to `[min, max]`; NaN stays. An `f64` infinity leaves a side open.
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

    /// Raises every element below `min` to it (the lesson's `clip(x, 0.)`).
    pub fn clamp_min(&self, min: impl Into<Scalar>) -> Tensor {
        self.clamp(min, f64::INFINITY)
    }

    /// Lowers every element above `max` to it.
    pub fn clamp_max(&self, max: impl Into<Scalar>) -> Tensor {
        self.clamp(f64::NEG_INFINITY, max)
    }

    /// `x` to a power. Integer tensors stay integer under non-negative integer powers.
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
