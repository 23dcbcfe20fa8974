//! Optimisers and schedules.
//!
//! [`schedule`] answers which learning rate, momentum or beta a step uses; it knows no tensor.

pub mod schedule;
