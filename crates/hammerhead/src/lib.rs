//! Hammerhead: hammerhead.
