//! Losses of classes.

use hammerhead_tensor::prim::CrossEntropy;
use hammerhead_tensor::{Category, DType, Tensor, autocast};

use super::Reduction;

/// Options of the cross-entropy losses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossEntropyOptions {
    /// How rows become one number.
    pub reduction: Reduction,
    /// Share of each target spread evenly over the classes; 0 by default.
    pub label_smoothing: f64,
    /// Rows with this target don't count; -100 by default.
    pub ignore_index: i64,
}

impl Default for CrossEntropyOptions {
    fn default() -> Self {
        Self {
            reduction: Reduction::Mean,
            label_smoothing: 0.0,
            ignore_index: -100,
        }
    }
}

/// Softmax and negative log-likelihood of logits against classes, `logsumexp(x) - x[target]`, or against
/// probabilities, `-sum(p * log_softmax(x))`; the mean over the rows (PyTorch's `F.cross_entropy`).
///
/// Shape: `[n, classes]` with `I64` classes `[n]`, or probabilities `[n, classes]`, to `[]`.
///
/// ```
/// use hammerhead_nn::loss::cross_entropy;
/// use hammerhead_tensor::{Tensor, tensor};
/// let loss = cross_entropy(&Tensor::zeros([2, 10]), &tensor([3, 7]));
/// assert!((loss.item() - 10f64.ln()).abs() < 1e-6);
/// ```
///
/// # Panics
/// If shapes or dtypes don't fit, or a target is no class.
#[track_caller]
pub fn cross_entropy(input: &Tensor, target: &Tensor) -> Tensor {
    cross_entropy_with(input, target, CrossEntropyOptions::default())
}

/// [`cross_entropy`] with options. Label smoothing: Szegedy and others, [Rethinking the Inception
/// Architecture](https://arxiv.org/abs/1512.00567).
///
/// Shape: `[n, classes, ..]` with classes `[n, ..]` to `[]`; to `[n, ..]` with [`Reduction::None`].
///
/// ```
/// use hammerhead_nn::loss::{CrossEntropyOptions, cross_entropy_with};
/// use hammerhead_tensor::{Tensor, tensor};
/// let options = CrossEntropyOptions { ignore_index: 7, ..Default::default() };
/// let loss = cross_entropy_with(&Tensor::zeros([2, 10]), &tensor([3, 7]), options);
/// assert!((loss.item() - 10f64.ln()).abs() < 1e-6); // of the first row alone
/// ```
///
/// # Panics
/// If shapes or dtypes don't fit, or a target is no class.
#[track_caller]
pub fn cross_entropy_with(input: &Tensor, target: &Tensor, options: CrossEntropyOptions) -> Tensor {
    if target.dtype().category() == Category::Float {
        return soft_cross_entropy(input, target, options);
    }
    let (rows, flat) = class_rows("cross_entropy", input, target);
    let parameters = CrossEntropy {
        label_smoothing: options.label_smoothing,
        ignore_index: options.ignore_index,
    };
    let (losses, counted) = rows.cross_entropy_rows(&flat, parameters);
    reduce_rows(losses, || counted, target, options)
}

/// Negative log-likelihood `-x[target]` of log-probabilities against classes (PyTorch's `F.nll_loss`).
///
/// Shape: `[n, classes, ..]` with classes `[n, ..]` to `[]`; to `[n, ..]` with [`Reduction::None`].
///
/// ```
/// use hammerhead_nn::loss::{cross_entropy, nll_loss};
/// use hammerhead_tensor::tensor;
/// let (x, y) = (tensor([[1.0, 2.0], [3.0, 0.0]]), tensor([0, 0]));
/// let loss = nll_loss(&x.log_softmax(1), &y, Default::default());
/// assert!((loss.item() - cross_entropy(&x, &y).item()).abs() < 1e-6);
/// ```
///
/// # Panics
/// If shapes or dtypes don't fit, or a target is no class.
#[track_caller]
pub fn nll_loss(input: &Tensor, target: &Tensor, options: CrossEntropyOptions) -> Tensor {
    let (rows, flat) = class_rows("nll_loss", input, target);
    let ignored = flat.eq(options.ignore_index);
    let safe = flat.masked_fill(&ignored, 0);
    let picked = rows.gather(1, &safe.unsqueeze(1)).squeeze(1);
    let losses = (-picked).masked_fill(&ignored, 0.0);
    let counted = || ignored.logical_not().to_dtype(input.dtype());
    reduce_rows(losses, counted, target, options)
}

