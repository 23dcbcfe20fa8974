//! Any function of predictions and targets as a metric.

use hammerhead_tensor::Tensor;

use super::Metric;
use crate::weighted_mean::WeightedMean;

/// How the values of batches become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    Batches,
    Items,
}

/// The mean of a function over the batches; [`batch_mean`] and [`item_mean`] make one.
///
/// ```
/// use hammerhead_learner::metrics::{Metric, item_mean};
/// use hammerhead_tensor::{Tensor, tensor};
/// let mut error = item_mean("mae", |p: &Tensor, t: &Tensor| (p - t).abs().mean());
/// error.update(&tensor([1.0, 2.0]), &tensor([2.0, 4.0]));
/// assert_eq!((error.name().as_str(), error.value()), ("mae", 1.5));
/// ```
pub struct BatchMean<F> {
    name: String,
    function: F,
    weight: Weight,
    mean: WeightedMean,
}

/// Every batch counts the same, also a small last one, as in the lesson's `validate_epoch`.
///
/// ```
/// use hammerhead_learner::metrics::{Metric, batch_mean};
/// use hammerhead_tensor::{Tensor, tensor};
/// let mut error = batch_mean("mae", |p: &Tensor, t: &Tensor| (p - t).abs().mean());
/// error.update(&tensor([0.0, 0.0, 0.0]), &tensor([1.0, 1.0, 1.0]));
/// error.update(&tensor([0.0]), &tensor([3.0]));
/// assert_eq!(error.value(), 2.0);
/// ```
pub fn batch_mean<F: Fn(&Tensor, &Tensor) -> Tensor>(name: &str, function: F) -> BatchMean<F> {
    BatchMean {
        name: name.into(),
        function,
        weight: Weight::Batches,
        mean: WeightedMean::default(),
    }
}

/// Every item counts the same, as in fastai's `AvgMetric`.
///
/// ```
/// use hammerhead_learner::metrics::{Metric, item_mean};
/// use hammerhead_tensor::{Tensor, tensor};
/// let mut error = item_mean("mae", |p: &Tensor, t: &Tensor| (p - t).abs().mean());
/// error.update(&tensor([0.0, 0.0, 0.0]), &tensor([1.0, 1.0, 1.0]));
/// error.update(&tensor([0.0]), &tensor([3.0]));
/// assert_eq!(error.value(), 1.5);
/// ```
pub fn item_mean<F: Fn(&Tensor, &Tensor) -> Tensor>(name: &str, function: F) -> BatchMean<F> {
    BatchMean {
        weight: Weight::Items,
        ..batch_mean(name, function)
    }
}

impl<F: Fn(&Tensor, &Tensor) -> Tensor> Metric for BatchMean<F> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn reset(&mut self) {
        self.mean = WeightedMean::default();
    }

    fn update(&mut self, predictions: &Tensor, targets: &Tensor) {
        let weight = match self.weight {
            Weight::Batches => 1.0,
            Weight::Items => targets.shape().first().copied().unwrap_or(1) as f64,
        };
        let pushed = self
            .mean
            .push(&(self.function)(predictions, targets), weight);
        pushed.unwrap_or_else(|error| panic!("{}: {error}", self.name));
    }

    fn value(&self) -> f64 {
        let mean = self.mean.mean();
        mean.unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}
