//! Shares of rows predicted right.

use hammerhead_tensor::{DType, Tensor};

use super::{Metric, add, classes};

/// Rows right and rows seen.
#[derive(Clone, Debug, Default)]
struct Count {
    /// Counted where the predictions are, so that nothing waits before somebody asks.
    right: Option<Tensor>,
    seen: u64,
}

impl Count {
    /// Counts the truth values among some that tell which of `seen` rows are right.
    fn add(&mut self, right: &Tensor, seen: usize) {
        add(&mut self.right, right.sum());
        self.seen += seen as u64;
    }

    fn add_greatest(&mut self, predictions: &Tensor, targets: &Tensor) {
        let (predicted, expected) = classes(predictions, targets);
        self.add(&predicted.eq(&expected), expected.numel());
    }

    fn right(&self) -> u64 {
        self.right
            .as_ref()
            .map_or(0, |right| right.to_scalar::<i64>() as u64)
    }

    fn share(&self) -> f64 {
        self.right() as f64 / self.seen as f64
    }
}

/// The share of rows of `[n, classes]` whose greatest prediction is the target of `[n]` (fastai's `accuracy`).
///
/// ```
/// use hammerhead_learner::metrics::{Accuracy, Metric};
/// use hammerhead_tensor::tensor;
/// let mut accuracy = Accuracy::new();
/// accuracy.update(&tensor([[0.1, 0.9], [0.8, 0.2]]), &tensor([1, 1]));
/// assert_eq!((accuracy.value(), accuracy.counts()), (0.5, (1, 2)));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Accuracy(Count);

impl Accuracy {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many rows were right, of how many. Waits for the device.
    pub fn counts(&self) -> (u64, u64) {
        (self.0.right(), self.0.seen)
    }
}

impl Metric for Accuracy {
    fn name(&self) -> String {
        "accuracy".into()
    }

    fn reset(&mut self) {
        self.0 = Count::default();
    }

    fn update(&mut self, predictions: &Tensor, targets: &Tensor) {
        self.0.add_greatest(predictions, targets);
    }

    fn value(&self) -> f64 {
        self.0.share()
    }
}

/// 1 minus the accuracy (fastai's `error_rate`).
///
/// ```
/// use hammerhead_learner::metrics::{ErrorRate, Metric};
/// use hammerhead_tensor::tensor;
/// let mut error = ErrorRate::new();
/// error.update(&tensor([[0.1, 0.9], [0.8, 0.2]]), &tensor([1, 0]));
/// assert_eq!(error.value(), 0.0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ErrorRate(Count);

impl ErrorRate {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Metric for ErrorRate {
    fn name(&self) -> String {
        "error_rate".into()
    }

    fn reset(&mut self) {
        self.0 = Count::default();
    }

    fn update(&mut self, predictions: &Tensor, targets: &Tensor) {
        self.0.add_greatest(predictions, targets);
    }

    fn value(&self) -> f64 {
        1.0 - self.0.share()
    }
}

/// The share of rows whose target is among the `k` greatest predictions (fastai's `top_k_accuracy`).
///
/// ```
/// use hammerhead_learner::metrics::{Metric, TopK};
/// use hammerhead_tensor::tensor;
/// let mut top2 = TopK::new(2);
/// top2.update(&tensor([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]]), &tensor([1, 2]));
/// assert_eq!(top2.value(), 0.5);
/// ```
#[derive(Clone, Debug)]
pub struct TopK {
    k: usize,
    count: Count,
}

impl TopK {
    /// Among this many.
    pub fn new(k: usize) -> Self {
        Self {
            k,
            count: Count::default(),
        }
    }
}

impl Metric for TopK {
    fn name(&self) -> String {
        format!("top_{}", self.k)
    }

    fn reset(&mut self) {
        self.count = Count::default();
    }

    fn update(&mut self, predictions: &Tensor, targets: &Tensor) {
        let (_, best) = predictions.topk(self.k.min(predictions.size(-1)), -1);
        let found = best.eq(targets.to_dtype(DType::I64).reshape([-1, 1]));
        self.count.add(&found, targets.numel());
    }

    fn value(&self) -> f64 {
        self.count.share()
    }
}
