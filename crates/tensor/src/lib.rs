//! Hammerhead: tensor.
pub mod random;
