//! Hammerhead: tensor.
pub mod random;

pub mod pointwise;
