//! The layers' functions: convolution, pooling, batch norm, cross-entropy.

use super::compose::named;
use crate::funnel::{Tensors, apply_many, run_update};
use crate::prim::{
    Activation, BatchNorm, Conv2d, CrossEntropy, Epilogue, NormMode, PoolKind, Prim, Update,
    Windows,
};
use crate::{Result, Tensor};

impl Tensor {
    /// 2-D convolution of `[n, c, h, w]` with a weight `[oc, c / groups, kh, kw]` and a bias `[oc]`
    /// (PyTorch's `F.conv2d`).
    ///
    /// # Panics
    /// If ranks, channels or dtypes don't fit, or the kernel is larger than the padded input.
    #[track_caller]
    pub fn conv2d(&self, weight: &Tensor, bias: Option<&Tensor>, conv: Conv2d) -> Tensor {
        self.conv2d_act(weight, bias, conv, Activation::None)
    }

    /// [`Tensor::conv2d`] with an activation in the same pass.
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

    /// 1-D convolution of `[n, c, l]` with a weight `[oc, c / groups, k]` (PyTorch's `F.conv1d`): a 2-D
    /// one of height 1.
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

    /// The transposed 2-D convolution of `[n, c, h, w]` with a weight `[c, oc / groups, kh, kw]`
    /// (PyTorch's `F.conv_transpose2d`): what takes gradients of a convolution back to its input.
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

    /// The maximum of each window of `[n, c, h, w]` (PyTorch's `F.max_pool2d`).
    ///
    /// # Panics
    /// If the rank is not 4 or the windows don't fit.
    #[track_caller]
    pub fn max_pool2d(&self, windows: Windows) -> Tensor {
        let prim = Prim::Pool {
            kind: PoolKind::Max,
            windows,
            positions: false,
        };
        apply_many(prim, &[self]).swap_remove(0)
    }

    /// [`Tensor::max_pool2d`] with the positions of the maxima in the flattened plane, `I64`.
    ///
    /// # Panics
    /// As [`Tensor::max_pool2d`].
    #[track_caller]
    pub fn max_pool2d_positions(&self, windows: Windows) -> (Tensor, Tensor) {
        let prim = Prim::Pool {
            kind: PoolKind::Max,
            windows,
            positions: true,
        };
        let mut outputs = apply_many(prim, &[self]);
        let positions = outputs.pop().expect("pooling gives positions");
        (outputs.pop().expect("pooling gives values"), positions)
    }

    /// The mean of each window of `[n, c, h, w]` (PyTorch's `F.avg_pool2d`).
    ///
    /// # Panics
    /// If the rank is not 4 or the windows don't fit.
    #[track_caller]
    pub fn avg_pool2d(&self, windows: Windows, count_padding: bool) -> Tensor {
        let prim = Prim::Pool {
            kind: PoolKind::Mean { count_padding },
            windows,
            positions: false,
        };
        apply_many(prim, &[self]).swap_remove(0)
    }

    /// Means that divide the plane into `out` windows, `[oh, ow]`.
    ///
    /// # Panics
    /// If the rank is not 4.
    #[track_caller]
    pub fn adaptive_avg_pool2d(&self, out: [usize; 2]) -> Tensor {
        self.avg_pool2d(Windows::Adaptive { out }, true)
    }

    /// Maxima that divide the plane into `out` windows, `[oh, ow]`.
    ///
    /// # Panics
    /// If the rank is not 4.
    #[track_caller]
    pub fn adaptive_max_pool2d(&self, out: [usize; 2]) -> Tensor {
        self.max_pool2d(Windows::Adaptive { out })
    }

    /// Batch norm with the batch's own statistics: `(y, mean, biased variance)`, the latter per channel
    /// and without history. `affine` is `(weight, bias)`; a residual is added before the activation.
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

    /// Batch norm with given statistics, as in evaluation.
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

    /// The cross-entropy of each row of logits `[n, classes]` against its class, softmax included:
    /// `[n]`, 0 where the target is `ignore_index`.
    ///
    /// # Panics
    /// If shapes or dtypes don't fit, or a target is no class.
    #[track_caller]
    pub fn cross_entropy_rows(&self, target: &Tensor, parameters: CrossEntropy) -> Tensor {
        named("NllLossBackward0", || {
            apply_many(Prim::CrossEntropy(parameters), &[self, target]).swap_remove(0)
        })
    }

    /// One optimiser step on this parameter, in one pass, with its states changed too.
    ///
    /// # Errors
    /// When gradient or states differ from the parameter in shape, dtype or device.
    pub fn update_(&self, update: Update, grad: &Tensor, states: &[&Tensor]) -> Result<()> {
        let mut outputs = vec![self];
        outputs.extend_from_slice(states);
        run_update(Prim::Update(update), &[grad], &outputs)
    }

    /// [`Tensor::update_`] as a step that the device decides on: it is made only if `go`, a bool of rank 0,
    /// holds, and as the step that `step` says, an `I64` of rank 0 which counts from 1. Nothing waits for
    /// either.
    ///
    /// ```
    /// use hammerhead_tensor::{Tensor, prim::Update, tensor};
    /// let (x, velocity) = (tensor([1.0, 2.0]), tensor([0.0, 0.0]));
    /// let sgd = Update::Sgd {
    ///     lr: 0.5,
    ///     momentum: 0.9,
    ///     dampening: 0.0,
    ///     weight_decay: 0.0,
    ///     nesterov: false,
    ///     first: false,
    /// };
    /// for go in [false, true] {
    ///     x.update_if_(&tensor(go), &tensor(1), sgd, &Tensor::ones([2]), &[&velocity])?;
    /// }
    /// assert_eq!(x.to_vec::<f32>(), [0.5, 1.5]);
    /// # Ok::<(), hammerhead_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Tensor::update_`], and when `go` or `step` is of another shape or dtype.
    pub fn update_if_(
        &self,
        go: &Tensor,
        step: &Tensor,
        update: Update,
        grad: &Tensor,
        states: &[&Tensor],
    ) -> Result<()> {
        let mut outputs = vec![self];
        outputs.extend_from_slice(states);
        run_update(Prim::Update(update), &[grad, go, step], &outputs)
    }
}
