//! Losses (PyTorch's `F.*_loss`). Input and target must have one shape, or one must broadcast to the
//! other's: a pair such as `[20]` and `[20, 1]`, which would silently become `[20, 20]`, is refused.

use hammerhead_autograd::custom_function;
use hammerhead_tensor::prim::CrossEntropy;
use hammerhead_tensor::{Category, DType, Tensor};

/// How the losses of single elements become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Reduction {
    /// Their mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// They stay as they are.
    None,
}

impl Reduction {
    fn apply(self, losses: Tensor) -> Tensor {
        match self {
            Reduction::Mean => losses.mean(),
            Reduction::Sum => losses.sum(),
            Reduction::None => losses,
        }
    }
}

/// Whether the small shape broadcasts to the big one.
fn covers(big: &[usize], small: &[usize]) -> bool {
    big.len() >= small.len()
        && (big.iter().rev().zip(small.iter().rev())).all(|(big, small)| [1, *big].contains(small))
}

/// Refuses shapes that would broadcast to a third one.
#[track_caller]
fn check(name: &str, input: &Tensor, target: &Tensor) {
    let (a, b) = (input.shape(), target.shape());
    if covers(a, b) || covers(b, a) {
        return;
    }
    panic!(
        "{name}: the input {a:?} and the target {b:?} don't match; broadcast together they would compare every element \
         with every other. Give them one shape: add a dim with unsqueeze(1) or drop it with squeeze(1)"
    );
}

