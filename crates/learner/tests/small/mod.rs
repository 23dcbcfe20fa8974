//! A learner that fits a line in no time.
#![allow(dead_code)] // Each test file uses its share.

use hammerhead_datasets::{DataLoader, TensorDataset};
use hammerhead_learner::{DataLoaders, Learner};
use hammerhead_nn::{Linear, ModuleExt, loss};
use hammerhead_optim::{Optimizer, Sgd};
use hammerhead_tensor::{Tensor, manual_seed};

pub type Loader = DataLoader<(Tensor, Tensor)>;

/// This many points of a line, in batches of 4.
pub fn loader(items: usize) -> Loader {
    let x = Tensor::arange(items as i64).to_dtype(hammerhead_tensor::DType::F32) / 8.0;
    let x = x.reshape([items, 1]);
    DataLoader::new(TensorDataset::new(x.clone(), &x * 3.0 - 1.0)).batch_size(4)
}

/// A linear model, its weight and bias in one group.
pub fn learner(train: Loader, valid: Option<Loader>) -> Learner {
    learner_with(train, valid, |optimizer| optimizer)
}

/// The same with groups.
pub fn learner_with(
    train: Loader,
    valid: Option<Loader>,
    groups: impl FnOnce(Optimizer<Sgd>) -> Optimizer<Sgd>,
) -> Learner {
    manual_seed(1);
    let model = Linear::new(1, 1);
    let optimizer = groups(Optimizer::new(model.named_parameters(), Sgd::new(0.1)));
    Learner::new(DataLoaders { train, valid }, model, optimizer, |p, t| {
        loss::mse_loss(p, t)
    })
}
