//! The polynomials of the pointwise table as GLSL: [`Lanes`] whose arithmetic writes statements.

use std::ops::{Add, Div, Mul, Neg, Sub};

use hammerhead::tensor::pointwise::{Lanes, Real};

use super::text::{Number, body, emit, literal};

/// The generated source's name.
pub const NAME: &str = "polynomials.glsl";

/// The functions that formulas call, each with the text of its body.
pub fn functions() -> String {
    type Function = fn(&Statement) -> Statement;
    let table: [(&str, Function); 11] = [
        ("exp", Real::exp),
        ("exp_m1", Real::exp_m1),
        ("ln", Real::ln),
        ("ln_1p", Real::ln_1p),
        ("log2", Real::log2),
        ("log10", Real::log10),
        ("tanh", Real::tanh),
        ("sigmoid", Real::sigmoid),
        ("erf", Real::erf),
        ("normal_cdf", Real::normal_cdf),
        ("sqrt", Real::sqrt),
    ];
    let mut text = String::from(
        "// Generated from the polynomials of hammerhead-tensor by `cargo xtask shaders`.\n\n\
         bool less(float a, float b) { return a < b; }\n\
         bool less_or_equal(float a, float b) { return a <= b; }\n\
         bool same(float a, float b) { return a == b; }\n\n",
    );
    for (name, function) in table {
        let body = body(|| function(&Statement::argument("x")).name());
        text += &format!("float x_{name}(float x) {{\n{body}}}\n\n");
    }
    for (name, function) in [("max", Real::max as fn(&_, &_) -> _), ("min", Real::min)] {
        let (a, b) = ("x", "y");
        let body = body(|| function(&Statement::argument(a), &Statement::argument(b)).name());
        text += &format!("float x_{name}(float x, float y) {{\n{body}}}\n\n");
    }
    text
}

/// A float by the number of the statement that computes it.
#[derive(Clone, Copy, Debug)]
pub struct Statement(u32);

/// A truth value.
#[derive(Clone, Copy, Debug)]
pub struct Truth(u32);

impl Statement {
    fn argument(name: &str) -> Self {
        Self::of(name)
    }

    fn of(expression: &str) -> Self {
        Self(emit("precise float", expression))
    }

    fn name(self) -> String {
        format!("t{}", self.0)
    }
}

macro_rules! operators {
    ($($Trait:ident $method:ident $sign:literal),+) => { $(
        impl $Trait for Statement {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                Self::of(&format!("t{} {} t{}", self.0, $sign, other.0))
            }
        }
        impl $Trait<f64> for Statement {
            type Output = Self;
            fn $method(self, other: f64) -> Self {
                self.$method(Self::splat(other as f32))
            }
        }
    )+ };
}
operators!(Add add "+", Sub sub "-", Mul mul "*", Div div "/");

impl Neg for Statement {
    type Output = Self;
    fn neg(self) -> Self {
        Self::of(&format!("-t{}", self.0))
    }
}

impl Lanes for Statement {
    type Mask = Truth;

    fn splat(value: f32) -> Self {
        Self::of(&literal(f64::from(value), Number::Single))
    }
    fn mul_add(self, factor: Self, term: Self) -> Self {
        Self::of(&format!("fma(t{}, t{}, t{})", self.0, factor.0, term.0))
    }
    fn lt(self, other: Self) -> Truth {
        Truth(emit("bool", &format!("less(t{}, t{})", self.0, other.0)))
    }
    fn le(self, other: Self) -> Truth {
        Truth(emit(
            "bool",
            &format!("less_or_equal(t{}, t{})", self.0, other.0),
        ))
    }
    fn eq(self, other: Self) -> Truth {
        Truth(emit("bool", &format!("same(t{}, t{})", self.0, other.0)))
    }
    fn select(mask: Truth, yes: Self, no: Self) -> Self {
        Self::of(&format!("t{} ? t{} : t{}", mask.0, yes.0, no.0))
    }
    fn abs(self) -> Self {
        Self::of(&format!(
            "uintBitsToFloat(floatBitsToUint(t{}) & 0x7fffffffu)",
            self.0
        ))
    }
    fn copysign(self, sign: Self) -> Self {
        Self::of(&format!(
            "uintBitsToFloat((floatBitsToUint(t{}) & 0x7fffffffu) | (floatBitsToUint(t{}) & 0x80000000u))",
            self.0, sign.0
        ))
    }
    fn floor(self) -> Self {
        Self::of(&format!("floor(t{})", self.0))
    }
    fn ceil(self) -> Self {
        Self::of(&format!("ceil(t{})", self.0))
    }
    fn round(self) -> Self {
        Self::of(&format!("roundEven(t{})", self.0))
    }
    fn trunc(self) -> Self {
        Self::of(&format!("trunc(t{})", self.0))
    }
    fn sqrt(self) -> Self {
        Self::of(&format!("sqrt(t{})", self.0))
    }
    fn two_to_low_bits(self) -> Self {
        Self::of(&format!(
            "uintBitsToFloat((floatBitsToUint(t{}) << 23) + 0x3f800000u)",
            self.0
        ))
    }
    fn split_exponent(self) -> (Self, Self) {
        let bits = emit(
            "uint",
            &format!("floatBitsToUint(t{}) - 0x3f3504f3u", self.0),
        );
        (
            Self::of(&format!(
                "uintBitsToFloat((t{bits} & 0x007fffffu) + 0x3f3504f3u)"
            )),
            Self::of(&format!("float(int(t{bits}) >> 23)")),
        )
    }
    fn head(self) -> Self {
        Self::of(&format!(
            "uintBitsToFloat(floatBitsToUint(t{}) & 0xfffff000u)",
            self.0
        ))
    }
    fn map(self, _: impl Fn(f32) -> f32) -> Self {
        unreachable!("functions without a polynomial in f32 are written by hand in extended.glsl")
    }
    fn map2(self, _: Self, _: impl Fn(f32, f32) -> f32) -> Self {
        unreachable!("functions without a polynomial in f32 are written by hand in extended.glsl")
    }
}
