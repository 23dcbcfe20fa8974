//! The loop: its limits, its learning rates, and what stops it.

mod small;

use hammerhead_learner::{Callback, Error, Flow, Learner, Result};
use small::{learner, loader};

/// Stops a fit after some steps.
struct StepLimit(usize);

impl Callback for StepLimit {
    fn after_batch(&mut self, learner: &mut Learner) -> Result<Flow> {
        Ok(if learner.step() >= self.0 {
            Flow::Stop
        } else {
            Flow::Continue
        })
    }
}

#[test]
fn any_number_of_epochs_may_be_asked_for() {
    let mut learner = learner(loader(8), None).callback(StepLimit(3));
    learner.fit(usize::MAX, 0.1).unwrap();
    assert_eq!(learner.recorder.losses.len(), 3);
}
