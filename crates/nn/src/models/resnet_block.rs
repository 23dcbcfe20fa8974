//! The residual block of resnet18 and resnet34.

use hammerhead_tensor::prim::Activation;
use hammerhead_tensor::{Tensor, with_scope};

use crate::init::{self, Fan, Nonlinearity};
use crate::module::is_listened;
use crate::{
    BatchNorm2d, Conv2d, Entry, EntryMut, Identity, Mode, Module, ReLU, Tree, call_named, module,
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
    downsample: Option<Shortcut>,
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
        let shortcut = || Shortcut {
            conv: convolution(input, output, 1, stride),
            norm: BatchNorm2d::new(output),
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
        let relu = Activation::Relu;
        let first = (("conv1", &self.conv1), ("bn1", &self.bn1));
        let x = conv_norm(first, x, None, relu, mode);
        let second = (("conv2", &self.conv2), ("bn2", &self.bn2));
        conv_norm(second, x, Some(&shortcut), relu, mode)
    }
}

/// A convolution and the norm after it, each under its name; in one pass where nobody listens to what is between.
#[track_caller]
pub(super) fn conv_norm(
    ((conv_name, conv), (norm_name, norm)): ((&str, &Conv2d), (&str, &BatchNorm2d)),
    x: Tensor,
    residual: Option<&Tensor>,
    activation: Activation,
    mode: Mode,
) -> Tensor {
    if mode == Mode::Eval && !is_listened() {
        return with_scope(conv_name, || {
            norm.forward_after(conv, x, residual, activation, mode)
        });
    }
    let x = call_named(conv_name, conv, |conv| conv.forward(x, mode));
    let dtype = x.dtype();
    call_named(norm_name, norm, |norm| {
        let y = norm.forward_act(x, residual, activation, mode);
        match mode {
            Mode::Eval => y.to_dtype(dtype),
            Mode::Train => y,
        }
    })
}

/// The 1x1 convolution and the norm beside a block that changes the size; a [`Sequential`](crate::Sequential) in names
/// and print, as timm's is.
struct Shortcut {
    conv: Conv2d,
    norm: BatchNorm2d,
}

impl Tree for Shortcut {
    fn kind(&self) -> &'static str {
        "Sequential"
    }

    fn entries<'a>(&'a self, visit: &mut dyn FnMut(&str, Entry<'a>)) {
        visit("0", Entry::Module(&self.conv));
        visit("1", Entry::Module(&self.norm));
    }

    fn entries_mut<'a>(&'a mut self, visit: &mut dyn FnMut(&str, EntryMut<'a>)) {
        visit("0", EntryMut::Module(&mut self.conv));
        visit("1", EntryMut::Module(&mut self.norm));
    }

    fn as_module(&self) -> &dyn Module {
        self
    }

    fn as_module_mut(&mut self) -> &mut dyn Module {
        self
    }
}

crate::display!(Shortcut);

impl Module for Shortcut {
    #[track_caller]
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        let both = (("0", &self.conv), ("1", &self.norm));
        conv_norm(both, x, None, Activation::None, mode)
    }
}
