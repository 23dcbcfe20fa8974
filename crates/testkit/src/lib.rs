//! Tools for the workspace's tests; never part of the product.
//!
//! [`golden`] compares the workspace with values that PyTorch and timm computed.

pub mod golden;
