//! Metrics: for people, as the loss is for the optimiser. They add up counts over the batches of a
//! validation, so that the size of batches does not matter.

mod batch_mean;
mod confusion;
mod counts;

pub use batch_mean::{BatchMean, batch_mean, item_mean};
pub use confusion::{Average, ConfusionMatrix, F1, Precision, Recall};
pub use counts::{Accuracy, ErrorRate, TopK};

use hammerhead_tensor::{DType, Tensor};

/// A number measured over the validation data.
pub trait Metric {
    /// Its name in tables.
    fn name(&self) -> String;

    /// Forgets everything.
    fn reset(&mut self);

    /// Takes in a batch. On a device that works behind the caller, best without reading a value: sums can
    /// stay there until they are asked for.
    fn update(&mut self, predictions: &Tensor, targets: &Tensor);

    /// The value over all batches since the last reset.
    fn value(&self) -> f64;
}

/// Adds to a sum where the number is; one begun elsewhere follows it there.
pub(crate) fn add(sum: &mut Option<Tensor>, number: Tensor) {
    *sum = Some(match sum.take() {
        Some(sum) => sum.to(number.device()) + number,
        None => number,
    });
}

/// The predicted class of each row of `[n, classes]`, and its target, both `[n]` of `I64`.
#[track_caller]
pub(crate) fn classes(predictions: &Tensor, targets: &Tensor) -> (Tensor, Tensor) {
    let rows = predictions.shape().first().copied().unwrap_or(0);
    assert!(
        predictions.rank() == 2 && targets.numel() == rows,
        "metric: predictions {:?} must be [batch, classes] with one target each, got {:?}",
        predictions.shape(),
        targets.shape()
    );
    assert!(
        predictions.size(1) != 1,
        "metric: predictions {:?} have one column, whose greatest is always class 0; help: for two classes \
         compare the sigmoid with 0.5 in an `item_mean`, or give the model two outputs",
        predictions.shape()
    );
    (
        predictions.argmax_dim(1),
        targets.to_dtype(DType::I64).reshape([rows]),
    )
}
