//! Hammerhead: autograd.
