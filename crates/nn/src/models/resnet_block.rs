//! The residual block of resnet18 and resnet34.

use hammerhead_tensor::Tensor;
use hammerhead_tensor::prim::Activation;

use crate::init::{self, Fan, Nonlinearity};
use crate::{
    BatchNorm2d, Conv2d, Identity, Mode, Module, ReLU, Sequential, call, call_named, module,
};

/// Two 3x3 convolutions and a shortcut, `relu(f(x) + shortcut(x))` (timm's `BasicBlock`).
///
/// Shape: `[n, input, h, w]` to `[n, output, ceil(h / stride), ceil(w / stride)]`.
///
/// ```
/// use hammerhead_nn::{Mode, Module, models::BasicBlock};
/// use hammerhead_tensor::Tensor;
/// let block = BasicBlock::new(64, 128, 2);
/// assert_eq!(block.forward(Tensor::zeros([1, 64, 8, 8]), Mode::Eval).shape(), [1, 128, 4, 4]);
/// ```
pub struct BasicBlock {
    conv1: Conv2d,
    pub(super) bn1: BatchNorm2d,
    drop_block: Identity,
    act1: ReLU,
    aa: Identity,
    conv2: Conv2d,
    pub(super) bn2: BatchNorm2d,
    act2: ReLU,
    downsample: Option<Sequential>,
}

module!(BasicBlock {
    modules: conv1,
    bn1,
    drop_block,
    act1,
    aa,
    conv2,
    bn2,
    act2,
    downsample
});

/// A convolution as timm starts it: Kaiming normal by fan out.
pub(super) fn convolution(input: usize, output: usize, kernel: usize, stride: usize) -> Conv2d {
    let conv = Conv2d::builder(input, output, kernel)
        .stride(stride)
        .padding(kernel / 2)
        .bias(false)
        .build();
    init::kaiming_normal_(&conv.weight, Fan::Out, Nonlinearity::Relu);
    conv
}

impl BasicBlock {
    /// A block from `input` to `output` channels; a stride or a change of channels needs a shortcut with
    /// a 1x1 convolution.
    pub fn new(input: usize, output: usize, stride: usize) -> Self {
        let shortcut = || {
            Sequential::new()
                .push(convolution(input, output, 1, stride))
                .push(BatchNorm2d::new(output))
        };
        Self {
            conv1: convolution(input, output, 3, stride),
            bn1: BatchNorm2d::new(output),
            drop_block: Identity,
            act1: ReLU::inplace(),
            aa: Identity,
            conv2: convolution(output, output, 3, 1),
            bn2: BatchNorm2d::new(output),
            act2: ReLU::inplace(),
            downsample: (stride != 1 || input != output).then(shortcut),
        }
    }
}

impl Module for BasicBlock {
    #[track_caller]
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        let shortcut = match &self.downsample {
            Some(downsample) => call_named("downsample", downsample, |module| {
                module.forward(x.clone(), mode)
            }),
            None => x.clone(),
        };
        let x = call!(self.conv1.forward(x, mode));
        let x = call!(self.bn1.forward_act(x, None, Activation::Relu, mode));
        let x = call!(self.conv2.forward(x, mode));
        call!(
            self.bn2
                .forward_act(x, Some(&shortcut), Activation::Relu, mode)
        )
    }
}
