//! The small convolutional network for digits.

use hammerhead_tensor::Tensor;
use hammerhead_tensor::prim::Activation;

use crate::{Conv2d, Linear, MaxPool2d, Mode, Module, call, module};

/// 3x3 convolutions 1-32-64 with ReLU, max-pool 2, then 9216-128-10. [`mnist_cnn`] makes one.
///
/// Shape: `[n, 1, 28, 28]` (or more channels) to `[n, num_classes]`.
///
/// ```
/// use hammerhead_nn::{Mode, Module, models::mnist_cnn};
/// use hammerhead_tensor::Tensor;
/// let model = mnist_cnn(10);
/// assert_eq!(model.forward(Tensor::zeros([1, 1, 28, 28]), Mode::Eval).shape(), [1, 10]);
/// ```
pub struct MnistCnn {
    conv1: Conv2d,
    conv2: Conv2d,
    pool: MaxPool2d,
    fc1: Linear,
    fc2: Linear,
}

module!(MnistCnn {
    modules: conv1,
    conv2,
    pool,
    fc1,
    fc2
});

/// The network for grey digits, freshly initialised.
///
/// Shape: `[n, 1, 28, 28]` to `[n, num_classes]`.
///
/// ```
/// use hammerhead_nn::{ModuleExt, models::mnist_cnn};
/// assert_eq!(mnist_cnn(10).num_parameters(), 1_199_882);
/// ```
pub fn mnist_cnn(num_classes: usize) -> MnistCnn {
    mnist_cnn_of(1, num_classes)
}

pub(super) fn mnist_cnn_of(in_chans: usize, num_classes: usize) -> MnistCnn {
    MnistCnn {
        conv1: Conv2d::new(in_chans, 32, 3),
        conv2: Conv2d::new(32, 64, 3),
        pool: MaxPool2d::new(2),
        fc1: Linear::new(64 * 12 * 12, 128),
        fc2: Linear::new(128, num_classes),
    }
}

impl Module for MnistCnn {
    #[track_caller]
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        let x = call!(self.conv1.forward_act(x, Activation::Relu));
        let x = call!(self.conv2.forward_act(x, Activation::Relu));
        let x = call!(self.pool.forward(x, mode)).flatten(1, -1);
        let x = call!(self.fc1.forward_act(x, Activation::Relu));
        call!(self.fc2.forward(x, mode))
    }
}
