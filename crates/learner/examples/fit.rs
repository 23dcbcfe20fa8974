//! The training loop on data of one's own, with checkpoints and early stopping. `cargo run --example fit`

use hammerhead_datasets::{DataLoader, Shuffle, TensorDataset};
use hammerhead_learner::metrics::Accuracy;
use hammerhead_learner::{DataLoaders, EarlyStopping, Learner, ProgressBar};
use hammerhead_nn::{Linear, ModuleExt, ReLU, Sequential, loss};
use hammerhead_optim::{Adam, Optimizer};
use hammerhead_tensor::{DType, Tensor, manual_seed};

/// Points inside and outside of a circle.
fn points(count: usize) -> TensorDataset {
    let x = Tensor::uniform([count, 2], -1.0, 1.0, DType::F32);
    let inside = x.square().sum_dim(1).lt(0.5).to_dtype(DType::I64);
    TensorDataset::new(x, inside)
}

fn main() -> Result<(), hammerhead_learner::Error> {
    manual_seed(7);
    let data = DataLoaders::new(
        DataLoader::new(points(4000))
            .batch_size(64)
            .shuffle(Shuffle::Seeded(7)),
        DataLoader::new(points(1000)).batch_size(500),
    );
    let model = Sequential::new()
        .push(Linear::new(2, 32))
        .push(ReLU::new())
        .push(Linear::new(32, 2));
    let optimizer = Optimizer::new(model.named_parameters(), Adam::new(1e-2));
    let mut learner = Learner::new(data, model, optimizer, loss::cross_entropy)
        .metric(Accuracy::new())
        .callback(ProgressBar::new())
        .callback(EarlyStopping::new(3));
    learner.fit_one_cycle(10, 1e-2)
}
