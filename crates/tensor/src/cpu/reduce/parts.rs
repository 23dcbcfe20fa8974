//! Outputs that are folded in parts: what a task leaves of one, and how the parts become a value.
#![allow(unsafe_code)] // Tasks write places of their own.

use super::super::walk::{Walk, count};
use super::super::workspace::{Shared, Workspace};
use super::fold::Fold;
use super::plan::Plan;

/// Where tasks leave what they folded.
#[derive(Clone, Copy)]
pub(super) enum Target<'a, F: Fold> {
    /// Finished values, at the places that the walk over kept dims gives.
    Outputs(Shared<'a, F::Item>),
    /// One accumulator per output and part.
    Partials(Shared<'a, F::Acc>),
}

impl<F: Fold> Target<'_, F> {
    /// Leaves the fold of one part, which is the `partial`th of all outputs' parts; the output belongs at `place`.
    ///
    /// # Safety
    /// No other task has this part.
    #[inline(always)]
    pub(super) unsafe fn leave(self, place: isize, partial: usize, acc: F::Acc) {
        // SAFETY: by the caller's promise.
        unsafe {
            match self {
                Self::Outputs(out) => out.write(place as usize, F::finish(acc)),
                Self::Partials(partials) => partials.write(partial, acc),
            }
        }
    }
}

/// Has `fold` fold so many parts of every output, and merges them in order.
pub(super) fn run<F: Fold>(
    plan: &Plan,
    parts: usize,
    out: &mut [F::Item],
    fold: impl FnOnce(Target<'_, F>),
) {
    let out = Shared::new(out);
    if parts == 1 {
        return fold(Target::Outputs(out));
    }
    let mut partials = Workspace::new(count(&plan.kept) * parts, F::START);
    fold(Target::Partials(Shared::new(&mut partials)));
    let mut walk = Walk::at(&plan.kept, 0);
    for partials in partials.chunks_exact(parts) {
        let acc = partials.iter().copied().reduce(F::merge);
        // SAFETY: the tasks are done, and the walk meets every output once.
        unsafe { out.write(walk.dst as usize, F::finish(acc.unwrap_or(F::START))) };
        walk.advance();
    }
}
