//! Batch normalisation.

use hammerhead_tensor::prim::Activation;
use hammerhead_tensor::{DType, Tensor, no_grad};

use super::{python_bool, python_float};
use crate::{Conv2d, Mode, Module, Parameter, module};

/// What the two batch norms are made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormOptions {
    /// Added to the variance: 1e-5.
    pub epsilon: f64,
    /// Share of each batch in the running statistics: 0.1; `None` averages all batches equally.
    pub momentum: Option<f64>,
    /// Whether weight and bias are learnt: yes.
    pub affine: bool,
    /// Whether running statistics are kept for evaluation: yes.
    pub track_running_stats: bool,
}

impl Default for NormOptions {
    fn default() -> Self {
        Self {
            epsilon: 1e-5,
            momentum: Some(0.1),
            affine: true,
            track_running_stats: true,
        }
    }
}

impl NormOptions {
    fn repr(&self, features: usize) -> String {
        format!(
            "{features}, eps={}, momentum={}, affine={}, track_running_stats={}",
            python_float(self.epsilon),
            self.momentum.map_or("None".to_owned(), python_float),
            python_bool(self.affine),
            python_bool(self.track_running_stats)
        )
    }
}

macro_rules! batch_norm {
    ($(#[$doc:meta])* $type:ident, ranks $ranks:pat, $layout:literal) => {
        $(#[$doc])*
        pub struct $type {
            /// Scale per channel, starting at 1.
            pub weight: Option<Parameter>,
            /// Shift per channel, starting at 0.
            pub bias: Option<Parameter>,
            /// Mean of the batches seen, starting at 0.
            pub running_mean: Option<Tensor>,
            /// Unbiased variance of the batches seen, starting at 1.
            pub running_var: Option<Tensor>,
            /// How many batches were seen, `I64` of rank 0.
            pub num_batches_tracked: Option<Tensor>,
            features: usize,
            options: NormOptions,
        }

        module!($type {
            parameters: weight, bias;
            buffers: running_mean, running_var, num_batches_tracked;
            settings: features, options
        });

        impl $type {
            /// A layer for this many channels with the usual options.
            pub fn new(num_features: usize) -> Self {
                Self::with(num_features, NormOptions::default())
            }

            /// A layer with options.
            pub fn with(num_features: usize, options: NormOptions) -> Self {
                let learnt = |value: Tensor| options.affine.then(|| Parameter::new(value));
                let kept = |value: Tensor| options.track_running_stats.then_some(value);
                Self {
                    weight: learnt(Tensor::ones([num_features])),
                    bias: learnt(Tensor::zeros([num_features])),
                    running_mean: kept(Tensor::zeros([num_features])),
                    running_var: kept(Tensor::ones([num_features])),
                    num_batches_tracked: kept(Tensor::zeros_with((), DType::I64)),
                    features: num_features,
                    options,
                }
            }

            /// The layer with a residual added and an activation applied in the same pass:
            /// `activation(norm(x) + residual)`.
            ///
            /// # Panics
            /// If rank or channels don't fit, or training meets one value per channel.
            #[track_caller]
            pub fn forward_act(
                &self,
                x: Tensor,
                residual: Option<&Tensor>,
                activation: Activation,
                mode: Mode,
            ) -> Tensor {
                assert!(
                    matches!(x.rank(), $ranks) && x.shape()[1] == self.features,
                    concat!(stringify!($type), ": expects ", $layout, " with {} channels, got {:?}"),
                    self.features,
                    x.shape()
                );
                let affine = self.weight.as_deref().zip(self.bias.as_deref());
                let epsilon = self.options.epsilon;
                if let (Mode::Eval, Some(mean), Some(variance)) = (mode, &self.running_mean, &self.running_var) {
                    return x.batch_norm_eval(mean, variance, affine, residual, epsilon, activation);
                }
                let (y, mean, variance) = x.batch_norm_train(affine, residual, epsilon, activation);
                if mode == Mode::Train {
                    self.track(&mean, &variance, x.numel() / self.features.max(1));
                }
                y
            }

            /// Moves the running statistics towards a batch's: `r = (1 - m) r + m v`.
            fn track(&self, mean: &Tensor, variance: &Tensor, items: usize) {
                let (Some(running_mean), Some(running_var), Some(batches)) =
                    (&self.running_mean, &self.running_var, &self.num_batches_tracked)
                else {
                    return;
                };
                no_grad(|| {
                    batches.add_(1);
                    if items == 0 {
                        // An empty batch has no statistics.
                        return;
                    }
                    let unbiased = items as f64 / (items as f64 - 1.0);
                    match self.options.momentum {
                        Some(momentum) => {
                            running_mean.mul_(1.0 - momentum).add_scaled_(mean, momentum);
                            running_var.mul_(1.0 - momentum).add_scaled_(variance, momentum * unbiased);
                        }
                        // How many batches there were is the device's to know.
                        None => {
                            let share = 1.0 / batches.to_dtype(running_mean.dtype());
                            running_mean.add_((mean - running_mean) * &share);
                            running_var.add_((variance * unbiased - running_var) * &share);
                        }
                    }
                });
            }
        }

        impl Module for $type {
            #[track_caller]
            fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
                self.forward_act(x, None, Activation::None, mode)
            }

            #[track_caller]
            fn forward_with(
                &self,
                x: Tensor,
                activation: Activation,
                mode: Mode,
            ) -> Result<Tensor, Tensor> {
                Ok(self.forward_act(x, None, activation, mode))
            }

            fn extra_repr(&self) -> String {
                self.options.repr(self.features)
            }
        }
    };
}

batch_norm! {
    /// Batch normalisation of features (PyTorch's `nn.BatchNorm1d`):
    /// `y = (x - mean) / sqrt(variance + epsilon) * weight + bias` with mean and biased variance of each
    /// channel over the batch (and the length) in training, and with the running ones in evaluation.
    ///
    /// Signature: `num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True`; see
    /// [`NormOptions`].
    ///
    /// Ioffe and Szegedy, [Batch Normalization: Accelerating Deep Network Training by Reducing Internal
    /// Covariate Shift](https://arxiv.org/abs/1502.03167).
    ///
    /// Shape: `[n, c]` or `[n, c, l]`, and the result has the same.
    ///
    /// ```
    /// use hammerhead_nn::{BatchNorm1d, Mode, Module};
    /// use hammerhead_tensor::tensor;
    /// let y = BatchNorm1d::new(1).forward(tensor([[1.0], [3.0]]), Mode::Train);
    /// assert_eq!(y.to_string(), "tensor([[-1.0000],\n        [ 1.0000]], grad_fn=<NativeBatchNormBackward0>)");
    /// ```
    BatchNorm1d, ranks 2 | 3, "[batch, channels] or [batch, channels, length]"
}

impl BatchNorm2d {
    /// A convolution and then this layer with a residual added and an activation applied:
    /// `activation(norm(conv(x)) + residual)`. In evaluation it is one pass over memory, which changes no number of
    /// `F32`; in mixed precision its result has the convolution's 16 bits.
    ///
    /// Nobody who [`listen`](crate::listen)s to the convolution hears of it.
    ///
    /// ```
    /// use hammerhead_nn::{BatchNorm2d, Conv2d, Mode, Module};
    /// use hammerhead_tensor::{Tensor, prim::Activation};
    /// let (conv, norm) = (Conv2d::builder(3, 8, 3).bias(false).build(), BatchNorm2d::new(8));
    /// let x = Tensor::randn([2, 3, 6, 6]);
    /// let y = norm.forward_after(&conv, x.clone(), None, Activation::Relu, Mode::Eval);
    /// let convolved = conv.forward(x, Mode::Eval);
    /// let normed = norm.forward_act(convolved, None, Activation::Relu, Mode::Eval);
    /// assert_eq!(y.to_vec::<f32>(), normed.to_vec::<f32>());
    /// ```
    ///
    /// # Panics
    /// As the two do.
    #[track_caller]
    pub fn forward_after(
        &self,
        conv: &Conv2d,
        x: Tensor,
        residual: Option<&Tensor>,
        activation: Activation,
        mode: Mode,
    ) -> Tensor {
        // Another number of channels is the norm's own error.
        let given = match conv.weight.shape()[0] == self.features {
            true => self.running_mean.as_ref().zip(self.running_var.as_ref()),
            false => None,
        };
        if let (Mode::Eval, None, Some((mean, variance))) = (mode, &conv.bias, given) {
            let affine = self.weight.as_deref().zip(self.bias.as_deref());
            let (geometry, epsilon) = (conv.geometry(), self.options.epsilon);
            return x.conv2d_norm_eval(
                &conv.weight,
                geometry,
                mean,
                variance,
                affine,
                residual,
                epsilon,
                activation,
            );
        }
        let x = conv.forward(x, mode);
        self.forward_act(x, residual, activation, mode)
    }
}

batch_norm! {
    /// Batch normalisation of planes (PyTorch's `nn.BatchNorm2d`):
    /// `y = (x - mean) / sqrt(variance + epsilon) * weight + bias` with mean and biased variance of each
    /// channel over the batch and the plane in training, and with the running ones in evaluation.
    ///
    /// Training moves the running statistics, `r = (1 - momentum) * r + momentum * batch's`, with the unbiased
    /// variance. Weight starts at 1, bias at 0.
    ///
    /// Signature: `num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True`; see
    /// [`NormOptions`].
    ///
    /// Ioffe and Szegedy, [Batch Normalization: Accelerating Deep Network Training by Reducing Internal
    /// Covariate Shift](https://arxiv.org/abs/1502.03167).
    ///
    /// Shape: `[n, c, h, w]`, and the result has the same.
    ///
    /// ```
    /// use hammerhead_nn::{BatchNorm2d, Mode, Module};
    /// use hammerhead_tensor::Tensor;
    /// let layer = BatchNorm2d::new(3);
    /// let y = layer.forward(Tensor::randn([8, 3, 5, 5]) * 4.0 + 2.0, Mode::Train);
    /// assert!(y.mean().item().abs() < 1e-5 && (y.std().item() - 1.0).abs() < 1e-2);
    /// ```
    BatchNorm2d, ranks 4, "[batch, channels, height, width]"
}
