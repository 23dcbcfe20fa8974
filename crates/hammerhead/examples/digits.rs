//! A perceptron learns the real digits. `cargo run --release --example digits`

use hammerhead::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    manual_seed(42);
    let digits = Mnist::load()?;
    let data = DataLoaders::new(
        DataLoader::new(digits.train)
            .batch_size(64)
            .shuffle(Shuffle::Seeded(42)),
        DataLoader::new(digits.test).batch_size(500),
    );
    let model = models::mlp(&[784, 256, 10]);
    let optimizer = Optimizer::new(model.named_parameters(), Adam::new(1e-3));
    let mut learner = Learner::new(data, model, optimizer, loss::cross_entropy)
        .metric(Accuracy::new())
        .callback(ProgressBar::new());
    learner.fit_one_cycle(3, 4e-3)?;
    Ok(())
}
