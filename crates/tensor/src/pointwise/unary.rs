//! The table of operations with one operand: documentation, formula and gradient, once each.
//!
//! An entry reads `fn name(x; parameter = [samples]) -> Type = formula;` followed by the
//! vector-Jacobian product `grad(x, y, g)`, where `y` is the output and `g` the gradient arriving
//! at it. A gradient reads `x` or `y`, not both, so that one tensor is saved and one pass over
//! memory is made. Conventions at kinks are PyTorch's.

use super::Real;
use super::uses::{UnaryUses, unary_uses};
use std::f64::consts::{FRAC_2_PI, FRAC_2_SQRT_PI, LN_2, LN_10, PI};

/// A pointwise operation of one operand, as a type: its formula can be inlined into a loop.
pub trait UnaryOp: Copy + Send + Sync + 'static {
    /// The method's name, as in PyTorch.
    const NAME: &'static str;
    /// The value at `x`.
    fn forward<E: Real>(self, x: E) -> E;
    /// The gradient for `x`, given the output `y` and its gradient `g`; [`Unary::uses`] tells which
    /// of `x` and `y` matter.
    fn grad<E: Real>(self, x: E, y: E, g: E) -> E;
}

/// Receives the formula behind a [`Unary`].
pub trait UnaryVisitor {
    /// What the visit returns.
    type Output;
    /// Called with the operation's type, parameters filled in.
    fn visit<P: UnaryOp>(self, op: P) -> Self::Output;
}

macro_rules! table {
    ($(
        $(#[doc = $doc:literal])+
        fn $name:ident($x:ident $(; $($param:ident = $samples:expr),+)?) -> $Type:ident = $formula:expr;
        grad($gx:ident, $gy:ident, $gg:ident) = $grad:expr;
    )+) => {
        /// A pointwise operation of one operand, with its parameters as plain data.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub enum Unary { $(
            $(#[doc = $doc])+
            $Type $({ $(
                #[doc = concat!("The `", stringify!($param), "` of the formula.")]
                $param: f64,
            )+ })?,
        )+ }

        /// One type per operation, so that a loop is compiled for each.
        mod formula { $(
            #[derive(Clone, Copy)]
            pub struct $Type { $( $(pub $param: f64),+ )? }
        )+ }

        impl Unary {
            /// The method's name, as in PyTorch.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$Type { .. } => stringify!($name), )+ }
            }

            /// What messages call the operation's gradient.
            pub const fn backward_name(self) -> &'static str {
                match self { $( Self::$Type { .. } => concat!(stringify!($name), " backward"), )+ }
            }

            /// Hands the operation's formula to `visitor`.
            #[inline]
            pub fn visit<V: UnaryVisitor>(self, visitor: V) -> V::Output {
                match self { $(
                    Self::$Type { $( $($param),+ )? } =>
                        visitor.visit(formula::$Type { $( $($param),+ )? }),
                )+ }
            }

            /// Its parameters in the table's order, 0 for those it has not.
            pub const fn parameters(self) -> [f64; 2] {
                match self { $(
                    Self::$Type $({ $($param),+ })? => first_two(&[$( $($param),+ )?]),
                )+ }
            }

            /// The same operation with other parameters; those it has not are ignored.
            #[allow(unused_mut, unused_variables)]
            pub fn with_parameters(self, values: [f64; 2]) -> Self {
                let mut values = values.into_iter();
                match self { $(
                    Self::$Type { .. } => Self::$Type $({ $(
                        $param: values.next().expect("at most two parameters"),
                    )+ })?,
                )+ }
            }

            /// The names of all operations in the table's order, by which devices number them.
            pub const NAMES: &'static [&'static str] = &[$( stringify!($name) ),+];

            /// Every operation, each with typical parameters, for derived tests and benchmarks.
            pub fn samples() -> Vec<Self> {
                [ $( table!(@samples $Type $(; $($param = $samples),+)?) ),+ ].concat()
            }
        }

        $( impl UnaryOp for formula::$Type {
            const NAME: &'static str = stringify!($name);
            #[inline(always)]
            fn forward<E: Real>(self, $x: E) -> E {
                $( let Self { $($param),+ } = self; )?
                $formula
            }
            #[inline(always)]
            #[allow(unused_variables)]
            fn grad<E: Real>(self, $gx: E, $gy: E, $gg: E) -> E {
                $( let Self { $($param),+ } = self; )?
                $grad
            }
        } )+
    };
    (@samples $Type:ident) => { vec![Unary::$Type] };
    (@samples $Type:ident; $param:ident = $samples:expr) => {
        $samples.map(|$param| Unary::$Type { $param }).to_vec()
    };
    (@samples $Type:ident; $one:ident = $ones:expr, $two:ident = $twos:expr) => {
        $ones.into_iter().zip($twos).map(|($one, $two)| Unary::$Type { $one, $two }).collect()
    };
}

