//! The training losses: what a device owes, and what follows once it is read.

use crate::learner::Run;
use crate::{Error, Learner, Recorder, Result};

impl Learner {
    /// The smoothed training loss. Waits for the device, if it owes losses.
    ///
    /// # Panics
    /// If the device that owes them is lost, which [`Learner::sync`] reports as an error.
    #[track_caller]
    pub fn train_loss(&self) -> f64 {
        let mut smooth = self.run.smooth;
        let losses = match self.unread.values() {
            Ok(losses) => losses.into_iter(),
            Err(error) => panic!("train_loss: {error}"),
        };
        losses
            .filter(|loss| loss.is_finite())
            .for_each(|loss| smooth.add(loss));
        smooth.value()
    }

    /// Waits until every loss so far is read and recorded.
    ///
    /// A CPU owes none. A GPU that was asked for every single loss would stand still at every step, so it is
    /// asked for many at a time: when 64 are owed, before a checkpoint and at the end of an epoch. Until then
    /// [`Recorder::losses`] lags behind. Nothing else does: a loss that is not finite keeps the steps after it
    /// from being made, on the device itself, and ends the fit when it is read, with parameters, optimiser and
    /// records as they were before its step. (Running statistics of batch norm saw the batches, as they always
    /// see a batch before its loss is known.)
    ///
    /// # Errors
    /// If a loss is not finite; in [`Precision::F16`](crate::Precision::F16), if 16 in a row are not. If the device
    /// is lost.
    pub fn sync(&mut self) -> Result<()> {
        self.guard = None;
        let losses = self.unread.take()?;
        let allowed = self.precision.overflows();
        match take_over(&mut self.run, &mut self.recorder, &losses, allowed) {
            None => Ok(()),
            Some(loss) => Err(self.found_late(&self.run, loss)),
        }
    }

    /// Where the fit stands and its records with all losses so far.
    pub(crate) fn synced(&self) -> Result<(Run, Recorder)> {
        let (mut run, mut recorder) = (self.run.clone(), self.recorder.clone());
        let (losses, allowed) = (self.unread.values()?, self.precision.overflows());
        match take_over(&mut run, &mut recorder, &losses, allowed) {
            None => Ok((run, recorder)),
            Some(loss) => Err(self.found_late(&run, loss)),
        }
    }

    /// What to say of a loss at the next batch of a run, which is loaded anew.
    fn found_late(&self, run: &Run, loss: f64) -> Error {
        let batch = self.data.train.resume(run.position).next();
        let x = match batch.map(|batch| self.placed(batch?)).transpose() {
            Ok(batch) => batch.map(|(x, _)| x),
            Err(error) => return error,
        };
        Error::NotFinite {
            epoch: run.position.epoch as usize,
            batch: run.position.batch,
            loss,
            layer: x.and_then(|x| self.first_layer_not_finite(x)),
        }
    }
}

/// Records the losses of the last steps. One that is not finite after as many as are allowed in a row is given
/// back, its step and those after it undone.
fn take_over(
    run: &mut Run,
    recorder: &mut Recorder,
    losses: &[f64],
    allowed: usize,
) -> Option<f64> {
    for (index, &loss) in losses.iter().enumerate() {
        if loss.is_finite() {
            run.overflows = 0;
            run.smooth.add(loss);
        } else if run.overflows < allowed {
            run.overflows += 1;
        } else {
            let undone = losses.len() - index;
            run.step -= undone;
            run.position.batch -= undone;
            let made = recorder.lrs.len().saturating_sub(undone);
            recorder.lrs.truncate(made);
            return Some(loss);
        }
        // A checkpoint keeps no more of a NaN than its name.
        let loss = if loss.is_nan() { f64::NAN } else { loss };
        recorder.losses.push(loss);
    }
    None
}
