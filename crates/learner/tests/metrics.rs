//! Metrics that are given what they can't measure.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hammerhead_learner::metrics::{Accuracy, ConfusionMatrix, Metric};
use hammerhead_tensor::{Tensor, tensor};

fn panic_text(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("it is refused");
    payload.downcast_ref::<String>().expect("a text").clone()
}

#[test]
fn a_matrix_of_fewer_classes_than_the_predictions_have() {
    let mut matrix = ConfusionMatrix::new(3);
    let predictions = Tensor::zeros([2, 5]);
    assert_eq!(
        panic_text(|| matrix.add(&predictions, &tensor([0, 1]))),
        "confusion matrix: predictions [2, 5] of 5 classes for a matrix of 3; make it with \
         ConfusionMatrix::new(5)"
    );
    assert_eq!(matrix, ConfusionMatrix::new(3));
}

#[test]
fn one_column_of_predictions() {
    let mut accuracy = Accuracy::new();
    let text = panic_text(|| accuracy.update(&Tensor::zeros([2, 1]), &tensor([0, 1])));
    assert!(
        text.starts_with("metric: predictions [2, 1] have one column") && text.contains("help: "),
        "{text}"
    );
}
