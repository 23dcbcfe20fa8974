//! Neural networks: layers, models, initial values, losses and state dicts, under the names of PyTorch
//! and timm.
//!
//! | module | what it holds |
//! |---|---|
//! | [`Module`], [`module!`], [`call!`] | a struct with a tree of names |
//! | [`ModuleExt`] | parameters, sub-modules, moving, printing |
//! | [`ModuleState`] | state dicts and safetensors files |
//! | [`Summarize`], [`listen`] | tables of layers; hooks on every call |
//! | layers | [`Linear`], [`Conv2d`], [`BatchNorm2d`], [`Sequential`], ... |
//! | [`scaled_dot_product_attention`] | attention |
//! | [`init`] | Kaiming, Xavier, truncated normal |
//! | [`loss`] | losses that refuse shapes that would broadcast |
//! | [`models`] | `resnet18`, `mlp`, `mnist_cnn`, `mnist_cnn_small` and a registry |
//!
//! The crate never reads data sets, never steps an optimiser, and has no training loop.

mod attention;
pub mod init;
mod layers;
pub mod loss;
pub mod models;
mod module;
mod state;
mod summary;

pub use attention::{Visibility, scaled_dot_product_attention};
pub use layers::*;
pub use module::{
    BufferField, Call, Entry, EntryMut, Listening, Mode, Module, ModuleExt, ModuleField,
    NoSuchModule, Parameter, ParameterField, Tree, call_named, listen,
};
pub use state::{
    Loaded, ModuleState, StateDict, StateDictError, Strictness, WrongShape, load_file,
    replace_file, save_file,
};
pub use summary::{Summarize, Summary, SummaryRow};
