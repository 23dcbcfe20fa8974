//! Hammerhead: deep learning in Rust, from the tensor up.
//!
//! This crate re-exports the others, each behind a feature of its name (all but `gpu` and `plot` on by default), and has
//! the [`prelude`]. Every one of them is also useful alone. The feature `linalg` adds `tensor::linalg`: solve, QR, SVD and
//! friends.
//!
//! | module | crate | what it holds |
//! |---|---|---|
//! | [`tensor`] | `hammerhead-tensor` | tensors, views, broadcasting, devices |
#![cfg_attr(
    feature = "autograd",
    doc = "| [`autograd`] | `hammerhead-autograd` | gradients |"
)]
#![cfg_attr(
    feature = "nn",
    doc = "| [`nn`] | `hammerhead-nn` | layers, models, losses, state dicts |"
)]
#![cfg_attr(
    feature = "optim",
    doc = "| [`optim`] | `hammerhead-optim` | optimisers and schedules |"
)]
#![cfg_attr(
    feature = "datasets",
    doc = "| [`datasets`] | `hammerhead-datasets` | data sets and loaders |"
)]
#![cfg_attr(
    feature = "learner",
    doc = "| [`learner`] | `hammerhead-learner` | the training loop |"
)]
#![cfg_attr(
    feature = "gpu",
    doc = "| [`gpu`] | `hammerhead-gpu` | any GPU with a Vulkan driver |"
)]
#![cfg_attr(
    feature = "plot",
    doc = "| [`plot`] | `hammerhead-plot` | charts and pictures |"
)]
//!
//! ```
//! use hammerhead::prelude::*;
//!
//! let x = tensor([3.0, 4.0, 10.0]).requires_grad_();
//! let y = x.pow(2).sum();
//! y.backward();
//! assert_eq!(y.to_string(), "tensor(125., grad_fn=<SumBackward0>)");
//! assert_eq!(x.grad().unwrap().to_string(), "tensor([ 6.,  8., 20.])");
//! ```

pub use hammerhead_tensor as tensor;

#[cfg(feature = "autograd")]
pub use hammerhead_autograd as autograd;
#[cfg(feature = "datasets")]
pub use hammerhead_datasets as datasets;
#[cfg(feature = "gpu")]
pub use hammerhead_gpu as gpu;
#[cfg(feature = "learner")]
pub use hammerhead_learner as learner;
#[cfg(feature = "nn")]
pub use hammerhead_nn as nn;
#[cfg(feature = "optim")]
pub use hammerhead_optim as optim;
#[cfg(feature = "plot")]
pub use hammerhead_plot as plot;

/// What most programs use.
pub mod prelude {
    pub use hammerhead_tensor::{
        DType, NewAxis, Scalar, Tensor, cat, manual_seed, no_grad, one_hot, stack, tensor,
        with_autocast, with_generator,
    };

    #[cfg(feature = "autograd")]
    pub use hammerhead_autograd::{Autograd, grad, gradcheck};
    #[cfg(feature = "datasets")]
    pub use hammerhead_datasets::{DataLoader, Dataset, Shuffle, TensorDataset};
    #[cfg(feature = "mnist")]
    pub use hammerhead_datasets::{Mnist, MnistSample};
    #[cfg(feature = "gpu")]
    pub use hammerhead_gpu::Vulkan;
    #[cfg(feature = "learner")]
    pub use hammerhead_learner::{
        Callback, DataLoaders, Learner, Precision, ProgressBar,
        metrics::{self, Accuracy},
    };
    #[cfg(feature = "nn")]
    pub use hammerhead_nn::{
        BatchNorm1d, BatchNorm2d, Conv1d, Conv2d, Dropout, Embedding, Flatten, LayerNorm, Linear,
        MaxPool2d, Mode, Module, ModuleExt, ModuleState, Parameter, ReLU, Sequential, Strictness,
        Summarize, call, loss, models, module,
    };
    #[cfg(feature = "optim")]
    pub use hammerhead_optim::{Adam, GradScaler, Optimizer, RmsProp, Sgd, Step, schedule};
    #[cfg(feature = "plot")]
    pub use hammerhead_plot::{
        Color, Figure, confusion_matrix, curves, lr_curve, pixel_table, plot_function, seven_steps,
        show_image, show_images, speed_accuracy, top_losses,
    };
}

/// The README's examples, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;

/// The page for those who know PyTorch, run as tests.
#[cfg(all(doctest, feature = "linalg"))]
#[doc = include_str!("../../../docs/coming-from-pytorch.md")]
pub struct ComingFromPyTorch;
