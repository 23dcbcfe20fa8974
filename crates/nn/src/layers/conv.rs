//! Convolutions.

use hammerhead_tensor::Tensor;
use hammerhead_tensor::prim::{self, Activation};

use super::{Pair, python_tuple};
use crate::init;
use crate::{Mode, Module, Parameter, module};

/// A 2-D convolution (PyTorch's `nn.Conv2d`):
/// `y[n][o] = bias[o] + sum over c of weight[o][c] * x[n][c]`, where `*` is the correlation of planes.
///
/// Weight and bias start uniform within `1 / sqrt(fan_in)`. Stride 1, padding 0, dilation 1, groups 1 and a
/// bias, unless [`Conv2d::builder`] is told otherwise.
///
/// Shape: `[n, in_channels, h, w]` to `[n, out_channels, oh, ow]`, where
/// `oh = (h + 2 padding - dilation (kernel - 1) - 1) / stride + 1`, rounded down, and `ow` likewise.
///
/// ```
/// use hammerhead_nn::{Conv2d, Mode, Module};
/// use hammerhead_tensor::Tensor;
/// let layer = Conv2d::builder(3, 16, 3).padding(1).stride(2).build();
/// assert_eq!(layer.forward(Tensor::zeros([1, 3, 32, 32]), Mode::Eval).shape(), [1, 16, 16, 16]);
/// ```
pub struct Conv2d {
    /// `[out_channels, in_channels / groups, kh, kw]`.
    pub weight: Parameter,
    /// `[out_channels]`.
    pub bias: Option<Parameter>,
    geometry: prim::Conv2d,
}

module!(Conv2d { parameters: weight, bias; settings: geometry });

/// Options of a convolution; [`Conv2d::builder`] starts one.
///
/// ```
/// use hammerhead_nn::Conv2d;
/// let depthwise = Conv2d::builder(8, 8, (3, 1)).padding((1, 0)).groups(8).bias(false).build();
/// assert_eq!(depthwise.weight.shape(), [8, 1, 3, 1]);
/// ```
#[derive(Clone, Debug)]
pub struct ConvBuilder {
    in_channels: usize,
    out_channels: usize,
    kernel: [usize; 2],
    geometry: prim::Conv2d,
    bias: bool,
}

impl ConvBuilder {
    /// Step between windows; 1 by default.
    pub fn stride(mut self, stride: impl Into<Pair>) -> Self {
        self.geometry.stride = stride.into().0;
        self
    }

    /// Zeros added on both sides; 0 by default.
    pub fn padding(mut self, padding: impl Into<Pair>) -> Self {
        self.geometry.padding = padding.into().0;
        self
    }

    /// Step between the elements of a window; 1 by default.
    pub fn dilation(mut self, dilation: impl Into<Pair>) -> Self {
        self.geometry.dilation = dilation.into().0;
        self
    }

    /// Independent groups of channels; 1 by default.
    pub fn groups(mut self, groups: usize) -> Self {
        self.geometry.groups = groups;
        self
    }

    /// Whether there is a bias; yes by default.
    pub fn bias(mut self, bias: bool) -> Self {
        self.bias = bias;
        self
    }

    /// The layer, freshly initialised.
    ///
    /// # Panics
    /// If the channels don't divide into the groups.
    #[track_caller]
    pub fn build(self) -> Conv2d {
        let groups = self.geometry.groups;
        assert!(
            groups > 0
                && self.in_channels.is_multiple_of(groups)
                && self.out_channels.is_multiple_of(groups),
            "Conv2d: {} input and {} output channels must divide into {groups} groups",
            self.in_channels,
            self.out_channels
        );
        let per_group = self.in_channels / groups;
        let weight =
            init::layer_weight([self.out_channels, per_group, self.kernel[0], self.kernel[1]]);
        let fan_in = per_group * self.kernel[0] * self.kernel[1];
        let bias = self
            .bias
            .then(|| init::layer_bias(self.out_channels, fan_in));
        Conv2d {
            weight,
            bias,
            geometry: self.geometry,
        }
    }
}

impl Conv2d {
    /// A layer with stride 1, no padding and a bias.
    pub fn new(in_channels: usize, out_channels: usize, kernel: impl Into<Pair>) -> Self {
        Self::builder(in_channels, out_channels, kernel).build()
    }

    /// A layer with options.
    pub fn builder(
        in_channels: usize,
        out_channels: usize,
        kernel: impl Into<Pair>,
    ) -> ConvBuilder {
        ConvBuilder {
            in_channels,
            out_channels,
            kernel: kernel.into().0,
            geometry: prim::Conv2d::default(),
            bias: true,
        }
    }

    /// Stride, padding, dilation and groups.
    pub fn geometry(&self) -> prim::Conv2d {
        self.geometry
    }

