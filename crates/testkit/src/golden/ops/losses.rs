//! Losses, and networks small enough to be a case.

use super::call::{Call, Outcome};

/// The operation's outputs, or nothing if it is none of this family.
pub(super) fn evaluate(op: &str, call: &mut Call) -> Option<Outcome> {
    Some(match op {
        "composed_reuse" => call.one(|x| x * x + x.exp() * x.sum_dim(0)),
        _ => return None,
    })
}
