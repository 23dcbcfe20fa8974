//! The models that are trained and looked through.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{AdaptiveAvgPool2d, AdaptiveAvgPool2dConfig, MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

/// From pictures to scores.
pub trait Network: Module + 'static {
    fn forward(&self, x: Tensor<4>) -> Tensor<2>;
}

/// Two layers on all pixels.
#[derive(Module, Debug)]
pub struct Mlp {
    first: Linear,
    second: Linear,
}

impl Mlp {
    pub fn new(hidden: usize, outputs: usize, device: &Device) -> Self {
        Self {
            first: LinearConfig::new(784, hidden).init(device),
            second: LinearConfig::new(hidden, outputs).init(device),
        }
    }
}

impl Network for Mlp {
    fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        self.second
            .forward(relu(self.first.forward(x.flatten(1, 3))))
    }
}

/// Two convolutions and two layers.
#[derive(Module, Debug)]
pub struct Cnn {
    first: Conv2d,
    second: Conv2d,
    pool: MaxPool2d,
    third: Linear,
    fourth: Linear,
}

impl Cnn {
    pub fn new(channels: usize, classes: usize, device: &Device) -> Self {
        Self {
            first: Conv2dConfig::new([channels, 32], [3, 3]).init(device),
            second: Conv2dConfig::new([32, 64], [3, 3]).init(device),
            pool: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
            third: LinearConfig::new(9216, 128).init(device),
            fourth: LinearConfig::new(128, classes).init(device),
        }
    }
}

impl Network for Cnn {
    fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = relu(self.second.forward(relu(self.first.forward(x))));
        let x = relu(self.third.forward(self.pool.forward(x).flatten(1, 3)));
        self.fourth.forward(x)
    }
}

/// A convolution and its batch norm.
#[derive(Module, Debug)]
struct Normed {
    conv: Conv2d,
    norm: BatchNorm,
}

impl Normed {
    fn new([inputs, outputs]: [usize; 2], kernel: usize, stride: usize, device: &Device) -> Self {
        let edge = kernel / 2;
        let conv = Conv2dConfig::new([inputs, outputs], [kernel; 2]).with_stride([stride; 2]);
        let conv = conv.with_padding(PaddingConfig2d::Explicit(edge, edge, edge, edge));
        Self {
            conv: conv.with_bias(false).init(device),
            norm: BatchNormConfig::new(outputs).init(device),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.norm.forward(self.conv.forward(x))
    }
}

#[derive(Module, Debug)]
struct Block {
    first: Normed,
    second: Normed,
    beside: Option<Normed>,
}

impl Block {
    fn new(sizes: [usize; 2], stride: usize, device: &Device) -> Self {
        Self {
            first: Normed::new(sizes, 3, stride, device),
            second: Normed::new([sizes[1]; 2], 3, 1, device),
            beside: (stride != 1).then(|| Normed::new(sizes, 1, stride, device)),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let y = self.second.forward(relu(self.first.forward(x.clone())));
        match &self.beside {
            Some(beside) => relu(y + beside.forward(x)),
            None => relu(y + x),
        }
    }
}

#[derive(Module, Debug)]
pub struct ResNet18 {
    stem: Normed,
    pool: MaxPool2d,
    blocks: Vec<Block>,
    mean: AdaptiveAvgPool2d,
    fc: Linear,
}

impl ResNet18 {
    pub fn new(channels: usize, classes: usize, device: &Device) -> Self {
        let pool = MaxPool2dConfig::new([3, 3]).with_strides([2, 2]);
        let mut blocks = Vec::new();
        let mut inputs = 64;
        for (outputs, stride) in [(64, 1), (128, 2), (256, 2), (512, 2)] {
            blocks.push(Block::new([inputs, outputs], stride, device));
            blocks.push(Block::new([outputs, outputs], 1, device));
            inputs = outputs;
        }
        Self {
            stem: Normed::new([channels, 64], 7, 2, device),
            pool: pool
                .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                .init(),
            blocks,
            mean: AdaptiveAvgPool2dConfig::new([1, 1]).init(),
            fc: LinearConfig::new(512, classes).init(device),
        }
    }
}

impl Network for ResNet18 {
    fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = self.pool.forward(relu(self.stem.forward(x)));
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        self.fc.forward(self.mean.forward(x).flatten(1, 3))
    }
}
