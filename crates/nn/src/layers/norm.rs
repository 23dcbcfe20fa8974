//! Normalisation over features of one item: compositions, without running statistics.

use hammerhead_tensor::{DType, Tensor};

use super::{python_bool, python_float, python_tuple};
use crate::{Mode, Module, Parameter, module};

/// `(x - mean) / sqrt(variance + epsilon)` over the last `rank` dims.
fn standardize(x: &Tensor, dims: &[isize], epsilon: f64) -> Tensor {
    // 16-bit floats are rounded once at the end: a square in the middle may be beyond them.
    let wide = match x.dtype() {
        DType::F16 | DType::BF16 => x.to_dtype(DType::F32),
        DType::F32 | DType::F64 | DType::I64 | DType::U8 | DType::Bool => x.clone(),
    };
    let deviations = &wide - wide.mean_keepdim(dims);
    let variance = deviations.square().mean_keepdim(dims);
    (deviations * (variance + epsilon).rsqrt()).to_dtype(x.dtype())
}

/// Layer normalisation over the last dims, `(x - mean) / sqrt(variance + epsilon)` (PyTorch's `F.layer_norm`),
/// without the affine part.
///
/// Shape: `[.., normalized_shape]`, and the result has the same.
///
/// ```
/// use hammerhead_nn::layer_norm;
/// use hammerhead_tensor::tensor;
/// let y = layer_norm(&tensor([[1.0, 3.0]]), &[2], 0.0);
/// assert_eq!(y.to_vec::<f32>(), [-1.0, 1.0]);
/// ```
///
/// # Panics
/// If the input does not end in `normalized_shape`.
#[track_caller]
pub fn layer_norm(x: &Tensor, normalized_shape: &[usize], epsilon: f64) -> Tensor {
    assert!(
        x.shape().ends_with(normalized_shape) && !normalized_shape.is_empty(),
        "layer_norm: the input {:?} must end in the normalized shape {normalized_shape:?}",
        x.shape()
    );
    let dims: Vec<isize> = (1..=normalized_shape.len() as isize)
        .map(|dim| -dim)
        .collect();
    standardize(x, &dims, epsilon)
}

/// Normalisation in groups of channels, `(x - mean) / sqrt(variance + epsilon)` of each group of an item (PyTorch's
/// `F.group_norm`), without the affine part.
///
/// Shape: `[n, c, ..]`, and the result has the same.
///
/// ```
/// use hammerhead_nn::group_norm;
/// use hammerhead_tensor::tensor;
/// let y = group_norm(&tensor([[1.0, 3.0, 10.0, 20.0]]), 2, 0.0);
/// assert_eq!(y.to_vec::<f32>(), [-1.0, 1.0, -1.0, 1.0]);
/// ```
///
/// # Panics
/// If the channels don't divide into the groups.
#[track_caller]
pub fn group_norm(x: &Tensor, groups: usize, epsilon: f64) -> Tensor {
    assert!(
        x.rank() >= 2 && groups > 0 && x.size(1).is_multiple_of(groups),
        "group_norm: {:?} must be [batch, channels, ..] with channels that divide into {groups} groups",
        x.shape()
    );
    let each = x.shape()[1..].iter().product::<usize>() / groups;
    let grouped = x.reshape([x.size(0), groups, each]);
    standardize(&grouped, &[-1], epsilon).reshape(x.shape())
}

/// Layer normalisation (PyTorch's `nn.LayerNorm`): `(x - mean) / sqrt(variance + epsilon) * weight + bias`, with
/// mean and biased variance of each item over its last dims. Epsilon is 1e-5, scale and shift are learnt, unless
/// [`LayerNorm::with`] says otherwise.
///
/// Ba, Kiros and Hinton, [Layer Normalization](https://arxiv.org/abs/1607.06450).
///
/// Shape: `[.., normalized_shape]`, and the result has the same.
///
/// ```
/// use hammerhead_nn::{LayerNorm, Mode, Module};
/// use hammerhead_tensor::Tensor;
/// let y = LayerNorm::new(&[64]).forward(Tensor::randn([2, 10, 64]) + 5.0, Mode::Eval);
/// assert!(y.mean().item().abs() < 1e-5);
/// ```
pub struct LayerNorm {
    /// Scale per feature, starting at 1.
    pub weight: Option<Parameter>,
    /// Shift per feature, starting at 0.
    pub bias: Option<Parameter>,
    normalized_shape: Vec<usize>,
    epsilon: f64,
}

