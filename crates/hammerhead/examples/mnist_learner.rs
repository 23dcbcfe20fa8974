//! Threes and sevens with layers, an optimiser and the learner. `cargo run --release --example mnist_learner`

use hammerhead::learner::metrics::item_mean;
use hammerhead::prelude::*;

fn accuracy(predictions: &Tensor, targets: &Tensor) -> Tensor {
    predictions.gt(0.0).eq(targets.eq(1)).float().mean()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    manual_seed(42);
    let sample = MnistSample::load()?;
    let data = DataLoaders::new(
        DataLoader::new(sample.train.dataset())
            .batch_size(256)
            .shuffle(Shuffle::Seeded(42)),
        DataLoader::new(sample.valid.dataset()).batch_size(256),
    );
    let model = Sequential::new()
        .push(Linear::new(784, 30))
        .push(ReLU::new())
        .push(Linear::new(30, 1));
    println!("{model}");
    let optimizer = Optimizer::new(model.named_parameters(), Sgd::new(0.1));
    let mut learner = Learner::new(data, model, optimizer, loss::mnist_loss)
        .metric(item_mean("accuracy", accuracy))
        .callback(ProgressBar::new());
    learner.fit(10, 0.5)?;
    Ok(())
}
