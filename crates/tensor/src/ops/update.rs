//! Optimiser steps.

use smallvec::SmallVec;

use crate::funnel::run_update;
use crate::prim::{Prim, Update};
use crate::{Result, Tensor};

impl Tensor {
    /// One optimiser step on this parameter, in one pass, with its states changed too.
    ///
    /// Shape: any; gradient and states have the same.
    ///
    /// ```
    /// use hammerhead_tensor::{Tensor, prim::Update, tensor};
    /// let x = tensor([1.0, 2.0]);
    /// let sgd = Update::Sgd {
    ///     lr: 0.5,
    ///     momentum: 0.0,
    ///     dampening: 0.0,
    ///     weight_decay: 0.0,
    ///     nesterov: false,
    ///     first: true,
    /// };
    /// x.update_(sgd, &Tensor::ones([2]), &[])?;
    /// assert_eq!(x.to_vec::<f32>(), [0.5, 1.5]);
    /// # Ok::<(), hammerhead_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When gradient or states differ from the parameter in shape, dtype or device.
    pub fn update_(&self, update: Update, grad: &Tensor, states: &[&Tensor]) -> Result<()> {
        run_update(Prim::Update(update), &[grad], &changed(self, states))
    }

    /// [`Tensor::update_`] as a step that the device decides on: it is made only if `go`, a bool of rank 0,
    /// holds, and as the step that `step` says, an `I64` of rank 0 which counts from 1. Nothing waits for
    /// either.
    ///
    /// Shape: any; gradient and states have the same.
    ///
    /// ```
    /// use hammerhead_tensor::{Tensor, prim::Update, tensor};
    /// let (x, velocity) = (tensor([1.0, 2.0]), tensor([0.0, 0.0]));
    /// let sgd = Update::Sgd {
    ///     lr: 0.5,
    ///     momentum: 0.9,
    ///     dampening: 0.0,
    ///     weight_decay: 0.0,
    ///     nesterov: false,
    ///     first: false,
    /// };
    /// for go in [false, true] {
    ///     x.update_if_(&tensor(go), &tensor(1), sgd, &Tensor::ones([2]), &[&velocity])?;
    /// }
    /// assert_eq!(x.to_vec::<f32>(), [0.5, 1.5]);
    /// # Ok::<(), hammerhead_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Tensor::update_`], and when `go` or `step` is of another shape or dtype.
    pub fn update_if_(
        &self,
        go: &Tensor,
        step: &Tensor,
        update: Update,
        grad: &Tensor,
        states: &[&Tensor],
    ) -> Result<()> {
        run_update(
            Prim::Update(update),
            &[grad, go, step],
            &changed(self, states),
        )
    }
}

/// What an update writes: the parameter, then its states.
fn changed<'a>(parameter: &'a Tensor, states: &[&'a Tensor]) -> SmallVec<[&'a Tensor; 4]> {
    let mut changed = SmallVec::new();
    changed.push(parameter);
    changed.extend_from_slice(states);
    changed
}
