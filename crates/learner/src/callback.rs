//! The events of the loop.

use crate::{Learner, Result};

/// Whether training goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// On.
    Continue,
    /// The epoch ends here, and with it the fit.
    Stop,
}

/// Something that happens around training. Every event has a do-nothing default; callbacks run in
/// rising [`order`](Callback::order), equal ones as they were added.
///
/// ```
/// use hammerhead_learner::{Callback, Flow, Learner, Result};
///
/// /// Stops after a number of steps.
/// struct StepLimit(usize);
///
/// impl Callback for StepLimit {
///     fn after_batch(&mut self, learner: &mut Learner) -> Result<Flow> {
///         Ok(if learner.step() >= self.0 { Flow::Stop } else { Flow::Continue })
///     }
/// }
/// ```
#[allow(unused_variables)]
pub trait Callback {
    /// Where it stands among the others; 0 by default. Checkpoints come at 100, so that they see what
    /// the others decided.
    fn order(&self) -> i32 {
        0
    }

    /// Its name in checkpoints, for callbacks with a state.
    fn name(&self) -> &'static str {
        "callback"
    }

    /// Before the first step of a fit.
    ///
    /// # Errors
    /// When training can't begin.
    fn before_fit(&mut self, learner: &mut Learner) -> Result<()> {
        Ok(())
    }

    /// Before the first step of an epoch.
    ///
    /// # Errors
    /// When training can't go on.
    fn before_epoch(&mut self, learner: &mut Learner) -> Result<()> {
        Ok(())
    }

    /// After backward, before the optimiser's step: gradients can be clipped here.
    ///
    /// # Errors
    /// When training can't go on.
    fn after_backward(&mut self, learner: &mut Learner) -> Result<()> {
        Ok(())
    }

    /// After each step.
    ///
    /// # Errors
    /// When training can't go on.
    fn after_batch(&mut self, learner: &mut Learner) -> Result<Flow> {
        Ok(Flow::Continue)
    }

    /// After training and validation of an epoch, its row recorded.
    ///
    /// # Errors
    /// When training can't go on.
    fn after_epoch(&mut self, learner: &mut Learner) -> Result<Flow> {
        Ok(Flow::Continue)
    }

    /// After the last epoch, also of a fit that was stopped.
    ///
    /// # Errors
    /// When what is left to do fails.
    fn after_fit(&mut self, learner: &mut Learner) -> Result<()> {
        Ok(())
    }

    /// What a resumed run needs to know of this callback.
    fn state(&self) -> Option<serde_json::Value> {
        None
    }

    /// Takes over a saved state.
    ///
    /// # Errors
    /// When it is not this callback's; the text says what is wrong.
    fn restore(&mut self, state: &serde_json::Value) -> std::result::Result<(), String> {
        Ok(())
    }
}
