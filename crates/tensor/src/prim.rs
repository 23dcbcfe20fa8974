//! The closed instruction set. Shape rules, devices and gradients are interpreters of [`Prim`]:
//! each is one exhaustive `match`, so that a new variant breaks the build wherever it must be
//! dealt with.

mod update;

use std::sync::Arc;

use smallvec::SmallVec;

use crate::custom::CustomOp;
use crate::layout::Dims;
use crate::{DType, Scalar};

pub use update::Update;

pub use crate::pointwise::{Binary, Compare, Logical, Side, Unary};

/// One instruction, with plain data as its parameters. The operands are listed as
/// `(inputs) -> (outputs)`; square brackets mark the ones that a parameter switches on.
#[derive(Clone, Debug, PartialEq)]
pub enum Prim {
    /// `(x) -> y`, a function from the pointwise table.
    Unary(Unary),
    /// `(grad, [x], [y]) -> grad of x`: its vector-Jacobian product, with those of x and y that
    /// [`Unary::uses`] asks for.
    UnaryGrad(Unary),
    /// `(a, b) -> y`, broadcasting.
    Binary(Binary),
    /// `(grad, a, b) -> grad` of one side at the broadcast shape.
    BinaryGrad(Binary, Side),
    /// `(a, b) -> bool`, broadcasting.
    Compare(Compare),
    /// `(a, b) -> bool` of two bool tensors, broadcasting.
    Logical(Logical),
    /// `(bool) -> bool`.
    Not,
    /// `(condition, a, b) -> y`: a where the condition holds, b elsewhere; broadcasting.
    Select,
    /// `(condition, grad) -> (grad of a, grad of b)` of a `Select`, at the shape of its output: each has the gradient where it
    /// was chosen, and 0 elsewhere.
    SelectGrad,
    /// `(x) -> y` of another dtype, or a contiguous copy when it is the same.
    Cast(DType),

    /// `(x) -> y`, folding some dims.
    Reduce(Reduce, Axes),
    /// `(x) -> i64` position of the first extreme along a dim; NaN counts as the extreme.
    ArgReduce {
        /// Which extreme.
        extreme: Extreme,
        /// The dim searched.
        dim: usize,
        /// Whether the dim stays, with size 1.
        keepdim: bool,
    },
    /// `(x) -> y`, running sums along a dim.
    CumSum {
        /// The dim summed along.
        dim: usize,
    },
    /// `(x) -> y`, `e^x / sum(e^x)` along the last dim.
    Softmax,
    /// `(x) -> (sorted, i64 positions)` along a dim; stable, NaN as the greatest.
    Sort {
        /// The dim sorted along.
        dim: usize,
        /// Greatest first.
        descending: bool,
    },

    /// `(x) -> y` on the same buffer.
    View(View),
    /// `(x, ...) -> y`, joined along a dim.
    Cat {
        /// The dim joined along.
        dim: usize,
    },
    /// `(x) -> y` with `value` around it.
    Pad {
        /// Elements before and after, per dim.
        widths: SmallVec<[(usize, usize); 6]>,
        /// What fills them.
        value: f64,
    },

