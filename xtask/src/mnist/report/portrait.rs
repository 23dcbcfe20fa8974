//! The network, described.

use hammerhead::nn::{Module, Summarize, Summary};

/// Its layers as PyTorch prints them, and what each gives and learns.
pub struct Portrait {
    pub printout: String,
    pub summary: Summary,
}

impl Portrait {
    /// Of a network for digits.
    pub fn of(model: &mut Box<dyn Module>) -> Self {
        Self {
            printout: model.to_string(),
            summary: model.summary([1, 1, 28, 28]),
        }
    }
}
