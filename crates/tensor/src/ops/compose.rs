//! Compositions show the name of the public method as their `grad_fn`, as PyTorch's do.

use crate::Tensor;

/// Runs a composition and names its result's history.
#[track_caller]
pub(crate) fn named(name: &'static str, compose: impl FnOnce() -> Tensor) -> Tensor {
    let output = compose();
    output.with_history(|history| {
        if !history.is_leaf() {
            history.rename(name);
        }
    });
    output
}
