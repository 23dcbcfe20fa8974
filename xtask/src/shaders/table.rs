//! The pointwise table as GLSL: every formula and gradient run with a number that writes itself down.

use std::collections::HashSet;
use std::ops::{Add, Div, Mul, Neg, Sub};

use hammerhead::tensor::pointwise::{
    Binary, BinaryOp, BinaryVisitor, Real, Unary, UnaryOp, UnaryVisitor,
};

use super::text::{body, emit, literal};

/// The generated source's name.
pub const NAME: &str = "table.glsl";

/// Stand for an operation's parameters; no formula has such constants of its own.
const PARAMETERS: [f64; 2] = [123_456_789.25, 987_654_321.75];

/// Numbers of the functions: which operation, and which of its formulas.
const UNARY: u32 = 0;
const UNARY_GRADIENT: u32 = 100;
const BINARY: u32 = 200;
const LEFT: u32 = 300;
const RIGHT: u32 = 400;

/// The whole source.
pub fn text() -> String {
    generate().0
}

#[cfg(feature = "shader-compiler")]
/// The numbers of all functions, each `f` and its number in the text.
pub fn numbers() -> Vec<u32> {
    generate().1
}

fn generate() -> (String, Vec<u32>) {
    let mut text = String::from(
        "// Generated from the pointwise table of hammerhead-tensor by `cargo xtask shaders`.\n\n",
    );
    let mut numbers = Vec::new();
    let mut functions = |number: u32, name: &str, body: String| {
        text += &format!(
            "// {name}\nfloat f{number}(float a, float b, float c, float p, float q) {{\n{body}}}\n\n"
        );
        numbers.push(number);
    };
    for (index, op) in unary().into_iter().enumerate() {
        let index = index as u32;
        let forward = op.visit(Forward);
        functions(UNARY + index, op.name(), forward);
        // A gradient reads the arriving gradient, then the input or the output, whichever it uses.
        functions(
            UNARY_GRADIENT + index,
            &format!("{} backward", op.name()),
            op.visit(Gradient),
        );
    }
    for (index, op) in Binary::samples().into_iter().enumerate() {
        let index = index as u32;
        let [forward, left, right] = op.visit(All);
        functions(BINARY + index, op.name(), forward);
        functions(LEFT + index, &format!("{} backward, left", op.name()), left);
        functions(
            RIGHT + index,
            &format!("{} backward, right", op.name()),
            right,
        );
    }
    (text, numbers)
}

/// Every operation of one operand, in the table's order, its parameters standing for themselves.
fn unary() -> Vec<Unary> {
    let mut seen = HashSet::new();
    let [one, two] = PARAMETERS;
    Unary::samples()
        .into_iter()
        .filter(|op| seen.insert(op.name()))
        .map(|op| op.with_parameters([one, two]))
        .collect()
}

struct Forward;
impl UnaryVisitor for Forward {
    type Output = String;
    fn visit<P: UnaryOp>(self, op: P) -> String {
        body(|| op.forward(Text::name("a")).0)
    }
}

struct Gradient;
impl UnaryVisitor for Gradient {
    type Output = String;
    fn visit<P: UnaryOp>(self, op: P) -> String {
        body(|| op.grad(Text::name("b"), Text::name("b"), Text::name("a")).0)
    }
}

struct All;
impl BinaryVisitor for All {
    type Output = [String; 3];
    fn visit<P: BinaryOp>(self, op: P) -> [String; 3] {
        let (a, b, c) = (|| Text::name("a"), || Text::name("b"), || Text::name("c"));
        [
            body(|| op.forward(a(), b()).0),
            body(|| op.grad_left(b(), c(), a()).0),
            body(|| op.grad_right(b(), c(), a()).0),
        ]
    }
}

/// A number that is the name of a GLSL variable, or a constant.
#[derive(Clone)]
struct Text(String);

impl Text {
    fn name(name: &str) -> Self {
        Self(name.to_owned())
    }

    fn of(expression: String) -> Self {
        Self(format!("t{}", emit("precise float", &expression)))
    }

    fn constant(value: f64) -> Self {
        let [one, two] = PARAMETERS;
        let text = if value == one {
            "p".to_owned()
        } else if value == one - 1.0 {
            "(p - 1.0)".to_owned()
        } else if value == two {
            "q".to_owned()
        } else {
            assert!(
                value.abs() < 1e8 || value.is_infinite(),
                "a parameter was computed with: {value}"
            );
            literal(value as f32)
        };
        Self(text)
    }

    fn call(&self, function: &str) -> Self {
        Self::of(format!("{function}({})", self.0))
    }

    fn call2(&self, function: &str, other: &Self) -> Self {
        Self::of(format!("{function}({}, {})", self.0, other.0))
    }
}

macro_rules! operators {
    ($($Trait:ident $method:ident $sign:literal),+) => { $(
        impl $Trait for Text {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                Self::of(format!("{} {} {}", self.0, $sign, other.0))
            }
        }
        impl $Trait<f64> for Text {
            type Output = Self;
            fn $method(self, other: f64) -> Self {
                self.$method(Self::constant(other))
            }
        }
    )+ };
}
operators!(Add add "+", Sub sub "-", Mul mul "*", Div div "/");

impl Neg for Text {
    type Output = Self;
    fn neg(self) -> Self {
        Self::of(format!("-({})", self.0))
    }
}

macro_rules! functions {
    (one: $($one:ident $name:literal)+; two: $($two:ident $name2:literal)+) => {
        $( fn $one(&self) -> Self { self.call($name) } )+
        $( fn $two(&self, other: &Self) -> Self { self.call2($name2, other) } )+
    };
}

impl Real for Text {
    type Mask = String;

    fn lit(&self, value: f64) -> Self {
        Self::constant(value)
    }
    fn lt(&self, other: &Self) -> String {
        format!("less({}, {})", self.0, other.0)
    }
    fn le(&self, other: &Self) -> String {
        format!("less_or_equal({}, {})", self.0, other.0)
    }
    fn eq(&self, other: &Self) -> String {
        format!("same({}, {})", self.0, other.0)
    }
    fn select(mask: String, yes: Self, no: Self) -> Self {
        Self::of(format!("{mask} ? {} : {}", yes.0, no.0))
    }

    functions! {
        one: abs "abs" floor "floor" ceil "ceil" round "roundEven" trunc "trunc" sqrt "x_sqrt" exp "x_exp"
            exp_m1 "x_exp_m1" ln "x_ln" ln_1p "x_ln_1p" log2 "x_log2" log10 "x_log10" sin "x_sin" cos "x_cos"
            tan "x_tan" atan "x_atan" tanh "x_tanh" sigmoid "x_sigmoid" erf "x_erf" normal_cdf "x_normal_cdf";
        two: max "x_max" min "x_min" atan2 "x_atan2" pow "x_pow" rem "x_rem"
    }
}
