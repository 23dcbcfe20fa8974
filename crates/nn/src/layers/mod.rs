//! The layers, under PyTorch's names, arguments and defaults.

mod activation;
mod batch_norm;
mod conv;
mod conv_transpose;
mod dropout;
mod embedding;
mod flatten;
mod linear;
mod norm;
mod pair;
mod pool;
mod python;
mod sequential;

pub use activation::{
    ELU, GELU, Hardswish, Identity, LeakyReLU, LogSoftmax, Mish, ReLU, SiLU, Sigmoid, Softmax,
    Softplus, Tanh,
};
pub use batch_norm::{BatchNorm1d, BatchNorm2d, NormOptions};
pub use conv::{Conv1d, Conv2d, ConvBuilder};
pub use conv_transpose::{ConvTranspose2d, ConvTransposeBuilder};
pub use dropout::Dropout;
pub use embedding::{Embedding, embedding};
pub use flatten::Flatten;
pub use linear::Linear;
pub use norm::{GroupNorm, LayerNorm, group_norm, layer_norm};
pub use pair::Pair;
pub use pool::{AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d};
pub(crate) use python::{python_bool, python_float, python_tuple};
pub use sequential::Sequential;