    /// `(a [.., m, k], b [.., k, n], [bias [n]]) -> [.., m, n]`; batch dims are equal (broadcast
    /// ones are expanded views). A transposed operand is given as `[.., k, m]` or `[.., n, k]`; the device gets it as
    /// a view with its last two dims exchanged.
    Matmul(Transposed, Epilogue),
    /// `(x [n, c, h, w], weight [oc, c / groups, kh, kw], [bias [oc]]) -> [n, oc, oh, ow]`.
    Conv2d(Conv2d, Epilogue),
    /// `(x, weight, mean, variance, [norm's weight, bias], [residual]) -> y`: a convolution and the batch norm of
    /// evaluation after it, in one pass. Beside an x of 16 bits, weights and statistics may be `F32`. It has no gradient.
    Conv2dNorm(Conv2d, BatchNorm),
    /// `(grad [n, oc, oh, ow], weight) -> grad of x [n, c, h, w]`; also the forward of the
    /// transposed convolution.
    Conv2dInputGrad(Conv2d, [usize; 2]),
    /// `(grad, x) -> grad of the weight [oc, c / groups, kh, kw]`.
    Conv2dWeightGrad(Conv2d, [usize; 2]),
    /// `(x [n, c, h, w]) -> (y [n, c, oh, ow], [i64 positions in the h*w plane])`; max pooling gives
    /// the positions if asked.
    Pool {
        /// Maximum or mean.
        kind: PoolKind,
        /// How the windows lie.
        windows: Windows,
        /// Whether the positions of the maxima are an output.
        positions: bool,
    },
    /// Max: `(grad, x) -> grad of x`; mean: `(grad) -> grad of x`. `size` is `[h, w]`.
    PoolGrad {
        /// Maximum or mean.
        kind: PoolKind,
        /// How the windows lie.
        windows: Windows,
        /// `[h, w]` of x.
        size: [usize; 2],
    },
    /// Train: `(x [n, c, ..], [weight, bias], [residual]) -> (y, mean, biased variance)`;
    /// eval: `(x, mean, variance, [weight, bias], [residual]) -> y`. The residual is added before the
    /// activation.
    BatchNorm(BatchNorm),
    /// Train: `(grad, x, mean, variance, [weight], [y])`, with y if there is an activation,
    /// `-> (grad of x, [of weight, of bias], [of the residual])`. Eval takes and gives the same.
    BatchNormGrad(BatchNorm),
    /// `(logits [n, c], target i64 [n]) -> (loss [n], counted [n])`: 1 for a row that counts in the mean, 0 for one that
    /// is ignored.
    CrossEntropy(CrossEntropy),
    /// `(grad [n], logits, target) -> grad of the logits`. The row's sum of exponentials is made again: a logsumexp
    /// rounded to the dtype has lost digits to large logits.
    CrossEntropyGrad(CrossEntropy),

    /// `(x, i64 index) -> y` of the index's shape: `y[i][j] = x[index[i][j]][j]` for dim 0.
    Gather {
        /// The dim indexed.
        dim: usize,
    },
    /// `(x, i64 index, src) -> y`: x with every `src[i][j]` added at `[index[i][j]][j]` for dim 0.
    ScatterAdd {
        /// The dim indexed.
        dim: usize,
    },

    /// `() -> y` filled with one value.
    Fill(Dims, DType, Scalar),
    /// `() -> y`, drawn from the counter-based generator's block.
    Random(Dims, DType, Random),
    /// `(grad, [bool, i64]) -> ()`, changing the outputs `(parameter, state, ...)` in one pass. With the two
    /// numbers of rank 0, whether the step is made and which it is are the device's to say: if the first does
    /// not hold nothing changes, and the second is the step, counted from 1, instead of the update's own.
    Update(Update),
    /// An operation from outside, with its own gradient.
    Custom(CustomPrim),
}

/// What a reduction folds with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduce {
    /// Added up.
    Sum,
    /// Added up and divided by how many they are; of floating numbers.
    Mean,
    /// Multiplied.
    Prod,
    /// The greatest.
    Max,
    /// The least.
    Min,
}

/// The dims that a reduction folds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes {
    /// Sorted, without repeats.
    pub dims: Dims,
    /// Whether they stay, with size 1.
    pub keepdim: bool,
}

impl Axes {
    /// How many elements of an operand of this shape are folded into each of the result.
    ///
    /// ```
    /// use hammerhead_tensor::prim::Axes;
    /// let axes = Axes { dims: [0, 2].as_slice().into(), keepdim: false };
    /// assert_eq!(axes.count(&[2, 3, 4]), 8);
    /// ```
    pub fn count(&self, shape: &[usize]) -> usize {
        self.dims.iter().map(|&dim| shape[dim]).product()
    }
}

/// Which end of the order is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extreme {
    /// The greatest.
    Max,
    /// The least.
    Min,
}