    /// The convolution with an activation in the same pass.
    ///
    /// # Panics
    /// If rank, channels or dtype don't fit.
    #[track_caller]
    pub fn forward_act(&self, x: Tensor, activation: Activation) -> Tensor {
        x.conv2d_act(
            &self.weight,
            self.bias.as_deref(),
            self.geometry,
            activation,
        )
    }
}

impl Module for Conv2d {
    #[track_caller]
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        self.forward_act(x, Activation::None)
    }

    #[track_caller]
    fn forward_with(
        &self,
        x: Tensor,
        activation: Activation,
        _mode: Mode,
    ) -> Result<Tensor, Tensor> {
        Ok(self.forward_act(x, activation))
    }

    fn extra_repr(&self) -> String {
        let shape = self.weight.shape();
        convolution_repr(
            [shape[1] * self.geometry.groups, shape[0]],
            &shape[2..],
            &self.geometry,
            &[],
            self.bias.is_some(),
        )
    }
}

/// What PyTorch prints of a convolution; the last axes of the geometry are those of the kernel.
pub(super) fn convolution_repr(
    channels: [usize; 2],
    kernel: &[usize],
    geometry: &prim::Conv2d,
    output_padding: &[usize],
    bias: bool,
) -> String {
    let axes = 2 - kernel.len();
    let [input, output] = channels;
    let mut text = format!(
        "{input}, {output}, kernel_size={}, stride={}",
        python_tuple(kernel),
        python_tuple(&geometry.stride[axes..])
    );
    if geometry.padding[axes..].iter().any(|&size| size != 0) {
        text += &format!(", padding={}", python_tuple(&geometry.padding[axes..]));
    }
    if geometry.dilation[axes..].iter().any(|&step| step != 1) {
        text += &format!(", dilation={}", python_tuple(&geometry.dilation[axes..]));
    }
    if output_padding.iter().any(|&size| size != 0) {
        text += &format!(", output_padding={}", python_tuple(output_padding));
    }
    if geometry.groups != 1 {
        text += &format!(", groups={}", geometry.groups);
    }
    if !bias {
        text += ", bias=False";
    }
    text
}

/// A 1-D convolution (PyTorch's `nn.Conv1d`). Weight and bias start uniform within `1 / sqrt(fan_in)`; stride 1,
/// padding 0, dilation 1, groups 1 and a bias, unless [`Conv1d::with`] says otherwise.
///
/// Shape: `[n, in_channels, l]` to `[n, out_channels, ol]`, where
/// `ol = (l + 2 padding - dilation (kernel - 1) - 1) / stride + 1`, rounded down.
///
/// ```
/// use hammerhead_nn::{Conv1d, Mode, Module};
/// use hammerhead_tensor::Tensor;
/// let layer = Conv1d::new(2, 8, 5);
/// assert_eq!(layer.forward(Tensor::zeros([1, 2, 100]), Mode::Eval).shape(), [1, 8, 96]);
/// ```
pub struct Conv1d {
    /// `[out_channels, in_channels / groups, kernel]`.
    pub weight: Parameter,
    /// `[out_channels]`.
    pub bias: Option<Parameter>,
    geometry: prim::Conv2d,
}

module!(Conv1d { parameters: weight, bias; settings: geometry });

impl Conv1d {
    /// A layer with stride 1, no padding and a bias.
    pub fn new(in_channels: usize, out_channels: usize, kernel: usize) -> Self {
        Self::with(in_channels, out_channels, kernel, 1, 0, 1, 1, true)
    }

    /// A layer with everything given, in PyTorch's order.
    ///
    /// # Panics
    /// If the channels don't divide into the groups.
    #[track_caller]
    pub fn with(
        in_channels: usize,
        out_channels: usize,
        kernel: usize,
        stride: usize,
        padding: usize,
        dilation: usize,
        groups: usize,
        bias: bool,
    ) -> Self {
        assert!(
            groups > 0 && in_channels.is_multiple_of(groups) && out_channels.is_multiple_of(groups),
            "Conv1d: {in_channels} input and {out_channels} output channels must divide into {groups} groups"
        );
        let weight = init::layer_weight([out_channels, in_channels / groups, kernel]);
        let bias = bias.then(|| init::layer_bias(out_channels, in_channels / groups * kernel));
        let geometry = prim::Conv2d {
            stride: [1, stride],
            padding: [0, padding],
            dilation: [1, dilation],
            groups,
        };
        Self {
            weight,
            bias,
            geometry,
        }
    }
}

impl Module for Conv1d {
    #[track_caller]
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        let prim::Conv2d {
            stride,
            padding,
            dilation,
            groups,
        } = self.geometry;
        x.conv1d(
            &self.weight,
            self.bias.as_deref(),
            stride[1],
            padding[1],
            dilation[1],
            groups,
        )
    }

    fn extra_repr(&self) -> String {
        let shape = self.weight.shape();
        convolution_repr(
            [shape[1] * self.geometry.groups, shape[0]],
            &shape[2..],
            &self.geometry,
            &[],
            self.bias.is_some(),
        )
    }
}
