//! A residual network's stages with a new head, as fastai's `vision_learner` builds it.

use hammerhead_tensor::{Tensor, cat};

use super::resnet::ResNet;
use crate::init::{self, Fan, Nonlinearity};
use crate::{
    AdaptiveAvgPool2d, AdaptiveMaxPool2d, BatchNorm1d, Dropout, Entry, EntryMut, Flatten, Linear,
    Mode, Module, ReLU, Sequential, Tree, call, module,
};

/// The features of a [`ResNet`] under a head for some classes; [`vision_net`] makes one.
///
/// Shape: `[n, in_chans, h, w]` to `[n, classes]`.
///
/// ```
/// use hammerhead_nn::models::{resnet18, vision_net};
/// use hammerhead_nn::{Mode, Module};
/// use hammerhead_tensor::Tensor;
///
/// let model = vision_net(resnet18(Default::default()), 2);
/// assert_eq!(model.forward(Tensor::zeros([2, 3, 32, 32]), Mode::Eval).shape(), [2, 2]);
/// ```
pub struct VisionNet {
    body: ResNetBody,
    head: Sequential,
}

module!(VisionNet {
    modules: body,
    head
});

/// A network for pictures of some classes: `body` without its pooling and its last layer, then fastai's head, which
/// is two linear layers between batch norms and dropouts, started by Kaiming's rule.
///
/// Shape: `[n, in_chans, h, w]` to `[n, classes]`.
///
/// ```
/// use hammerhead_nn::ModuleExt;
/// use hammerhead_nn::models::{ResNetArgs, resnet18, vision_net};
///
/// let body = resnet18(ResNetArgs { zero_init_last: false, ..Default::default() });
/// assert_eq!(vision_net(body, 2).num_parameters(), 11_704_896);
/// ```
pub fn vision_net(body: ResNet, classes: usize) -> VisionNet {
    let linear = |input, output| {
        let layer = Linear::without_bias(input, output);
        init::kaiming_normal_(&layer.weight, Fan::In, Nonlinearity::Relu);
        layer
    };
    let features = 2 * body.num_features();
    let head = Sequential::new()
        .push(AdaptiveConcatPool2d::new())
        .push(Flatten::new(1, -1))
        .push(BatchNorm1d::new(features))
        .push(Dropout::new(0.25))
        .push(linear(features, 512))
        .push(ReLU::inplace())
        .push(BatchNorm1d::new(512))
        .push(Dropout::new(0.5))
        .push(linear(512, classes));
    VisionNet {
        body: ResNetBody(body),
        head,
    }
}

impl Module for VisionNet {
    #[track_caller]
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        let x = call!(self.body.forward(x, mode));
        call!(self.head.forward(x, mode))
    }
}

/// A residual network up to its last stage: what comes after is no part of the tree.
struct ResNetBody(ResNet);

/// The modules after the last stage.
const END: [&str; 2] = ["global_pool", "fc"];

impl Tree for ResNetBody {
    fn kind(&self) -> &'static str {
        "ResNetBody"
    }

    fn entries<'a>(&'a self, visit: &mut dyn FnMut(&str, Entry<'a>)) {
        self.0.entries(&mut |name, entry| {
            if !END.contains(&name) {
                visit(name, entry);
            }
        });
    }

    fn entries_mut<'a>(&'a mut self, visit: &mut dyn FnMut(&str, EntryMut<'a>)) {
        self.0.entries_mut(&mut |name, entry| {
            if !END.contains(&name) {
                visit(name, entry);
            }
        });
    }

    fn as_module(&self) -> &dyn Module {
        self
    }

    fn as_module_mut(&mut self) -> &mut dyn Module {
        self
    }
}

impl Module for ResNetBody {
    #[track_caller]
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        self.0.forward_features(x, mode)
    }
}

/// The maximum and then the mean of each plane, side by side (fastai's `AdaptiveConcatPool2d`).
///
/// Shape: `[n, c, h, w]` to `[n, 2 c, 1, 1]`.
///
/// ```
/// use hammerhead_nn::{Mode, Module, models::AdaptiveConcatPool2d};
/// use hammerhead_tensor::tensor;
///
/// let x = tensor([[[[1.0, 2.0], [3.0, 6.0]]]]);
/// let pooled = AdaptiveConcatPool2d::new().forward(x, Mode::Eval);
/// assert_eq!(pooled.to_vec::<f32>(), [6.0, 3.0]);
/// ```
pub struct AdaptiveConcatPool2d {
    ap: AdaptiveAvgPool2d,
    mp: AdaptiveMaxPool2d,
}

module!(AdaptiveConcatPool2d { modules: ap, mp });

impl Default for AdaptiveConcatPool2d {
    fn default() -> Self {
        Self::new()
    }
}

impl AdaptiveConcatPool2d {
    /// One maximum and one mean of each plane.
    pub fn new() -> Self {
        Self {
            ap: AdaptiveAvgPool2d::new(1),
            mp: AdaptiveMaxPool2d::new(1),
        }
    }
}

impl Module for AdaptiveConcatPool2d {
    #[track_caller]
    fn forward(&self, x: Tensor, mode: Mode) -> Tensor {
        let maxima = call!(self.mp.forward(x.clone(), mode));
        let means = call!(self.ap.forward(x, mode));
        cat(&[maxima, means], 1)
    }
}