module!(LayerNorm { parameters: weight, bias; settings: normalized_shape, epsilon });

impl LayerNorm {
    /// A layer over these last dims with epsilon 1e-5 and learnt scale and shift.
    pub fn new(normalized_shape: &[usize]) -> Self {
        Self::with(normalized_shape, 1e-5, true)
    }

    /// A layer with everything given.
    pub fn with(normalized_shape: &[usize], epsilon: f64, affine: bool) -> Self {
        Self {
            weight: affine.then(|| Parameter::new(Tensor::ones(normalized_shape))),
            bias: affine.then(|| Parameter::new(Tensor::zeros(normalized_shape))),
            normalized_shape: normalized_shape.into(),
            epsilon,
        }
    }
}

impl Module for LayerNorm {
    #[track_caller]
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        let y = layer_norm(&x, &self.normalized_shape, self.epsilon);
        match (&self.weight, &self.bias) {
            (Some(weight), Some(bias)) => y * weight.tensor() + bias.tensor(),
            _ => y,
        }
    }

    fn extra_repr(&self) -> String {
        format!(
            "{}, eps={}, elementwise_affine={}",
            python_tuple(&self.normalized_shape),
            python_float(self.epsilon),
            python_bool(self.weight.is_some())
        )
    }
}

/// Group normalisation (PyTorch's `nn.GroupNorm`): `(x - mean) / sqrt(variance + epsilon) * weight + bias`, with
/// mean and biased variance of every group of channels of an item, weight and bias per channel. Epsilon is 1e-5, scale
/// and shift are learnt, unless [`GroupNorm::with`] says otherwise.
///
/// Wu and He, [Group Normalization](https://arxiv.org/abs/1803.08494).
///
/// Shape: `[n, c, ..]`, and the result has the same.
///
/// ```
/// use hammerhead_nn::{GroupNorm, Mode, Module};
/// use hammerhead_tensor::Tensor;
/// let y = GroupNorm::new(2, 8).forward(Tensor::randn([4, 8, 5, 5]) + 5.0, Mode::Eval);
/// assert!(y.mean().item().abs() < 1e-5);
/// ```
pub struct GroupNorm {
    /// Scale per channel, starting at 1.
    pub weight: Option<Parameter>,
    /// Shift per channel, starting at 0.
    pub bias: Option<Parameter>,
    groups: usize,
    channels: usize,
    epsilon: f64,
}

module!(GroupNorm { parameters: weight, bias; settings: groups, channels, epsilon });

impl GroupNorm {
    /// A layer with epsilon 1e-5 and learnt scale and shift.
    pub fn new(num_groups: usize, num_channels: usize) -> Self {
        Self::with(num_groups, num_channels, 1e-5, true)
    }

    /// A layer with everything given.
    pub fn with(num_groups: usize, num_channels: usize, epsilon: f64, affine: bool) -> Self {
        Self {
            weight: affine.then(|| Parameter::new(Tensor::ones([num_channels]))),
            bias: affine.then(|| Parameter::new(Tensor::zeros([num_channels]))),
            groups: num_groups,
            channels: num_channels,
            epsilon,
        }
    }
}

impl Module for GroupNorm {
    #[track_caller]
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        let y = group_norm(&x, self.groups, self.epsilon);
        match (&self.weight, &self.bias) {
            (Some(weight), Some(bias)) => {
                let mut column = vec![1isize; x.rank()];
                column[1] = -1;
                y * weight.reshape(column.as_slice()) + bias.reshape(column.as_slice())
            }
            _ => y,
        }
    }

    fn extra_repr(&self) -> String {
        format!(
            "{}, {}, eps={}, affine={}",
            self.groups,
            self.channels,
            python_float(self.epsilon),
            python_bool(self.weight.is_some())
        )
    }
}
