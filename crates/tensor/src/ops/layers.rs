//! The layers' functions: convolution, batch norm, cross-entropy.

use super::compose::named;
use crate::Tensor;
use crate::funnel::{Tensors, apply_many, is_recorded};
use crate::prim::{Activation, BatchNorm, Conv2d, CrossEntropy, Epilogue, NormMode, Prim};

impl Tensor {
    /// 2-D convolution (PyTorch's `F.conv2d`), which is a correlation:
    /// `y[n][o][i][j] = bias[o] + sum over c, u, v of weight[o][c][u][v] * x[n][c][p][q]` with
    /// `p = i * stride + u * dilation - padding`, and `q` likewise from `j` and `v`; beyond x there are zeros.
    ///
    /// Shape: `[n, c, h, w]` with a weight `[oc, c / groups, kh, kw]` and a bias `[oc]` to `[n, oc, oh, ow]`, where
    /// `oh = (h + 2 padding - dilation (kh - 1) - 1) / stride + 1`, rounded down, and `ow` likewise.
    ///
    /// ```
    /// use hammerhead_tensor::{Tensor, prim::Conv2d};
    /// let x = Tensor::ones([1, 1, 4, 4]);
    /// let y = x.conv2d(&Tensor::ones([1, 1, 3, 3]), None, Conv2d { padding: [1, 1], ..Conv2d::default() });
    /// assert_eq!(y.shape(), [1, 1, 4, 4]);
    /// assert_eq!((y.max().item(), y.min().item()), (9.0, 4.0));
    /// ```
    ///
    /// # Panics
    /// If ranks, channels or dtypes don't fit, or the kernel is larger than the padded input.
    #[track_caller]
    pub fn conv2d(&self, weight: &Tensor, bias: Option<&Tensor>, conv: Conv2d) -> Tensor {
        self.conv2d_act(weight, bias, conv, Activation::None)
    }

    /// [`Tensor::conv2d`] with an activation in the same pass.
    ///
    /// Shape: as [`Tensor::conv2d`].
    ///
    /// ```
    /// use hammerhead_tensor::{Tensor, prim::{Activation, Conv2d}};
    /// let (x, w) = (Tensor::ones([1, 1, 3, 3]), Tensor::full([1, 1, 3, 3], -1.0));
    /// assert_eq!(x.conv2d_act(&w, None, Conv2d::default(), Activation::Relu).item(), 0.0);
    /// ```
    ///
    /// # Panics
    /// As [`Tensor::conv2d`].
    #[track_caller]
    pub fn conv2d_act(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        conv: Conv2d,
        activation: Activation,
    ) -> Tensor {
        let mut inputs = vec![self, weight];
        inputs.extend(bias);
        apply_many(
            Prim::Conv2d(
                conv,
                Epilogue {
                    bias: bias.is_some(),
                    activation,
                },
            ),
            &inputs,
        )
        .swap_remove(0)
    }

    /// A convolution without a bias and, in the same pass, batch norm with given statistics, as in evaluation:
    /// [`Tensor::conv2d`] and [`Tensor::batch_norm_eval`] to the bit. In 16 bits the numbers between the two stay in
    /// `F32`, and weight, statistics, norm's weight and bias may be `F32` too.
    ///
    /// Where gradients are recorded the two follow each other, so that both are in the history.
    ///
    /// Shape: as [`Tensor::conv2d`]; statistics, norm's weight and bias `[oc]`, a residual of the result's shape.
    ///
    /// ```
    /// use hammerhead_tensor::{Tensor, prim::{Activation, Conv2d}, tensor};
    /// let (x, w) = (Tensor::ones([1, 1, 3, 3]), Tensor::ones([1, 1, 3, 3]));
    /// let (mean, variance) = (tensor([5.0]), tensor([4.0]));
    /// let y = x.conv2d_norm_eval(&w, Conv2d::default(), &mean, &variance, None, None, 0.0, Activation::Relu);
    /// assert_eq!(y.item(), 2.0);
    /// ```
    ///
    /// # Panics
    /// As [`Tensor::conv2d`] and [`Tensor::batch_norm_eval`].
    #[track_caller]
    pub fn conv2d_norm_eval(
        &self,
        weight: &Tensor,
        conv: Conv2d,
        mean: &Tensor,
        variance: &Tensor,
        affine: Option<(&Tensor, &Tensor)>,
        residual: Option<&Tensor>,
        epsilon: f64,
        activation: Activation,
    ) -> Tensor {
        let mut inputs = vec![self, weight, mean, variance];
        inputs.extend(affine.iter().flat_map(|(weight, bias)| [*weight, *bias]));
        inputs.extend(residual);
        if is_recorded(inputs.iter().copied()) {
            let y = self.conv2d(weight, None, conv);
            return y
                .batch_norm_eval(mean, variance, affine, residual, epsilon, activation)
                .to_dtype(y.dtype());
        }
        let norm = BatchNorm {
            mode: NormMode::Eval,
            epsilon,
            affine: affine.is_some(),
            residual: residual.is_some(),
            activation,
        };
        apply_many(Prim::Conv2dNorm(conv, norm), &inputs).swap_remove(0)
    }