table! {
    /// `-x`.
    fn neg(x) -> Neg = -x;
    grad(x, y, g) = -g;

    /// `|x|`; the gradient at 0 is 0.
    fn abs(x) -> Abs = x.abs();
    grad(x, y, g) = {
        let zero = g.lit(0.0);
        E::select(x.above(0.0), g.clone(), E::select(x.below(0.0), -g, zero))
    };

    /// -1, 0 or 1 by the sign of `x`; 0 for NaN.
    fn sign(x) -> Sign = {
        E::select(x.above(0.0), x.lit(1.0), E::select(x.below(0.0), x.lit(-1.0), x.lit(0.0)))
    };
    grad(x, y, g) = g.lit(0.0);

    /// The largest integer not above `x`.
    fn floor(x) -> Floor = x.floor();
    grad(x, y, g) = g.lit(0.0);

    /// The smallest integer not below `x`.
    fn ceil(x) -> Ceil = x.ceil();
    grad(x, y, g) = g.lit(0.0);

    /// The nearest integer, halves to the even one.
    fn round(x) -> Round = x.round();
    grad(x, y, g) = g.lit(0.0);

    /// The integer part of `x`, towards zero.
    fn trunc(x) -> Trunc = x.trunc();
    grad(x, y, g) = g.lit(0.0);

    /// `x²`.
    fn square(x) -> Square = x.square();
    grad(x, y, g) = g * (x * 2.0);

    /// `√x`; the gradient at 0 is infinite.
    fn sqrt(x) -> Sqrt = x.sqrt();
    grad(x, y, g) = g / (y * 2.0);

    /// `1 / √x`.
    fn rsqrt(x) -> Rsqrt = x.sqrt().recip();
    grad(x, y, g) = g * (y.square() * y * -0.5);

    /// `1 / x`.
    fn reciprocal(x) -> Reciprocal = x.recip();
    grad(x, y, g) = -g * y.square();

    /// `eˣ`.
    fn exp(x) -> Exp = x.exp();
    grad(x, y, g) = g * y;

    /// `eˣ - 1`, exact near 0.
    fn expm1(x) -> Expm1 = x.exp_m1();
    grad(x, y, g) = g * (y + 1.0);

    /// The natural logarithm.
    fn log(x) -> Log = x.ln();
    grad(x, y, g) = g / x;

    /// The logarithm to base 2.
    fn log2(x) -> Log2 = x.log2();
    grad(x, y, g) = g / (x * LN_2);

    /// The logarithm to base 10.
    fn log10(x) -> Log10 = x.log10();
    grad(x, y, g) = g / (x * LN_10);

    /// `ln(1 + x)`, exact near 0.
    fn log1p(x) -> Log1p = x.ln_1p();
    grad(x, y, g) = g / (x + 1.0);

    /// The sine of an angle in radians.
    fn sin(x) -> Sin = x.sin();
    grad(x, y, g) = g * x.cos();

    /// The cosine of an angle in radians.
    fn cos(x) -> Cos = x.cos();
    grad(x, y, g) = -g * x.sin();

    /// The tangent of an angle in radians.
    fn tan(x) -> Tan = x.tan();
    grad(x, y, g) = g * (y.square() + 1.0);

    /// The angle in radians whose tangent is `x`.
    fn atan(x) -> Atan = x.atan();
    grad(x, y, g) = g / (x.square() + 1.0);

    /// The hyperbolic tangent.
    fn tanh(x) -> Tanh = x.tanh();
    grad(x, y, g) = g * (-y.square() + 1.0);

    /// The logistic function `1 / (1 + e⁻ˣ)`.
    fn sigmoid(x) -> Sigmoid = x.sigmoid();
    grad(x, y, g) = g * (y.clone() * (-y + 1.0));

    /// `ln(sigmoid(x))`, without overflow.
    fn logsigmoid(x) -> LogSigmoid = x.min(&x.lit(0.0)) - (-x.abs()).exp().ln_1p();
    grad(x, y, g) = g * (-x).sigmoid();

    /// `ln(1 + e^(beta x)) / beta`, and `x` itself where `beta x > threshold`.
    fn softplus(x; beta = [1.0, 2.5], threshold = [20.0, 5.0]) -> Softplus = {
        let scaled = x.clone() * beta;
        let soft = scaled.max(&scaled.lit(0.0)) + (-scaled.abs()).exp().ln_1p();
        E::select(scaled.above(threshold), x, soft / beta)
    };
    grad(x, y, g) = {
        let scaled = x * beta;
        E::select(scaled.above(threshold), g.clone(), g * scaled.sigmoid())
    };

    /// Rectified linear unit `max(x, 0)`; the gradient at 0 is 0.
    fn relu(x) -> Relu = x.max(&x.lit(0.0));
    grad(x, y, g) = E::select(y.at_most(0.0), g.lit(0.0), g);

    /// `min(max(x, 0), 6)` (MobileNet).
    fn relu6(x) -> Relu6 = x.max(&x.lit(0.0)).min(&x.lit(6.0));
    grad(x, y, g) = {
        let zero = g.lit(0.0);
        E::select(y.at_most(0.0), zero.clone(), E::select(y.at_least(6.0), zero, g))
    };

    /// `x` above 0, `negative_slope * x` elsewhere (Maas et al. 2013).
    fn leaky_relu(x; negative_slope = [0.01, 0.2]) -> LeakyRelu =
        E::select(x.above(0.0), x.clone(), x * negative_slope);
    grad(x, y, g) = E::select(x.above(0.0), g.clone(), g * negative_slope);

    /// `x` above 0, `alpha (eˣ - 1)` elsewhere (Clevert et al. 2015).
    fn elu(x; alpha = [1.0, 1.3]) -> Elu =
        E::select(x.above(0.0), x.clone(), x.exp_m1() * alpha);
    grad(x, y, g) = E::select(x.above(0.0), g.clone(), g * (x.exp() * alpha));

    /// The probability that a standard normal variable is at most `x` (`torch.special.ndtr`).
    fn ndtr(x) -> Ndtr = x.normal_cdf();
    grad(x, y, g) = g * normal_density(x);

    /// Gaussian error linear unit: `x` times the normal distribution function (Hendrycks 2016).
    fn gelu(x) -> Gelu = x.normal_cdf() * x;
    grad(x, y, g) = g * (x.normal_cdf() + x.clone() * normal_density(x));

    /// GELU by its tanh approximation.
    fn gelu_tanh(x) -> GeluTanh = gelu_logit(&x).sigmoid() * x;
    grad(x, y, g) = {
        let logit = gelu_logit(&x);
        let (s, rest) = (logit.sigmoid(), (-logit).sigmoid());
        let slope = x.square() * (6.0 * GELU_CUBIC * FRAC_2_PI.sqrt()) + 2.0 * FRAC_2_PI.sqrt();
        g * (s.clone() + s * rest * x * slope)
    };

    /// Sigmoid linear unit `x sigmoid(x)`, also called swish.
    fn silu(x) -> Silu = x.sigmoid() * x;
    grad(x, y, g) = {
        // sigmoid(-x) is 1 - sigmoid(x) without cancellation.
        g * (x.sigmoid() * (x.clone() * (-x).sigmoid() + 1.0))
    };

    /// `x tanh(softplus(x))` (Misra 2019).
    fn mish(x) -> Mish = tanh_softplus(&x).0 * x;
    grad(x, y, g) = {
        let (t, rest) = tanh_softplus(&x);
        g * (t.clone() + x.sigmoid() * x * (rest * (t + 1.0)))
    };

    /// `x min(max(x + 3, 0), 6) / 6` (MobileNetV3).
    fn hardswish(x) -> Hardswish = {
        let gate = (x.clone() + 3.0).max(&x.lit(0.0)).min(&x.lit(6.0));
        x * (gate / 6.0)
    };
    grad(x, y, g) = {
        let bent = g.clone() * (x.clone() / 3.0 + 0.5);
        E::select(x.at_most(-3.0), g.lit(0.0), E::select(x.below(3.0), bent, g))
    };

    /// `min(max(x + 3, 0), 6) / 6`.
    fn hardsigmoid(x) -> Hardsigmoid =
        (x.clone() + 3.0).max(&x.lit(0.0)).min(&x.lit(6.0)) / 6.0;
    grad(x, y, g) = {
        let zero = g.lit(0.0);
        let inside = E::select(x.below(3.0), g / 6.0, zero.clone());
        E::select(x.above(-3.0), inside, zero)
    };

    /// The error function.
    fn erf(x) -> Erf = x.erf();
    grad(x, y, g) = g * ((-x.square()).exp() * FRAC_2_SQRT_PI);

    /// `x` held within `min` and `max`, either of which may be infinite; NaN stays NaN. The
    /// gradient passes between the bounds and not at them.
    fn clamp(x; min = [-0.5, 0.1, f64::NEG_INFINITY], max = [0.8, f64::INFINITY, 0.1]) -> Clamp =
        x.max(&x.lit(min)).min(&x.lit(max));
    grad(x, y, g) = {
        let zero = g.lit(0.0);
        let below = E::select(x.below(max), g, zero.clone());
        E::select(x.above(min), below, zero)
    };

    /// `x` to a constant power; the gradient of the 0th power is 0.
    fn pow_scalar(x; exponent = [2.0, 3.0, 0.5, -1.0, 1.7, 0.0]) -> PowScalar = x.powf(exponent);
    grad(x, y, g) = {
        if exponent == 0.0 { g.lit(0.0) } else { g * (x.powf(exponent - 1.0) * exponent) }
    };

    /// `x + value`.
    fn add_scalar(x; value = [2.5]) -> AddScalar = x + value;
    grad(x, y, g) = g;

    /// `x * value`.
    fn mul_scalar(x; value = [-1.5]) -> MulScalar = x * value;
    grad(x, y, g) = g * value;

    /// `x / value`.
    fn div_scalar(x; value = [3.0]) -> DivScalar = x / value;
    grad(x, y, g) = g / value;

    /// `value - x`.
    fn rsub_scalar(x; value = [1.0]) -> RsubScalar = -x + value;
    grad(x, y, g) = -g;

    /// `value / x`.
    fn rdiv_scalar(x; value = [1.5]) -> RdivScalar = x.lit(value) / x;
    grad(x, y, g) = -g * value / x.square();
}

