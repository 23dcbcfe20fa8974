//! The confusion matrix, and what follows from it.

use std::fmt;

use hammerhead_tensor::{DType, Tensor, stack, with_device};

use super::{Metric, add, classes};

/// How often each class was taken for each: rows are targets, columns predictions.
///
/// ```
/// use hammerhead_learner::metrics::ConfusionMatrix;
/// use hammerhead_tensor::tensor;
/// let mut matrix = ConfusionMatrix::new(2);
/// matrix.add(&tensor([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]), &tensor([0, 1, 1]));
/// assert_eq!(matrix.to_string(), "  0 1\n0 1 0\n1 1 1");
/// assert_eq!(matrix.most_confused(), [(1, 0, 1)]);
/// assert_eq!((matrix.precision(0), matrix.recall(1)), (0.5, 0.5));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: usize,
    counts: Vec<u64>,
}

impl ConfusionMatrix {
    /// Nothing seen yet of this many classes.
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            counts: vec![0; classes * classes],
        }
    }

    /// Takes in predictions `[n, classes]` and targets `[n]`.
    ///
    /// ```
    /// use hammerhead_learner::metrics::ConfusionMatrix;
    /// use hammerhead_tensor::tensor;
    /// let mut matrix = ConfusionMatrix::new(2);
    /// matrix.add(&tensor([[0.9, 0.1], [0.8, 0.2]]), &tensor([0, 1]));
    /// assert_eq!((matrix.count(0, 0), matrix.count(1, 0)), (1, 1));
    /// ```
    ///
    /// # Panics
    /// If the shapes don't fit or a target is no class.
    #[track_caller]
    pub fn add(&mut self, predictions: &Tensor, targets: &Tensor) {
        let (predicted, expected) = self.classes(predictions, targets);
        // Both in one read.
        let both = stack(&[&predicted, &expected], 0).to_vec::<i64>();
        let (predicted, expected) = both.split_at(both.len() / 2);
        for (&column, &row) in predicted.iter().zip(expected) {
            assert!(
                (0..self.classes as i64).contains(&row),
                "confusion matrix: target {row} is none of {} classes",
                self.classes
            );
            self.counts[row as usize * self.classes + column as usize] += 1;
        }
    }

    #[track_caller]
    fn classes(&self, predictions: &Tensor, targets: &Tensor) -> (Tensor, Tensor) {
        let both = classes(predictions, targets);
        assert!(
            predictions.size(1) == self.classes,
            "confusion matrix: predictions {:?} of {} classes for a matrix of {}; make it with \
             ConfusionMatrix::new({1})",
            predictions.shape(),
            predictions.size(1),
            self.classes
        );
        both
    }

    /// What [`ConfusionMatrix::add`] would add, counted where the predictions are: `[classes * classes]`. A
    /// target that is no class lies outside of them, which the device notes.
    #[track_caller]
    fn count_there(&self, predictions: &Tensor, targets: &Tensor) -> Tensor {
        let (predicted, expected) = self.classes(predictions, targets);
        let places = expected * self.classes as i64 + predicted;
        let none = with_device(places.device(), || {
            Tensor::zeros_with([self.counts.len()], DType::I64)
        });
        none.scatter_add(0, &places, &places.ones_like())
    }

    /// With what was counted elsewhere.
    fn with(&self, counted: &Option<Tensor>) -> Self {
        let mut sum = self.clone();
        if let Some(counted) = counted {
            let counted = counted.to_vec::<i64>();
            let pairs = sum.counts.iter_mut().zip(counted);
            pairs.for_each(|(sum, count)| *sum += count as u64);
        }
        sum
    }

    /// How often `target` was taken for `prediction`.
    pub fn count(&self, target: usize, prediction: usize) -> u64 {
        self.counts[target * self.classes + prediction]
    }

    /// The pairs taken for one another most often, greatest first: `(target, prediction, count)`.
    pub fn most_confused(&self) -> Vec<(usize, usize, u64)> {
        let pairs =
            (0..self.classes).flat_map(|row| (0..self.classes).map(move |column| (row, column)));
        let mut confused: Vec<_> = pairs
            .filter(|(row, column)| row != column)
            .map(|(row, column)| (row, column, self.count(row, column)))
            .filter(|&(_, _, count)| count > 0)
            .collect();
        confused.sort_by_key(|&(row, column, count)| (std::cmp::Reverse(count), row, column));
        confused
    }

    fn right(&self, class: usize) -> f64 {
        self.count(class, class) as f64
    }

    /// Of those taken for the class, the share that are; 0 if there are none.
    pub fn precision(&self, class: usize) -> f64 {
        let taken: u64 = (0..self.classes).map(|row| self.count(row, class)).sum();
        if taken == 0 {
            0.0
        } else {
            self.right(class) / taken as f64
        }
    }

    /// Of those in the class, the share that were found; 0 if there are none.
    pub fn recall(&self, class: usize) -> f64 {
        let present: u64 = (0..self.classes)
            .map(|column| self.count(class, column))
            .sum();
        if present == 0 {
            0.0
        } else {
            self.right(class) / present as f64
        }
    }

    /// The harmonic mean of precision and recall; 0 if both are.
    pub fn f1(&self, class: usize) -> f64 {
        let (precision, recall) = (self.precision(class), self.recall(class));
        if precision + recall == 0.0 {
            0.0
        } else {
            2.0 * precision * recall / (precision + recall)
        }
    }

    fn average(&self, average: Average, of: impl Fn(usize) -> f64) -> f64 {
        match average {
            Average::Class(class) => of(class),
            Average::Macro => (0..self.classes).map(of).sum::<f64>() / self.classes as f64,
        }
    }
}

impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .counts
            .iter()
            .max()
            .map_or(1, |count| count.to_string().len())
            .max(self.classes.to_string().len());
        write!(f, "{:>width$}", "")?;
        (0..self.classes).try_for_each(|column| write!(f, " {column:>width$}"))?;
        for row in 0..self.classes {
            write!(f, "\n{row:>width$}")?;
            (0..self.classes)
                .try_for_each(|column| write!(f, " {:>width$}", self.count(row, column)))?;
        }
        Ok(())
    }
}

/// Over which classes a metric goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Average {
    /// One class against the others.
    Class(usize),
    /// The mean over all classes, each counting the same (scikit-learn's `macro`).
    Macro,
}

macro_rules! from_confusion {
    ($($(#[$doc:meta])* $type:ident $name:literal => $method:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $type {
            matrix: ConfusionMatrix,
            /// What a device counted that works behind the caller.
            unread: Option<Tensor>,
            average: Average,
        }

        impl $type {
            /// Of this many classes.
            pub fn new(classes: usize, average: Average) -> Self {
                Self { matrix: ConfusionMatrix::new(classes), unread: None, average }
            }
        }

        impl Metric for $type {
            fn name(&self) -> String {
                $name.into()
            }

            fn reset(&mut self) {
                self.matrix = ConfusionMatrix::new(self.matrix.classes);
                self.unread = None;
            }

            fn update(&mut self, predictions: &Tensor, targets: &Tensor) {
                if predictions.device().is_deferred() {
                    add(&mut self.unread, self.matrix.count_there(predictions, targets));
                } else {
                    self.matrix.add(predictions, targets);
                }
            }

            fn value(&self) -> f64 {
                let matrix = self.matrix.with(&self.unread);
                matrix.average(self.average, |class| matrix.$method(class))
            }
        }
    )*};
}

from_confusion! {
    /// Of those taken for a class, the share that are: `tp / (tp + fp)`, 0 if there are none (scikit-learn's
    /// `precision_score`).
    ///
    /// ```
    /// use hammerhead_learner::metrics::{Average, Metric, Precision};
    /// use hammerhead_tensor::tensor;
    /// let mut precision = Precision::new(2, Average::Class(1));
    /// precision.update(&tensor([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]), &tensor([1, 0, 0]));
    /// assert_eq!(precision.value(), 0.5);
    /// ```
    Precision "precision" => precision;
    /// Of those in a class, the share that were found: `tp / (tp + fn)`, 0 if there are none (scikit-learn's
    /// `recall_score`).
    ///
    /// ```
    /// use hammerhead_learner::metrics::{Average, Metric, Recall};
    /// use hammerhead_tensor::tensor;
    /// let mut recall = Recall::new(2, Average::Class(0));
    /// recall.update(&tensor([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]), &tensor([1, 0, 0]));
    /// assert_eq!(recall.value(), 0.5);
    /// ```
    Recall "recall" => recall;
    /// The harmonic mean of precision and recall, `2 p r / (p + r)`; 0 if both are (scikit-learn's `f1_score`).
    ///
    /// ```
    /// use hammerhead_learner::metrics::{Average, F1, Metric};
    /// use hammerhead_tensor::tensor;
    /// let mut f1 = F1::new(2, Average::Class(1));
    /// f1.update(&tensor([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]), &tensor([1, 0, 0]));
    /// assert!((f1.value() - 2.0 / 3.0).abs() < 1e-12);
    /// ```
    F1 "f1" => f1;
}
