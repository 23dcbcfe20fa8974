//! The pointwise table as GLSL: every formula and gradient run with a number that writes itself down, once in
//! floats and once in doubles.

use std::collections::HashSet;
use std::ops::{Add, Div, Mul, Neg, Sub};

use hammerhead::tensor::pointwise::{
    Binary, BinaryOp, BinaryVisitor, Real, Unary, UnaryOp, UnaryVisitor,
};

use super::text::{Number, body, emit, literal};

/// The generated sources' names.
pub const NAMES: [(&str, Number); 2] = [
    ("table.glsl", Number::Single),
    ("table_double.glsl", Number::Double),
];

/// Stand for an operation's parameters; no formula has such constants of its own.
const PARAMETERS: [f64; 2] = [123_456_789.25, 987_654_321.75];

/// Numbers of the functions: which operation, and which of its formulas.
const UNARY: u32 = 0;
const UNARY_GRADIENT: u32 = 100;
const BINARY: u32 = 200;
const LEFT: u32 = 300;
const RIGHT: u32 = 400;

/// The whole source.
pub fn text(number: Number) -> String {
    generate(number).0
}

#[cfg(feature = "shader-compiler")]
/// The numbers of all functions, each `f` and its number in the text.
pub fn numbers() -> Vec<u32> {
    generate(Number::Single).1
}

fn generate(of: Number) -> (String, Vec<u32>) {
    let mut text = String::from(
        "// Generated from the pointwise table of hammerhead-tensor by `cargo xtask shaders`.\n\n",
    );
    let mut numbers = Vec::new();
    let mut functions = |number: u32, name: &str, body: String| {
        text += &format!(
            "// {name}\nREAL f{number}(REAL a, REAL b, REAL c, REAL p, REAL q) {{\n{body}}}\n\n"
        );
        numbers.push(number);
    };
    for (index, op) in unary().into_iter().enumerate() {
        let index = index as u32;
        let forward = op.visit(Forward(of));
        functions(UNARY + index, op.name(), forward);
        // A gradient reads the arriving gradient, then the input or the output, whichever it uses.
        functions(
            UNARY_GRADIENT + index,
            &format!("{} backward", op.name()),
            op.visit(Gradient(of)),
        );
    }
    for (index, op) in Binary::samples().into_iter().enumerate() {
        let index = index as u32;
        let [forward, left, right] = op.visit(All(of));
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

struct Forward(Number);
impl UnaryVisitor for Forward {
    type Output = String;
    fn visit<P: UnaryOp>(self, op: P) -> String {
        body(|| op.forward(Text::name("a", self.0)).text)
    }
}

struct Gradient(Number);
impl UnaryVisitor for Gradient {
    type Output = String;
    fn visit<P: UnaryOp>(self, op: P) -> String {
        let name = |name| Text::name(name, self.0);
        body(|| op.grad(name("b"), name("b"), name("a")).text)
    }
}

struct All(Number);
impl BinaryVisitor for All {
    type Output = [String; 3];
    fn visit<P: BinaryOp>(self, op: P) -> [String; 3] {
        let [a, b, c] = ["a", "b", "c"].map(|name| move || Text::name(name, self.0));
        [
            body(|| op.forward(a(), b()).text),
            body(|| op.grad_left(b(), c(), a()).text),
            body(|| op.grad_right(b(), c(), a()).text),
        ]
    }
}

/// A number that is the name of a GLSL variable, or a constant.
#[derive(Clone)]
struct Text {
    text: String,
    number: Number,
}

impl Text {
    fn name(name: &str, number: Number) -> Self {
        Self {
            text: name.to_owned(),
            number,
        }
    }

    /// What an expression of this and perhaps other numbers gives.
    fn computed(&self, expression: &str) -> Self {
        let name = format!("t{}", emit("precise REAL", expression));
        Self::name(&name, self.number)
    }

    /// A constant of the same kind.
    fn constant(&self, value: f64) -> Self {
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
            literal(value, self.number)
        };
        Self::name(&text, self.number)
    }

    fn call(&self, function: &str) -> Self {
        self.computed(&format!("{function}({})", self.text))
    }

    fn call2(&self, function: &str, other: &Self) -> Self {
        self.computed(&format!("{function}({}, {})", self.text, other.text))
    }
}

macro_rules! operators {
    ($($Trait:ident $method:ident $sign:literal),+) => { $(
        impl $Trait for Text {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                self.computed(&format!("{} {} {}", self.text, $sign, other.text))
            }
        }
        impl $Trait<f64> for Text {
            type Output = Self;
            fn $method(self, other: f64) -> Self {
                let other = self.constant(other);
                self.$method(other)
            }
        }
    )+ };
}
operators!(Add add "+", Sub sub "-", Mul mul "*", Div div "/");

impl Neg for Text {
    type Output = Self;
    fn neg(self) -> Self {
        self.computed(&format!("-({})", self.text))
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
        self.constant(value)
    }
    fn lt(&self, other: &Self) -> String {
        format!("less({}, {})", self.text, other.text)
    }
    fn le(&self, other: &Self) -> String {
        format!("less_or_equal({}, {})", self.text, other.text)
    }
    fn eq(&self, other: &Self) -> String {
        format!("same({}, {})", self.text, other.text)
    }
    fn select(mask: String, yes: Self, no: Self) -> Self {
        yes.computed(&format!("{mask} ? {} : {}", yes.text, no.text))
    }

    functions! {
        one: abs "abs" floor "floor" ceil "ceil" round "roundEven" trunc "trunc" sqrt "x_sqrt" exp "x_exp"
            exp_m1 "x_exp_m1" ln "x_ln" ln_1p "x_ln_1p" log2 "x_log2" log10 "x_log10" sin "x_sin" cos "x_cos"
            tan "x_tan" atan "x_atan" tanh "x_tanh" sigmoid "x_sigmoid" erf "x_erf" normal_cdf "x_normal_cdf";
        two: max "x_max" min "x_min" atan2 "x_atan2" pow "x_pow" rem "x_rem"
    }
}
