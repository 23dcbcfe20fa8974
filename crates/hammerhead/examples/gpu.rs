//! The same training on a GPU. `cargo run --release --features gpu --example gpu`

use hammerhead::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gpu = Vulkan::new()?;
    println!("on {}", gpu.name());

    let x = Tensor::randn([512, 512]).to(&gpu);
    println!("{}", x.matmul(&x).i((..2, ..4)));

    manual_seed(42);
    let digits = Mnist::load()?;
    let data = DataLoaders::new(
        DataLoader::new(digits.train.limit(10_000))
            .batch_size(64)
            .shuffle(Shuffle::Seeded(42)),
        DataLoader::new(digits.test.limit(2_000)).batch_size(500),
    );
    let mut model = models::mlp(&[784, 256, 10]);
    // The model goes there first: the optimiser holds on to its parameters.
    model.to(&gpu)?;
    let optimizer = Optimizer::new(model.named_parameters(), Adam::new(1e-3));
    let mut learner = Learner::new(data, model, optimizer, loss::cross_entropy)
        .metric(Accuracy::new())
        .callback(ProgressBar::new())
        .device(&gpu);
    learner.fit_one_cycle(2, 4e-3)?;
    Ok(())
}
