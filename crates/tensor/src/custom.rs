//! Operations from outside the crate.

use std::fmt::Debug;

use crate::device::Operand;
use crate::infer::Spec;
use crate::{Result, Tensor};

/// An operation that a user writes: its shape rule, what it computes, and its gradient.
///
/// Run it with [`Tensor::try_apply`] on `Prim::Custom`, or with `autograd`'s function helpers.
pub trait CustomOp: Debug + Send + Sync {
    /// The name that errors and `grad_fn` show.
    fn name(&self) -> &str;

    /// Shapes and dtypes of the outputs.
    ///
    /// # Errors
    /// When the inputs don't fit; the text should show what came and what was expected.
    fn infer(&self, inputs: &[Spec]) -> Result<Vec<Spec>>;

    /// Computes the outputs, which are contiguous and uninitialised.
    ///
    /// # Errors
    /// When the device that the operands live on is not one that the operation can run on.
    fn run(&self, inputs: &[Operand<'_>], outputs: &[Operand<'_>]) -> Result<()>;

    /// The gradients of the inputs, made of tensor operations; `None` for an input without one.
    /// Refuses by default, which backward reports by name.
    ///
    /// # Errors
    /// When the operation has no gradient.
    fn backward(
        &self,
        inputs: &[Tensor],
        outputs: &[Tensor],
        grads: &[Tensor],
    ) -> Result<Vec<Option<Tensor>>> {
        let _ = (inputs, outputs, grads);
        Err(crate::Error::new(
            crate::ErrorKind::Device,
            format!("{}: has no gradient", self.name()),
        ))
    }
}
