//! The transposed convolution.

use hammerhead_tensor::Tensor;
use hammerhead_tensor::prim;

use super::Pair;
use super::conv::convolution_repr;
use crate::init;
use crate::{Mode, Module, Parameter, module};

/// A transposed 2-D convolution (PyTorch's `nn.ConvTranspose2d`), which enlarges planes: what the gradient of a
/// [`Conv2d`](crate::Conv2d) does to its input.
///
/// Stride 1, padding 0, output padding 0, dilation 1, groups 1 and a bias, unless [`ConvTranspose2d::builder`] is told
/// otherwise.
///
/// Shape: `[n, in_channels, h, w]` to `[n, out_channels, oh, ow]`, where
/// `oh = (h - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1`, and `ow` likewise.
///
/// ```
/// use hammerhead_nn::{ConvTranspose2d, Mode, Module};
/// use hammerhead_tensor::Tensor;
/// let layer = ConvTranspose2d::builder(8, 4, 2).stride(2).build();
/// assert_eq!(layer.forward(Tensor::zeros([1, 8, 7, 7]), Mode::Eval).shape(), [1, 4, 14, 14]);
/// ```
pub struct ConvTranspose2d {
    /// `[in_channels, out_channels / groups, kh, kw]`.
    pub weight: Parameter,
    /// `[out_channels]`.
    pub bias: Option<Parameter>,
    geometry: prim::Conv2d,
    output_padding: [usize; 2],
}

module!(ConvTranspose2d { parameters: weight, bias; settings: geometry, output_padding });

/// Options of a transposed convolution; [`ConvTranspose2d::builder`] starts one.
///
/// ```
/// use hammerhead_nn::ConvTranspose2d;
/// let doubling = ConvTranspose2d::builder(8, 4, 3).stride(2).padding(1).output_padding(1).build();
/// assert_eq!(doubling.weight.shape(), [8, 4, 3, 3]);
/// ```
#[derive(Clone, Debug)]
pub struct ConvTransposeBuilder {
    channels: [usize; 2],
    kernel: [usize; 2],
    geometry: prim::Conv2d,
    output_padding: [usize; 2],
    bias: bool,
}

impl ConvTransposeBuilder {
    /// Step between windows of the output; 1 by default.
    pub fn stride(mut self, stride: impl Into<Pair>) -> Self {
        self.geometry.stride = stride.into().0;
        self
    }

    /// What is cut off on both sides; 0 by default.
    pub fn padding(mut self, padding: impl Into<Pair>) -> Self {
        self.geometry.padding = padding.into().0;
        self
    }

    /// Added to one side of the output, which the stride leaves open; 0 by default.
    pub fn output_padding(mut self, padding: impl Into<Pair>) -> Self {
        self.output_padding = padding.into().0;
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
    pub fn build(self) -> ConvTranspose2d {
        let ([input, output], [kh, kw], groups) =
            (self.channels, self.kernel, self.geometry.groups);
        assert!(
            groups > 0 && input % groups == 0 && output % groups == 0,
            "ConvTranspose2d: {input} input and {output} output channels must divide into {groups} groups"
        );
        let weight = init::layer_weight([input, output / groups, kh, kw]);
        let bias = self
            .bias
            .then(|| init::layer_bias(output, output / groups * kh * kw));
        ConvTranspose2d {
            weight,
            bias,
            geometry: self.geometry,
            output_padding: self.output_padding,
        }
    }
}

impl ConvTranspose2d {
    /// A layer with stride 1, no padding and a bias.
    pub fn new(in_channels: usize, out_channels: usize, kernel: impl Into<Pair>) -> Self {
        Self::builder(in_channels, out_channels, kernel).build()
    }

    /// A layer with options.
    pub fn builder(
        in_channels: usize,
        out_channels: usize,
        kernel: impl Into<Pair>,
    ) -> ConvTransposeBuilder {
        ConvTransposeBuilder {
            channels: [in_channels, out_channels],
            kernel: kernel.into().0,
            geometry: prim::Conv2d::default(),
            output_padding: [0, 0],
            bias: true,
        }
    }
}

impl Module for ConvTranspose2d {
    #[track_caller]
    fn forward(&self, x: Tensor, _mode: Mode) -> Tensor {
        x.conv_transpose2d(
            &self.weight,
            self.bias.as_deref(),
            self.geometry,
            self.output_padding,
        )
    }

    fn extra_repr(&self) -> String {
        let shape = self.weight.shape();
        convolution_repr(
            [shape[0], shape[1] * self.geometry.groups],
            &shape[2..],
            &self.geometry,
            &self.output_padding,
            self.bias.is_some(),
        )
    }
}