/// [`cross_entropy_with`] with a weight per class (PyTorch's `weight`): each row counts as
/// much as its target's class, also in the mean.
///
/// Shape: `[n, classes, ..]` with classes `[n, ..]` and weights `[classes]` to `[]`; to `[n, ..]` with
/// [`Reduction::None`].
///
/// ```
/// use hammerhead_nn::loss::{cross_entropy, weighted_cross_entropy};
/// use hammerhead_tensor::tensor;
/// let (x, y) = (tensor([[1.0, 2.0], [3.0, 0.0]]), tensor([0, 1]));
/// let loss = weighted_cross_entropy(&x, &y, &tensor([1.0, 0.0]), Default::default());
/// let first = cross_entropy(&x.narrow(0, 0, 1), &tensor([0]));
/// assert!((loss.item() - first.item()).abs() < 1e-6);
/// ```
///
/// # Panics
/// If shapes or dtypes don't fit, or a target is no class.
#[track_caller]
pub fn weighted_cross_entropy(
    input: &Tensor,
    target: &Tensor,
    weight: &Tensor,
    options: CrossEntropyOptions,
) -> Tensor {
    let (rows, flat) = class_rows("cross_entropy", input, target);
    assert!(
        weight.shape() == [rows.size(1)],
        "cross_entropy: the input {:?} needs a weight for each class, [{}], got {:?}",
        input.shape(),
        rows.size(1),
        weight.shape()
    );
    let ignored = flat.eq(options.ignore_index);
    let classes = flat.masked_fill(&ignored, 0);
    let row_weights = weight.index_select(0, &classes).masked_fill(&ignored, 0.0);
    let log_probabilities = rows.log_softmax(1);
    let hit = log_probabilities
        .gather(1, &classes.unsqueeze(1))
        .squeeze(1)
        * &row_weights;
    let smoothing = options.label_smoothing;
    let losses = if smoothing == 0.0 {
        -hit
    } else {
        let spread = (log_probabilities * weight)
            .mean_dim(1)
            .masked_fill(&ignored, 0.0);
        -(hit * (1.0 - smoothing) + spread * smoothing)
    };
    reduce_rows(losses, || row_weights, target, options)
}

/// Logits as `[rows, classes]` and targets as `[rows]`.
#[track_caller]
fn class_rows(name: &str, input: &Tensor, target: &Tensor) -> (Tensor, Tensor) {
    let shape = input.shape();
    let fits = match shape.len() {
        0 => false,
        1 => target.rank() == 0,
        _ => {
            target.rank() + 1 == shape.len()
                && target.shape()[0] == shape[0]
                && target.shape()[1..] == shape[2..]
        }
    };
    if !fits || target.dtype().category() == Category::Bool {
        panic!(
            "{name}: the input {shape:?} [batch, classes, ..] needs integer targets [batch, ..], got {:?} of {}; a \
             trailing dim goes away with squeeze(1)",
            target.shape(),
            target.dtype()
        );
    }
    let rows = match shape.len() {
        1 => input.unsqueeze(0),
        2 => input.clone(),
        rank => {
            let last: Vec<usize> = std::iter::once(0).chain(2..rank).chain([1]).collect();
            input.permute(last).flatten(0, -2)
        }
    };
    (rows, target.to_dtype(DType::I64).flat())
}

/// `weights` says how much each row counts in a mean; the device adds them up, so that nothing waits for them.
fn reduce_rows(
    losses: Tensor,
    weights: impl FnOnce() -> Tensor,
    target: &Tensor,
    options: CrossEntropyOptions,
) -> Tensor {
    match options.reduction {
        Reduction::None => losses.reshape(target.shape()),
        Reduction::Sum => losses.sum(),
        Reduction::Mean => weighted_mean(losses, weights()),
    }
}

fn weighted_mean(losses: Tensor, weights: Tensor) -> Tensor {
    match losses.dtype() {
        // The sum of many rows overflows 16 bits, and counts lose the odd ones; in mixed precision sums are in `F32`.
        dtype @ (DType::F16 | DType::BF16) if autocast().is_none() => {
            let sum = |rows: Tensor| rows.to_dtype(DType::F32).sum();
            (sum(losses) / sum(weights)).to_dtype(dtype)
        }
        _ => losses.sum() / weights.sum(),
    }
}

/// Cross-entropy against probabilities.
#[track_caller]
fn soft_cross_entropy(input: &Tensor, target: &Tensor, options: CrossEntropyOptions) -> Tensor {
    assert!(
        input.shape() == target.shape() && input.rank() >= 2,
        "cross_entropy: probabilities must have the input's shape {:?} [batch, classes, ..], got {:?}",
        input.shape(),
        target.shape()
    );
    let classes = input.size(1) as f64;
    let smoothing = options.label_smoothing;
    let target = if smoothing == 0.0 {
        target.clone()
    } else {
        target * (1.0 - smoothing) + smoothing / classes
    };
    let losses = -(target * input.log_softmax(1)).sum_dim(1);
    options.reduction.apply(losses)
}
