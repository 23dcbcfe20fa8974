//! Feeds MNIST to nobody, and says how fast: `cargo run --release --features mnist --example batches`.

use std::time::Instant;

use hammerhead_datasets::{DataLoader, Mnist, Result, Shuffle};

fn main() -> Result<()> {
    let start = Instant::now();
    let mnist = Mnist::load()?;
    println!(
        "loaded {:?} and {:?} in {:.2?}",
        mnist.train,
        mnist.test,
        start.elapsed()
    );

    for workers in [0, 1, 2] {
        let loader = DataLoader::new(mnist.train.clone().normalize(0.1307, 0.3081))
            .batch_size(64)
            .shuffle(Shuffle::Seeded(42))
            .workers(workers);
        let start = Instant::now();
        let mut images = 0;
        for batch in &loader {
            let (pictures, labels) = batch?;
            assert_eq!(pictures.size(0), labels.size(0));
            images += pictures.size(0);
        }
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{workers} workers: {} batches of {:?} in {:.0} ms, {:.2} million images/s",
            loader.len(),
            [64, 1, 28, 28],
            seconds * 1e3,
            images as f64 / seconds / 1e6
        );
    }
    Ok(())
}
