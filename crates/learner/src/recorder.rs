//! The numbers of a run.

use serde::{Deserialize, Serialize};

/// One epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    /// Counted from 0.
    pub epoch: usize,
    /// The smoothed training loss at its end.
    #[serde(with = "crate::number")]
    pub train_loss: f64,
    /// The mean validation loss; `None` without validation data.
    #[serde(with = "crate::number")]
    pub valid_loss: Option<f64>,
    /// The metrics' values, in their order.
    #[serde(with = "crate::number")]
    pub metrics: Vec<f64>,
    /// Time of training and validation.
    #[serde(with = "crate::number")]
    pub seconds: f64,
    /// Items trained on per second, validation not counted.
    #[serde(with = "crate::number")]
    pub items_per_second: f64,
}

/// What was measured: rows of epochs, and the loss and learning rate of every step (fastai's `Recorder`).
///
/// ```
/// use hammerhead_learner::{EpochRow, Recorder};
/// let row = EpochRow {
///     epoch: 0,
///     train_loss: 0.5,
///     valid_loss: Some(0.25),
///     metrics: vec![0.9],
///     seconds: 1.0,
///     items_per_second: 64.0,
/// };
/// let recorder = Recorder { names: vec!["accuracy".into()], epochs: vec![row], ..Default::default() };
/// assert_eq!(recorder.metric("accuracy"), Some(vec![0.9]));
/// assert_eq!(recorder.last_values(), Some(vec![0.5, 0.25, 0.9]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recorder {
    /// The metrics' names.
    pub names: Vec<String>,
    /// The finished epochs.
    pub epochs: Vec<EpochRow>,
    /// The training loss of each step; a GPU may owe the last 64, see [`Learner::sync`](crate::Learner::sync).
    #[serde(with = "crate::number")]
    pub losses: Vec<f64>,
    /// The learning rate of each step, that of the first group which learns.
    #[serde(with = "crate::number")]
    pub lrs: Vec<f64>,
}

impl Recorder {
    /// The values of the metric of this name, one per epoch.
    pub fn metric(&self, name: &str) -> Option<Vec<f64>> {
        let column = self.names.iter().position(|other| other == name)?;
        Some(self.epochs.iter().map(|row| row.metrics[column]).collect())
    }

    /// The last epoch's row as fastai's `learn.recorder.values[-1]`: training loss, validation loss,
    /// then the metrics.
    pub fn last_values(&self) -> Option<Vec<f64>> {
        self.epochs.last().map(|row| {
            let mut values = vec![row.train_loss];
            values.extend(row.valid_loss);
            values.extend(&row.metrics);
            values
        })
    }
}
