//! A convolutional network for digits that learns them in seconds.

use hammerhead_tensor::Tensor;
use hammerhead_tensor::prim::Activation;

use crate::{BatchNorm2d, Conv2d, Linear, MaxPool2d, Mode, Module, call, module};

/// Convolutions 5x5/2 1-16, 3x3 16-24, max-pool 2, 3x3 24-48, each with batch norm and ReLU, then 432-10.
/// [`mnist_cnn_small`] makes one.
///
/// An image takes it 0.4 million multiplications, a seventeenth of [`MnistCnn`](super::MnistCnn)'s, so that passes over the digits
/// take a second or two.
///
/// Shape: `[n, 1, 28, 28]` to `[n, num_classes]`.
///
/// ```
/// use hammerhead_nn::{Mode, Module, models::mnist_cnn_small};
/// use hammerhead_tensor::Tensor;
/// let model = mnist_cnn_small(10);
/// assert_eq!(model.forward(Tensor::zeros([1, 1, 28, 28]), Mode::Eval).shape(), [1, 10]);
/// ```
pub struct MnistCnnSmall {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    conv2: Conv2d,
    bn2: BatchNorm2d,
    pool: MaxPool2d,
    conv3: Conv2d,
    bn3: BatchNorm2d,
    fc: Linear,
}

module!(MnistCnnSmall {
    modules: conv1,
    bn1,
    conv2,
    bn2,
    pool,
    conv3,
    bn3,
    fc
});

/// The small network for grey digits, freshly initialised.
///
/// Shape: `[n, 1, 28, 28]` to `[n, num_classes]`.
///
/// ```
/// use hammerhead_nn::{ModuleExt, models::mnist_cnn_small};
/// assert_eq!(mnist_cnn_small(10).num_parameters(), 18_730);
/// ```
pub fn mnist_cnn_small(num_classes: usize) -> MnistCnnSmall {
    // A batch norm's own bias stands for the convolution's before it.
    let conv = |from, to, kernel, stride| {
        let builder = Conv2d::builder(from, to, kernel).stride(stride);
        builder.bias(false).build()
    };
    MnistCnnSmall {
        conv1: conv(1, 16, 5, 2),
        bn1: BatchNorm2d::new(16),
        conv2: conv(16, 24, 3, 1),
        bn2: BatchNorm2d::new(24),
        pool: MaxPool2d::new(2),
        conv3: conv(24, 48, 3, 1),
        bn3: BatchNorm2d::new(48),
        fc: Linear::new(48 * 3 * 3, num_classes),
    }
}

impl Module for MnistCnnSmall {
    #[track_caller]
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        let x = call!(self.conv1.forward(x, mode));
        let x = call!(self.bn1.forward_act(x, None, Activation::Relu, mode));
        let x = call!(self.conv2.forward(x, mode));
        let x = call!(self.bn2.forward_act(x, None, Activation::Relu, mode));
        let x = call!(self.pool.forward(x, mode));
        let x = call!(self.conv3.forward(x, mode));
        let x = call!(self.bn3.forward_act(x, None, Activation::Relu, mode)).flatten(1, -1);
        call!(self.fc.forward(x, mode))
    }
}
