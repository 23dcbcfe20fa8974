//! What a tensor knows of gradients: one small trait, implemented by the `autograd` crate.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::prim::Prim;
use crate::{Result, Tensor};

/// The histories of an operation's outputs.
pub type Histories = SmallVec<[Option<Arc<dyn History>>; 2]>;

/// The gradient history of a tensor.
///
/// The funnel calls [`record`](History::record) on the first input that has a history; the
/// implementation links all of them.
pub trait History: Any + Debug + Send + Sync {
    /// The history of every output, in order; `None` for outputs that no gradient flows through
    /// (integers, say).
    fn record(&self, prim: &Prim, inputs: &[&Tensor], outputs: &[Tensor]) -> Histories;

    /// Called before an in-place change of a tensor with this history while gradients are on.
    ///
    /// # Errors
    /// When the change is not allowed, as for a leaf.
    fn check_in_place(&self, operation: &str, is_view: bool) -> Result<()>;

    /// True for a tensor whose `requires_grad` the user set, false for the result of an operation.
    fn is_leaf(&self) -> bool;

    /// The name printed as `grad_fn`, such as `MeanBackward0`; empty for a leaf.
    fn name(&self) -> String;

    /// Gives the result of a composition the name of the public method that made it.
    fn rename(&self, name: &'static str);

    /// For the implementing crate to find its own type again.
    fn as_any(&self) -> &dyn Any;
}