const fn first_two(given: &[f64]) -> [f64; 2] {
    match given {
        [] => [0.0, 0.0],
        [one] => [*one, 0.0],
        [one, two, ..] => [*one, *two],
    }
}

impl Unary {
    /// The same function by a cheaper formula, if its parameters allow.
    pub fn simplest(self) -> Self {
        match self {
            Self::PowScalar { exponent: 2.0 } => Self::Square,
            Self::PowScalar { exponent: 0.5 } => Self::Sqrt,
            Self::PowScalar { exponent: -1.0 } => Self::Reciprocal,
            other => other,
        }
    }

    /// Which of input and output the gradient needs, found by running the gradient formula with a
    /// number that only remembers where it came from.
    ///
    /// ```
    /// use hammerhead_tensor::pointwise::Unary;
    /// assert!(Unary::Exp.uses().output && !Unary::Exp.uses().input);
    /// assert!(Unary::Sin.uses().input);
    /// ```
    pub fn uses(self) -> UnaryUses {
        struct Trace;
        impl UnaryVisitor for Trace {
            type Output = UnaryUses;
            fn visit<P: UnaryOp>(self, op: P) -> UnaryUses {
                unary_uses(op)
            }
        }
        self.visit(Trace)
    }
}

const GELU_CUBIC: f64 = 0.044715;

/// `2 √(2/π) (x + 0.044715 x³)`: since `(1 + tanh u) / 2 = sigmoid(2u)`, no cancellation.
#[inline(always)]
fn gelu_logit<E: Real>(x: &E) -> E {
    (x.square() * GELU_CUBIC + 1.0) * x.clone() * (2.0 * FRAC_2_PI.sqrt())
}

/// The density of the standard normal distribution.
#[inline(always)]
fn normal_density<E: Real>(x: E) -> E {
    (x.square() * -0.5).exp() * (2.0 * PI).sqrt().recip()
}

/// `t = tanh(ln(1 + eˣ))` and `1 - t`, from one exponential that cannot overflow.
#[inline(always)]
fn tanh_softplus<E: Real>(x: &E) -> (E, E) {
    let e = (-x.abs()).exp();
    let positive = x.above(0.0);
    let up = E::select(
        positive.clone(),
        e.clone() * 2.0 + 1.0,
        e.clone() * (e.clone() + 2.0),
    );
    let rest = E::select(positive, e.square() * 2.0, e.lit(2.0));
    let sum = up.clone() + rest.clone();
    (up / sum.clone(), rest / sum)
}
