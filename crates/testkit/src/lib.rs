//! Tools for the workspace's tests; never part of the product.
//!
//! [`golden`] compares the workspace with values that PyTorch and timm computed. [`closed_form`] makes the
//! inputs and weights that the files describe by a stream number instead of storing them. [`samples`] has
//! operands for every instruction.

pub mod closed_form;
pub mod golden;
pub mod parity;
pub mod samples;
