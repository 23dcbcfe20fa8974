//! Hammerhead: mnist.