macro_rules! elementwise {
    ($($(#[$doc:meta])* $name:ident / $with:ident => |$x:ident, $y:ident| $loss:expr;)*) => {$(
        $(#[$doc])*
        /// The mean over all elements.
        ///
        /// # Panics
        /// If the shapes don't match.
        #[track_caller]
        pub fn $name(input: &Tensor, target: &Tensor) -> Tensor {
            $with(input, target, Reduction::Mean)
        }

        $(#[$doc])*
        ///
        /// # Panics
        /// If the shapes don't match.
        #[track_caller]
        pub fn $with(input: &Tensor, target: &Tensor, reduction: Reduction) -> Tensor {
            check(stringify!($name), input, target);
            let ($x, $y) = (input, target);
            reduction.apply($loss)
        }
    )*};
}

elementwise! {
    /// `|x - y|` (PyTorch's `F.l1_loss`, the lesson's `mae`).
    l1_loss / l1_loss_with => |x, y| (x - y).abs();
    /// `(x - y)^2` (PyTorch's `F.mse_loss`).
    mse_loss / mse_loss_with => |x, y| (x - y).square();
    /// `-(y log p + (1 - y) log(1 - p))` of probabilities p, the logarithms limited to -100 (PyTorch's
    /// `F.binary_cross_entropy`).
    bce_loss / bce_loss_with => |p, y| binary_cross_entropy(p, y);
    /// Binary cross-entropy of logits, sigmoid included, exact where that underflows (PyTorch's
    /// `F.binary_cross_entropy_with_logits`).
    bce_with_logits_loss / bce_with_logits_loss_with => |x, y| (1.0 - y) * x - x.logsigmoid();
}

/// The gradient is that of the whole, its denominator kept from 0 as PyTorch keeps it: through the
/// logarithms it would be 0 times infinity for a probability of exactly 0 or 1.
fn binary_cross_entropy(p: &Tensor, y: &Tensor) -> Tensor {
    let y = y.to_dtype(p.dtype());
    let (p, y) = if covers(p.shape(), y.shape()) {
        (p.clone(), y.expand_as(p))
    } else {
        (p.expand_as(&y), y)
    };
    let log = |p: &Tensor| p.log().clamp_min(-100.0);
    let learnt_target = y.requires_grad();
    let losses = custom_function(
        "BinaryCrossEntropy",
        &[&p, &y],
        |inputs| {
            let (p, y) = (inputs[0], inputs[1]);
            vec![-(y * log(p) + (1.0 - y) * log(&(1.0 - p)))]
        },
        move |inputs, _, grads| {
            let (p, y, grad) = (&inputs[0], &inputs[1], &grads[0]);
            let slope = (p - y) / (p * (1.0 - p)).clamp_min(1e-12);
            let target = learnt_target.then(|| grad * (log(&(1.0 - p)) - log(p)));
            Ok(vec![Some(grad * slope), target])
        },
    );
    losses.into_iter().next().expect("one output")
}

/// Quadratic within `delta` of the target, linear beyond (PyTorch's `F.huber_loss`).
///
/// # Panics
/// If the shapes don't match.
#[track_caller]
pub fn huber_loss(input: &Tensor, target: &Tensor, delta: f64, reduction: Reduction) -> Tensor {
    check("huber_loss", input, target);
    let distance = (input - target).abs();
    let near = distance.square() * 0.5;
    let far = (&distance - 0.5 * delta) * delta;
    reduction.apply(distance.lt(delta).select_from(near, far))
}

/// The Huber loss over `beta` (PyTorch's `F.smooth_l1_loss`).
///
/// # Panics
/// If the shapes don't match.
#[track_caller]
pub fn smooth_l1_loss(input: &Tensor, target: &Tensor, beta: f64, reduction: Reduction) -> Tensor {
    check("smooth_l1_loss", input, target);
    if beta == 0.0 {
        l1_loss_with(input, target, reduction)
    } else {
        huber_loss(input, target, beta, reduction) / beta
    }
}

/// The lesson's loss of threes against sevens: after a sigmoid, the distance of each prediction to its
/// target, 1 or 0; the mean.
///
/// ```
/// use hammerhead_nn::loss::mnist_loss;
/// use hammerhead_tensor::tensor;
/// let loss = mnist_loss(&tensor([0.0, 0.0]), &tensor([1, 0]));
/// assert_eq!(loss.item(), 0.5);
/// ```
///
/// # Panics
/// If the shapes don't match.
#[track_caller]
pub fn mnist_loss(predictions: &Tensor, targets: &Tensor) -> Tensor {
    check("mnist_loss", predictions, targets);
    let predictions = predictions.sigmoid();
    targets
        .eq(1)
        .select_from(1.0 - &predictions, predictions)
        .mean()
}

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

/// Softmax and negative log-likelihood of logits `[n, classes]` against classes `[n]`, or against
/// probabilities `[n, classes]` (PyTorch's `F.cross_entropy`); the mean over the rows.
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

/// [`cross_entropy`] with options. Input `[n, classes, ..]` has targets `[n, ..]`.
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
    let losses = rows.cross_entropy_rows(&flat, parameters);
    reduce_rows(losses, &flat, target, options)
}

/// Negative log-likelihood of log-probabilities `[n, classes, ..]` against classes `[n, ..]` (PyTorch's
/// `F.nll_loss`).
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
    reduce_rows(losses, &flat, target, options)
}

/// [`cross_entropy_with`] with a weight per class `[classes]` (PyTorch's `weight`): each row counts as
/// much as its target's class, also in the mean.
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
    match options.reduction {
        Reduction::None => losses.reshape(target.shape()),
        Reduction::Sum => losses.sum(),
        Reduction::Mean => losses.sum() / row_weights.sum(),
    }
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

fn reduce_rows(
    losses: Tensor,
    flat: &Tensor,
    target: &Tensor,
    options: CrossEntropyOptions,
) -> Tensor {
    match options.reduction {
        Reduction::None => losses.reshape(target.shape()),
        Reduction::Sum => losses.sum(),
        Reduction::Mean => counted_mean(losses, flat, options),
    }
}

/// The mean over the rows that are not ignored; counted on the device, so that nothing waits for it.
fn counted_mean(losses: Tensor, flat: &Tensor, options: CrossEntropyOptions) -> Tensor {
    let counted = flat.ne(options.ignore_index).sum().to_dtype(losses.dtype());
    losses.sum() / counted
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
