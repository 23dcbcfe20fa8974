//! The small convolutional network for digits.

use hammerhead_tensor::Tensor;
use hammerhead_tensor::prim::Activation;

use crate::{Conv2d, Linear, MaxPool2d, Mode, Module, call, module};

/// `[n, 1, 28, 28]` (or more channels) to 10 logits: 3x3 convolutions 1-32-64 with ReLU, max-pool 2, then 9216-128-10.
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

/// The network, freshly initialised.
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
