//! Faults that tests plant, because no driver fails when one would like it to.

use std::sync::{Mutex, PoisonError};

/// What goes wrong, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// The device is lost when it is next given work.
    LostAtSubmit,
    /// The device is lost when it is next waited for.
    LostAtWait,
    /// The next barrier is left out.
    Race,
    /// The next tensor reaches a word over the end of its memory.
    Overhang,
}

/// The fault that waits for its moment.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<Option<Planted>>);

impl Waiting {
    pub(crate) fn plant(&self, fault: Planted) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }

    /// Whether this is the moment of the fault that waits, which is then over.
    pub(crate) fn happens(&self, fault: Planted) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = *waiting == Some(fault);
        if now {
            *waiting = None;
        }
        now
    }
}
