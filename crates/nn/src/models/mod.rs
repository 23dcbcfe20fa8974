//! Models, and a registry to make them by name.

mod mlp;
mod mnist_cnn;
mod mnist_cnn_small;
mod registry;
mod resnet;
mod resnet_block;
mod vision;

pub use mlp::{Mlp, mlp, simple_net};
pub use mnist_cnn::{MnistCnn, mnist_cnn};
pub use mnist_cnn_small::{MnistCnnSmall, mnist_cnn_small};
pub use registry::{ModelArgs, UnknownModel, create_model, is_model, list_models};
pub use resnet::{Feature, ResNet, ResNetArgs, SelectAdaptivePool2d, resnet18, resnet34};
pub use resnet_block::BasicBlock;
pub use vision::{AdaptiveConcatPool2d, VisionNet, vision_net};