    /// 1-D convolution (PyTorch's `F.conv1d`): a 2-D one of height 1.
    ///
    /// Shape: `[n, c, l]` with a weight `[oc, c / groups, k]` and a bias `[oc]` to `[n, oc, ol]`, where
    /// `ol = (l + 2 padding - dilation (k - 1) - 1) / stride + 1`, rounded down.
    ///
    /// ```
    /// use hammerhead_tensor::tensor;
    /// let (x, w) = (tensor([[[1.0, 2.0, 4.0]]]), tensor([[[-1.0, 1.0]]]));
    /// assert_eq!(x.conv1d(&w, None, 1, 0, 1, 1).to_vec::<f32>(), [1.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// If ranks, channels or dtypes don't fit, or the kernel is larger than the padded input.
    #[track_caller]
    pub fn conv1d(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        stride: usize,
        padding: usize,
        dilation: usize,
        groups: usize,
    ) -> Tensor {
        assert!(
            self.rank() == 3 && weight.rank() == 3,
            "conv1d: takes [batch, channels, length] and a weight [out, in / groups, kernel], got {:?} and {:?}",
            self.shape(),
            weight.shape()
        );
        let conv = Conv2d {
            stride: [1, stride],
            padding: [0, padding],
            dilation: [1, dilation],
            groups,
        };
        named("ConvolutionBackward0", || {
            self.unsqueeze(2)
                .conv2d(&weight.unsqueeze(2), bias, conv)
                .squeeze(2)
        })
    }

    /// The transposed 2-D convolution (PyTorch's `F.conv_transpose2d`): what takes gradients of a convolution back
    /// to its input.
    ///
    /// Shape: `[n, c, h, w]` with a weight `[c, oc / groups, kh, kw]` and a bias `[oc]` to `[n, oc, oh, ow]`, where
    /// `oh = (h - 1) stride - 2 padding + dilation (kh - 1) + output_padding + 1`, and `ow` likewise.
    ///
    /// ```
    /// use hammerhead_tensor::{Tensor, prim::Conv2d};
    /// let (x, w) = (Tensor::ones([1, 1, 2, 2]), Tensor::ones([1, 1, 2, 2]));
    /// let twice = Conv2d { stride: [2, 2], ..Conv2d::default() };
    /// assert_eq!(x.conv_transpose2d(&w, None, twice, [0, 0]).shape(), [1, 1, 4, 4]);
    /// ```
    ///
    /// # Panics
    /// If ranks, channels or dtypes don't fit, or the output padding is not less than stride or
    /// dilation.
    #[track_caller]
    pub fn conv_transpose2d(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        conv: Conv2d,
        output_padding: [usize; 2],
    ) -> Tensor {
        assert!(
            self.rank() == 4 && weight.rank() == 4,
            "conv_transpose2d: takes [batch, channels, height, width] and a weight [in, out / groups, kh, kw], got {:?} \
             and {:?}",
            self.shape(),
            weight.shape()
        );
        let size = |axis: usize| {
            let (input, kernel) = (self.shape()[2 + axis], weight.shape()[2 + axis]);
            assert!(
                output_padding[axis] < conv.stride[axis].max(conv.dilation[axis]),
                "conv_transpose2d: output padding {output_padding:?} must be less than stride {:?} or dilation {:?}",
                conv.stride,
                conv.dilation
            );
            let full = (input - 1) * conv.stride[axis]
                + conv.dilation[axis] * (kernel - 1)
                + 1
                + output_padding[axis];
            full.checked_sub(2 * conv.padding[axis])
                .filter(|&size| size > 0)
                .unwrap_or_else(|| {
                    panic!(
                        "conv_transpose2d: padding {:?} leaves nothing of {:?}",
                        conv.padding,
                        self.shape()
                    )
                })
        };
        assert!(
            !self.shape().contains(&0) && !weight.shape().contains(&0),
            "conv_transpose2d: the input {:?} or the weight {:?} is empty",
            self.shape(),
            weight.shape()
        );
        let size = [size(0), size(1)];
        named("ConvolutionBackward0", || {
            let y = apply_many(Prim::Conv2dInputGrad(conv, size), &[self, weight]).swap_remove(0);
            match bias {
                Some(bias) => y + bias.reshape([1, -1, 1, 1]),
                None => y,
            }
        })
    }