/// A change of layout that moves no element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// Row-major order under another shape.
    Reshape(Dims),
    /// Another order of the dims.
    Permute(Dims),
    /// Broadcast to a shape.
    Expand(Dims),
    /// Every `step`th of a dim, `length` of them from `start`.
    Slice {
        /// The dim.
        dim: usize,
        /// The first index.
        start: usize,
        /// Its step, which may be negative.
        step: isize,
        /// How many.
        length: usize,
    },
    /// The `offset`th diagonal of the dims `[i, j]`, which are replaced by one at the end.
    Diagonal {
        /// Above (positive) or below the main one.
        offset: isize,
        /// The two dims.
        dims: [usize; 2],
    },
    /// The same layout, cut off from history or given another one.
    Alias,
}

/// Which operands of a product are given with their last two dims exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Transposed {
    /// The first one.
    pub left: bool,
    /// The second one.
    pub right: bool,
}

/// What follows a product before it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Epilogue {
    /// A bias per output feature is the last input.
    pub bias: bool,
    /// Then this.
    pub activation: Activation,
}

/// Activations that can be fused into the instruction before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Activation {
    /// The value itself.
    #[default]
    None,
    /// `max(x, 0)`.
    Relu,
}

/// Geometry of a convolution, `[vertical, horizontal]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2d {
    /// Step between windows.
    pub stride: [usize; 2],
    /// Zeros added on both sides.
    pub padding: [usize; 2],
    /// Step between a window's elements.
    pub dilation: [usize; 2],
    /// Independent groups of channels.
    pub groups: usize,
}

impl Default for Conv2d {
    fn default() -> Self {
        Self {
            stride: [1, 1],
            padding: [0, 0],
            dilation: [1, 1],
            groups: 1,
        }
    }
}

/// Maximum or mean of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// The greatest of the window.
    Max,
    /// The mean of the window.
    Mean {
        /// Whether zeros of the padding count in the divisor.
        count_padding: bool,
    },
}

/// How pooling windows lie over a plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Windows {
    /// Equal windows at equal steps.
    Fixed {
        /// Extent.
        kernel: [usize; 2],
        /// Step between windows.
        stride: [usize; 2],
        /// Border on both sides, never a maximum.
        padding: [usize; 2],
        /// Step between a window's elements.
        dilation: [usize; 2],
        /// Round the output size up instead of down.
        ceil: bool,
    },
    /// As many as asked, dividing the plane: window `i` of `out` covers
    /// `floor(i * size / out) .. ceil((i + 1) * size / out)`.
    Adaptive {
        /// `[oh, ow]`.
        out: [usize; 2],
    },
}

/// Which statistics batch norm uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormMode {
    /// The batch's own.
    Train,
    /// Given ones.
    Eval,
}

/// Parameters of batch norm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNorm {
    /// Which statistics.
    pub mode: NormMode,
    /// Added to the variance.
    pub epsilon: f64,
    /// Whether weight and bias are inputs.
    pub affine: bool,
    /// Whether a residual is an input.
    pub residual: bool,
    /// Applied last.
    pub activation: Activation,
}

/// Parameters of the fused softmax and cross-entropy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossEntropy {
    /// Share of the target spread evenly over the classes.
    pub label_smoothing: f64,
    /// Targets of this class give loss 0 and no gradient.
    pub ignore_index: i64,
}

/// A distribution and the generator's block to draw it from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Random {
    /// What is drawn.
    pub distribution: Distribution,
    /// The generator's seed.
    pub seed: u64,
    /// Which of the seed's streams.
    pub stream: u64,
    /// Where the block starts in the generator's stream.
    pub position: u64,
}

/// Distributions that a device draws itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Even over `[low, high)`.
    Uniform {
        /// Least value.
        low: f64,
        /// Upper bound, excluded.
        high: f64,
    },
    /// Gaussian.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        std: f64,
    },
}

/// A [`CustomOp`] as an instruction; equal only to itself.
#[derive(Clone, Debug)]
pub struct CustomPrim(pub Arc<dyn CustomOp>);

impl PartialEq for CustomPrim {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
