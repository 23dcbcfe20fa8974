//! Residual networks, with timm's names, arguments and printout.
//!
//! He, Zhang, Ren and Sun, [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385).

use hammerhead_tensor::Tensor;
use hammerhead_tensor::prim::Activation;

use super::resnet_block::{BasicBlock, conv_norm, convolution};
use crate::{
    AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, Mode, Module, ReLU,
    Sequential, call, init, module,
};

/// A residual network of [`BasicBlock`]s.
///
/// He, Zhang, Ren and Sun, [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385).
///
/// Shape: `[n, in_chans, h, w]` to `[n, num_classes]`.
///
/// ```
/// use hammerhead_nn::{ModuleExt, models::resnet18};
/// let model = resnet18(Default::default());
/// assert_eq!(model.num_parameters(), 11_689_512);
/// println!("{}", model.get_submodule("layer1.0.bn1").unwrap());
/// ```
pub struct ResNet {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    act1: ReLU,
    maxpool: MaxPool2d,
    layer1: Sequential,
    layer2: Sequential,
    layer3: Sequential,
    layer4: Sequential,
    global_pool: SelectAdaptivePool2d,
    fc: Linear,
}

module!(ResNet {
    modules: conv1,
    bn1,
    act1,
    maxpool,
    layer1,
    layer2,
    layer3,
    layer4,
    global_pool,
    fc
});

/// Arguments of a residual network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResNetArgs {
    /// Channels of the input; 3.
    pub in_chans: usize,
    /// Outputs; 1000.
    pub num_classes: usize,
    /// Whether the last batch norm of each block starts at weight 0, so that blocks start as their
    /// shortcuts; yes.
    pub zero_init_last: bool,
}

impl Default for ResNetArgs {
    fn default() -> Self {
        Self {
            in_chans: 3,
            num_classes: 1000,
            zero_init_last: true,
        }
    }
}

/// A stage whose output can serve as features (timm's `feature_info`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Channels.
    pub num_chs: usize,
    /// How many times smaller than the input.
    pub reduction: usize,
    /// The module that gives it.
    pub module: &'static str,
}

/// Two blocks a stage: 11,689,512 parameters at 1000 classes (timm's `resnet18`).
///
/// Shape: `[n, in_chans, h, w]` to `[n, num_classes]`.
///
/// ```
/// use hammerhead_nn::models::{ResNetArgs, resnet18};
/// use hammerhead_nn::{Mode, Module};
/// use hammerhead_tensor::Tensor;
/// let model = resnet18(ResNetArgs { in_chans: 1, num_classes: 2, ..Default::default() });
/// assert_eq!(model.forward(Tensor::zeros([1, 1, 32, 32]), Mode::Eval).shape(), [1, 2]);
/// ```
pub fn resnet18(args: ResNetArgs) -> ResNet {
    ResNet::new([2, 2, 2, 2], args)
}

/// 3, 4, 6 and 3 blocks: 21,797,672 parameters at 1000 classes (timm's `resnet34`).
///
/// Shape: `[n, in_chans, h, w]` to `[n, num_classes]`.
///
/// ```
/// use hammerhead_nn::{ModuleExt, models::resnet34};
/// assert_eq!(resnet34(Default::default()).num_parameters(), 21_797_672);
/// ```
pub fn resnet34(args: ResNetArgs) -> ResNet {
    ResNet::new([3, 4, 6, 3], args)
}

impl ResNet {
    fn new(blocks: [usize; 4], args: ResNetArgs) -> Self {
        let mut input = 64;
        let mut stage = |output: usize, stride: usize, count: usize| {
            let mut row = Sequential::new();
            for index in 0..count {
                let block = BasicBlock::new(input, output, if index == 0 { stride } else { 1 });
                if let (true, Some(weight)) = (args.zero_init_last, &block.bn2.weight) {
                    init::constant_(weight, 0.0);
                }
                row = row.push(block);
                input = output;
            }
            row
        };
        Self {
            conv1: convolution(args.in_chans, 64, 7, 2),
            bn1: BatchNorm2d::new(64),
            act1: ReLU::inplace(),
            maxpool: MaxPool2d::new(3).stride(2).padding(1),
            layer1: stage(64, 1, blocks[0]),
            layer2: stage(128, 2, blocks[1]),
            layer3: stage(256, 2, blocks[2]),
            layer4: stage(512, 2, blocks[3]),
            global_pool: SelectAdaptivePool2d::average(),
            fc: Linear::new(512, args.num_classes),
        }
    }

    /// The stages whose outputs can serve as features.
    pub fn feature_info(&self) -> [Feature; 5] {
        let stage = |num_chs, reduction, module| Feature {
            num_chs,
            reduction,
            module,
        };
        [
            stage(64, 2, "act1"),
            stage(64, 4, "layer1"),
            stage(128, 8, "layer2"),
            stage(256, 16, "layer3"),
            stage(512, 32, "layer4"),
        ]
    }

    /// Channels of the last stage's output (timm's `num_features`).
    pub fn num_features(&self) -> usize {
        self.fc.weight.shape()[1]
    }

    /// The output of the last stage, `[n, 512, h / 32, w / 32]` (timm's `forward_features`).
    ///
    /// # Panics
    /// If the input is not `[n, in_chans, h, w]`.
    #[track_caller]
    pub fn forward_features(&self, x: Tensor, mode: Mode) -> Tensor {
        let stem = (("conv1", &self.conv1), ("bn1", &self.bn1));
        let x = conv_norm(stem, x, None, Activation::Relu, mode);
        let x = call!(self.maxpool.forward(x, mode));
        let x = call!(self.layer1.forward(x, mode));
        let x = call!(self.layer2.forward(x, mode));
        let x = call!(self.layer3.forward(x, mode));
        call!(self.layer4.forward(x, mode))
    }
}

impl Module for ResNet {
    #[track_caller]
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        let x = self.forward_features(x, mode);
        let x = call!(self.global_pool.forward(x, mode));
        call!(self.fc.forward(x, mode))
    }
}

/// Global pooling and flattening (timm's `SelectAdaptivePool2d`).
///
/// Shape: `[n, c, h, w]` to `[n, c]`.
///
/// ```
/// use hammerhead_nn::{Mode, Module, models::SelectAdaptivePool2d};
/// use hammerhead_tensor::Tensor;
/// let y = SelectAdaptivePool2d::average().forward(Tensor::ones([2, 512, 7, 7]), Mode::Eval);
/// assert_eq!(y.shape(), [2, 512]);
/// ```
pub struct SelectAdaptivePool2d {
    pool: AdaptiveAvgPool2d,
    flatten: Flatten,
}

module!(SelectAdaptivePool2d {
    modules: pool,
    flatten
});

impl SelectAdaptivePool2d {
    /// The mean of each plane: `[n, c, h, w]` to `[n, c]`.
    pub fn average() -> Self {
        Self {
            pool: AdaptiveAvgPool2d::new(1),
            flatten: Flatten::new(1, -1),
        }
    }
}

impl Module for SelectAdaptivePool2d {
    #[track_caller]
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        let x = call!(self.pool.forward(x, mode));
        call!(self.flatten.forward(x, mode))
    }

    fn own_repr(&self) -> Option<String> {
        Some(format!(
            "SelectAdaptivePool2d(pool_type=avg, flatten={})",
            self.flatten
        ))
    }
}
