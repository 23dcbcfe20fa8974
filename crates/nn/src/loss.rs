//! Losses (PyTorch's `F.*_loss`). Input and target must have one shape, or one must broadcast to the
//! other's: a pair such as `[20]` and `[20, 1]`, which would silently become `[20, 20]`, is refused.

mod cross_entropy;

pub use cross_entropy::{
    CrossEntropyOptions, cross_entropy, cross_entropy_with, nll_loss, weighted_cross_entropy,
};

use hammerhead_autograd::custom_function;
use hammerhead_tensor::Tensor;

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
        ///
        /// The mean over all elements.
        ///
        /// Shape: any two of one shape, or one that broadcasts to the other's, to `[]`.
        ///
        /// # Panics
        /// If the shapes don't match.
        #[track_caller]
        pub fn $name(input: &Tensor, target: &Tensor) -> Tensor {
            $with(input, target, Reduction::Mean)
        }

        $(#[$doc])*
        ///
        /// Shape: any two of one shape, or one that broadcasts to the other's, to `[]`; to the larger with
        /// [`Reduction::None`].
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
    /// The absolute error `|x - y|` (PyTorch's `F.l1_loss`, the lesson's `mae`).
    ///
    /// ```
    /// use hammerhead_nn::loss::{Reduction, l1_loss, l1_loss_with};
    /// use hammerhead_tensor::tensor;
    /// let (x, y) = (tensor([1.0, 2.0]), tensor([1.5, 4.0]));
    /// assert_eq!(l1_loss(&x, &y).item(), 1.25);
    /// assert_eq!(l1_loss_with(&x, &y, Reduction::Sum).item(), 2.5);
    /// ```
    l1_loss / l1_loss_with => |x, y| (x - y).abs();
    /// The squared error `(x - y)^2` (PyTorch's `F.mse_loss`).
    ///
    /// ```
    /// use hammerhead_nn::loss::{Reduction, mse_loss, mse_loss_with};
    /// use hammerhead_tensor::tensor;
    /// let (x, y) = (tensor([1.0, 2.0]), tensor([2.0, 5.0]));
    /// assert_eq!(mse_loss(&x, &y).item(), 5.0);
    /// assert_eq!(mse_loss_with(&x, &y, Reduction::None).to_vec::<f32>(), [1.0, 9.0]);
    /// ```
    mse_loss / mse_loss_with => |x, y| (x - y).square();
    /// `-(y log p + (1 - y) log(1 - p))` of probabilities p, the logarithms limited to -100 (PyTorch's
    /// `F.binary_cross_entropy`).
    ///
    /// ```
    /// use hammerhead_nn::loss::{Reduction, bce_loss, bce_loss_with};
    /// use hammerhead_tensor::tensor;
    /// let (p, y) = (tensor([0.5, 0.5]), tensor([1.0, 0.0]));
    /// assert!((bce_loss(&p, &y).item() - 2f64.ln()).abs() < 1e-6);
    /// assert!((bce_loss_with(&p, &y, Reduction::Sum).item() - 4f64.ln()).abs() < 1e-6);
    /// ```
    bce_loss / bce_loss_with => |p, y| binary_cross_entropy(p, y);
    /// Binary cross-entropy of logits, sigmoid included: `(1 - y) x - log(sigmoid(x))`, exact where the sigmoid
    /// underflows (PyTorch's `F.binary_cross_entropy_with_logits`).
    ///
    /// ```
    /// use hammerhead_nn::loss::{Reduction, bce_with_logits_loss, bce_with_logits_loss_with};
    /// use hammerhead_tensor::tensor;
    /// let (x, y) = (tensor([-200.0, 0.0]), tensor([1.0, 1.0]));
    /// assert!((bce_with_logits_loss(&x, &y).item() - 100.34657).abs() < 1e-4);
    /// assert_eq!(bce_with_logits_loss_with(&x, &y, Reduction::None).shape(), [2]);
    /// ```
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

/// Quadratic within `delta` of the target, linear beyond: `d^2 / 2` where `d = |x - y| < delta`, else
/// `delta (d - delta / 2)` (PyTorch's `F.huber_loss`).
///
/// Shape: any two of one shape, or one that broadcasts to the other's, to `[]`; to the larger with
/// [`Reduction::None`].
///
/// ```
/// use hammerhead_nn::loss::{Reduction, huber_loss};
/// use hammerhead_tensor::tensor;
/// let losses = huber_loss(&tensor([0.5, 3.0]), &tensor([0.0, 0.0]), 1.0, Reduction::None);
/// assert_eq!(losses.to_vec::<f32>(), [0.125, 2.5]);
/// ```
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

/// The Huber loss over `beta` (PyTorch's `F.smooth_l1_loss`): `d^2 / (2 beta)` where `d = |x - y| < beta`, else
/// `d - beta / 2`.
///
/// Shape: any two of one shape, or one that broadcasts to the other's, to `[]`; to the larger with
/// [`Reduction::None`].
///
/// ```
/// use hammerhead_nn::loss::{Reduction, smooth_l1_loss};
/// use hammerhead_tensor::tensor;
/// let loss = smooth_l1_loss(&tensor([1.0, 4.0]), &tensor([0.0, 0.0]), 2.0, Reduction::Sum);
/// assert_eq!(loss.item(), 0.25 + 3.0);
/// ```
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
/// Shape: any two of one shape, or one that broadcasts to the other's, to `[]`.
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
