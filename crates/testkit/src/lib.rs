//! Hammerhead: test kit.
