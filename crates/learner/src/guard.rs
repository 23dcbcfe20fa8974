//! What a deferred device knows of the losses that it owes.

use hammerhead_tensor::{DType, Tensor, with_device};

/// Keeps optimiser steps from being made after a loss that ends the fit, which the host has not read yet.
pub(crate) struct Guard {
    /// Losses in a row that are not finite, `I64` of rank 0.
    failed: Tensor,
    /// Whether the fit goes on, a bool of rank 0.
    alive: Tensor,
}

impl Guard {
    /// After so many losses in a row that are not finite, beside the next one's truth.
    pub(crate) fn new(failed: usize, finite: &Tensor) -> Self {
        let number = |value: f64, dtype| {
            with_device(finite.device(), || Tensor::full_with((), value, dtype))
        };
        Self {
            failed: number(failed as f64, DType::I64),
            alive: number(1.0, DType::Bool),
        }
    }

    /// Takes in whether one more loss is finite; more than `allowed` in a row that are not end the fit.
    pub(crate) fn watch(&mut self, finite: &Tensor, allowed: usize) {
        self.failed = finite.select_from(0, &self.failed + 1);
        self.alive = self.alive.logical_and(&self.failed.le(allowed as i64));
    }

    /// Whether the fit goes on.
    pub(crate) fn alive(&self) -> &Tensor {
        &self.alive
    }
}
