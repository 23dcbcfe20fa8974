//! The pointwise operations: one formula each, read by many interpreters.
//!
//! An operation such as `sigmoid` is written once, in the tables behind [`Unary`] and [`Binary`], as a formula generic over
//! the number-like trait [`Real`]. What the formula *means* depends on the number it is run with:
//!
//! | number | interpretation |
//! |---|---|
//! | `f64` | the reference value |
//! | SIMD lanes ([`Lanes`]) | a hot loop, compiled once per instruction set |
//! | a use-set ([`Unary::uses`]) | which of input and output the gradient must keep |
//! | a dual number | a check of the derivative |
//! | a tensor | the gradient as differentiable operations (higher derivatives) |
//!
//! The closed enums [`Unary`] and [`Binary`] name the operations as plain data; `visit` turns a
//! name back into its formula, so a new interpreter is one visitor and a new operation is one
//! table entry:
//!
//! ```
//! use hammerhead_tensor::pointwise::{Unary, UnaryOp, UnaryVisitor};
//!
//! struct At(f64);
//! impl UnaryVisitor for At {
//!     type Output = f64;
//!     fn visit<P: UnaryOp>(self, op: P) -> f64 {
//!         op.forward(self.0)
//!     }
//! }
//! assert_eq!(Unary::LeakyRelu { negative_slope: 0.1 }.visit(At(-2.0)), -0.2);
//! ```

mod binary;
#[cfg(test)]
mod derivatives;
mod double;
mod extended;
mod fused;
mod lanes;
mod logic;
mod math;
mod portable;
mod real;
mod unary;
mod uses;

pub use binary::{Binary, BinaryOp, BinaryVisitor, Side};
pub use fused::Fused;
pub use lanes::Lanes;
pub use logic::{Compare, Logical};
pub use portable::Portable;
pub use real::Real;
pub use unary::{Unary, UnaryOp, UnaryVisitor};
pub use uses::{BinaryUses, UnaryUses};
