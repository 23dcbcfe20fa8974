//! Statements of a GLSL function, written down as a formula is evaluated.

use std::cell::RefCell;
use std::fmt::Write as _;

/// What a shader computes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// `float`.
    Single,
    /// `double`.
    Double,
}

thread_local! {
    static BODY: RefCell<(String, u32)> = const { RefCell::new((String::new(), 0)) };
}

/// Evaluates `formula` and returns a function's body; the value it gives is returned.
pub fn body(formula: impl FnOnce() -> String) -> String {
    BODY.with_borrow_mut(|body| *body = (String::new(), 0));
    let result = formula();
    let mut text = BODY.with_borrow(|body| body.0.clone());
    writeln!(text, "    return {result};").expect("writing to a string");
    text
}

/// Writes `precise float NAME = EXPRESSION;` and returns the name's number.
///
/// `precise` forbids the driver to contract or reorder, on which the roundings of the polynomials rely.
pub fn emit(kind: &str, expression: &str) -> u32 {
    BODY.with_borrow_mut(|(text, next)| {
        let number = *next;
        *next += 1;
        writeln!(text, "    {kind} t{number} = {expression};").expect("writing to a string");
        number
    })
}

/// A constant as GLSL text, rounded to the number; by its bits where it has no digits.
pub fn literal(value: f64, number: Number) -> String {
    let single = value as f32;
    match number {
        Number::Single if single.is_finite() => format!("{single:e}"),
        Number::Double if value.is_finite() => format!("{value:e}LF"),
        _ => format!("uintBitsToFloat(0x{:08x}u)", single.to_bits()),
    }
}