    /// Batch norm with the batch's own statistics: `(y, mean, biased variance)`, the latter two per channel
    /// and without history; `y = activation((x - mean) / sqrt(variance + epsilon) * weight + bias + residual)`, where
    /// `affine` is `(weight, bias)` (PyTorch's `F.batch_norm` with `training=True`).
    ///
    /// Shape: `[n, c, ..]` with weight and bias `[c]` and a residual of x's shape to x's shape; the statistics
    /// are `[c]`.
    ///
    /// ```
    /// use hammerhead_tensor::{prim::Activation, tensor};
    /// let x = tensor([[1.0], [3.0]]);
    /// let (y, mean, variance) = x.batch_norm_train(None, None, 0.0, Activation::None);
    /// assert_eq!((mean.item(), variance.item()), (2.0, 1.0));
    /// assert_eq!(y.to_vec::<f32>(), [-1.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If shapes don't fit or a channel has only one value.
    #[track_caller]
    pub fn batch_norm_train(
        &self,
        affine: Option<(&Tensor, &Tensor)>,
        residual: Option<&Tensor>,
        epsilon: f64,
        activation: Activation,
    ) -> (Tensor, Tensor, Tensor) {
        let norm = BatchNorm {
            mode: NormMode::Train,
            epsilon,
            affine: affine.is_some(),
            residual: residual.is_some(),
            activation,
        };
        let mut inputs = vec![self];
        inputs.extend(affine.iter().flat_map(|(weight, bias)| [*weight, *bias]));
        inputs.extend(residual);
        let mut outputs: Tensors = apply_many(Prim::BatchNorm(norm), &inputs);
        let (variance, mean) = (outputs.pop(), outputs.pop());
        let y = outputs.pop().expect("batch norm gives its output");
        (
            y,
            mean.expect("batch norm gives the mean"),
            variance.expect("batch norm gives the variance"),
        )
    }

    /// Batch norm with given statistics, as in evaluation:
    /// `activation((x - mean) / sqrt(variance + epsilon) * weight + bias + residual)` (PyTorch's `F.batch_norm`).
    ///
    /// Shape: `[n, c, ..]` with statistics, weight and bias `[c]` and a residual of x's shape to x's shape.
    ///
    /// ```
    /// use hammerhead_tensor::{prim::Activation, tensor};
    /// let (mean, variance) = (tensor([2.0]), tensor([4.0]));
    /// let x = tensor([[6.0], [2.0]]);
    /// let y = x.batch_norm_eval(&mean, &variance, None, None, 0.0, Activation::None);
    /// assert_eq!(y.to_vec::<f32>(), [2.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// If shapes don't fit.
    #[track_caller]
    pub fn batch_norm_eval(
        &self,
        mean: &Tensor,
        variance: &Tensor,
        affine: Option<(&Tensor, &Tensor)>,
        residual: Option<&Tensor>,
        epsilon: f64,
        activation: Activation,
    ) -> Tensor {
        let norm = BatchNorm {
            mode: NormMode::Eval,
            epsilon,
            affine: affine.is_some(),
            residual: residual.is_some(),
            activation,
        };
        let mut inputs = vec![self, mean, variance];
        inputs.extend(affine.iter().flat_map(|(weight, bias)| [*weight, *bias]));
        inputs.extend(residual);
        apply_many(Prim::BatchNorm(norm), &inputs).swap_remove(0)
    }

    /// The cross-entropy of each row of logits against its class, softmax included: `logsumexp(x) - x[target]`, and 0
    /// where the target is `ignore_index`. Beside it which rows count in a mean, 1 for those and 0 for the ignored.
    ///
    /// Shape: `[n, classes]` and targets `[n]` to `[n]` and `[n]`.
    ///
    /// ```
    /// use hammerhead_tensor::{prim::CrossEntropy, tensor};
    /// let parameters = CrossEntropy { label_smoothing: 0.0, ignore_index: -100 };
    /// let logits = tensor([[0.0, 0.0], [1.0, 3.0]]);
    /// let (losses, counted) = logits.cross_entropy_rows(&tensor([1, -100]), parameters);
    /// assert!((losses.sum().item() / counted.sum().item() - 2f64.ln()).abs() < 1e-6);
    /// ```
    ///
    /// # Panics
    /// If shapes or dtypes don't fit, or a target is no class.
    #[track_caller]
    pub fn cross_entropy_rows(
        &self,
        target: &Tensor,
        parameters: CrossEntropy,
    ) -> (Tensor, Tensor) {
        let mut outputs = apply_many(Prim::CrossEntropy(parameters), &[self, target]);
        let counted = outputs.pop().expect("the instruction has two outputs");
        (outputs.swap_remove(0), counted)
    }
}
