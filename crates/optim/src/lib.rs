//! Hammerhead: optim.
