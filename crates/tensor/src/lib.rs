//! Hammerhead: tensor.
