//! How a classifier did: the confusion matrix and the top losses.

use hammerhead_tensor::Tensor;

use crate::color::Color;
use crate::figure::Figure;
use crate::images::{picture, pictures};
use crate::panel::{Mark, Panel};
use crate::table::{Cell, Table};
use crate::{Values, tex};

/// How often each class (a row) was taken for each (a column): right answers in blue, wrong ones in red.
///
/// `counts` holds the rows one after another, `classes` the names in order. A wrong answer's colour is full at the
/// greatest number of wrong ones, a right answer's at the greatest of right ones.
///
/// ```
/// use hammerhead_plot::confusion_matrix;
///
/// let figure = confusion_matrix([[980, 20], [30, 970]].concat(), ["3", "7"]);
/// assert!(figure.svg().contains(">970<"));
/// ```
///
/// # Panics
/// If there is not one count for each pair of classes.
#[track_caller]
pub fn confusion_matrix<S: ToString>(
    counts: impl Values,
    classes: impl IntoIterator<Item = S>,
) -> Figure {
    let counts = counts.values();
    let names: Vec<String> = classes
        .into_iter()
        .map(|class| tex(&class.to_string()))
        .collect();
    let n = names.len();
    assert!(
        counts.len() == n * n,
        "confusion_matrix: {} counts for {n} classes; expected {}, one for each pair",
        counts.len(),
        n * n
    );
    let right = |i: usize| i / n == i % n;
    let greatest = |kind: bool| {
        let of_kind = (0..counts.len()).filter(|i| right(*i) == kind);
        of_kind
            .map(|i| counts[i])
            .filter(|count| count.is_finite())
            .fold(0.0, f64::max)
    };
    let (most_right, most_wrong) = (greatest(true), greatest(false));
    let cell = |i: usize| {
        let (most, color) = if right(i) {
            (most_right, Color::Blue)
        } else {
            (most_wrong, Color::Red)
        };
        let count = counts[i];
        Cell {
            text: if count == 0.0 {
                "·".into()
            } else {
                format!("{count}")
            },
            share: if count > 0.0 {
                0.08 + 0.82 * (count / most).min(1.0)
            } else {
                0.0
            },
            color: Some(color),
        }
    };
    let mut panel = Panel::holding(Mark::Table(Table {
        columns: n,
        cells: (0..counts.len()).map(cell).collect(),
        row_names: names.clone(),
        column_names: names,
        color: Color::Blue,
    }));
    panel.x_label = "predicted".into();
    panel.y_label = "actual".into();
    Figure::of(panel)
}

/// The pictures that a classifier was most wrong about, the greatest loss first, each with what it is, what it was
/// taken for, and its loss.
///
/// `labels` and `predictions` name the classes of each picture.
///
/// ```
/// use hammerhead_plot::top_losses;
/// use hammerhead_tensor::Tensor;
///
/// let images = [Tensor::zeros([28, 28]), Tensor::ones([28, 28])];
/// let figure = top_losses(&images, ["3", "7"], ["3", "3"], [0.1, 4.2], 1);
/// assert!(figure.svg().contains("7 taken for 3"));
/// ```
///
/// # Panics
/// If there is not one label, prediction and loss for each picture, or a shape is that of no picture.
#[track_caller]
pub fn top_losses<S: ToString, T: ToString>(
    images: &[Tensor],
    labels: impl IntoIterator<Item = S>,
    predictions: impl IntoIterator<Item = T>,
    losses: impl Values,
    count: usize,
) -> Figure {
    let labels: Vec<String> = labels.into_iter().map(|label| label.to_string()).collect();
    let predictions: Vec<String> = predictions
        .into_iter()
        .map(|label| label.to_string())
        .collect();
    let losses = losses.values();
    let lengths = [labels.len(), predictions.len(), losses.len()];
    assert!(
        lengths == [images.len(); 3],
        "top_losses: {} labels, {} predictions and {} losses for {} pictures; each picture needs one of each",
        lengths[0],
        lengths[1],
        lengths[2],
        images.len()
    );
    let mut order: Vec<usize> = (0..images.len()).collect();
    // A loss that is no number is the worst of all.
    let key = |i: usize| {
        if losses[i].is_nan() {
            f64::INFINITY
        } else {
            losses[i]
        }
    };
    order.sort_by(|&a, &b| key(b).total_cmp(&key(a)));
    order.truncate(count);
    let panels = order.into_iter().map(|i| {
        let mut panel = picture("top_losses", &images[i]);
        let verdict = if labels[i] == predictions[i] {
            format!("{}, rightly", labels[i])
        } else {
            format!("{} taken for {}", labels[i], predictions[i])
        };
        panel.title = format!("{verdict}\nloss {:.2}", losses[i]);
        panel
    });
    pictures(panels.collect(), 5)
}
